//! `insights status`: what is there, what is missing, what is stale, what ran last. It changes nothing.

mod calendar;
mod document;
mod servers;
mod text;

use std::collections::BTreeSet;
use std::io::IsTerminal;

use anyhow::Result;
use chrono::{NaiveDate, Utc};
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

use self::document::{
    DueStep, LeftoverStatus, LockStatus, RunStatus, Status, StoreStatus, TableStatus, TaskStatus, VERSION, WarehouseStatus,
};

use super::daily::{DailyOptions, plans};
use super::explain::unknown;
use super::run_report::document::{RunSummary, time};
use super::{Workflows, names_of};
use crate::calendar::day;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, LaterDays, Plan, State};
use crate::engine::task_report::TaskReport;
use crate::error_text::error_text;
use crate::standard_streams::{self, voice};
use crate::storage::{Location, read_to_string};
use crate::tasks::MissingDays;
use crate::tasks::logs::WarehouseOptions;
use crate::tasks::workflow::Workflow;
use crate::warehouse::inventory::Inventory;
use crate::warehouse::lock::holder;
use crate::warehouse::run_history;
use crate::wrong_usage::wrong_usage;

/// Name of the command.
pub(super) const NAME: &str = "status";
/// Runs that are shown.
const RUNS: usize = 10;

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(super) struct StatusOptions {
    /// Only these tasks, or workflows; default: all
    #[arg(value_name = "TASK")]
    only: Vec<String>,
    /// The day behind the last one that counts for what is due; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: Option<NaiveDate>,
    /// Form of the answer
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    warehouse: WarehouseOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; in a terminal with a calendar of the tables
    Text,
    /// One JSON document
    Json,
}

/// Looks and tells.
///
/// # Errors
/// A task does not exist, or nobody can be told.
pub(super) fn run(workflows: Workflows, given: &ArgMatches, matches: &ArgMatches, settings: &Settings) -> Result<()> {
    let options = StatusOptions::from_arg_matches(given)?;
    let chosen = options.chosen(workflows)?;
    // What the plans have to say is part of the answer.
    voice::set_amount(true, false);
    let (mut tasks, tables) = of_tasks(workflows, (&chosen, options.date), matches, settings);
    let place = options.warehouse.location(settings);
    let mut warehouse = match &place {
        Ok(place) => warehouse(place, &tables),
        Err(error) => WarehouseStatus { error: Some(error_text(error)), ..WarehouseStatus::default() },
    };
    // A task that cannot be planned does not tell which tables are its own.
    if !options.only.is_empty() && tasks.iter().all(|task| task.error.is_none()) {
        warehouse.tables.retain(|table| tables.all.contains(&table.table));
    }
    let result_tables = chosen.iter().flat_map(|workflow| workflow.tables).map(|table| table.table).collect();
    let store = servers::store(settings, result_tables);
    for task in &mut tasks {
        task.add_loads(&tables.loads, &store);
    }
    let status = Status {
        version: VERSION,
        time: time(Utc::now()),
        warehouse,
        tasks,
        store,
        roster: servers::roster(settings),
        runs: place.map(|place| runs(&place)).unwrap_or_default(),
    };
    let text = match options.format {
        Format::Json => serde_json::to_string_pretty(&status)? + "\n",
        Format::Text => text::text(&status, &settings.program(), std::io::stdout().is_terminal()),
    };
    standard_streams::print(format_args!("{text}"))
}

impl StatusOptions {
    fn chosen(&self, workflows: Workflows) -> Result<Vec<&'static Workflow>> {
        let is_named = |workflow: &Workflow, name: &str| {
            workflow.name.eq_ignore_ascii_case(name) || workflow.tasks.iter().any(|task| task.name.eq_ignore_ascii_case(name))
        };
        for name in &self.only {
            if !workflows.iter().any(|workflow| is_named(workflow, name)) {
                return Err(wrong_usage(unknown("task or workflow", name, names_of(workflows))));
            }
        }
        let is_chosen = |workflow: &&Workflow| self.only.is_empty() || self.only.iter().any(|name| is_named(workflow, name));
        Ok(workflows.iter().filter(is_chosen).collect())
    }
}

/// Tables that the plans of tasks make.
#[derive(Default)]
struct PlannedTables {
    all: BTreeSet<String>,
    /// Those with a directory for each day.
    histories: BTreeSet<String>,
    /// Days of histories that are no holes yet.
    later: Vec<LaterDays>,
    /// Loads, in their order.
    loads: Vec<Load>,
}

/// A step of a task that loads a table.
struct Load {
    table: &'static str,
    task: String,
    step: String,
}

/// What the tasks of today would do.
fn of_tasks(
    workflows: Workflows,
    (chosen, date): (&[&Workflow], Option<NaiveDate>),
    matches: &ArgMatches,
    settings: &Settings,
) -> (Vec<TaskStatus>, PlannedTables) {
    let mut tables = PlannedTables::default();
    let names: Vec<_> = chosen.iter().filter_map(|workflow| Some(workflow.daily?.task)).collect();
    if names.is_empty() {
        return (Vec::new(), tables);
    }
    let day = match plans(workflows, &DailyOptions::only(&names, date), matches, settings) {
        Ok(day) => day,
        Err(error) => return (vec![TaskStatus::failed("daily", &TaskReport::failed("daily", error))], tables),
    };
    day.plans.iter().for_each(|plan| tables.add(plan));
    let mut status: Vec<_> = day.plans.iter().map(TaskStatus::of).collect();
    status.extend(day.others.iter().filter(|report| report.error.is_some()).map(|report| TaskStatus::failed(&report.task, report)));
    status.sort_by_key(|task| names.iter().position(|name| *name == task.task));
    (status, tables)
}

