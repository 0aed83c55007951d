//! A workflow is one value. Command line, help, programs, the day's run, tables and documentation are made from a slice of these.

use anyhow::Result;
use chrono::NaiveDate;

use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::engine::submission::Defaults;
use crate::stores::rows::{RowReader, read_tsv};
use crate::stores::table::Table;
use crate::streaming::Jobs;

/// One workflow.
#[derive(Clone, Copy)]
pub struct Workflow {
    /// Its name, as in the names of its programs: `NAME-mapper`, `NAME-reducer`.
    pub name: &'static str,
    /// What it tells, one line.
    pub about: &'static str,
    /// Its jobs.
    pub jobs: Jobs,
    /// Text of the settings of their submission, as in `jobs/`; empty for none.
    pub submission: &'static str,
    /// The tables of the result store that it fills.
    pub tables: &'static [ResultTable],
    /// Its tasks, the main one first.
    pub tasks: &'static [Task],
    /// What runs every day, in the order of the workflows.
    pub daily: Option<Daily>,
}

/// A task that operators run by name; see [`task!`](crate::task).
pub struct Task {
    /// The name they type.
    pub name: &'static str,
    /// Its options, with help.
    pub command: fn(clap::Command) -> clap::Command,
    /// Its plan, from its options and the configuration.
    pub plan: fn(&clap::ArgMatches, &Settings) -> Result<Plan>,
}

/// A task from its name, its options (`clap::Args`) and the function that plans it: `fn(&Options, &Settings) -> Result<Plan>`.
#[macro_export]
macro_rules! task {
    ($name:expr, $options:ty, $plan:path) => {
        $crate::tasks::workflow::Task {
            name: $name,
            command: <$options as clap::Args>::augment_args,
            plan: |matches, settings| $plan(&<$options as clap::FromArgMatches>::from_arg_matches(matches)?, settings),
        }
    };
}

/// A table of the result store, and how its rows come.
pub struct ResultTable {
    /// The table.
    pub table: &'static Table,
    /// How a line of a file becomes a row.
    pub reader: RowReader,
    /// For a table that is replaced by the values of its column `date`: the name of the load of a day.
    pub load_of_day: Option<fn(&str) -> String>,
}

/// The tables of `N` workflows, as many as there are.
pub const fn tables_of<const N: usize>(workflows: &[Workflow]) -> [&'static [ResultTable]; N] {
    let mut tables: [&'static [ResultTable]; N] = [&[]; N];
    let mut index = 0;
    while index < workflows.len() {
        tables[index] = workflows[index].tables;
        index += 1;
    }
    tables
}

/// What a workflow does every day.
#[derive(Clone, Copy)]
pub struct Daily {
    /// Name of the task.
    pub task: &'static str,
    /// Its options for the day, as words of its command line.
    pub options: fn(&Day<'_>) -> Vec<String>,
    /// Whether it runs only where the configuration has a section of the task's name.
    pub needs_section: bool,
    /// The task that makes the days of its history, if it reads any.
    pub history: Option<&'static str>,
    /// The task that makes the days of its history where they are not made together with those of others.
    pub history_apart: Option<&'static str>,
}

/// A day and the configuration.
pub struct Day<'d> {
    /// The day behind the last one that counts.
    pub date: NaiveDate,
    /// The configuration.
    pub settings: &'d Settings,
}

impl Workflow {
    /// The compiled-in settings of its jobs' submission.
    pub fn submission_defaults(&self) -> Defaults {
        Defaults { workflow: self.name, jobs: self.jobs, text: self.submission }
    }
}

impl ResultTable {
    /// A table whose rows come as its columns.
    pub const fn of(table: &'static Table) -> Self {
        Self { table, reader: read_tsv, load_of_day: None }
    }
}

impl Day<'_> {
    /// `--interval` from the configured start on; without one nothing, and the task says what is missing.
    pub fn interval(&self, task: &str, sections: &[&str]) -> Vec<String> {
        let start = std::iter::once(&task).chain(sections).find_map(|section| self.settings.get(section, "interval_start"));
        match start {
            Some(start) => vec!["--interval".to_owned(), format!("{}..{}", start.trim(), self.date)],
            None => Vec::new(),
        }
    }

    /// How many days of its history a task may fill (rules 10, 6): `fill_days` of `[daily]`.
    pub fn fill_days(&self) -> Vec<String> {
        vec![format!("--fill-days={}", self.settings.get("daily", "fill_days").map_or("62", str::trim))]
    }

    /// Words, with the day in place of `DAY`.
    pub fn words(&self, words: &[&str]) -> Vec<String> {
        words.iter().map(|word| if *word == "DAY" { self.date.to_string() } else { (*word).to_owned() }).collect()
    }
}
