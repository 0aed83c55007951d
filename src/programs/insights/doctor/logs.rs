//! The tracking logs: what is there, which days are missing, which files are twice there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::look::Look;
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::error_text::{counted, quoted};
use crate::programs::exit_code::{MISSING_DATA, TASK_FAILED};
use crate::storage::{Entry, Location, store_for};
use crate::tasks::day_tables::day_list;
use crate::warehouse::selection::PathSelectionByDateInterval;

const AREA: &str = "logs";
/// Days of which nights read the logs: two weeks of engagement, and some days around.
const READ_BY_NIGHTS: u64 = 17;
/// So much is read at most to tell files of equal size apart.
const MOST_COMPARED: u64 = 2 << 30;

/// What there is to say; nothing where no logs are configured, which is told as a missing setting.
pub(super) fn looks(settings: &Settings, date: NaiveDate) -> Vec<Look> {
    let (Some(sources), Some(patterns)) = (settings.get("event-logs", "source"), settings.get("event-logs", "pattern")) else {
        return Vec::new();
    };
    found(sources, patterns, date).unwrap_or_else(|error| vec![Look::error(AREA, &error)])
}

fn found(sources: &str, patterns: &str, date: NaiveDate) -> Result<Vec<Look>> {
    let sources: StringList = sources.parse().context("source of [event-logs] cannot be used.")?;
    let patterns: StringList = patterns.parse().context("pattern of [event-logs] cannot be used.")?;
    let roots = sources.0.iter().map(|root| root.parse::<Location>().with_context(|| format!("The log source {root:?} cannot be used.")));
    let roots: Vec<Location> = roots.collect::<Result<_>>()?;
    let mut looks = Vec::new();
    for root in &roots {
        let store = store_for(root)?;
        if !store.directory_exists(root)? && store.entry(root)?.is_none() {
            looks.push(Look::failure(
                AREA,
                MISSING_DATA,
                format!("There is nothing at {root}."),
                "Correct source in [event-logs], or bring the logs there.",
            ));
        }
    }
    let ever = (NaiveDate::MIN.max(day(1)?), day(9999)?);
    let matching = PathSelectionByDateInterval::new(roots, ever, 0, &patterns.0, "%Y%m%d")?.matching()?;
    for (number, pattern) in patterns.0.iter().enumerate() {
        if !matching.iter().any(|(_, dated)| dated.pattern() == number) {
            let remedy = "Correct pattern in [event-logs]; it is matched from the start of a file's URL, with / and the directories.";
            let told = format!("No file is chosen by the pattern {pattern}.");
            looks.push(if matching.is_empty() {
                Look::failure(AREA, MISSING_DATA, told, remedy)
            } else {
                Look::warning(AREA, told, remedy)
            });
        }
    }
    if matching.is_empty() {
        return Ok(looks);
    }
    let bytes: u64 = matching.iter().map(|(entry, ..)| entry.size).sum();
    let days: BTreeSet<NaiveDate> = matching.iter().filter_map(|(_, dated)| dated.date()).collect();
    let count = format!("{}, {}", counted(matching.len(), "file"), size(bytes));
    match (days.first(), days.last()) {
        (Some(first), Some(last)) => {
            looks.push(Look::ok(AREA, format!("{count}, {} from {first} to {last}", counted(days.len(), "day"))));
            looks.extend(of_days(&days, (*first, *last), date));
        }
        _ => looks.push(Look::warning(
            AREA,
            format!("{count}, without dates in their names: every run reads all of them"),
            "Name files by their day and give the pattern a group (?P<date>…).",
        )),
    }
    let (readable, refused): (Vec<_>, Vec<_>) = matching.into_iter().partition(|(entry, _)| is_readable(entry));
    let from = date.checked_sub_days(Days::new(READ_BY_NIGHTS)).unwrap_or(date);
    let refused: Vec<_> = refused.into_iter().map(|(entry, dated)| (entry.location, dated.date())).collect();
    looks.extend(unreadable(&refused, from));
    looks.extend(twins(&readable.into_iter().map(|(entry, _)| entry).collect::<Vec<_>>())?);
    Ok(looks)
}

