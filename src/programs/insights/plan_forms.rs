//! `insights plan --format …`: a plan for people, for programs, as a picture, as a shell script, or as steps of EMR.

use anyhow::{Context, Result};
use clap::{Arg, ArgMatches, ValueEnum, value_parser};
use serde_json::json;

use crate::config::settings::Settings;
use crate::engine::cluster::Cluster;
use crate::engine::cluster::ClusterChoices;
use crate::engine::export::{emr_steps, graph, shell};
use crate::engine::plan::{Action, Plan, State};
use crate::engine::plan_summary::TaskSummary;
use crate::engine::preflight::{Finding, Kind, preflight};
use crate::error_text::{error_text, visible};
use crate::standard_streams;
use crate::storage::Location;
use crate::warehouse::selection::LogListings;

const FORMAT: &str = "format";
const MANIFESTS: &str = "manifests";

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For people
    Text,
    /// JSON for programs
    Json,
    /// A picture as text of Mermaid
    Mermaid,
    /// A picture as text of Graphviz
    Dot,
    /// A shell script of Hadoop Streaming lines that needs no driver
    Hadoop,
    /// JSON for `aws emr add-steps`; manifests are written below --manifests
    EmrSteps,
}

/// The options, behind `plan` or behind the task.
pub(super) fn arguments() -> [Arg; 2] {
    let format = Arg::new(FORMAT).long("format").value_parser(value_parser!(PlanFormat)).default_value("text").help("Form of the plan");
    let manifests = Arg::new(MANIFESTS).long("manifests").value_name("DIRECTORY").value_parser(value_parser!(Location));
    let manifests = manifests.help("Where the manifests of EMR steps are written; default: `path` of [manifest]");
    [format, manifests].map(|argument| argument.global(true))
}

/// Prints plans in the form that was asked for.
pub(super) fn print(plans: &[Plan], planned: &ArgMatches, settings: &Settings, choices: ClusterChoices) -> Result<()> {
    let text = text(plans, planned, settings, choices)?;
    standard_streams::print(format_args!("{}", visible(&text)))
}

/// Whether plans are only looked at; others must be whole.
pub(super) fn is_for_people(planned: &ArgMatches) -> bool {
    !matches!(format(planned), PlanFormat::Hadoop | PlanFormat::EmrSteps)
}

fn format(planned: &ArgMatches) -> PlanFormat {
    planned.get_one(FORMAT).copied().unwrap_or(PlanFormat::Text)
}

fn text(plans: &[Plan], planned: &ArgMatches, settings: &Settings, choices: ClusterChoices) -> Result<String> {
    let configs = settings.files().to_vec();
    let summaries = || TaskSummary::of_all(plans);
    match format(planned) {
        PlanFormat::Text => Ok(summaries().iter().map(TaskSummary::text).collect::<String>() + missing_text(plans).as_str()),
        PlanFormat::Json => {
            let missing =
                missing(plans).into_iter().map(|(task, finding)| json!({"task": task, "step": finding.step, "text": finding.text}));
            let missing: Vec<_> = missing.collect();
            let document = json!({"version": 1, "tasks": summaries(), "missing": missing});
            Ok(serde_json::to_string_pretty(&document)? + "\n")
        }
        PlanFormat::Mermaid => Ok(graph::mermaid(&summaries())),
        PlanFormat::Dot => Ok(graph::dot(&summaries())),
        PlanFormat::Hadoop => shell::script(plans, &Cluster::of_settings(settings, choices)?, configs),
        PlanFormat::EmrSteps => {
            let manifests = match planned.get_one::<Location>(MANIFESTS) {
                Some(place) => place.clone(),
                None => settings.require("manifest", "path", "--manifests")?.parse().context("path of [manifest] cannot be used.")?,
            };
            let steps = emr_steps::steps(plans, &Cluster::of_emr(settings, choices)?, configs, &manifests)?;
            Ok(serde_json::to_string_pretty(&steps)? + "\n")
        }
    }
}

/// What a run would say before it reads a log, for people; empty if nothing is missing.
fn missing_text(plans: &[Plan]) -> String {
    let lines = missing(plans).into_iter().map(|(task, finding)| format!("  - {task}, {}: {}\n", finding.step, finding.text));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("Missing, so that the tasks concerned would not begin:\n{lines}") }
}

fn missing(plans: &[Plan]) -> Vec<(&str, Finding)> {
    let lacked = preflight(&plans.iter().collect::<Vec<_>>());
    let listings = LogListings::default();
    let of_plan = |(plan, findings)| missing_logs(plan, &listings).chain(findings).map(|finding| (plan.task.as_str(), finding));
    plans.iter().zip(lacked).flat_map(of_plan).collect()
}

/// Logs that due jobs would not find.
fn missing_logs(plan: &Plan, listings: &LogListings) -> impl Iterator<Item = Finding> {
    let due = plan.steps.iter().filter(|step| matches!(step.state, State::Due(_)));
    due.filter_map(|step| {
        let Action::Job(job) = &step.action else { return None };
        let error = job.input.check_logs(listings).err()?;
        Some(Finding { step: step.name.clone(), kind: Kind::Input, text: error_text(&error) })
    })
}
