//! The document of a run: `--summary`, the history in the warehouse (docs/status-and-summary.md, docs/schemas/run-summary.json).
//!
//! Names and meanings of a version stay; what is added gets a default, so that documents of older programs are read.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::engine::task_report::{StepOutcome, StepReport, TaskReport, TaskResult};
use crate::error_text::error_text;
use crate::programs::exit_code::exit_code;
use crate::tasks::MissingDays;

/// Version of the document.
pub(crate) const VERSION: u32 = 1;

/// A run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunSummary {
    /// [`VERSION`]
    pub version: u32,
    /// Program and version: `insights 0.1.0`.
    pub program: String,
    /// What was run: `daily`, `backfill`, `together`, or a task.
    pub command: String,
    /// The run.
    pub run_id: String,
    /// When it began: `2026-01-01T03:00:00Z`.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Wall time.
    pub seconds: f64,
    /// The worst that became of a task.
    pub result: Outcome,
    /// The exit code.
    pub exit_code: u8,
    /// Why the run as a whole failed, if not a task did.
    #[serde(default)]
    pub error: Option<String>,
    /// The tasks, in the order of the run.
    pub tasks: Vec<TaskSummary>,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskSummary {
    /// Its name.
    pub task: String,
    /// What became of it.
    pub result: Outcome,
    /// The exit code that it would have alone.
    pub exit_code: u8,
    /// Wall time; tasks that share a scan have all its time.
    pub seconds: f64,
    /// Files that it read, as often as its jobs did.
    pub files: u64,
    /// Bytes of them, as stored.
    pub bytes: u64,
    /// Lines that it read.
    pub rows_in: u64,
    /// Rows that it put into its tables.
    pub rows_out: u64,
    /// Lines and events that its jobs discarded.
    pub discarded_lines: u64,
    /// Rows that its tables could not hold.
    pub discarded_rows: u64,
    /// The counters behind `discarded_lines`.
    pub discards: BTreeMap<String, u64>,
    /// Days of its history that nobody has made, and that it could not make.
    pub missing_days: Vec<NaiveDate>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// What to do, where there is something.
    pub what_to_do: Option<String>,
    /// Its steps, as far as it came.
    pub steps: Vec<StepSummary>,
}

/// A step of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepSummary {
    /// Its name.
    pub step: String,
    /// `done`, `up_to_date` or `failed`.
    pub result: Outcome,
    /// Wall time.
    pub seconds: f64,
    /// Files that it read.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Log files besides, of which a run before had kept what counts.
    #[serde(default)]
    pub kept_files: u64,
    /// Lines that it read.
    pub rows_in: u64,
    /// Rows that it wrote.
    pub rows_out: u64,
    /// Rows that its table could not hold.
    pub discarded_rows: u64,
    /// Its table, if it is a load.
    pub table: Option<String>,
    /// Its job, if it is one.
    pub job: Option<String>,
}

/// What became of something, from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It did not take part.
    Skipped,
    /// Nothing was due.
    #[default]
    UpToDate,
    /// It did what was due.
    Done,
    /// It did, and there is something to look at.
    Warned,
    /// It failed.
    Failed,
}

impl Outcome {
    /// As people read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::UpToDate => "up to date",
            Self::Done => "done",
            Self::Warned => "warned",
            Self::Failed => "failed",
        }
    }

    /// As documents write it.
    pub(super) fn word(self) -> String {
        self.name().replace(' ', "_")
    }

    fn of(result: TaskResult) -> Self {
        match result {
            TaskResult::Done => Self::Done,
            TaskResult::UpToDate => Self::UpToDate,
            TaskResult::Warned => Self::Warned,
            TaskResult::Skipped => Self::Skipped,
            TaskResult::Failed => Self::Failed,
        }
    }
}

/// A time as the documents write it.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Seconds to the thousandth.
pub(super) fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

