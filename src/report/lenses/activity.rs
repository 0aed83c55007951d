//! Learners of each week: active, with videos, problems, the forum.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::report::cell::{Cell, Column};
use crate::report::course::{Source, Summary};
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::site_days::{SiteDays, with_quiet_weeks};
use crate::report::texts::weeks::unfinished as unfinished_weeks;
use crate::report::texts::{activity as texts, reasons};
use crate::workflows::user_activity::tables::COURSE_ACTIVITY;

const ID: &str = "activity";
/// Labels of the table (rules 08, 7.10), in the order of the columns.
const LABELS: [&str; 4] = ["ACTIVE", "PLAYED_VIDEO", "ATTEMPTED_PROBLEM", "POSTED_FORUM"];

/// The lens; fills in the summary's weeks.
pub(crate) fn lens(source: &mut Source, summary: &mut Summary, days: &SiteDays) -> Result<Lens> {
    let sql = "SELECT interval_start, label, `count` FROM course_activity WHERE course_id = ? ORDER BY interval_start, id";
    let mut weeks: BTreeMap<String, [Option<i64>; 4]> = BTreeMap::new();
    for row in source.rows(&COURSE_ACTIVITY, sql, &[&summary.id])? {
        let place = LABELS.iter().position(|label| Some(*label) == row.text(1).as_deref());
        if let (Some(start), Some(place)) = (row.day(0), place) {
            let week = weeks.entry(start).or_insert([None; 4]);
            if let Some(count) = week.get_mut(place) {
                *count = row.integer(2);
            }
        }
    }
    if weeks.is_empty() {
        let reason = source.reason(&COURSE_ACTIVITY, &reasons::ACTIVITY);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    // The table has no row where nobody did a thing: zeros stand there, also in whole weeks.
    with_quiet_weeks(&mut weeks, &[Some(0); 4]);
    let unfinished = days.unfinished(weeks.keys());
    let row = |(week, counts): (&String, &[Option<i64>; 4])| {
        let is_empty = unfinished.iter().any(|known| known.is_empty() && known.monday.to_string() == *week);
        let counts = counts.iter().map(|count| if is_empty { Cell::Missing } else { Cell::Count(count.unwrap_or(0)) });
        std::iter::once(Cell::Text(week.clone())).chain(counts).collect()
    };
    let table = Table {
        caption: texts::CAPTION.into(),
        file: ID,
        columns: vec![
            Column::day(texts::WEEK),
            Column::number(texts::ACTIVE),
            Column::number(texts::VIDEO),
            Column::number(texts::PROBLEM),
            Column::number(texts::FORUM),
        ],
        rows: weeks.iter().rev().map(row).collect(),
        parts: Vec::new(),
        stored_in: COURSE_ACTIVITY.name,
        in_warehouse: None,
    };
    let chart = Chart::new(ChartKind::Lines, 0, vec![1, 2, 3, 4], texts::CHART).with_unfinished(&unfinished);
    let note = unfinished_weeks(&unfinished, weeks.len());
    summary.weeks = weeks.into_iter().collect();
    let views = vec![View::new(None, vec![(None, chart)], table).with_note(note)];
    let up_to = days.last_of_activity().map(|day| day.to_string());
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}
