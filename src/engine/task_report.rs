//! What became of a task and of each of its steps, for whoever tells it at the end.

use std::collections::BTreeMap;

use anyhow::Error;
use chrono::NaiveDate;

use super::job_report::JobReport;
use crate::stores::LoadReport;
use crate::streaming::Counters;

/// What became of a task.
#[derive(Debug, Default)]
pub(crate) struct TaskReport {
    /// Its name.
    pub task: String,
    /// Its steps, as far as it came, in the order of the plan.
    pub steps: Vec<StepReport>,
    /// Days of its history that nobody has made and that it did not make either.
    pub missing_days: Vec<NaiveDate>,
    /// What somebody should look at although nothing failed.
    pub warnings: Vec<String>,
    /// Why it did not take part in the run, if so.
    pub left_out: Option<String>,
    /// Why it failed.
    pub error: Option<Error>,
}

/// What became of a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepReport {
    /// Its place in the plan, from 0.
    pub place: usize,
    /// Its name.
    pub step: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// Wall time; of jobs that share a scan that of the scan.
    pub seconds: f64,
    /// Whether it shared a scan of the logs with other jobs.
    pub shared: bool,
    /// Whether it read tracking logs.
    pub over_logs: bool,
    /// Files that it read.
    pub files: u64,
    /// Bytes of them, as stored.
    pub bytes: u64,
    /// Log files besides, of which a run before had kept what counts.
    pub kept_files: u64,
    /// Lines that it read.
    pub rows_in: u64,
    /// Rows that it wrote into the warehouse, or put into its table.
    pub rows_out: u64,
    /// Rows that its table could not hold.
    pub rows_left_out: u64,
    /// Its table of the result store, if it is a load.
    pub table: Option<&'static str>,
    /// Its job, `WORKFLOW/JOB`, if it is one.
    pub job: Option<String>,
    /// What its job counted.
    pub counters: Counters,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// It ran.
    #[default]
    Done,
    /// What it makes was there.
    UpToDate,
    /// It failed, and its result is as it was.
    Failed,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskResult {
    /// It did what was due.
    Done,
    /// Nothing was due.
    UpToDate,
    /// It did what was due, and there is something to look at.
    Warned,
    /// It did not take part.
    Skipped,
    /// It failed.
    Failed,
}

impl TaskReport {
    /// Of a task that could not be planned.
    pub(crate) fn failed(task: &str, error: Error) -> Self {
        Self { task: task.to_owned(), error: Some(error), ..Self::default() }
    }

    /// Of a task that does not take part.
    pub(crate) fn left_out(task: &str, why: String) -> Self {
        Self { task: task.to_owned(), left_out: Some(why), ..Self::default() }
    }

    /// How it ended.
    pub(crate) fn result(&self) -> TaskResult {
        if self.error.is_some() {
            TaskResult::Failed
        } else if self.left_out.is_some() {
            TaskResult::Skipped
        } else if !self.warnings.is_empty() || !self.missing_days.is_empty() || self.rows_left_out() > 0 {
            TaskResult::Warned
        } else if self.steps.iter().all(|step| step.outcome == StepOutcome::UpToDate) {
            TaskResult::UpToDate
        } else {
            TaskResult::Done
        }
    }

    /// Goes on with what the same task did later in the run.
    pub(crate) fn append(&mut self, later: Self) {
        self.steps.extend(later.steps);
        self.missing_days.extend(later.missing_days);
        self.warnings.extend(later.warnings.into_iter().filter(|warning| !self.warnings.contains(warning)).collect::<Vec<_>>());
        self.left_out = self.left_out.take().and(later.left_out);
        self.error = self.error.take().or(later.error);
    }

    /// Its time: a scan that several of its jobs share counts once.
    pub(crate) fn seconds(&self) -> f64 {
        let scan = self.steps.iter().filter(|step| step.shared).map(|step| step.seconds).fold(0.0, f64::max);
        scan + self.steps.iter().filter(|step| !step.shared).map(|step| step.seconds).sum::<f64>()
    }

    /// A figure of the steps that read logs; of all jobs if none does.
    fn of_input(&self, value: impl Fn(&StepReport) -> u64) -> u64 {
        let over_logs = self.steps.iter().any(|step| step.over_logs);
        self.steps.iter().filter(|step| step.job.is_some() && step.over_logs == over_logs).map(value).sum()
    }

    /// Files that it read.
    pub(crate) fn files(&self) -> u64 {
        self.of_input(|step| step.files)
    }

    /// Bytes of them.
    pub(crate) fn bytes(&self) -> u64 {
        self.of_input(|step| step.bytes)
    }

    /// Lines of the logs that its jobs read; of the warehouse if it read no logs.
    pub(crate) fn rows_in(&self) -> u64 {
        self.of_input(|step| step.rows_in)
    }

