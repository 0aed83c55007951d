//! Learners of each week: active, with videos, problems, the forum.
use std::collections::BTreeMap;

use anyhow::Result;
use chrono::NaiveDate;

use crate::report::course::{Source, Summary};
use crate::report::lens::{Cell, Chart, ChartKind, Column, Lens, Table, View};
use crate::report::texts::activity as texts;
use crate::workflows::user_activity::tables::COURSE_ACTIVITY;

const ID: &str = "activity";
/// Labels of the table (rules 08, 7.10), in the order of the columns.
const LABELS: [&str; 4] = ["ACTIVE", "PLAYED_VIDEO", "ATTEMPTED_PROBLEM", "POSTED_FORUM"];

/// The lens; fills in the summary's weeks.
pub(crate) fn lens(source: &mut Source, summary: &mut Summary) -> Result<Lens> {
    let sql = "SELECT interval_start, interval_end, label, `count` FROM course_activity WHERE course_id = ? ORDER BY interval_start, id";
    let mut weeks: BTreeMap<String, [Option<i64>; 4]> = BTreeMap::new();
    let mut end = None;
    for row in source.rows(&COURSE_ACTIVITY, sql, &[&summary.id])? {
        let place = LABELS.iter().position(|label| Some(*label) == row.text(2).as_deref());
        if let (Some(start), Some(place)) = (row.day(0), place) {
            let week = weeks.entry(start).or_insert([None; 4]);
            if let Some(count) = week.get_mut(place) {
                *count = row.integer(3);
            }
            end = end.max(row.day(1));
        }
    }
    if weeks.is_empty() {
        let reason = source.reason(&COURSE_ACTIVITY, texts::WORKFLOW, texts::NO_ROWS);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    // The table has no row where nobody did a thing: a week with any row has zeros there.
    let row = |(week, counts): (&String, &[Option<i64>; 4])| {
        let counts = counts.iter().map(|count| Cell::Count(count.unwrap_or(0)));
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
    let charts = vec![(None, Chart::new(ChartKind::Lines, 0, vec![1, 2, 3, 4], texts::CHART))];
    summary.weeks = weeks.into_iter().collect();
    // The end is the Monday after: the last day that counts is the one before it.
    let up_to = end.map(|end| end.parse::<NaiveDate>().ok().and_then(|end| end.pred_opt()).map_or(end, |day| day.to_string()));
    let views = vec![View { heading: None, charts, table }];
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}
