//! How many learners are in each segment, and the ranges of each metric.

use super::week::{METRICS, Range, Week};
use crate::report::cell::{Cell, Column};
use crate::report::course::Source;
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::roster::CourseRoster;
use crate::report::texts::{engagement as texts, reasons};
use crate::workflows::module_engagement::tables::{MODULE_ENGAGEMENT, MODULE_ENGAGEMENT_METRIC_RANGES};

const ID: &str = "engagement";

/// The lens; with the course's roster of the same week, if there is one.
pub(crate) fn lens(source: &Source, week: Option<&Week>, roster: Option<&CourseRoster>) -> Lens {
    let Some(week) = week else {
        let reason = source.reason(&MODULE_ENGAGEMENT_METRIC_RANGES, &reasons::ENGAGEMENT);
        return Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason);
    };
    let up_to = week.end.pred_opt().map(|day| day.to_string());
    let views = vec![segments(week, roster), ranges(week)];
    Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") }
}

/// Segments of learners who did nothing, whom the store does not know.
fn of_roster(roster: &CourseRoster) -> [((&'static str, &'static str), usize); 2] {
    [(texts::INACTIVE, roster.inactive), (texts::UNENROLLED, roster.unenrolled)]
}

fn segments(week: &Week, roster: Option<&CourseRoster>) -> View {
    let mut counts = [0; 4];
    for learner in &week.learners {
        let [engaged, struggling] = week.segments(learner);
        counts[0] += usize::from(engaged);
        counts[1] += usize::from(struggling);
        counts[3] += usize::from(!engaged && !struggling);
    }
    counts[2] = week.disengaging;
    let rows = texts::KNOWN.into_iter().zip(counts).chain(roster.into_iter().flat_map(of_roster)).map(|((name, meaning), count)| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        vec![Cell::Text(name.to_owned()), Cell::Count(count), Cell::Text(meaning.to_owned())]
    });
    let table = Table {
        caption: texts::SEGMENTS_CAPTION.into(),
        file: "segments",
        columns: vec![Column::text(texts::SEGMENT), Column::number(texts::LEARNERS), Column::text(texts::MEANING)],
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: MODULE_ENGAGEMENT.name,
        in_warehouse: None,
    };
    let chart = Chart::new(ChartKind::Bars, 0, vec![1], texts::SEGMENTS_CHART);
    View::new(Some(texts::SEGMENTS), vec![(None, chart)], table).with_note(Some(texts::SEVERAL.to_owned()))
}

fn ranges(week: &Week) -> View {
    let rows = METRICS.iter().zip(&week.ranges).enumerate().map(|(place, (metric, range))| {
        let bound = |bound: Option<f64>| bound.map_or(Cell::Missing, Cell::Decimal);
        let counts = week.counts(place).map(Cell::Count);
        let known = [Cell::Text(texts::metric(metric).to_owned()), bound(range.low_to), bound(range.high_from)];
        known.into_iter().chain(counts).collect()
    });
    let table = Table {
        caption: texts::RANGES_CAPTION.into(),
        file: "metric-ranges",
        columns: vec![
            Column::text(texts::METRIC),
            Column::number(texts::LOW_TO),
            Column::number(texts::HIGH_FROM),
            Column::number(texts::LOW),
            Column::number(texts::NORMAL),
            Column::number(texts::HIGH),
        ],
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: MODULE_ENGAGEMENT_METRIC_RANGES.name,
        in_warehouse: None,
    };
    let chart = Chart::new(ChartKind::Bars, 0, vec![3, 4, 5], texts::RANGES_CHART).stacked();
    let bounds = |bound: fn(&Range) -> Option<f64>| week.ranges.iter().map(bound);
    let without_low = bounds(|range| range.low_to).any(|to| to.is_none());
    let is_infinite = bounds(|range| range.high_from).any(|from| from.is_some_and(f64::is_infinite));
    let notes: Vec<_> = [(without_low, texts::NO_LOW), (is_infinite, texts::INFINITE)]
        .into_iter()
        .filter_map(|(holds, note)| holds.then_some(note))
        .collect();
    View::new(Some(texts::RANGES), vec![(None, chart)], table).with_note((!notes.is_empty()).then(|| notes.join(" ")))
}