impl TaskSummary {
    /// Of a task that has ended. `program` is how a command begins that the operator is told.
    pub(super) fn of(report: &TaskReport, program: &str) -> Self {
        let discards = report.discards();
        let missing = report.error.as_ref().and_then(|error| error.downcast_ref::<MissingDays>());
        let missing_days = match missing {
            Some(missing) => missing.days.clone(),
            None => report.missing_days.clone(),
        };
        let mut warnings = report.warnings.clone();
        warnings.extend(report.left_out.clone());
        let mut summary = Self {
            task: report.task.clone(),
            result: Outcome::of(report.result()),
            exit_code: report.error.as_ref().map_or(0, exit_code),
            seconds: rounded(report.seconds()),
            files: report.files(),
            bytes: report.bytes(),
            rows_in: report.rows_in(),
            rows_out: report.rows_out(),
            discarded_lines: discards.values().sum(),
            discarded_rows: report.rows_left_out(),
            discards,
            missing_days,
            warnings,
            error: report.error.as_ref().map(error_text),
            what_to_do: None,
            steps: report.steps.iter().map(StepSummary::of).collect(),
        };
        let of_error = missing.and_then(|missing| missing.what_to_do.clone());
        summary.what_to_do = of_error.or_else(|| summary.remedy(program));
        summary
    }

    /// What to do, in few words.
    fn remedy(&self, program: &str) -> Option<String> {
        let span = self.missing_days.first().zip(self.missing_days.last().and_then(NaiveDate::succ_opt));
        if let Some((first, end)) = span {
            return Some(format!("{program} backfill --from {first} --to {end}"));
        }
        let text = match (self.result, self.exit_code) {
            (Outcome::Failed, 10) => "wait for the other run, then start again",
            (Outcome::Failed, 20) => "bring what is missing, then start again",
            (Outcome::Failed, _) => "mend what is told, then start again",
            (Outcome::Warned, _) => "look at what is told",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

impl StepSummary {
    fn of(report: &StepReport) -> Self {
        Self {
            step: report.step.clone(),
            result: match report.outcome {
                StepOutcome::Done => Outcome::Done,
                StepOutcome::UpToDate => Outcome::UpToDate,
                StepOutcome::Failed => Outcome::Failed,
            },
            seconds: rounded(report.seconds),
            files: report.files,
            bytes: report.bytes,
            kept_files: report.kept_files,
            rows_in: report.rows_in,
            rows_out: report.rows_out,
            discarded_rows: report.rows_left_out,
            table: report.table.map(str::to_owned),
            job: report.job.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_the_command_where_there_is_one() {
        let days = ["2014-05-02", "2014-05-04"].map(|day| day.parse().unwrap()).to_vec();
        let missing = MissingDays { text: "Two days are missing.".to_owned(), days, what_to_do: None };
        let behind = MissingDays { what_to_do: Some("bring newer log files".to_owned()), ..missing.clone() };
        let behind = TaskSummary::of(&TaskReport::failed("T", behind.into()), "insights");
        assert_eq!(behind.what_to_do.as_deref(), Some("bring newer log files"));
        let error = anyhow::Error::new(missing).context("T failed.");
        let summary = TaskSummary::of(&TaskReport::failed("T", error), "insights --config a.cfg");
        assert_eq!(summary.what_to_do.as_deref(), Some("insights --config a.cfg backfill --from 2014-05-02 --to 2014-05-05"));
        assert_eq!((summary.result, summary.exit_code, summary.missing_days.len()), (Outcome::Failed, 20, 2));
        assert_eq!(summary.error.as_deref(), Some("T failed. Two days are missing."));
        let failed = TaskSummary::of(&TaskReport::failed("T", anyhow::anyhow!("no disk")), "insights");
        assert_eq!(failed.what_to_do.as_deref(), Some("mend what is told, then start again"));
        let skipped = TaskSummary::of(&TaskReport::left_out("T", "there is no section".to_owned()), "insights");
        assert_eq!((skipped.result, skipped.what_to_do, skipped.warnings.len()), (Outcome::Skipped, None, 1));
    }

    #[test]
    fn the_worst_of_several_is_the_runs() {
        assert_eq!([Outcome::Done, Outcome::Failed, Outcome::Skipped].into_iter().max(), Some(Outcome::Failed));
        let written = serde_json::to_value(Outcome::UpToDate).unwrap();
        assert_eq!(written, Outcome::UpToDate.word());
        assert!(Outcome::Warned > Outcome::Done && Outcome::UpToDate > Outcome::Skipped);
    }
}
