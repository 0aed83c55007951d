//! `insights daily`: everything that is due once a day, from one pass over the logs.
//!
//! Each task runs as it would by itself with the options that its section and the sections of its workflow give, and with the day as the
//! end of its interval. Tables are replaced, as on every regular run.

use std::path::PathBuf;

use anyhow::{Error, Result};
use chrono::NaiveDate;
use clap::{ArgMatches, Args};

use super::notices::tell;
use super::planning::submitted;
use super::run_options::RunOptions;
use super::{Workflows, missing, old_tasks, one_night, plan_of_words};
use crate::calendar::day;
use crate::config::missing::{MissingSetting, MissingSettings};
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::freshness::Freshness;
use crate::engine::plan::{Action, JobStep, Plan, Step};
use crate::engine::task_report::TaskReport;
use crate::engine::together::run_together;
use crate::error_text::error_text;
use crate::notice::Notice;
use crate::standard_streams::voice::Level;
use crate::tasks::log_days::ListedOnce;
use crate::tasks::options::reducers;
use crate::tasks::store::ChosenStore;
use crate::tasks::workflow::{Daily, Day};
use crate::warehouse::day_index::days_there;
use crate::wrong_usage::{nearest, wrong_usage};
use crate::{say, say_at};

/// Name of the command.
pub(crate) const NAME: &str = "daily";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(crate) struct DailyOptions {
    /// The day behind the last one that counts; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: Option<NaiveDate>,
    /// Run only this task, or the main task of this workflow; may be repeated
    #[arg(long, value_name = "TASK")]
    only: Vec<String>,
    /// Leave out this task, or the main task of this workflow; may be repeated
    #[arg(long, value_name = "TASK")]
    skip: Vec<String>,
    /// Number of reducers of each job
    #[arg(long, value_parser = reducers)]
    n_reduce_tasks: Option<usize>,
    /// SQLite file to load into instead of the configured store
    #[arg(long)]
    sqlite: Option<PathBuf>,
}

/// A workflow with what it does every day.
struct DailyTask {
    workflow: &'static str,
    daily: &'static Daily,
}

impl DailyTask {
    fn all(workflows: Workflows) -> impl Iterator<Item = Self> {
        workflows.iter().filter_map(|workflow| Some(Self { workflow: workflow.name, daily: workflow.daily.as_ref()? }))
    }

