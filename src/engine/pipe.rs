//! The teaching and debugging runner: the real binaries and `sort`, every command printed before it runs.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::job_report::JobReport;
use super::job_run::{JobRun, RunnerOptions};
use super::layout::Layout;
use super::local_options::LocalOptions;
use super::outputs::StagedOutput;
use super::working_directory::WorkingDirectory;
use crate::error_text::quoted;
use crate::say;
use crate::storage::decompression::{Compression, compression_of, open_log};
use crate::storage::{Entry, Location};
use crate::streaming::LineSink;
use crate::streaming::lines::{LineReader, LineSource};

/// Runs a job through shell tools; the result is the local runner's, byte for byte.
pub(crate) fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    let shape = run.job.shape();
    let started = Instant::now();
    let work = WorkingDirectory::create(&options.temporary)?;
    let staged = StagedOutput::begin(&run.output, run.locks)?;
    let local = LocalOptions::of(shape, &run.options)?;
    let command = |words: Vec<String>| command_line(words, &local.words);
    let reducer = if shape.map_only() { Vec::new() } else { command(shape.reducer_words())? };
    let tasks = Tasks { run, mapper: command(shape.mapper_words())?, reducer };
    let mut report = JobReport { bytes: run.inputs.iter().map(|input| input.size).sum(), ..JobReport::default() };
    if shape.map_only() {
        for (number, input) in run.inputs.iter().enumerate() {
            let mut sink = staged.part(number, 1)?;
            tasks.map(input, &mut sink)?;
            sink.finish()?;
        }
    } else {
        let layout = Layout::of(shape, run.reducers.max(1), 0);
        let mut partitions = Partitions::create(work.path(), layout)?;
        for input in &run.inputs {
            tasks.map(input, &mut partitions)?;
        }
        for (number, path) in partitions.finish()?.iter().enumerate() {
            let mut sink = staged.part(number, 1)?;
            tasks.reduce(path, work.path(), &mut sink)?;
            sink.finish()?;
        }
    }
    staged.commit()?;
    report.elapsed = started.elapsed();
    Ok(report)
}

/// The words of a task and its options; the program is the executable beside this one.
fn command_line(words: Vec<String>, options: &[String]) -> Result<Vec<String>> {
    let mut words = words.into_iter();
    let path = std::env::current_exe()?.with_file_name(words.next().unwrap_or_default());
    if !path.exists() {
        bail!("The pipe runner needs {}. Build all binaries with: cargo build --release --bins", path.display());
    }
    Ok(std::iter::once(path.display().to_string()).chain(words).chain(options.iter().cloned()).collect())
}

