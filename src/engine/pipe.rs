//! The teaching and debugging runner: the real binaries and `sort`, every command printed before it runs.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::job_run::{JobReport, JobRun, RunnerOptions};
use super::outputs::StagedOutput;
use super::shuffle::Layout;
use crate::storage::decompression::{Compression, open_log};
use crate::storage::{Entry, Location};
use crate::streaming::LineSink;
use crate::streaming::lines::{LineReader, LineSource};

/// Runs a job through shell tools; the result is the local runner's, byte for byte.
pub fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    let shape = run.job.shape();
    let started = Instant::now();
    let work = tempfile::tempdir_in(&options.temporary).context("Cannot make a working directory. Choose another with --temporary.")?;
    let staged = StagedOutput::begin(&run.output, run.locks)?;
    let tasks = Tasks { run, mapper: binary(&shape.mapper_program())?, reducer: binary(&shape.reducer_program())? };
    let mut report = JobReport { bytes: run.inputs.iter().map(|input| input.size).sum(), ..JobReport::default() };
    if shape.map_only() {
        for (number, input) in run.inputs.iter().enumerate() {
            let mut sink = staged.part(number)?;
            tasks.map(input, &mut sink)?;
            sink.finish()?;
        }
    } else {
        let layout =
            Layout { key_fields: shape.key_fields(), group_fields: shape.group_fields(), partitions: run.reducers.max(1), seed: 0 };
        let mut partitions = Partitions::create(work.path(), layout)?;
        for input in &run.inputs {
            tasks.map(input, &mut partitions)?;
        }
        for (number, path) in partitions.finish()?.iter().enumerate() {
            let mut sink = staged.part(number)?;
            tasks.reduce(path, work.path(), &mut sink)?;
            sink.finish()?;
        }
    }
    staged.commit()?;
    report.elapsed = started.elapsed();
    Ok(report)
}

/// An executable beside this one.
fn binary(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        bail!("The pipe runner needs {}. Build all binaries with: cargo build --release --bins", path.display());
    }
    Ok(path)
}

struct Tasks<'t> {
    run: &'t JobRun<'t>,
    mapper: PathBuf,
    reducer: PathBuf,
}

/// The command that prints a log as the mapper gets it.
pub(super) fn reading(location: &Location) -> String {
    let printing = match location.scheme() {
        "file" => format!("cat {}", quoted(location.path())),
        "hdfs" => format!("hdfs dfs -cat {}", quoted(location.as_str())),
        _ => format!("aws s3 cp {} -", quoted(&format!("s3://{}{}", location.authority(), location.path()))),
    };
    match Compression::of(location) {
        Compression::Plain => printing,
        Compression::Gzip => format!("{printing} | gzip -dc"),
        Compression::Bzip2 => format!("{printing} | bzip2 -dc"),
        Compression::Zstandard => format!("{printing} | zstd -dc"),
    }
}

impl Tasks<'_> {
    fn words(&self) -> String {
        std::iter::once(self.run.name()).chain(self.run.options.iter().map(String::as_str)).map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// Decompresses one input through the mapper.
    fn map(&self, input: &Entry, sink: &mut dyn LineSink) -> Result<()> {
        eprintln!("+ {} | {} {}", reading(&input.location), self.mapper.display(), self.words());
        let mut mapper = Command::new(&self.mapper)
            .arg(self.run.name())
            .args(&self.run.options)
            .env("mapreduce_map_input_file", input.location.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("Cannot start {}.", self.mapper.display()))?;
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
        eprintln!("+ LC_ALL=C sort {} | {} {}", partition.display(), self.reducer.display(), self.words());
        let mut sort = Command::new("sort")
            .env("LC_ALL", "C")
            .arg("-T")
            .arg(temporary)
            .arg(partition)
            .stdout(Stdio::piped())
            .spawn()
            .context("Cannot start sort.")?;
        let sorted = sort.stdout.take().context("The output of sort is not there.")?;
        let mut reducer = Command::new(&self.reducer)
            .arg(self.run.name())
            .args(&self.run.options)
            .stdin(sorted)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("Cannot start {}.", self.reducer.display()))?;
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

/// A word as the shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
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
    }
}