    fn is_called(&self, name: &str) -> bool {
        [self.daily.task, self.workflow].iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl DailyOptions {
    /// These tasks, on this day or today.
    pub(super) fn only(tasks: &[&str], date: Option<NaiveDate>) -> Self {
        let only = tasks.iter().map(|task| (*task).to_owned()).collect();
        Self { date, only, skip: Vec::new(), n_reduce_tasks: None, sqlite: None }
    }

    /// Whether what they name is there, before a run begins.
    ///
    /// # Errors
    /// A task named by an option does not exist, or none is left.
    pub(super) fn check(&self, workflows: Workflows) -> Result<()> {
        self.chosen(workflows).map(drop)
    }

    /// Tells which store the day loads into before anything else is told; gives what it has told. A store that cannot be named is an
    /// error of each task that loads.
    pub(super) fn tell_store(&self, settings: &Settings) -> Option<String> {
        let store = ChosenStore::of_file(self.sqlite.clone()).open(settings).ok()?.described();
        say!("Result store: {store}");
        Some(store)
    }

    fn chosen(&self, workflows: Workflows) -> Result<Vec<DailyTask>> {
        let all = || DailyTask::all(workflows);
        if let Some(unknown) = self.only.iter().chain(&self.skip).find(|name| !all().any(|task| task.is_called(name))) {
            if let Some(told) = old_tasks::told(unknown) {
                return Err(wrong_usage(told));
            }
            let guess = nearest(unknown, all().flat_map(|task| [task.workflow, task.daily.task]));
            let guess = guess.map_or_else(|| ".".to_owned(), |name| format!(". Did you mean {name}?"));
            let known: Vec<_> = all().map(|task| format!("{} ({})", task.daily.task, task.workflow)).collect();
            return Err(wrong_usage(format!("{unknown:?} is no task of every day{guess} They are: {}.", known.join(", "))));
        }
        let named = |names: &[String], task: &DailyTask| names.iter().any(|name| task.is_called(name));
        let chosen = all().filter(|task| (self.only.is_empty() || named(&self.only, task)) && !named(&self.skip, task));
        let chosen: Vec<_> = chosen.collect();
        if chosen.is_empty() {
            return Err(wrong_usage("No task is left to run; see --only and --skip."));
        }
        Ok(chosen)
    }
}

/// The tasks of a day.
#[derive(Default)]
pub(crate) struct PlannedDay {
    /// Their plans.
    pub plans: Vec<Plan>,
    /// Tasks that are left out, or that cannot be planned.
    pub others: Vec<TaskReport>,
    order: Vec<&'static str>,
    /// What settings they miss, all together.
    lacking: MissingSettings,
}

/// The plans of the day.
///
/// # Errors
/// A task named by an option does not exist, or none is left.
pub(crate) fn plans(workflows: Workflows, options: &DailyOptions, matches: &ArgMatches, settings: &Settings) -> Result<PlannedDay> {
    let of_day = Day { date: options.date.unwrap_or_else(day::today), settings };
    let (mut planned, mut freshness) = (PlannedDay::default(), Freshness::default());
    let _listed = ListedOnce::begin();
    for DailyTask { daily, .. } in options.chosen(workflows)? {
        let name = daily.task;
        planned.order.push(name);
        if daily.needs_section && settings.section(name).next().is_none() {
            let why = format!("left out, the configuration has no section [{name}].");
            planned.others.push(TaskReport::left_out(name, why));
            continue;
        }
        let reducers = options.n_reduce_tasks.map(|number| format!("--n-reduce-tasks={number}"));
        let sqlite = options.sqlite.as_ref().map(|path| format!("--sqlite={}", path.display()));
        let words: Vec<_> = std::iter::once(name.to_owned()).chain((daily.options)(&of_day)).chain(reducers).chain(sqlite).collect();
        match plan_of_words(workflows, &words, matches, &mut freshness) {
            Ok(mut plan) => {
                plan.load_only_changes();
                planned.plans.push(plan);
            }
            Err(error) => {
                let error = planned.without_repetition(missing::of_options(name, error));
                planned.others.push(TaskReport::failed(name, error.context(format!("{name} failed."))));
            }
        }
    }
    // Of today nothing can have been made: the tables are listed again for an earlier day only.
    if of_day.date < day::today() {
        planned.tell_shortened(of_day.date);
    }
    Ok(planned)
}

/// The last day that any table of a plan has.
fn last_day_made(plan: &Plan) -> Option<NaiveDate> {
    let of_step = |step: &Step| match &step.action {
        // What cannot be listed is told by the step that needs it.
        Action::Job(JobStep { output: JobOutput::Days { root, .. }, .. }) => days_there(root).ok()?.days.last().copied(),
        _ => None,
    };
    plan.steps.iter().filter_map(of_step).max()
}

impl PlannedDay {
    /// Tells once which tasks leave out days that runs before have made; each of them has it among what the end of the run repeats.
    fn tell_shortened(&mut self, date: NaiveDate) {
        let mut shortened = Vec::new();
        for plan in &mut self.plans {
            let Some(last) = last_day_made(plan).filter(|last| *last >= date) else { continue };
            plan.notices.push(Notice::warning(format!(
                "Days up to {last} were made by earlier runs, and this one counts none from {date} on: its tables lose what came \
                 behind it, until a run with a later --date."
            )));
            shortened.push(plan.task.as_str());
        }
        if !shortened.is_empty() {
            let told = Notice::warning(format!(
                "Days from {date} on were made by earlier runs, and this one counts none of them: the tables of {} lose them, until a run with \
                 a later --date.",
                shortened.join(", ")
            ));
            tell(&told);
        }
    }

    /// Most tasks miss the same settings: each names those that it misses, and how to set them is told once for all.
    fn without_repetition(&mut self, error: Error) -> Error {
        let Some(of_task) = error.downcast_ref::<MissingSettings>() else { return error };
        for setting in &of_task.0 {
            // The day's run has not the options of single tasks.
            self.lacking.add(MissingSetting { option: None, ..setting.clone() });
        }
        let names: Vec<_> = of_task.0.iter().map(|setting| format!("[{}] {}", setting.section, setting.key)).collect();
        wrong_usage(format!("It misses {}.", names.join(", ")))
    }

    /// Tells which tasks do not run, and why.
    #[must_use]
    pub(crate) fn told(self) -> Self {
        for TaskReport { task, left_out, error, .. } in &self.others {
            if let Some(why) = left_out {
                say!("{task}: {why}");
            }
            if let Some(error) = error {
                let text = error_text(error);
                say_at!(Level::Error, "{task} failed: {}", text.strip_prefix(&format!("{task} failed. ")).unwrap_or(&text));
            }
        }
        if !self.lacking.0.is_empty() {
            say_at!(Level::Error, "insights: {}", self.lacking);
        }
        self
    }

    /// What became of all tasks, in the order of the day.
    pub(crate) fn in_order(self, run: impl FnOnce(Vec<Plan>) -> Vec<TaskReport>) -> Vec<TaskReport> {
        let mut reports = run(self.plans);
        reports.extend(self.others);
        let place = |report: &TaskReport| self.order.iter().position(|name| *name == report.task);
        reports.sort_by_key(place);
        reports
    }
}

/// Runs the tasks of a day.
pub(super) fn run(
    workflows: Workflows,
    of_day: &DailyOptions,
    matches: &ArgMatches,
    common: &RunOptions,
    settings: &Settings,
) -> Result<Vec<TaskReport>> {
    let (runner, mut options) = common.runner_with_options(workflows, settings)?;
    let _held = one_night::held(NAME, settings)?;
    options.told_stores.extend(of_day.tell_store(settings));
    let day = plans(workflows, of_day, matches, settings)?.told();
    Ok(day.in_order(|plans| run_together(submitted(plans, &options.submissions), runner, &options)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let options = DailyOptions { date: None, only: owned(only), skip: owned(skip), n_reduce_tasks: None, sqlite: None };
        Ok(options.chosen(WORKFLOWS)?.iter().map(|task| task.workflow).collect())
    }

    #[test]
    fn tasks_are_chosen_by_either_name() {
        let all = ["enrollment", "location", "user-activity", "video", "module-engagement", "answer-distribution"];
        assert_eq!(names(&[], &[]).unwrap(), all);
        assert_eq!(names(&["video", "ImportEnrollmentsIntoMysql"], &[]).unwrap(), ["enrollment", "video"]);
        assert_eq!(names(&[], &["insertToMysqlAllVideoTask", "location", "answer-distribution"]).unwrap(), [all[0], all[2], all[4]]);
        assert!(names(&["video"], &["video"]).is_err());
        let error = names(&["CourseActivityWeeklyTask"], &[]).unwrap_err().to_string();
        assert_eq!(error, "CourseActivityWeeklyTask is now called InsertToMysqlCourseActivityTask.");
        let error = names(&["vidio"], &[]).unwrap_err().to_string();
        assert!(
            error.contains("vidio\" is no task of every day. Did you mean video?") && error.contains("InsertToMysqlAllVideoTask (video)"),
            "{error}"
        );
    }
}
