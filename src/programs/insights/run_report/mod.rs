//! What a run says at its beginning and end, and what it leaves for others: the summary, the metrics, the history in the warehouse.

pub(crate) mod document;
mod interrupted;
mod metrics;
mod table;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Error, Result};
use chrono::{DateTime, Utc};
use clap::{ArgMatches, Args, ValueEnum};

use self::document::{Outcome, RunSummary, TaskSummary, VERSION, rounded, time};

use crate::config::settings::Settings;
use crate::engine::cluster::NoHadoop;
use crate::engine::task_report::TaskReport;
use crate::error_text::error_text;
use crate::programs::exit_code::exit_code;
use crate::standard_streams::say_of;
use crate::standard_streams::voice::{self, Level, LogFormat};
use crate::storage::{Location, is_not_found, read_to_string, store_for, write_bytes};
use crate::warehouse::{RunId, run_history};
use crate::wrong_usage::wrong_usage;
use crate::{say, say_at};

/// The section of the configuration.
const SECTION: &str = "run";

/// How much is said, and what is left for others.
#[derive(Args, Clone, Debug)]
pub(super) struct ReportingOptions {
    /// Says errors and the end only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Says more: the counters of each step
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Form of what is said on standard error; default: `log_format` of [run], else text
    #[arg(long, value_enum, global = true)]
    log_format: Option<LogFormat>,
    /// Where a task, `daily` or `backfill` writes what became of it, as JSON; default: `summary` of [run]
    #[arg(long, value_name = "FILE", global = true)]
    summary: Option<Location>,
    /// Where it writes figures for Prometheus' textfile collector; default: `metrics` of [run]
    #[arg(long, value_name = "FILE", global = true)]
    metrics: Option<Location>,
}

/// The errors of the run have been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlreadyTold;

impl fmt::Display for AlreadyTold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Some tasks failed.")
    }
}

/// Where a run leaves its document and its figures.
#[derive(Debug, Default)]
struct Places {
    summary: Option<Location>,
    metrics: Option<Location>,
    warehouse: Option<Location>,
    /// What a success is one of, for the figures.
    whole: String,
}

/// A run that has begun.
#[derive(Clone, Debug)]
struct Begun {
    command: String,
    run_id: RunId,
    started: DateTime<Utc>,
    clock: Instant,
}

impl Begun {
    /// Its document as of now, the worst of its tasks being its result.
    fn ended(&self, tasks: Vec<TaskSummary>) -> RunSummary {
        RunSummary {
            version: VERSION,
            program: concat!("insights ", env!("CARGO_PKG_VERSION")).to_owned(),
            command: self.command.clone(),
            run_id: self.run_id.to_string(),
            started: time(self.started),
            ended: time(Utc::now()),
            seconds: rounded(self.clock.elapsed().as_secs_f64()),
            result: tasks.iter().map(|task| task.result).max().unwrap_or_default(),
            error: None,
            exit_code: 0,
            tasks,
        }
    }
}

impl ReportingOptions {
    /// From now on so much is said, in this form.
    ///
    /// # Errors
    /// The configured form is none.
    pub(super) fn apply(&self, settings: Option<&Settings>) -> Result<()> {
        voice::set_amount(self.quiet, self.verbose);
        let configured = match settings.and_then(|settings| settings.get(SECTION, "log_format")) {
            Some(text) => match LogFormat::from_str(text.trim(), true) {
                Ok(format) => Some(format),
                Err(_) => return Err(wrong_usage(format!("log_format of [{SECTION}] is {text:?}; it must be text or json."))),
            },
            None => None,
        };
        self.log_format.or(configured).into_iter().for_each(voice::set_format);
        Ok(())
    }