/// Files that the account may not read. Older ones than nights read are wanted by whoever makes a history.
fn unreadable(refused: &[(Location, Option<NaiveDate>)], from: NaiveDate) -> Option<Look> {
    let is_of_nights = |(_, day): &&(Location, Option<NaiveDate>)| day.is_none_or(|day| day >= from);
    let of_nights = refused.iter().find(is_of_nights);
    let (first, _) = of_nights.or(refused.first())?;
    let told = match refused.len() {
        1 => format!("This account may not read {first}"),
        more => format!("This account may not read {more} of the files, such as {first}"),
    };
    let remedy = format!("Give it the right; `namei -l {}` shows where it has none.", quoted(first.path()));
    Some(if of_nights.is_some() { Look::failure(AREA, TASK_FAILED, told, remedy) } else { Look::warning(AREA, told, remedy) })
}

/// Whether the account that asks may read a file; one that lies elsewhere tells when it is read.
fn is_readable(entry: &Entry) -> bool {
    let Some(path) = entry.location.as_local_path() else { return true };
    accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS) != Err(Errno::ACCESS)
}

fn day(year: i32) -> Result<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 1, 1).context("The calendar has no such year.")
}

fn of_days(days: &BTreeSet<NaiveDate>, (first, last): (NaiveDate, NaiveDate), date: NaiveDate) -> Vec<Look> {
    let mut looks = Vec::new();
    let holes: Vec<NaiveDate> = first.iter_days().take_while(|day| *day < last).filter(|day| !days.contains(day)).collect();
    if !holes.is_empty() {
        let told = format!("{} without a log file: {}", counted(holes.len(), "day"), day_list(&holes));
        looks.push(Look::warning(AREA, told, "If there are logs of them, bring them to their place; else these days count as empty."));
    }
    let age = (date - last).num_days();
    if age > 1 {
        let told = format!("The newest log is of {last}, {age} days before {date}");
        looks.push(Look::warning(AREA, told, "Look after what rotates and copies the logs."));
    }
    looks
}

/// Files with the same contents, whose events would count twice.
fn twins(entries: &[Entry]) -> Result<Vec<Look>> {
    let mut of_size: BTreeMap<u64, Vec<&Path>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.size > 0) {
        of_size.entry(entry.size).or_default().extend(entry.location.as_local_path());
    }
    let (mut looks, mut compared) = (Vec::new(), 0);
    for (size, paths) in of_size.into_iter().filter(|(_, paths)| paths.len() > 1) {
        let mut first: BTreeMap<[u8; 32], &Path> = BTreeMap::new();
        for path in paths {
            compared += size;
            if compared > MOST_COMPARED {
                looks.push(Look::ok(AREA, "Not all files of equal size were compared: they are too large"));
                return Ok(looks);
            }
            let mut digest = Sha256::new();
            let mut file = File::open(path).with_context(|| format!("The log file {} cannot be read.", path.display()))?;
            std::io::copy(&mut file, &mut digest).with_context(|| format!("The log file {} cannot be read.", path.display()))?;
            if let Some(other) = first.insert(digest.finalize().into(), path) {
                let told = format!("{} and {} have the same contents", other.display(), path.display());
                looks.push(Look::warning(AREA, told, "Move one of them away: its events count twice."));
            }
        }
    }
    Ok(looks)
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    let units = ["bytes", "KB", "MB", "GB", "TB"];
    let mut whole = bytes;
    let mut unit = 0;
    while whole >= 10_000 && unit + 1 < units.len() {
        whole /= 1000;
        unit += 1;
    }
    format!("{whole} {}", units.get(unit).copied().unwrap_or_default())
}