    /// Rows that it put into tables of the result store; that its jobs wrote if it loads none.
    pub(crate) fn rows_out(&self) -> u64 {
        let loads = self.steps.iter().any(|step| step.table.is_some());
        self.steps.iter().filter(|step| step.table.is_some() == loads).map(|step| step.rows_out).sum()
    }

    /// Rows that the tables could not hold.
    pub(crate) fn rows_left_out(&self) -> u64 {
        self.steps.iter().map(|step| step.rows_left_out).sum()
    }

    /// What each of its jobs counted, over all its days.
    pub(crate) fn counters(&self) -> BTreeMap<&str, Counters> {
        let mut jobs: BTreeMap<&str, Counters> = BTreeMap::new();
        for step in &self.steps {
            if let Some(job) = &step.job {
                jobs.entry(job).or_default().merge(&step.counters);
            }
        }
        jobs
    }

    /// Lines and events that jobs discarded, by `GROUP: NAME`. What each job of the same scan finds in the lines themselves is taken
    /// from the one that found most.
    pub(crate) fn discards(&self) -> BTreeMap<String, u64> {
        let mut discards = BTreeMap::new();
        for counters in self.counters().values() {
            for (group, name, value) in counters.iter().filter(|(_, name, _)| is_discard(name)) {
                let known: &mut u64 = discards.entry(format!("{group}: {name}")).or_default();
                *known = if group == LINES { value.max(*known) } else { *known + value };
            }
        }
        discards
    }
}

/// The group of what each job counts of lines that are no event.
const LINES: &str = "Event";
/// A counter of events which the job is not about.
const OF_OTHERS: &str = "Discard Non-Enrollment Event Type";

fn is_discard(name: &str) -> bool {
    name.starts_with("Discard ") && name != OF_OTHERS
}

impl StepReport {
    /// Of a job that is done.
    pub(crate) fn of_job(report: &JobReport) -> Self {
        Self {
            seconds: report.elapsed.as_secs_f64(),
            files: report.files as u64,
            bytes: report.bytes,
            kept_files: report.kept_files as u64,
            rows_in: report.lines,
            rows_out: report.rows,
            counters: report.counters.clone(),
            ..Self::default()
        }
    }

    /// Of a load.
    pub(crate) fn of_load(report: &LoadReport) -> Self {
        Self {
            outcome: if report.skipped { StepOutcome::UpToDate } else { StepOutcome::Done },
            seconds: report.seconds,
            rows_in: report.rows + report.rejected.rows(),
            rows_out: report.rows,
            rows_left_out: report.rejected.rows(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(job: &str, shared: bool, seconds: f64, counted: &[(&'static str, &'static str, u64)]) -> StepReport {
        let mut counters = Counters::default();
        for (group, name, value) in counted {
            counters.add(group, name, *value);
        }
        let job = Some(job.to_owned());
        StepReport { job, shared, seconds, over_logs: shared, rows_in: 10, rows_out: 4, files: 2, counters, ..StepReport::default() }
    }

    #[test]
    fn a_scan_counts_once_and_days_of_a_job_add_up() {
        let discard = ("Event", "Discard Missing Time Field", 2);
        let day = |seconds| step("a/daily", true, seconds, &[discard, ("A", "Discard Missing User ID", 1), ("A", "Users", 9)]);
        let other = step("b/daily", true, 3.0, &[discard]);
        let weekly = step("a/weekly", false, 0.5, &[]);
        let mut report = TaskReport { task: "T".to_owned(), steps: vec![day(3.0), day(3.0), other, weekly], ..TaskReport::default() };
        assert!((report.seconds() - 3.5).abs() < 1e-9);
        assert_eq!((report.rows_in(), report.files(), report.rows_out()), (30, 6, 16));
        let discards: Vec<_> = report.discards().into_iter().collect();
        assert_eq!(discards, [("A: Discard Missing User ID".to_owned(), 2), ("Event: Discard Missing Time Field".to_owned(), 4)]);
        assert_eq!(report.counters()["a/daily"].get("A", "Users"), 18);
        report.steps.push(StepReport { table: Some("t"), rows_out: 7, rows_left_out: 1, ..StepReport::default() });
        assert_eq!((report.rows_out(), report.result()), (7, TaskResult::Warned));
    }

    #[test]
    fn results_by_what_happened() {
        let of = |outcome| TaskReport { steps: vec![StepReport { outcome, ..StepReport::default() }], ..TaskReport::default() };
        assert_eq!(of(StepOutcome::Done).result(), TaskResult::Done);
        assert_eq!(of(StepOutcome::UpToDate).result(), TaskResult::UpToDate);
        assert_eq!(TaskReport::left_out("T", "no section".to_owned()).result(), TaskResult::Skipped);
        let mut both = of(StepOutcome::Done);
        both.append(TaskReport::failed("T", anyhow::anyhow!("no disk")));
        assert_eq!((both.result(), both.steps.len()), (TaskResult::Failed, 1));
    }
}
