//! The plans of all workflows over files that are chosen by what is in them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use chrono::{Days, NaiveDate};
use clap::Command;

use super::Known;
use crate::calendar::interval::{DateInterval, monday_of};
use crate::config::settings::Settings;
use crate::engine::freshness::Freshness;
use crate::engine::plan::{Action, JobStep, Plan, StepInput};
use crate::say;
use crate::storage::Location;
use crate::stores::identity::module_engagement_update_id;
use crate::stores::sqlite::SqliteStore;
use crate::tasks::derivation::{NOTICE, NOTICE_OF_LOGS};
use crate::tasks::workflow::{Day, Task, Workflow};
use crate::warehouse::dataset::Dataset;
use crate::workflows::module_engagement::tables::MODULE_ENGAGEMENT;
use crate::workflows::{answer_distribution, enrollment, location, module_engagement, user_activity, video};

/// Days that engagement looks at: a week, and the one before.
const ENGAGEMENT_DAYS: i64 = 14;

/// Name of the result store.
pub(super) const STORE: &str = "insights.sqlite";

/// Where answers are below the warehouse.
const ANSWERS: &str = "answer_distribution/";

/// The name by which the answers of a run are kept.
fn run_name(run: u64) -> String {
    format!("run{run}")
}

/// Where the results of a report are.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Everything.
    pub root: Location,
    /// The result store.
    pub store: String,
    /// Tables of the warehouse.
    pub warehouse: Location,
    /// A CSV file of answers per course.
    pub csv: Location,
}

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due<'d> {
    /// The days reported.
    pub span: DateInterval,
    /// The first day that is made from the logs; those before are there.
    pub from: NaiveDate,
    /// Geolocation database.
    pub geolocation: Option<&'d str>,
    /// Number of the run: results that are kept by name have one of their own.
    pub run: u64,
    /// Reducers of each job.
    pub reducers: usize,
}

impl Folder {
    /// The places in a folder.
    ///
    /// # Errors
    /// Its path is no text.
    pub(super) fn new(root: &Path) -> Result<Self> {
        let store = root.join(STORE);
        let store = store.to_str().with_context(|| format!("The path {} is not UTF-8.", store.display()))?.to_owned();
        let root = Location::from_path(root)?.directory_form();
        Ok(Self { store, warehouse: root.join("warehouse/"), csv: root.join("csv/"), root })
    }

    /// Settings by which tasks work in this folder only; where the logs are is not said here.
    fn settings(&self, due: &Due<'_>) -> Result<Settings> {
        let Self { root, warehouse, .. } = self;
        let nowhere = serde_json::to_string(&[root.join("no-logs/").as_str()])?;
        Settings::of_text(&format!(
            "[hive]\nwarehouse_path = {warehouse}\n[map-reduce]\nmarker = {}\n[event-logs]\nsource = {nowhere}\npattern = [\".*\"]\n\
             expand_interval = 0 days\n[load]\nmax_rejected = 100%\n[enrollments]\ninterval_start = {}\n",
            root.join("markers/"),
            due.span.start()
        ))
    }

    /// Clears results that tasks take for complete, although the logs of their days have grown; and the days of engagement that one call
    /// with all logs would not have made, so that the table has no hole between those of an earlier call and these.
    fn forget(&self, due: &Due<'_>) -> Result<()> {
        let end = due.span.end();
        let first = end.checked_sub_days(Days::new(ENGAGEMENT_DAYS.unsigned_abs())).unwrap_or(end);
        let window = DateInterval::new(first, end);
        SqliteStore::new(Path::new(&self.store)).keep_days(&MODULE_ENGAGEMENT, window, module_engagement_update_id)?;
        let days = Dataset::new(&self.warehouse, MODULE_ENGAGEMENT.name)?;
        let days = days.partition_values("dt")?.into_iter().filter(|day| day.parse().is_ok_and(|day| !window.contains(day)));
        let days: Vec<_> = days.map(|day| (MODULE_ENGAGEMENT.name, day)).collect();
        let before = end.checked_sub_days(Days::new(7)).unwrap_or(end);
        let weekly = [end, before].map(|date| ("module_engagement_summary", date.to_string()));
        for (table, date) in weekly.into_iter().chain([("video_usage", end.to_string())]).chain(days) {
            let place = self.warehouse.join(&format!("{table}/dt={date}"));
            if let Some(path) = place.as_local_path().filter(|path| path.exists()) {
                fs::remove_dir_all(path).with_context(|| format!("{place} cannot be replaced."))?;
            }
        }
        Ok(())
    }