impl PlannedTables {
    fn add(&mut self, plan: &Plan) {
        self.later.extend(plan.later_days.clone());
        self.loads.extend(plan.steps.iter().filter_map(|step| match &step.action {
            Action::Load(load) => Some(Load { table: load.table.name, task: plan.task.clone(), step: step.name.clone() }),
            Action::Job(_) | Action::Work(_) => None,
        }));
        let mut partitions: Vec<(String, NaiveDate)> = Vec::new();
        for step in &plan.steps {
            let Action::Job(job) = &step.action else { continue };
            for root in job.output.roots() {
                let (Some(name), Some(parent)) = (root.name(), root.parent()) else { continue };
                let day = name.strip_prefix("dt=").and_then(|day| day.parse().ok());
                match (&job.output, day, parent.name()) {
                    (JobOutput::Days { .. }, ..) => drop(self.histories.insert(name.to_owned())),
                    (_, Some(day), Some(table)) => partitions.push((table.to_owned(), day)),
                    _ => drop(self.all.insert(name.to_owned())),
                }
            }
        }
        // A plan that makes a table of two days in a row makes it of each day; of two weeks it does not.
        for (table, day) in &partitions {
            if partitions.iter().any(|(other, of)| other == table && Some(*of) == day.succ_opt()) {
                self.histories.insert(table.clone());
            }
            self.all.insert(table.clone());
        }
        self.all.extend(self.histories.iter().cloned());
    }
}

impl TaskStatus {
    fn of(plan: &Plan) -> Self {
        let due = plan.steps.iter().filter_map(|step| match (&step.state, &step.action) {
            // Whether rows are loaded is only known when they are there.
            (_, Action::Load(_)) | (State::Complete(_), _) => None,
            (_, Action::Work(work)) if work.looks_for_itself() => None,
            (State::Due(reason), _) => Some(DueStep { step: step.name.clone(), reason: reason.clone() }),
        });
        Self { task: plan.task.clone(), due: due.collect(), missing_days: plan.missing_days.clone(), error: None }
    }

    /// Of loads it is only known that they are due where their table is not in the store.
    fn add_loads(&mut self, loads: &[Load], store: &StoreStatus) {
        for table in store.tables.iter().filter(|table| table.rows.is_none()) {
            let load = loads.iter().find(|load| load.table == table.table && load.task == self.task);
            let reason = || format!("the table {} is not in the result store", table.table);
            self.due.extend(load.map(|load| DueStep { step: load.step.clone(), reason: reason() }));
        }
    }

    fn failed(task: &str, report: &TaskReport) -> Self {
        let missing = report.error.as_ref().and_then(|error| error.downcast_ref::<MissingDays>());
        let missing_days = missing.map(|missing| missing.days.clone()).unwrap_or_default();
        Self { task: task.to_owned(), due: Vec::new(), missing_days, error: report.error.as_ref().map(error_text) }
    }
}

fn warehouse(place: &Location, planned: &PlannedTables) -> WarehouseStatus {
    let status = WarehouseStatus { place: Some(place.to_string()), ..WarehouseStatus::default() };
    let inventory = match Inventory::of(place) {
        Ok(inventory) => inventory,
        Err(error) => return WarehouseStatus { error: Some(error_text(&error)), ..status },
    };
    let tables = inventory.tables.iter().map(|(name, contents)| {
        let is_history = contents.is_history || planned.histories.contains(name);
        let later = planned.later.iter().find(|later| later.table == name);
        let holes = if is_history { contents.holes() } else { Vec::new() };
        let (not_due, missing): (Vec<_>, _) = holes.into_iter().partition(|day| later.is_some_and(|later| later.days.contains(*day)));
        TableStatus {
            table: name.clone(),
            files: contents.files,
            bytes: contents.bytes,
            is_history,
            days: contents.days.len(),
            first: contents.days.first().copied(),
            last: contents.days.last().copied(),
            missing,
            due: later.filter(|_| !not_due.is_empty()).map(|later| later.due),
            not_due,
        }
    });
    let lock = |file: &Location| {
        let holder = read_to_string(file).ok().and_then(|text| holder(&text));
        LockStatus {
            file: file.to_string(),
            is_dead: holder.as_ref().is_some_and(|(_, is_dead)| *is_dead),
            holder: holder.map(|(holder, _)| holder.to_string()),
        }
    };
    let leftovers = inventory.leftovers.iter().map(|left| LeftoverStatus {
        place: left.place.to_string(),
        run_id: left.run_id.to_string(),
        bytes: left.bytes,
    });
    WarehouseStatus {
        bytes: inventory.bytes,
        tables: tables.collect(),
        locks: inventory.locks.iter().map(lock).collect(),
        leftovers: leftovers.collect(),
        ..status
    }
}

/// The last runs; documents of another kind are left out.
fn runs(place: &Location) -> Vec<RunStatus> {
    let documents = run_history::last(place, RUNS).unwrap_or_default();
    let runs = documents.iter().filter_map(|text| serde_json::from_str::<RunSummary>(text).ok());
    let status = runs.map(|run| RunStatus {
        command: run.command,
        run_id: run.run_id,
        started: run.started,
        seconds: run.seconds,
        result: run.result,
        exit_code: run.exit_code,
    });
    status.collect()
}
