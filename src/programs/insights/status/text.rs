//! The status for people.

use chrono::NaiveDate;

use super::calendar::Scale;
use super::document::{RosterStatus, Status, StoreStatus, TableStatus, TaskStatus, WarehouseStatus};
use crate::error_text::counted;
use crate::tasks::day_tables::day_list;

/// Lines, each section under its head; with a calendar where somebody looks on. `program` is how a command begins that the operator is told.
pub(super) fn text(status: &Status, program: &str, with_calendar: bool) -> String {
    let mut lines = Vec::new();
    warehouse(&mut lines, &status.warehouse, program, with_calendar);
    tasks(&mut lines, &status.tasks);
    store(&mut lines, &status.store);
    status.roster.iter().for_each(|found| roster(&mut lines, found));
    runs(&mut lines, status);
    crate::error_text::visible(&(lines.join("\n") + "\n")).into_owned()
}

#[allow(clippy::cast_precision_loss)] // for people
fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn warehouse(lines: &mut Vec<String>, status: &WarehouseStatus, program: &str, with_calendar: bool) {
    let place = status.place.as_deref().unwrap_or("not configured");
    match &status.error {
        Some(error) => lines.push(format!("Warehouse: {place}: {error}")),
        None => lines.push(format!("Warehouse: {place}, {}, {}", counted(status.tables.len(), "table"), size(status.bytes))),
    }
    let width = status.tables.iter().map(|table| table.table.len()).max().unwrap_or(0);
    let (histories, others): (Vec<&TableStatus>, Vec<&TableStatus>) = status.tables.iter().partition(|table| table.is_history);
    if with_calendar && let Some(scale) = Scale::of(&histories) {
        lines.push(format!("  {}", scale.head()));
        lines.extend(histories.iter().map(|table| format!("  {:<width$}  {}", table.table, scale.row(table))));
    }
    for table in histories {
        let missing = match table.missing.len() {
            0 => "no hole".to_owned(),
            holes => format!("{holes} missing: {}{}", day_list(&table.missing), repair(&table.missing, program)),
        };
        let (span, later) = (span(table), not_due(table));
        lines.push(format!("  {:<width$}  {span}, {}, {}, {missing}{later}", table.table, counted(table.days, "day"), size(table.bytes)));
    }
    for table in others {
        let days =
            if table.days == 0 { "no days".to_owned() } else { format!("{} up to {}", counted(table.days, "day"), shown(table.last)) };
        lines.push(format!("  {:<width$}  {days}, {}, {}", table.table, counted(table.files, "file"), size(table.bytes)));
    }
    for lock in &status.locks {
        let holder = lock.holder.as_deref().unwrap_or("an unknown run");
        let what = if lock.is_dead { "was left by a run that has ended" } else { "is held by" };
        lines.push(format!("  Lock {} {what}: {holder}", lock.file));
    }
    for left in &status.leftovers {
        lines.push(format!("  Leftover {}, {}, of the run {}", left.place, size(left.bytes), left.run_id));
    }
}

fn span(table: &TableStatus) -> String {
    format!("{} to {}", shown(table.first), shown(table.last))
}

fn shown(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "-".to_owned(), |day| day.to_string())
}

/// Days that nobody has to make yet.
fn not_due(table: &TableStatus) -> String {
    let told =
        |due: NaiveDate| format!(", {} not due before {}: {}", table.not_due.len(), due.format("%A %Y-%m-%d"), day_list(&table.not_due));
    table.due.map_or_else(String::new, told)
}

/// The command that makes the days.
fn repair(days: &[NaiveDate], program: &str) -> String {
    let span = days.first().zip(days.last().and_then(NaiveDate::succ_opt));
    span.map_or_else(String::new, |(first, end)| format!(" ({program} backfill --from {first} --to {end})"))
}

fn tasks(lines: &mut Vec<String>, tasks: &[TaskStatus]) {
    lines.push("Tasks of the day, as of now:".to_owned());
    for task in tasks {
        let told = match (&task.error, task.due.as_slice()) {
            (Some(error), _) => format!("cannot run: {}", error.strip_prefix(&format!("{} failed. ", task.task)).unwrap_or(error)),
            (None, []) => "up to date".to_owned(),
            (None, [step]) => format!("due: {} ({})", step.step, step.reason),
            (None, [step, more @ ..]) => format!("due: {} ({}), and {}", step.step, step.reason, counted(more.len(), "more step")),
        };
        lines.push(format!("  {}: {told}", task.task));
        if task.error.is_none() && !task.missing_days.is_empty() {
            let verb = if task.missing_days.len() == 1 { "is" } else { "are" };
            lines.push(format!("    {} {verb} missing: {}", counted(task.missing_days.len(), "day"), day_list(&task.missing_days)));
        }
    }
}

fn store(lines: &mut Vec<String>, store: &StoreStatus) {
    let name = store.name.as_deref().unwrap_or("not usable");
    match &store.error {
        Some(error) => lines.push(format!("Result store: {name}: {error}")),
        None => lines.push(format!("Result store: {name}")),
    }
    let width = store.tables.iter().map(|table| table.table.len()).max().unwrap_or(0);
    for table in &store.tables {
        let told = match table.rows {
            None => "not there".to_owned(),
            Some(rows) => {
                let until = table.until.as_ref().map_or_else(String::new, |day| format!(", up to {day}"));
                let loaded = table.loaded.as_ref().map_or_else(String::new, |time| format!(", loaded {time}"));
                format!("{}{until}{loaded}", counted(rows, "row"))
            }
        };
        lines.push(format!("  {:<width$}  {told}", table.table));
    }
}

fn roster(lines: &mut Vec<String>, roster: &RosterStatus) {
    let told = match (&roster.error, roster.indexes.as_slice()) {
        (Some(error), _) => error.clone(),
        (None, []) => "no index has the alias".to_owned(),
        (None, indexes) => format!("{}, {}", indexes.join(", "), counted(roster.documents.unwrap_or(0), "document")),
    };
    lines.push(format!("Roster: alias {}: {told}", roster.alias));
}

fn runs(lines: &mut Vec<String>, status: &Status) {
    if status.runs.is_empty() {
        lines.push("Last runs: none is known".to_owned());
        return;
    }
    lines.push("Last runs:".to_owned());
    for run in &status.runs {
        let code = if run.exit_code == 0 { String::new() } else { format!(" (exit code {})", run.exit_code) };
        lines.push(format!("  {} {}: {}{code}, {:.1} s, {}", run.started, run.command, run.result.name(), run.seconds, run.run_id));
    }
}
