//! The configuration, and what it names on this machine: imports, geolocation, Hadoop.

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};

use super::look::Look;
use crate::config::settings::Settings;
use crate::engine::cluster::{Cluster, ClusterChoices, command_name, is_there};
use crate::lms::provenance::is_derived;
use crate::lms::tables::TABLES;
use crate::programs::exit_code::USAGE;
use crate::programs::insights::Workflows;
use crate::programs::insights::setup::idle_variables::{IdleVariable, idle_variables};
use crate::programs::insights::setup::names::{idle, of_groups};
use crate::storage::{Location, local_copy};
use crate::warehouse::dataset::Dataset;
use crate::workflows::location::geolocation::GeolocationDatabase;

const OLD_DATABASE: i64 = 180;
const OLD_IMPORT: i64 = 2;

/// Whether anything is set at all.
pub(super) fn is_configured(settings: &Settings) -> bool {
    settings.all().next().is_some() || !settings.files().is_empty() || settings.get("hive", "warehouse_path").is_some()
}

/// The configuration files, and what in them changes nothing.
pub(super) fn configuration(workflows: Workflows, settings: &Settings) -> Vec<Look> {
    const AREA: &str = "configuration";
    if !is_configured(settings) {
        let remedy = "Write one first: insights init --logs DIRECTORY --warehouse DIRECTORY --first-day YYYY-MM-DD";
        return vec![Look::failure(AREA, USAGE, "There is no configuration.", remedy)];
    }
    let files: Vec<_> = settings.files().iter().map(ToString::to_string).collect();
    let mut looks = vec![Look::ok(AREA, if files.is_empty() { "by the environment only".to_owned() } else { files.join(", ") })];
    looks.extend(settings.notices().iter().map(|notice| Look::warning(AREA, notice.text(), "Correct the reference, or remove it.")));
    let idle = idle(workflows, settings);
    for (idle, meant) in idle.iter().filter_map(|idle| Some((idle, idle.meant.as_ref()?))) {
        looks.push(Look::warning(
            AREA,
            format!("Nothing reads [{}] {} ({})", idle.section, idle.key, idle.origin),
            format!("Did you mean {meant}?"),
        ));
    }
    looks.extend(of_groups(settings).iter().map(|warning| Look::warning(AREA, warning.text(), "Correct the pattern.")));
    let others: Vec<_> = idle.iter().filter(|idle| idle.meant.is_none()).map(|idle| format!("[{}] {}", idle.section, idle.key)).collect();
    if !others.is_empty() {
        looks.push(Look::ok(AREA, format!("without effect: {}", others.join(", "))));
    }
    looks
}

/// Environment variables that set nothing. Looked at behind the tasks, which ask for what they read.
pub(super) fn variables(workflows: Workflows, settings: &Settings) -> Vec<Look> {
    let look = |idle: IdleVariable| Look::warning("environment", format!("Nothing reads the variable {}", idle.name), idle.remedy);
    idle_variables(workflows, settings).into_iter().map(look).collect()
}

/// Which imports of LMS tables there are.
pub(super) fn imports(settings: &Settings, date: NaiveDate) -> Vec<Look> {
    const AREA: &str = "imports";
    let Some(place) = settings.get("database-import", "destination").or_else(|| settings.get("hive", "warehouse_path")) else {
        return Vec::new();
    };
    // Those that are derived from the logs are made anew by whoever needs them.
    let newest = |table: &str| -> Result<Option<(NaiveDate, bool)>> {
        let place: Location = place.parse().context("The place of imports cannot be used.")?;
        let dataset = Dataset::new(&place, table)?;
        let newest = dataset.partition_values("dt")?.last().and_then(|day| day.parse().ok());
        newest.map(|day| Ok((day, is_derived(&dataset.day(day))?))).transpose()
    };
    let mut days = Vec::new();
    for table in &TABLES {
        match newest(table.name) {
            Ok(day) => days.push((table.name, day)),
            Err(error) => return vec![Look::error(AREA, &error)],
        }
    }
    if days.iter().all(|(_, day)| day.is_none()) {
        return vec![Look::ok(AREA, "none yet")];
    }
    let told = |(table, newest): &(&str, Option<(NaiveDate, bool)>)| match newest {
        None => format!("{table} none"),
        Some((day, true)) => format!("{table} {day} derived from the logs"),
        Some((day, false)) => format!("{table} {day}"),
    };
    let text = days.iter().map(told).collect::<Vec<_>>().join(", ");
    let oldest = days.iter().filter_map(|(_, newest)| *newest).filter(|(_, is_derived)| !is_derived).map(|(day, _)| day).min();
    let age = oldest.map_or(0, |day| (date - day).num_days());
    vec![if age > OLD_IMPORT && settings.get("database-import", "credentials").is_none() {
        Look::warning(
            AREA,
            format!("{text}; the oldest is {age} days old"),
            "Look after what imports them: a day's run needs that day's import.",
        )
    } else {
        Look::ok(AREA, text)
    }]
}

/// The database of addresses.
pub(super) fn geolocation(settings: &Settings) -> Vec<Look> {
    const AREA: &str = "geolocation";
    let Some(place) = settings.get("geolocation", "geolocation_data") else { return Vec::new() };
    let opened = || -> Result<(String, u64)> {
        let place: Location = place.parse().context("geolocation_data of [geolocation] cannot be used.")?;
        let copy = local_copy(&place)?;
        let database = GeolocationDatabase::open(copy.path())?;
        Ok((database.kind(), database.built()))
    };
    vec![match opened() {
        Err(error) => Look::error(AREA, &error),
        Ok((kind, built)) => {
            let built = i64::try_from(built).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).map(|time| time.date_naive());
            let age = built.map_or(0, |built| (Utc::now().date_naive() - built).num_days());
            let told = format!("{kind} of {}, {age} days old, {place}", built.map(|day| day.to_string()).unwrap_or_default());
            if age > OLD_DATABASE {
                Look::warning(AREA, told, "Get a newer one: addresses move between countries.")
            } else {
                Look::ok(AREA, told)
            }
        }
    }]
}

/// Hadoop, where it is the runner.
pub(super) fn hadoop(settings: &Settings) -> Vec<Look> {
    const AREA: &str = "hadoop";
    if settings.get("map-reduce", "engine").map(str::trim) != Some("hadoop") {
        return Vec::new();
    }
    let command = command_name(settings);
    if !is_there(&command) {
        let told = format!("engine of [map-reduce] is hadoop, but there is no command {command} here");
        return vec![Look::warning(AREA, told, "Install Hadoop's client or set command in [hadoop]; else the local runner is used.")];
    }
    vec![match Cluster::of_settings(settings, ClusterChoices::default()) {
        Ok(cluster) => Look::ok(AREA, format!("{command}, {}", cluster.streaming_jar)),
        Err(error) => Look::error(AREA, &error),
    }]
}