    /// Removes the answers of earlier runs, which are kept by name; what cannot be removed harms nobody.
    pub(super) fn sweep(&self, run: u64) {
        let Some(answers) = self.warehouse.join(ANSWERS).as_local_path().map(Path::to_owned) else { return };
        let kept = format!("_{}", run_name(run));
        let entries = fs::read_dir(answers).into_iter().flatten().flatten();
        for old in entries.filter(|entry| !entry.file_name().to_string_lossy().ends_with(&kept)) {
            let _ = fs::remove_dir_all(old.path());
        }
    }

    /// The plans of all workflows, in their order. Geography is left out where nothing tells countries.
    ///
    /// # Errors
    /// A plan cannot be made, or old results cannot be removed.
    pub(super) fn plans(&self, workflows: &'static [Workflow], due: &Due<'_>, known: &Known) -> Result<Vec<Plan>> {
        self.forget(due)?;
        let settings = self.settings(due)?;
        let (mut plans, mut freshness) = (Vec::new(), Freshness::default());
        for workflow in workflows {
            let Some(daily) = &workflow.daily else { continue };
            let Some(task) = workflow.tasks.iter().find(|task| task.name == daily.task) else { continue };
            if daily.task == location::task::NAME && due.geolocation.is_none() {
                continue;
            }
            let words = match self.words(daily.task, due) {
                Some(words) => words,
                None => (daily.options)(&Day { date: due.span.end(), settings: &settings }),
            };
            let words = [words, vec![format!("--sqlite={}", self.store), format!("--n-reduce-tasks={}", due.reducers)]].concat();
            let mut plan = freshness.plan(|| planned(task, &words, &settings)).with_context(|| format!("{} failed.", task.name))?;
            for notice in freshness.new_notices(&plan) {
                let told = if notice.text() == NOTICE { NOTICE_OF_LOGS.to_owned() } else { notice.to_string() };
                say!("insights: {told}");
            }
            plan.load_only_changes();
            read_from(&mut plan, due, known)?;
            plans.push(plan);
        }
        Ok(plans)
    }