/// The process of a command line, and the line as it is shown.
fn process(words: &[String]) -> (Command, String) {
    let mut command = Command::new(words.first().map_or("", String::as_str));
    command.args(words.iter().skip(1));
    (command, words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

struct Tasks<'t> {
    run: &'t JobRun<'t>,
    /// The command lines, with options whose files are fetched.
    mapper: Vec<String>,
    reducer: Vec<String>,
}

/// The command that prints a log as the mapper gets it: by the suffix of its name, for a local file that is there by its first bytes, too.
pub(super) fn reading(location: &Location) -> String {
    let is_here = location.as_local_path().is_some_and(Path::is_file);
    let by_bytes = if is_here { compression_of(location).ok() } else { None };
    reading_as(location, by_bytes.unwrap_or_else(|| Compression::of(location)))
}

fn reading_as(location: &Location, compression: Compression) -> String {
    let printing = match location.scheme() {
        "file" => format!("cat {}", quoted(location.path())),
        "hdfs" => format!("hdfs dfs -cat {}", quoted(location.as_str())),
        _ => format!("aws s3 cp {} -", quoted(&format!("s3://{}{}", location.authority(), location.path()))),
    };
    match compression {
        Compression::Plain => printing,
        Compression::Gzip => format!("{printing} | gzip -dc"),
        Compression::Bzip2 => format!("{printing} | bzip2 -dc"),
        Compression::Zstandard => format!("{printing} | zstd -dc"),
    }
}

impl Tasks<'_> {
    /// Decompresses one input through the mapper.
    fn map(&self, input: &Entry, sink: &mut dyn LineSink) -> Result<()> {
        let (mut command, line) = process(&self.mapper);
        say!("+ {} | {line}", reading_as(&input.location, compression_of(&input.location)?));
        let mut mapper = command
            .env("mapreduce_map_input_file", input.location.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("Cannot start {line}."))?;
        let (stdin, stdout) = (mapper.stdin.take(), mapper.stdout.take());
        let mut source = BufReader::with_capacity(256 * 1024, open_log(&input.location)?);
        let (fed, passed_on) = std::thread::scope(|scope| {
            let feeder = scope.spawn(move || stdin.map_or(Ok(0), |mut stdin| std::io::copy(&mut source, &mut stdin)));
            let passed_on = stdout.map_or(Ok(()), |stdout| pass_on(stdout, sink));
            (feeder.join(), passed_on)
        });
        let status = mapper.wait()?;
        if let Ok(Err(error)) = fed {
            return Err(error).with_context(|| format!("Reading {} into the mapper failed.", input.location));
        }
        if !status.success() {
            bail!("The mapper of {} failed on {} ({status}).", self.run.name(), input.location);
        }
        passed_on
    }

    fn reduce(&self, partition: &Path, temporary: &Path, sink: &mut dyn LineSink) -> Result<()> {
        let (mut command, line) = process(&self.reducer);
        say!("+ LC_ALL=C sort {} | {line}", partition.display());
        let mut sort = Command::new("sort")
            .env("LC_ALL", "C")
            .arg("-T")
            .arg(temporary)
            .arg(partition)
            .stdout(Stdio::piped())
            .spawn()
            .context("Cannot start sort.")?;
        let sorted = sort.stdout.take().context("The output of sort is not there.")?;
        let mut reducer = command.stdin(sorted).stdout(Stdio::piped()).spawn().with_context(|| format!("Cannot start {line}."))?;
        reducer.stdout.take().map_or(Ok(()), |stdout| pass_on(stdout, sink))?;
        for (name, status) in [("reducer", reducer.wait()?), ("sort", sort.wait()?)] {
            if !status.success() {
                bail!("The {name} of {} failed ({status}).", self.run.name());
            }
        }
        Ok(())
    }
}

fn pass_on(from: impl Read, sink: &mut dyn LineSink) -> Result<()> {
    let mut lines = LineReader::records(from, 256 * 1024);
    while let Some(line) = lines.next_line()? {
        sink.line(line)?;
    }
    Ok(())
}

/// Map output, one file a partition.
struct Partitions {
    layout: Layout,
    files: Vec<(PathBuf, BufWriter<File>)>,
}

impl Partitions {
    fn create(directory: &Path, layout: Layout) -> Result<Self> {
        let files = (0..layout.partitions).map(|number| {
            let path = directory.join(format!("partition-{number:05}"));
            Ok((path.clone(), BufWriter::new(File::create(path)?)))
        });
        Ok(Self { layout, files: files.collect::<std::io::Result<_>>()? })
    }

    fn finish(self) -> Result<Vec<PathBuf>> {
        self.files
            .into_iter()
            .map(|(path, mut writer)| {
                writer.flush()?;
                Ok(path)
            })
            .collect()
    }
}

impl LineSink for Partitions {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let partition = self.layout.partition(line);
        let (_, file) = self.files.get_mut(partition).context("A record has a partition that is not there.")?;
        file.write_all(line)?;
        Ok(file.write_all(b"\n")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_printed_by_the_tool_of_their_store() {
        let cases = [
            ("file:///logs/a b.log", "cat '/logs/a b.log'"),
            ("logs/a.gz", "cat logs/a.gz | gzip -dc"),
            ("hdfs://h:9000/a.bz2", "hdfs dfs -cat hdfs://h:9000/a.bz2 | bzip2 -dc"),
            ("s3a://b/a.zst", "aws s3 cp s3://b/a.zst - | zstd -dc"),
        ];
        for (location, command) in cases {
            assert_eq!(reading(&location.parse().unwrap()), command);
        }
        let folder = tempfile::tempdir().unwrap();
        for (content, tool) in [(&b"\x1f\x8b\x08"[..], " | gzip -dc"), (b"{}\n", "")] {
            let place = Location::from_path(&folder.path().join("log")).unwrap();
            std::fs::write(folder.path().join("log"), content).unwrap();
            assert_eq!(reading(&place), format!("cat {place}{tool}"));
        }
    }
}
