//! What becomes of the plans of a run, while it goes on.

use anyhow::Error;

use super::plan::Plan;
use super::signals::gate;
use super::task_report::{StepReport, TaskReport};
use crate::error_text::error_text;
use crate::notice::Notice;
use crate::say_at;
use crate::standard_streams::voice::Level;

/// A report for each plan of a run, by its number.
pub(super) struct RunReports(Vec<TaskReport>);

impl RunReports {
    /// Nothing has been done yet; the warnings of plans are repeated at the end.
    pub(super) fn of(plans: &[Plan]) -> Self {
        let begun = plans.iter().map(|plan| {
            let warnings = plan.notices.iter().filter_map(Notice::warning_text).map(str::to_owned).collect();
            TaskReport { task: plan.task.clone(), missing_days: plan.missing_days.clone(), warnings, ..TaskReport::default() }
        });
        Self(begun.collect())
    }

    /// Whether a plan has failed; one that is not there has not.
    pub(super) fn has_failed(&self, number: usize) -> bool {
        self.0.get(number).is_some_and(|report| report.error.is_some())
    }

    /// Whether it is known already what became of a step.
    pub(super) fn knows(&self, number: usize, place: usize) -> bool {
        self.0.get(number).is_some_and(|report| report.steps.iter().any(|step| step.place == place))
    }

    /// Enters what became of a step.
    pub(super) fn enter(&mut self, number: usize, step: StepReport) {
        if let Some(report) = self.0.get_mut(number) {
            report.steps.push(step);
        }
    }

    /// Enters what somebody should look at although nothing failed.
    pub(super) fn warn(&mut self, number: usize, warning: String) {
        if let Some(report) = self.0.get_mut(number) {
            report.warnings.push(warning);
        }
    }

    /// Keeps the first error of a plan. A plan that runs alone leaves telling to the caller.
    pub(super) fn fail(&mut self, number: usize, error: Error) {
        // What a signal has ended is no failure of its own.
        gate();
        let is_alone = self.0.len() == 1;
        let Some(report) = self.0.get_mut(number).filter(|report| report.error.is_none()) else { return };
        let task = &report.task;
        report.error = Some(if is_alone {
            error
        } else {
            say_at!(Level::Error, "{task} failed: {}", error_text(&error));
            error.context(format!("{task} failed."))
        });
    }

    /// The reports, each with its steps in the order of the plan.
    pub(super) fn ended(mut self) -> Vec<TaskReport> {
        self.0.iter_mut().for_each(|report| report.steps.sort_by_key(|step| step.place));
        self.0
    }
}
