//! `insights daily`: everything that is due once a day, from one pass over the logs (design 4).
//!
//! Each task runs as it would by itself with the options that its section and the sections of its workflow give, and with the day as the
//! end of its interval. Tables are replaced, as on every regular run.

use std::path::PathBuf;

use anyhow::{Error, Result, bail, ensure};
use chrono::{NaiveDate, Utc};
use clap::{ArgMatches, Args};

use super::plan_of_words;
use crate::config::settings::Settings;
use crate::engine::freshness::Freshness;
use crate::engine::plan::Plan;
use crate::error_text::error_text;
use crate::streaming::JobSet;
use crate::workflows::{answer_distribution, enrollment, location, module_engagement, user_activity, video};

/// Name of the command.
pub const NAME: &str = "daily";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub struct DailyOptions {
    /// The day behind the last one that counts; default: today (UTC)
    #[arg(long)]
    date: Option<NaiveDate>,
    /// Run only this task, or the main task of this workflow; may be repeated
    #[arg(long, value_name = "TASK")]
    only: Vec<String>,
    /// Leave out this task, or the main task of this workflow; may be repeated
    #[arg(long, value_name = "TASK")]
    skip: Vec<String>,
    /// Number of reducers of each job
    #[arg(long)]
    n_reduce_tasks: Option<usize>,
    /// SQLite file to load into instead of the configured store
    #[arg(long)]
    sqlite: Option<PathBuf>,
}

/// A day and the configuration.
struct Day<'d> {
    date: NaiveDate,
    settings: &'d Settings,
}

/// A task of every day.
struct DailyTask {
    workflow: &'static str,
    name: &'static str,
    /// Its options for the day.
    options: fn(&Day<'_>) -> Vec<String>,
    /// Whether it runs only where the configuration has a section of its name.
    needs_section: bool,
}

/// In the order in which they run: the roster of engagement reads the days enrolled.
const TASKS: [DailyTask; 6] = [
    task(&enrollment::JOBS, enrollment::task::NAME, enrollment_options),
    task(&location::JOBS, location::task::NAME, location_options),
    task(&user_activity::JOBS, user_activity::task::NAME, activity_options),
    task(&video::JOBS, video::task::NAME, video_options),
    task(&module_engagement::JOBS, module_engagement::workflow_task::NAME, engagement_options),
    // Its logs and places have no defaults.
    DailyTask { needs_section: true, ..task(&answer_distribution::JOBS, answer_distribution::task::NAME, answer_distribution_options) },
];

const fn task(jobs: &JobSet, name: &'static str, options: fn(&Day<'_>) -> Vec<String>) -> DailyTask {
    DailyTask { workflow: jobs.workflow, name, options, needs_section: false }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl Day<'_> {
    /// The days from the configured start on; without one only the end, and the task says what is missing.
    fn interval(&self, task: &str, sections: &[&str]) -> Vec<String> {
        let start = std::iter::once(&task).chain(sections).find_map(|section| self.settings.get(section, "interval_start"));
        match start {
            Some(start) => vec!["--interval".to_owned(), format!("{}-{}", start.trim(), self.date)],
            None => Vec::new(),
        }
    }
}

fn enrollment_options(day: &Day<'_>) -> Vec<String> {
    let date = day.date.to_string();
    let interval = day.interval(enrollment::task::NAME, &["enrollments"]);
    [interval, words(&["--date", &date, "--import-date", &date, "--overwrite-mysql"])].concat()
}

fn location_options(day: &Day<'_>) -> Vec<String> {
    let interval = day.interval(location::task::NAME, &["location-per-course"]);
    [interval, words(&["--import-date", &day.date.to_string(), "--overwrite-mysql"])].concat()
}

fn activity_options(day: &Day<'_>) -> Vec<String> {
    words(&["--end-date", &day.date.to_string(), "--overwrite-mysql"])
}

/// Video has no start of its own in old configurations; viewings are kept from where the days enrolled are.
fn video_options(day: &Day<'_>) -> Vec<String> {
    day.interval(video::task::NAME, &["videos", "enrollments"])
}

