//! What a task does, reads and writes: taken from a plan over made-up settings, so that it is never another than what runs.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use chrono::NaiveDate;
use clap::{Arg, Command};

use crate::config::catalogue::{Unset, known_setting};
use crate::config::settings::Settings;
use crate::engine::plan::{Action, Plan};
use crate::programs::insights::Workflows;
use crate::programs::insights::missing::plan_with_examples;
use crate::tasks::workflow::{Day, Task};

/// A place where nothing is.
const NOWHERE: &str = "/nonexistent/insights/";
const DAY: &str = "2024-01-02";

/// The text of a task.
pub(super) fn text(workflows: Workflows, task: &Task) -> Result<String> {
    let command = (task.command)(Command::new(task.name));
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut out = format!("{}: {about}.\n", task.name);
    let settings = Settings::default().with("hive", "warehouse_path", NOWHERE).with(task.name, "made_up", "");
    let daily = workflows.iter().find_map(|workflow| workflow.daily.filter(|daily| daily.task == task.name));
    if daily.is_some() {
        out.push_str("It runs every day, by `insights daily`.\n");
    }
    let date: NaiveDate = DAY.parse()?;
    let settings = settings.with("enrollments", "interval_start", "2024-01-01");
    let of_day = daily.map(|daily| (daily.options)(&Day { date, settings: &settings })).unwrap_or_default();
    let mut words = vec![task.name.to_owned()];
    let required = command.get_arguments().filter(|argument| argument.is_required_set());
    for argument in required {
        let option = format!("--{}", argument.get_long().unwrap_or_default());
        if !of_day.contains(&option) {
            words.push(format!("{option}={}", stand_in(argument)));
        }
    }
    words.extend(of_day);
    if let Ok(matches) = command.clone().try_get_matches_from(&words) {
        let (_, plan) = plan_with_examples(task, &matches, &settings);
        if let Ok(plan) = plan {
            out.push_str(&of_plan(&plan));
        }
        out.push_str("\nSettings that it looks at (`insights explain SECTION KEY` says more):\n");
        for (section, key) in settings.asked() {
            let Some(known) = known_setting(&section, &key) else { continue };
            let required = if known.unset == Unset::Required { ", required" } else { "" };
            let _ = writeln!(out, "  [{}] {}: {}{required}", known.section, known.key, known.about);
        }
    }
    let _ = writeln!(out, "\nOptions: (in a configuration they stand in the section [{}])", task.name);
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let Some(option) = argument.get_long() else { continue };
        let required = if argument.is_required_set() { " (required)" } else { "" };
        let _ = writeln!(out, "  --{option}: {}{required}", argument.get_help().map(ToString::to_string).unwrap_or_default());
    }
    Ok(out)
}

fn stand_in(argument: &Arg) -> &'static str {
    match argument.get_long() {
        Some("interval") => "2024-01-01-2024-01-02",
        Some("date" | "end-date" | "import-date") => DAY,
        Some("src" | "source") => "[\"/nonexistent/insights/logs/\"]",
        Some("name") => "NAME",
        _ => NOWHERE,
    }
}

fn of_plan(plan: &Plan) -> String {
    let mut out = String::from("\nSteps:\n");
    for step in &plan.steps {
        let what = match &step.action {
            Action::Job(job) if job.reads_logs() => "reads logs",
            Action::Job(_) => "job",
            Action::Load(_) => "fills a table of the result store",
            Action::Work(_) => "work beside jobs",
        };
        let _ = writeln!(out, "  {} ({what})", step.name);
    }
    let below = |place: &str| place.trim_start_matches(NOWHERE).split('=').next().unwrap_or_default().to_owned();
    // What has a root of its own, such as CSV files, is told by its option.
    let outputs: BTreeSet<_> = plan.outputs().map(|place| below(place.as_str())).filter(|place| !place.is_empty()).collect();
    if !outputs.is_empty() {
        let _ = writeln!(
            out,
            "Writes, below the warehouse: {}",
            outputs.into_iter().map(|place| if place.ends_with('/') { place } else { place + "=…" }).collect::<Vec<_>>().join(", ")
        );
    }
    out
}