    fn places(&self, settings: &Settings, command: &str, matches: &ArgMatches) -> Result<Places> {
        let place = |given: &Option<Location>, key: &str| match (given, settings.get(SECTION, key)) {
            (Some(place), _) => Ok(Some(place.clone())),
            (None, Some(text)) => text.trim().parse().map(Some).with_context(|| format!("{key} of [{SECTION}] cannot be used.")),
            (None, None) => Ok(None),
        };
        // Only tasks have the option.
        let given = matches.try_get_one::<Location>("warehouse_path").ok().flatten().cloned();
        let warehouse = given.or_else(|| settings.get("hive", "warehouse_path")?.trim().parse().ok());
        // A part of a night says nothing about the whole.
        let is_part = matches.try_get_many::<String>("only").is_ok_and(|only| only.is_some());
        let whole = if is_part { format!("{command} --only") } else { command.to_owned() };
        Ok(Places { summary: place(&self.summary, "summary")?, metrics: place(&self.metrics, "metrics")?, warehouse, whole })
    }

    /// Does what a command does between its first and its last line; what becomes of its tasks is told in a table, and left where the
    /// options and the configuration say. `matches` are those of the command.
    ///
    /// # Errors
    /// The worst of the tasks' errors, or that of the work itself; it is [`AlreadyTold`].
    pub(super) fn reported(
        &self,
        (command, matches): (&str, &ArgMatches),
        settings: &Settings,
        work: impl FnOnce() -> Result<Vec<TaskReport>>,
    ) -> Result<()> {
        let run = Begun { command: command.to_owned(), run_id: RunId::generate(), started: Utc::now(), clock: Instant::now() };
        let places = Arc::new(self.places(settings, command, matches)?);
        voice::set_run(run.run_id.as_str());
        interrupted::watch(&run, &places)?;
        say!("insights: {} {command} begins, run {}", time(run.started), run.run_id);
        let (reports, failure) = match work() {
            Ok(reports) => (merged(reports), None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let _being_told = interrupted::work_is_done();
        let program = settings.program();
        let tasks: Vec<_> = reports.iter().map(|report| TaskSummary::of(report, &program)).collect();
        let mut summary = run.ended(tasks);
        summary.error = failure.as_ref().map(error_text);
        let is_alone = reports.len() <= 1;
        tell_counters(&reports);
        let errors: Vec<Error> = reports.into_iter().filter_map(|report| report.error).chain(failure).collect();
        let worst = errors.into_iter().reduce(|one, other| if exit_code(&other) > exit_code(&one) { other } else { one });
        if let Some(error) = &worst {
            (summary.exit_code, summary.result) = (exit_code(error), Outcome::Failed);
        }
        tell_end(&summary, is_alone);
        // Before servers are asked again, which may not answer for a while.
        if let Some(error) = worst.as_ref().filter(|_| is_alone) {
            say_at!(Level::Error, "insights: {}", error_text(error));
        }
        places.leave(&summary, worst.as_ref().is_some_and(is_out_of_reach));
        worst.map_or(Ok(()), |error| Err(error.context(AlreadyTold)))
    }
}

/// A report for each task; a task that ran several times has one.
fn merged(reports: Vec<TaskReport>) -> Vec<TaskReport> {
    let mut merged: Vec<TaskReport> = Vec::new();
    for report in reports {
        match merged.iter_mut().find(|known| known.task == report.task) {
            Some(known) => known.append(report),
            None => merged.push(report),
        }
    }
    merged
}

/// What the jobs of each task counted, once for all their days.
fn tell_counters(reports: &[TaskReport]) {
    for report in reports {
        for (job, counters) in report.counters() {
            let counted = crate::engine::job_report::counters_text(&counters);
            if !counted.is_empty() {
                let about = [("task", report.task.as_str()), ("job", job)];
                say_of(Level::Info, &about, format_args!("{}, {job} counted:\n{counted}", report.task));
            }
        }
    }
}

fn tell_end(summary: &RunSummary, is_alone: bool) {
    if voice::is_json() {
        for task in &summary.tasks {
            let result = task.result.word();
            let about = [("task", task.task.as_str()), ("result", result.as_str())];
            let told = table::remarks(std::slice::from_ref(task), true).join("\n");
            let remedy = task.what_to_do.as_deref().unwrap_or_default();
            let rows = format!("{:.1} s, {} rows in, {} rows out", task.seconds, task.rows_in, task.rows_out);
            let parts = [task.result.name(), &rows, remedy, &told];
            let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            say_of(Level::End, &about, format_args!("{}: {}", task.task, parts.join("; ")));
        }
    } else if !summary.tasks.is_empty() {
        say_at!(Level::End, "\n{}", table::table(&summary.tasks).trim_end());
        // A task that runs alone has its error told as the last line.
        for remark in table::remarks(&summary.tasks, !is_alone) {
            say_at!(Level::End, "  - {remark}");
        }
    }
    let RunSummary { ended, command, seconds, result, exit_code, run_id, .. } = summary;
    let code = if *exit_code == 0 { String::new() } else { format!(" (exit code {exit_code})") };
    let word = result.word();
    let about = [("command", command.as_str()), ("result", word.as_str())];
    say_of(
        Level::End,
        &about,
        format_args!("insights: {ended} {command} ended after {seconds:.1} s: {}{code}, run {run_id}", result.name()),
    );
}

/// What is left of a run.
#[derive(Clone, Copy)]
enum What {
    Summary,
    Metrics,
    History,
}

impl Places {
    /// Writes what was asked for; what cannot be written is said and fails nothing. What is out of reach is not waited for once more.
    fn leave(&self, summary: &RunSummary, is_out_of_reach: bool) {
        let document = match serde_json::to_string_pretty(summary) {
            Ok(document) => document + "\n",
            Err(error) => return say_at!(Level::Error, "insights: The summary cannot be written: {error}"),
        };
        let written = |what: &str, outcome: Result<()>| {
            if let Err(error) = outcome {
                say_at!(Level::Error, "insights: {what} cannot be written; the run is not concerned. {}", error_text(&error));
            }
        };
        let leave_in = |place: &Location, what: What| match what {
            What::Summary => written("The summary", write_bytes(place, document.as_bytes())),
            What::Metrics => written("The metrics", write_metrics(place, summary, &self.whole)),
            What::History if is_out_of_reach && place.scheme() == "hdfs" => {
                say_at!(Level::Error, "insights: The run is not in the history of runs in {place}, since the cluster cannot be reached.");
            }
            What::History => written("The history of runs", keep(place, summary, &document)),
        };
        let places = [(&self.summary, What::Summary), (&self.metrics, What::Metrics), (&self.warehouse, What::History)];
        let mut places: Vec<_> = places.into_iter().filter_map(|(place, what)| Some((place.as_ref()?, what))).collect();
        // A server that does not answer keeps nothing from this machine.
        places.sort_by_key(|(place, _)| place.as_local_path().is_none());
        for (place, what) in places {
            leave_in(place, what);
        }
    }
}

/// Whether there is no Hadoop here, or HDFS was tried for long without an answer.
fn is_out_of_reach(error: &Error) -> bool {
    let of_hdfs = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::NotConnected;
    error.is::<NoHadoop>() || error.chain().any(|cause| cause.downcast_ref().is_some_and(of_hdfs))
}

fn write_metrics(place: &Location, summary: &RunSummary, whole: &str) -> Result<()> {
    let before = match read_to_string(place) {
        Ok(text) => text,
        Err(error) if is_not_found(&error) => String::new(),
        Err(error) => return Err(error),
    };
    write_bytes(place, metrics::text(summary, whole, &before).as_bytes())
}

/// A run that did nothing makes no warehouse.
fn keep(warehouse: &Location, summary: &RunSummary, document: &str) -> Result<()> {
    let has_begun = summary.tasks.iter().any(|task| !task.steps.is_empty());
    if !has_begun && !store_for(warehouse)?.directory_exists(warehouse)? {
        return Ok(());
    }
    run_history::keep(warehouse, &summary.run_id, document)
}
