//! The runner for clusters: a job becomes one `hadoop jar hadoop-streaming.jar …` line, built from its shape alone.
//!
//! * [`command`]: the words of the line
//! * [`shipped`]: files that travel with a job; [`urls`]: places as Hadoop takes them
//! * [`client`]: runs the line and reads what Hadoop's client tells: progress, counters, failed attempts
//! * [`interruption`]: an interrupt ends the job on the cluster, too
//! * [`failure`]: why a job failed, in the words of the task itself ([`task_log`]), and how to see it fail here ([`reproduction`])
//!
//! Between mapper and reducer the whole line is the key, and no separator is put behind it: records arrive as in a pipe, byte for
//! byte, sorted as `LC_ALL=C sort` sorts them. The partitioner looks at the group's fields only. The job writes into the directory
//! that this run has staged; it becomes visible by the same commit as under the other runners.

pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod failure;
mod interruption;
mod milestones;
mod reproduction;
pub(crate) mod shipped;
mod task_log;
#[cfg(test)]
pub(super) mod trial_jobs;
pub(crate) mod urls;

use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::client::Finished;
use self::command::StreamingCommand;
use self::failure::Failure;
use self::urls::{manifest_text, url};

use super::job_report::JobReport;
use super::job_run::{JobRun, RunnerOptions};
use super::local;
use super::outputs::StagedOutput;

/// Runs a job on the cluster.
///
/// # Errors
/// The line cannot be run, or the job failed; the output is then as it was.
pub(crate) fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
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
        submission: &run.submission,
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
        rows: if run.reducers == 0 { finished.map_output_records } else { finished.reduce_output_records },
        counters: finished.counters,
        files: run.inputs.len(),
        bytes: run.inputs.iter().map(|input| input.size).sum(),
        elapsed: started.elapsed(),
        ..JobReport::default()
    }
}
