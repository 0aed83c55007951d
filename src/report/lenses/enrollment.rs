//! Enrollment over time: all learners, and by mode.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;

use crate::report::cell::{Cell, Column};
use crate::report::course::{Source, Summary};
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::site_days::SiteDays;
use crate::report::texts::{enrollment as texts, reasons};
use crate::workflows::enrollment::tables::{COURSE_ENROLLMENT_DAILY, COURSE_ENROLLMENT_MODE_DAILY};

const ID: &str = "enrollment";
/// Modes with a line of their own.
const MODES: usize = 6;

/// The lens; fills in the summary's days.
pub(crate) fn lens(source: &mut Source, summary: &mut Summary, days_of_site: &SiteDays) -> Result<Lens> {
    let sql = "SELECT `date`, `count`, cumulative_count FROM course_enrollment_daily WHERE course_id = ? ORDER BY `date`, id";
    let mut days = BTreeMap::new();
    for row in source.rows(&COURSE_ENROLLMENT_DAILY, sql, &[&summary.id])? {
        if let Some(day) = row.day(0) {
            days.insert(day, [row.integer(1), row.integer(2)]);
        }
    }
    let Some((last, [_, ever])) = days.last_key_value() else {
        let reason = source.reason(&COURSE_ENROLLMENT_DAILY, &reasons::ENROLLMENT);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    };
    let up_to = last.clone();
    summary.ever = *ever;
    summary.counted_from = days_of_site.enrollments_from;
    summary.enrolled = days.iter().filter_map(|(day, [count, _])| Some((day.clone(), (*count)?))).collect();

    let modes = Modes::read(source, &summary.id)?;
    let mut columns = vec![Column::day(texts::DAY), Column::number(texts::ENROLLED), Column::number(texts::EVER)];
    columns.extend(modes.names.iter().map(|mode| Column::number(mode.clone())));
    let rows = days.iter().rev().map(|(day, [count, ever])| {
        let known = [Cell::Text(day.clone()), Cell::count(*count), Cell::count(*ever)];
        known.into_iter().chain(modes.of_day(day)).collect()
    });
    let rows = rows.collect();
    let mut charts = vec![(Some(texts::ALL), Chart::new(ChartKind::Lines, 0, vec![1], texts::ALL_CHART))];
    if !modes.names.is_empty() {
        let series = (3..columns.len()).collect();
        charts.push((Some(texts::BY_MODE), Chart::new(ChartKind::Lines, 0, series, texts::MODE_CHART).stacked()));
    }
    let table = Table {
        caption: texts::CAPTION.into(),
        file: ID,
        columns,
        rows,
        parts: Vec::new(),
        stored_in: COURSE_ENROLLMENT_DAILY.name,
        in_warehouse: None,
    };
    let views = vec![View::new(None, charts, table)];
    let note = days_of_site.enrollments_from.map(|first| texts::since(first).into());
    Ok(Lens { up_to: Some(up_to), note, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}

/// Learners of each day by mode, the largest modes first.
struct Modes {
    names: Vec<String>,
    days: HashMap<String, Vec<i64>>,
}

impl Modes {
    fn read(source: &mut Source, course: &str) -> Result<Self> {
        let sql = "SELECT `date`, mode, `count` FROM course_enrollment_mode_daily WHERE course_id = ? ORDER BY `date`, id";
        let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
        for row in source.rows(&COURSE_ENROLLMENT_MODE_DAILY, sql, &[course])? {
            if let (Some(day), Some(mode), Some(count)) = (row.day(0), row.text(1), row.integer(2)) {
                counts.insert((day, mode), count);
            }
        }
        // Days are in order, so what stays is the latest count of each mode.
        let latest: BTreeMap<&String, i64> = counts.iter().map(|((_, mode), count)| (mode, *count)).collect();
        let mut names: Vec<(&String, i64)> = latest.into_iter().collect();
        names.sort_by_key(|(name, count)| (-count, *name));
        let crowded = names.len() > MODES;
        let mut names: Vec<String> = names.into_iter().map(|(name, _)| name.clone()).collect();
        if crowded {
            names.truncate(MODES - 1);
            names.push(texts::OTHER_MODES.to_owned());
        }
        let mut days: HashMap<String, Vec<i64>> = HashMap::new();
        for ((day, mode), count) in counts {
            let place = names.iter().position(|name| *name == mode).unwrap_or(names.len().saturating_sub(1));
            let of_day = days.entry(day).or_insert_with(|| vec![0; names.len()]);
            if let Some(sum) = of_day.get_mut(place) {
                *sum += count;
            }
        }
        Ok(Self { names, days })
    }

    fn of_day(&self, day: &str) -> Vec<Cell> {
        match self.days.get(day) {
            Some(counts) => counts.iter().map(|count| Cell::Count(*count)).collect(),
            None => vec![Cell::Missing; self.names.len()],
        }
    }
}
