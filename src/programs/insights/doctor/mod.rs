//! `insights doctor`: everything that a night needs, looked at before the night. Nothing is made or changed.

mod logs;
mod look;
mod machine;
mod servers;
mod site;
mod tasks;

use std::process::ExitCode;

use anyhow::Result;
use chrono::NaiveDate;
use clap::{ArgMatches, ValueEnum};

use super::Workflows;
use crate::calendar::day;
use crate::config::settings::Settings;
use crate::standard_streams::{self, voice};
use crate::tasks::workflow::Day;

/// Name of the command.
pub(crate) const NAME: &str = "doctor";

/// Options of the command.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct DoctorOptions {
    /// Look only at what these tasks or workflows need besides; default: those of every day
    #[arg(value_name = "TASK")]
    tasks: Vec<String>,
    /// The day behind the last one that counts, as of `daily`; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: Option<NaiveDate>,
    /// Form of the findings
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    format: DoctorFormat,
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DoctorFormat {
    /// A line for each, the remedy below
    Text,
    /// One JSON object
    Json,
}

/// Looks, prints what was found, and gives the exit code: 0, or the highest of the failures.
///
/// # Errors
/// A task does not exist, or nothing can be printed.
pub(crate) fn run(workflows: Workflows, options: &DoctorOptions, matches: &ArgMatches, settings: &Settings) -> Result<ExitCode> {
    // What the plans have to say of a run is nothing here: none begins.
    voice::set_amount(true, false);
    let date = options.date.unwrap_or_else(day::today);
    let mut looks = site::configuration(workflows, settings);
    if site::is_configured(settings) {
        let of_tasks = tasks::looks(workflows, &options.tasks, matches, &Day { date, settings })?;
        looks.extend(logs::looks(settings, date));
        looks.extend(servers::store(settings));
        looks.extend(servers::lms(settings));
        looks.extend(site::imports(settings, date));
        looks.extend(servers::engine(settings));
        looks.extend(site::geolocation(settings));
        looks.extend(site::hadoop(settings));
        // A server that is out of order is told once.
        let told: Vec<_> = looks.iter().map(|look| (look.text.clone(), look.remedy.clone())).collect();
        looks.extend(of_tasks.into_iter().filter(|look| !told.contains(&(look.text.clone(), look.remedy.clone()))));
    }
    looks.extend(site::variables(workflows, settings));
    looks.extend(machine::looks(settings));
    let text = match options.format {
        DoctorFormat::Text => look::text(&looks),
        DoctorFormat::Json => serde_json::to_string_pretty(&look::json(&looks))? + "\n",
    };
    standard_streams::print(format_args!("{text}"))?;
    Ok(ExitCode::from(look::code(&looks)))
}
