//! The last known country of each enrolled learner.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::NaiveDate;

use crate::report::assets::country_name;
use crate::report::cell::{Cell, Column};
use crate::report::course::Source;
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::texts::{geography as texts, reasons};
use crate::workflows::location::tables::COURSE_ENROLLMENT_LOCATION_CURRENT;

/// Anchor of the lens; pages without it need no map.
pub(crate) const ID: &str = "geography";

/// The lens.
pub(crate) fn lens(source: &mut Source, course: &str) -> Result<Lens> {
    let sql = "SELECT `date`, country_code, `count` FROM course_enrollment_location_current WHERE course_id = ?";
    let rows = source.rows(&COURSE_ENROLLMENT_LOCATION_CURRENT, sql, &[course])?;
    let last = rows.iter().filter_map(|row| row.day(0)).max();
    let mut countries: BTreeMap<Option<String>, i64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.day(0) == last) {
        // Only two letters are a country; whatever else is summed as unknown (rules 08, 7.9).
        let code = row.text(1).filter(|code| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase()));
        *countries.entry(code).or_default() += row.integer(2).unwrap_or(0);
    }
    countries.retain(|_, count| *count > 0);
    if countries.keys().all(Option::is_none) {
        let reason = source.reason(&COURSE_ENROLLMENT_LOCATION_CURRENT, &reasons::GEOGRAPHY);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    let all: i64 = countries.values().sum();
    let mut sorted: Vec<_> = countries.into_iter().collect();
    sorted.sort_by_key(|(code, count)| (-count, code.clone()));
    let rows = sorted.into_iter().map(|(code, count)| {
        let [name, code] = match code {
            Some(code) => [Cell::Text(country_name(&code).unwrap_or(&code).to_owned()), Cell::Text(code)],
            None => [Cell::Text(texts::UNKNOWN.to_owned()), Cell::Missing],
        };
        vec![name, code, Cell::Count(count), Cell::share(count, all)]
    });
    let table = Table {
        caption: texts::CAPTION.into(),
        file: ID,
        columns: vec![
            Column::text(texts::COUNTRY),
            Column::text(texts::CODE),
            Column::number(texts::LEARNERS),
            Column::number(texts::SHARE),
        ],
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: COURSE_ENROLLMENT_LOCATION_CURRENT.name,
        in_warehouse: None,
    };
    let charts = vec![(None, Chart::new(ChartKind::Map, 1, vec![2], texts::CHART))];
    let views = vec![View::new(None, charts, table)];
    // The table has the day of the run, which was not over (rules 04, 5).
    let up_to = last.and_then(|day| day.parse::<NaiveDate>().ok()).and_then(|day| day.pred_opt()).map(|day| day.to_string());
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}