fn engagement_options(day: &Day<'_>) -> Vec<String> {
    words(&["--date", &day.date.to_string()])
}

/// Results of answer distribution are kept by name, so each day has a name of its own.
fn answer_distribution_options(day: &Day<'_>) -> Vec<String> {
    let prefix = day.settings.get(answer_distribution::task::NAME, "name").unwrap_or(NAME);
    words(&["--name", &format!("{prefix}_{}", day.date)])
}

impl DailyTask {
    fn is_called(&self, name: &str) -> bool {
        [self.name, self.workflow].iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl DailyOptions {
    fn chosen(&self) -> Result<Vec<&'static DailyTask>> {
        if let Some(unknown) = self.only.iter().chain(&self.skip).find(|name| !TASKS.iter().any(|task| task.is_called(name))) {
            let known: Vec<_> = TASKS.iter().map(|task| format!("{} ({})", task.name, task.workflow)).collect();
            bail!("{unknown:?} is no task of every day. They are: {}.", known.join(", "));
        }
        let named = |names: &[String], task: &DailyTask| names.iter().any(|name| task.is_called(name));
        let chosen = TASKS.iter().filter(|task| (self.only.is_empty() || named(&self.only, task)) && !named(&self.skip, task));
        let chosen: Vec<_> = chosen.collect();
        ensure!(!chosen.is_empty(), "No task is left to run; see --only and --skip.");
        Ok(chosen)
    }
}

/// The plans of the day, and the errors of tasks that cannot be planned; those are told.
///
/// # Errors
/// A task named by an option does not exist, or none is left.
pub fn plans(options: &DailyOptions, matches: &ArgMatches, settings: &Settings) -> Result<(Vec<Plan>, Vec<Error>)> {
    let day = Day { date: options.date.unwrap_or_else(|| Utc::now().date_naive()), settings };
    let (mut plans, mut errors, mut freshness) = (Vec::new(), Vec::new(), Freshness::default());
    for task in options.chosen()? {
        if task.needs_section && settings.section(task.name).next().is_none() {
            eprintln!("{}: left out, the configuration has no section [{}].", task.name, task.name);
            continue;
        }
        let reducers = options.n_reduce_tasks.map(|number| format!("--n-reduce-tasks={number}"));
        let sqlite = options.sqlite.as_ref().map(|path| format!("--sqlite={}", path.display()));
        let words: Vec<_> = std::iter::once(task.name.to_owned()).chain((task.options)(&day)).chain(reducers).chain(sqlite).collect();
        match plan_of_words(&words, matches, &mut freshness) {
            Ok(mut plan) => {
                plan.load_only_changes();
                plans.push(plan);
            }
            Err(error) => {
                eprintln!("{} failed: {}", task.name, error_text(&error));
                errors.push(error.context(format!("{} failed.", task.name)));
            }
        }
    }
    Ok((plans, errors))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>> {
        let options = DailyOptions { date: None, only: words(only), skip: words(skip), n_reduce_tasks: None, sqlite: None };
        Ok(options.chosen()?.iter().map(|task| task.workflow).collect())
    }

    #[test]
    fn tasks_are_chosen_by_either_name() {
        let all = ["enrollment", "location", "user-activity", "video", "module-engagement", "answer-distribution"];
        assert_eq!(names(&[], &[]).unwrap(), all);
        assert_eq!(names(&["video", "ImportEnrollmentsIntoMysql"], &[]).unwrap(), ["enrollment", "video"]);
        assert_eq!(names(&[], &["insertToMysqlAllVideoTask", "location", "answer-distribution"]).unwrap(), [all[0], all[2], all[4]]);
        assert!(names(&["video"], &["video"]).is_err());
        let error = names(&["vidio"], &[]).unwrap_err().to_string();
        assert!(error.contains("vidio") && error.contains("InsertToMysqlAllVideoTask (video)"), "{error}");
    }
}
