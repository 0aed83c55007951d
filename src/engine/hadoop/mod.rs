//! The runner for clusters: a job becomes one `hadoop jar hadoop-streaming.jar …` line, built from its shape alone.
//!
//! * [`cluster`]: how jobs are sent to a cluster: commands, jars, queue, properties
//! * [`command`]: the words of the line
//! * [`shipped`]: files that travel with a job
//! * [`secret_properties`]: what must not stand in the line
//! * [`client`]: runs the line and reads what Hadoop's client tells: progress, counters, failed attempts
//! * [`client_log`]: where all of it is kept
//! * [`interruption`]: an interrupt ends the job on the cluster, too
//! * [`failure`]: why a job failed, in the words of the task itself ([`task_log`]), and how to see it fail here ([`reproduction`])
//!
//! Between mapper and reducer the whole line is the key, and no separator is put behind it: records arrive as in a pipe, byte for
//! byte, sorted as `LC_ALL=C sort` sorts them. The partitioner looks at the group's fields only. The job writes into the directory
//! that this run has staged; it becomes visible by the same commit as under the other runners.

pub mod client;
pub mod client_log;
pub mod cluster;
pub mod command;
pub mod failure;
mod interruption;
mod reproduction;
pub mod secret_properties;
pub mod shipped;
mod task_log;
#[cfg(test)]
pub(super) mod trial_jobs;

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use self::client::Finished;
pub use self::cluster::{Cluster, MapInput};
use self::command::StreamingCommand;
use self::failure::Failure;
use super::job_run::{JobReport, JobRun, RunnerOptions};
use super::local;
use super::outputs::StagedOutput;
use crate::storage::{Entry, Location};

/// Runs a job on the cluster.
///
/// # Errors
/// The line cannot be run, or the job failed; the output is then as it was.
pub fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    if run.inputs.is_empty() {
        // A cluster refuses a job without input; its result is that of empty tables.
        return local::run(run, options);
    }
    let cluster = options.cluster.as_ref().context("The hadoop runner was not told of a cluster.")?;
    let started = Instant::now();
    let staged = StagedOutput::begin(&run.output, run.locks)?;
    let work = tempfile::tempdir_in(&options.temporary).context("Cannot make a working directory. Choose another with --temporary.")?;
    // Hadoop's client runs in that directory.
    let directory = std::path::absolute(work.path()).context("The working directory cannot be used. Choose another with --temporary.")?;
    let manifest = directory.join("input.manifest");
    std::fs::write(&manifest, manifest_text(&run.inputs)?).context("Cannot write the job's manifest. Choose another --temporary.")?;
    let lock = run.locks.first().context("A job without output cannot run.")?;
    let output = url(&run.output.job_directory(lock.run_id())?)?;
    let secret_properties = cluster.write_secret_properties(&directory)?.map(|path| path.display().to_string());
    let line = StreamingCommand {
        cluster,
        job: run.job,
        options: &run.options,
        reducers: run.reducers,
        manifest: &format!("file://{}", manifest.display()),
        output: &output,
        must_exist: true,
        marks_success: false,
        secret_properties: secret_properties.as_deref(),
    };
    let files = directory.join("files");
    let words = line.words(&|file| file.place_here(&files))?;
    let log = cluster.log_file(run.name())?;
    // Hadoop's in-process engine links shipped files into the working directory.
    let (finished, succeeded) = client::run(&words, &directory, &log, run.name(), options)?;
    if !succeeded {
        bail!(Failure::find(cluster, run, &finished, &log).to_string());
    }
    staged.adopt()?;
    staged.commit()?;
    Ok(report(run, finished, started))
}

fn report(run: &JobRun<'_>, finished: Finished, started: Instant) -> JobReport {
    JobReport {
        lines: finished.map_input_records,
        counters: finished.counters,
        files: run.inputs.len(),
        bytes: run.inputs.iter().map(|input| input.size).sum(),
        spills: 0,
        elapsed: started.elapsed(),
    }
}

/// A location as Hadoop takes it wherever it runs: it looks for a path without scheme on the cluster's own file system.
///
/// # Errors
/// The path cannot be made absolute.
pub fn url(location: &Location) -> Result<String> {
    if location.scheme() != "file" {
        return Ok(location.to_string());
    }
    let path = std::path::absolute(location.path()).with_context(|| format!("The path {location} cannot be used."))?;
    let end = if location.path().ends_with('/') { "/" } else { "" };
    Ok(format!("file://{}{end}", path.display().to_string().trim_end_matches('/')))
}

/// A line for each input.
fn manifest_text(inputs: &[Entry]) -> Result<String> {
    let lines = inputs.iter().map(|input| manifest_line(&input.location).map(|line| line + "\n"));
    lines.collect()
}

/// The line of a manifest for a file or directory. Lines are globs, so their special characters are taken literally.
///
/// # Errors
/// The name holds a line break.
pub fn manifest_line(place: &Location) -> Result<String> {
    let path = url(place)?;
    ensure!(!path.contains(['\n', '\r']), "The file name {path:?} holds a line break and cannot stand in a manifest. Rename the file.");
    let mut line = String::new();
    for character in path.chars() {
        if r"\*?[]{}".contains(character) {
            line.push('\\');
        }
        line.push(character);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_files_literally() {
        let entry = |path: &str| Entry { location: path.parse().unwrap(), size: 1 };
        let text = manifest_text(&[entry("hdfs://h:1/a b/[x].gz"), entry("s3://b/{y}*"), entry("/logs/a")]).unwrap();
        assert_eq!(text, "hdfs://h:1/a b/\\[x\\].gz\ns3://b/\\{y\\}\\*\nfile:///logs/a\n");
        assert!(manifest_text(&[entry("hdfs://h:1/a\nb")]).is_err());
    }
}
