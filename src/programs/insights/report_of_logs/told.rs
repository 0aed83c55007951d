//! What a report was made from and what it holds, for the one who asked for it.

use std::path::Path;

use anyhow::Result;
use chrono::NaiveDate;

use super::Outcome;
use super::packed::packed_by;
use super::plans::STORE;
use crate::calendar::interval::DateInterval;
use crate::calendar::stretches;
use crate::engine::census::{Census, Flaw};
use crate::error_text::{quoted, told_of};
use crate::print_line;
use crate::say_at;
use crate::standard_streams::voice::Level;
use crate::storage::Location;
use crate::tasks::workflow::Workflow;

/// How many reasons, files or days are listed.
const SHOWN: usize = 8;

/// Percent of damaged lines that are worth a loud line: a file that is cut off has one.
const LOUD: u64 = 10;
/// Counters of each job's events without time and such, which the files' own counts tell once.
const TOLD_OTHERWISE: [&str; 1] = ["Event"];
/// Counters that are of events which a job is not about.
const NOT_DISCARDED: [&str; 1] = ["Non-Enrollment Event Type"];

/// The last day.
pub(super) fn last(span: DateInterval) -> NaiveDate {
    span.end().pred_opt().unwrap_or(span.end())
}

/// A size for people.
#[allow(clippy::cast_precision_loss)]
pub(super) fn size(bytes: u64) -> String {
    if bytes < 100_000 { format!("{:.1} kB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

/// So many things of a name.
pub(crate) fn number(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Why a file is no log.
pub(super) fn no_log(file: &Location, census: &Census) -> String {
    if let Some(program) = packed_by(file).filter(|_| census.lines > 0) {
        return format!("It is packed by {program}, which is not read. Unpack it, or pack it by gzip, bzip2 or zstd.");
    }
    let Census { lines, unreadable, timeless, bad_times, .. } = census;
    let why = [
        (unreadable, "is no JSON object, as events are", "are no JSON objects, as events are"),
        (timeless, "has no time", "have no time"),
        (bad_times, "has a time that cannot be read", "have a time that cannot be read"),
    ];
    let why = why.iter().filter(|(flaw, ..)| flaw.lines > 0);
    if let (1, Some((_, what, _))) = (lines, why.clone().next()) {
        return format!("Its only line {what}.");
    }
    let told = |flaw: &Flaw, one: &str, several: &str| told_of(usize::try_from(flaw.lines).unwrap_or(usize::MAX), one, several);
    let why: Vec<_> = why.map(|(flaw, one, several)| told(flaw, one, several)).collect();
    match (lines, why.as_slice()) {
        (0, _) => "It is empty.".to_owned(),
        (_, []) => format!("None of its {} is an event.", number(*lines, "line")),
        _ => format!("None of its {} is an event: {}.", number(*lines, "line"), why.join(", ")),
    }
}

/// One kind of flaw of a file.
type FlawOf = fn(&Census) -> Flaw;

/// What was read, what was discarded, and what each workflow found.
///
/// # Errors
/// Nobody can be told.
pub(crate) fn tell(outcome: &Outcome, workflows: &[Workflow]) -> Result<()> {
    let Outcome { known, span, .. } = outcome;
    let total = |value: fn(&Census) -> u64| known.files.values().map(|file| value(&file.census)).sum::<u64>();
    let bytes = known.files.values().map(|file| file.size).sum();
    let (files, lines, events) = (known.files.len() as u64, total(|census| census.lines), total(Census::events));
    print_line!("\nRead        {}, {} of them new, {}", number(files, "file"), outcome.added, size(bytes))?;
    print_line!("            {}, {}", number(lines, "line"), number(events, "event"))?;
    print_line!("Days        {} to {}", span.start(), last(*span))?;
    without_events(outcome)?;
    if !outcome.strays.is_empty() {
        let events: u64 = outcome.strays.iter().map(|(_, events)| events).sum();
        let days: Vec<_> = outcome.strays.iter().take(SHOWN).map(|(day, _)| day.to_string()).collect();
        let more = if outcome.strays.len() > SHOWN { ", …" } else { "" };
        let (events, on) = (number(events, "event"), number(outcome.strays.len() as u64, "day"));
        print_line!("            without {events} outside of them, on {on}: {}{more}", days.join(", "))?;
        print_line!("            --interval FIRST-END (END excluded) names other days")?;
    }
    for (name, reason) in outcome.left_out.iter().take(SHOWN) {
        print_line!("Left out    {name}: {reason}")?;
    }
    if outcome.left_out.len() > SHOWN {
        print_line!("            and {} that are no logs", number((outcome.left_out.len() - SHOWN) as u64, "more file"))?;
    }
    for (copy, file) in outcome.copies.iter().take(SHOWN) {
        print_line!("Read once   {file} and {copy} hold the same lines")?;
    }
    if outcome.copies.len() > SHOWN {
        print_line!("            and {} more", number((outcome.copies.len() - SHOWN) as u64, "pair"))?;
    }
    if let Some(first) = outcome.gone.first() {
        let gone = told_of(
            outcome.gone.len(),
            "of the files that were read is gone or has changed",
            "of the files that were read are gone or have changed",
        );
        print_line!("Gone        {gone}, such as {first}")?;
        print_line!("            what was read of it before stays in the report")?;
    }
    discarded(outcome)?;
    found(outcome, workflows)?;
    damaged(outcome);
    Ok(())
}

/// Days of which no events are there: their log files may be elsewhere.
fn without_events(outcome: &Outcome) -> Result<()> {
    let days = &outcome.without_events;
    if days.is_empty() {
        return Ok(());
    }
    let events = outcome.known.events_by_day();
    let strays: u64 = days.iter().filter_map(|day| events.get(day)).sum();
    let but = if strays > 0 { format!(", but for {} that other files hold", number(strays, "stray event")) } else { String::new() };
    print_line!("No events   of {}{but}: {}", number(days.len() as u64, "day"), stretches::told(days.iter().copied()))?;
    print_line!("            if there are log files of them, name these files as well: what happened then is missing")
}

/// A loud line where so many lines are damaged that the numbers cannot be those of the site.
fn damaged(outcome: &Outcome) {
    let all: u64 = outcome.known.files.values().map(|file| file.census.lines).sum();
    let flaws = |census: &Census| census.unreadable.lines + census.timeless.lines + census.bad_times.lines;
    let damaged: u64 = outcome.known.files.values().map(|file| flaws(&file.census)).sum();
    let percent = damaged * 100 / all.max(1);
    if percent >= LOUD {
        say_at!(
            Level::Warning,
            "insights: {percent} percent of all lines are damaged and not counted ({damaged} of {all}): the numbers are too low. Look at what \
             writes and copies these logs."
        );
    }
}

/// That the folder holds more than pages, and how these are published alone.
///
/// # Errors
/// Nobody can be told.
pub(crate) fn tell_private(folder: &Path) -> Result<()> {
    print_line!(
        "Private: {} also holds personal data, for its owner only; to publish the pages alone: insights report --sqlite {} --out DIR",
        folder.display(),
        quoted(&folder.join(STORE).display().to_string())
    )
}

fn discarded(outcome: &Outcome) -> Result<()> {
    let flaws: [(&str, &str, FlawOf); 3] = [
        ("line is no JSON object", "lines are no JSON object", |census| census.unreadable),
        ("event has no time", "events have no time", |census| census.timeless),
        ("event has a time that cannot be read", "events have a time that cannot be read", |census| census.bad_times),
    ];
    for (one, many, flaw) in flaws {
        let of_files = || outcome.known.files.iter().map(|(name, file)| (name, flaw(&file.census)));
        let lines: u64 = of_files().map(|(_, flaw)| flaw.lines).sum();
        if let Some((name, first)) = of_files().find(|(_, flaw)| flaw.lines > 0) {
            let what = if lines == 1 { one } else { many };
            print_line!("Discarded   {lines} {what}, such as line {} of {name}", first.first)?;
        }
    }
    let counters = &outcome.entries.counters;
    let reasons = counters.iter().filter_map(|(group, name, count)| Some((count, group, name.strip_prefix("Discard ")?)));
    let mut reasons: Vec<_> = reasons.filter(|(_, group, name)| !TOLD_OTHERWISE.contains(group) && !NOT_DISCARDED.contains(name)).collect();
    reasons.sort_by_key(|(count, group, name)| (std::cmp::Reverse(*count), *group, *name));
    for (count, group, name) in reasons.iter().take(SHOWN) {
        print_line!("Not counted {count} in {group}: {name}")?;
    }
    for (table, told) in &outcome.entries.rejected {
        print_line!("Not loaded  into {table}: {told}")?;
    }
    Ok(())
}

/// A line for each table of each workflow.
fn found(outcome: &Outcome, workflows: &[Workflow]) -> Result<()> {
    if outcome.entries.rows.is_empty() {
        return print_line!("\nNothing is new; the tables are as they were.\n");
    }
    print_line!("\n{:<20} {:<42} {:>9}", "Workflow", "Table", "rows")?;
    for workflow in workflows {
        let mut name = workflow.name;
        for table in workflow.tables {
            if let Some(rows) = outcome.entries.rows.get(table.table.name) {
                print_line!("{name:<20} {:<42} {rows:>9}", table.table.name)?;
                name = "";
            }
        }
        if name == crate::workflows::location::NAME && outcome.known.geolocation.is_none() {
            print_line!("{name:<20} left out: countries need --geolocation FILE, such as MaxMind's free GeoLite2-Country.mmdb")?;
        }
    }
    print_line!("")
}