    /// The options of a task that we know.
    fn words(&self, task: &str, due: &Due<'_>) -> Option<Vec<String>> {
        let end = due.span.end();
        let interval = || vec!["--interval".to_owned(), format!("{}-{end}", due.span.start())];
        let again = |until: NaiveDate, most: i64| format!("--overwrite-n-days={}", (until - due.from).num_days().clamp(0, most));
        let days = again(end, i64::MAX);
        Some(match task {
            enrollment::task::NAME => {
                let overwrite = ["--overwrite-mysql", "--overwrite-hive", "--overwrite-enrollment"].map(str::to_owned).to_vec();
                [interval(), vec![days, format!("--date={end}"), format!("--import-date={end}")], overwrite].concat()
            }
            location::task::NAME => {
                let database = due.geolocation.map(|file| format!("--geolocation-data={file}"));
                let more = [days, format!("--import-date={end}"), "--overwrite".to_owned()];
                interval().into_iter().chain(more).chain(database).collect()
            }
            user_activity::task::NAME => {
                // Weeks are reported whole: up to the Sunday behind the last day, from the Monday before the first one.
                let until = monday_behind(end);
                let weeks = (until - monday_of(due.span.start())).num_days() / 7;
                // What lies before the first day belongs to the first week.
                let from = if due.from == due.span.start() { monday_of(due.from) } else { due.from };
                let days = format!("--overwrite-n-days={}", (until - from).num_days());
                let overwrite = ["--overwrite-mysql", "--overwrite-hive"].map(str::to_owned).to_vec();
                [vec![format!("--end-date={until}"), format!("--weeks={weeks}"), days], overwrite].concat()
            }
            // A viewing is known only with the events before it, so all days are made anew.
            video::task::NAME => {
                let days = (end - due.span.start()).num_days();
                [interval(), vec![format!("--overwrite-n-days={days}"), "--allow-empty-insert".to_owned()]].concat()
            }
            module_engagement::names::WORKFLOW_NAME => {
                // With another first day those before it, which an earlier report had, become empty.
                let is_begun = due.from == due.span.start();
                let days = if is_begun { format!("--overwrite-n-days={ENGAGEMENT_DAYS}") } else { again(end, ENGAGEMENT_DAYS) };
                vec![format!("--date={end}"), days, "--overwrite".to_owned(), "--allow-empty-insert".to_owned()]
            }
            answer_distribution::task::NAME => {
                let place = |name: &str| self.root.join(name);
                vec![
                    format!("--name={}", run_name(due.run)),
                    "--src=[\"no-logs\"]".to_owned(),
                    format!("--dest={}", self.warehouse.join(ANSWERS)),
                    format!("--output-root={}", self.csv),
                    format!("--marker={}", place("markers/")),
                ]
            }
            _ => return None,
        })
    }
}

/// The first Monday that is not before a day.
fn monday_behind(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(6)).map_or(day, monday_of)
}

fn planned(task: &Task, words: &[String], settings: &Settings) -> Result<Plan> {
    let command = (task.command)(Command::new(task.name).no_binary_name(true));
    // Its text is for a command line, which this is not.
    let matches = command.try_get_matches_from(words).map_err(|error| anyhow!("{}", error.render()))?;
    (task.plan)(&matches, settings)
}

/// Has the jobs of a plan read the files that hold their days, and its loads take what there is, even if it is nothing.
fn read_from(plan: &mut Plan, due: &Due<'_>, known: &Known) -> Result<()> {
    for step in &mut plan.steps {
        match &mut step.action {
            Action::Job(job) => {
                if let StepInput::DayFiles(_) | StepInput::Directories(_) = job.input {
                    continue;
                }
                let counted = count_days_of(job, due.span)?;
                let files = counted.map(|days| known.files_of((days.start(), days.end()))).transpose()?;
                job.input = StepInput::LogFiles(files.unwrap_or_default());
            }
            Action::Load(load) => load.allow_empty = true,
            Action::Work(_) => {}
        }
    }
    Ok(())
}

/// Has a job over logs count the days of the report only, although it makes whole weeks, days of them by themselves, or all there is. Gives
/// those that it counts, if there are any.
fn count_days_of(job: &mut JobStep, span: DateInterval) -> Result<Option<DateInterval>> {
    let Some(place) = job.options.iter().position(|word| word == "--interval" || word == "--date") else {
        job.options.extend(["--interval".to_owned(), span.to_string()]);
        return Ok(Some(span));
    };
    let days = job.options.get_mut(place + 1).context("An option has no value.")?;
    let made: DateInterval = days.parse()?;
    let start = made.start().max(span.start());
    let counted = DateInterval::new(start, made.end().min(span.end()).max(start));
    let is_whole = (counted.start(), counted.end()) == (made.start(), made.end());
    if !counted.is_empty() && !is_whole {
        *days = counted.to_string();
    }
    Ok(Some(counted).filter(|days| !days.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_whole() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(monday_of(day("2024-03-10")), day("2024-03-04"));
        assert_eq!((monday_behind(day("2024-03-04")), monday_behind(day("2024-03-05"))), (day("2024-03-04"), day("2024-03-11")));
    }
}
