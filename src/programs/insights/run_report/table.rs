//! The table of tasks at the end of a run.

use super::document::{Outcome, TaskSummary};
use crate::error_text::told_of;
use crate::tasks::day_tables::day_list;

/// The table: a line for each task, the widest words deciding on the columns.
pub(super) fn table(tasks: &[TaskSummary]) -> String {
    let head = ["Task", "Result", "Seconds", "Files", "MB", "Rows in", "Rows out", "Discarded", "What to do"].map(str::to_owned);
    let rows: Vec<[String; 9]> = std::iter::once(head).chain(tasks.iter().map(row)).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..9).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 | 1 | 8 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[allow(clippy::cast_precision_loss)] // for people
fn row(task: &TaskSummary) -> [String; 9] {
    [
        task.task.clone(),
        task.result.name().to_owned(),
        format!("{:.1}", task.seconds),
        task.files.to_string(),
        format!("{:.1}", task.bytes as f64 / 1e6),
        task.rows_in.to_string(),
        task.rows_out.to_string(),
        format!("{}/{}", task.discarded_lines, task.discarded_rows),
        task.what_to_do.clone().unwrap_or_default(),
    ]
}

/// What stands below the table: each failure with its remedy, the days that are missing, what to look at.
pub(super) fn remarks(tasks: &[TaskSummary], with_errors: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    for task in tasks {
        let name = &task.task;
        if let Some(error) = task.error.as_ref().filter(|_| with_errors) {
            let text = error.strip_prefix(&format!("{name} failed. ")).unwrap_or(error);
            remarks.push(format!("{name}: {}", text.replace('\n', "\n    ")));
        }
        if !task.missing_days.is_empty() && task.result != Outcome::Failed {
            let days = &task.missing_days;
            remarks.push(format!("{name}: {} missing in its history: {}.", told_of(days.len(), "day is", "days are"), day_list(days)));
        }
        remarks.extend(task.warnings.iter().map(|warning| format!("{name}: {warning}")));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, result: Outcome) -> TaskSummary {
        TaskSummary { task: name.to_owned(), result, seconds: 1.25, rows_in: 12_345, bytes: 2_000_000, ..TaskSummary::default() }
    }

    #[test]
    fn columns_fit_their_words() {
        let failed = TaskSummary { what_to_do: Some("mend it".to_owned()), discarded_lines: 3, ..task("LongerTask", Outcome::Failed) };
        let expected = "\
Task        Result      Seconds  Files   MB  Rows in  Rows out  Discarded  What to do
A           up to date      1.2      0  2.0    12345         0        0/0
LongerTask  failed          1.2      0  2.0    12345         0        3/0  mend it
";
        assert_eq!(table(&[task("A", Outcome::UpToDate), failed]), expected);
    }

    #[test]
    fn every_failure_and_every_hole_is_repeated() {
        let failed = TaskSummary { error: Some("A failed. No disk.\nMake room.".to_owned()), ..task("A", Outcome::Failed) };
        let days = (1..=12).map(|day| chrono::NaiveDate::from_ymd_opt(2014, 5, day).unwrap()).collect();
        let holes = TaskSummary { missing_days: days, warnings: vec!["2 rows were left out.".to_owned()], ..task("B", Outcome::Warned) };
        let found = remarks(&[failed, holes], true);
        assert_eq!(found[0], "A: No disk.\n    Make room.");
        assert!(found[1].starts_with("B: 12 days are missing in its history: 2014-05-01, ") && found[1].ends_with(" and 2 more."));
        assert_eq!((found[2].as_str(), found.len()), ("B: 2 rows were left out.", 3));
        assert_eq!(remarks(&[task("C", Outcome::Done)], true), [""; 0]);
    }
}
