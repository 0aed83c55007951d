//! Learners by name: only where they were asked for.

use anyhow::Result;

use super::week::{METRICS, Week};
use crate::report::cell::{Cell, Column};
use crate::report::course::Source;
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::roster::{CourseRoster, Roster, RosterLearner, TABLE};
use crate::report::texts::{engagement, learners as texts, reasons};
use crate::workflows::module_engagement::tables::MODULE_ENGAGEMENT;

/// Anchor of the lens; a page with it says that it holds personal data.
pub(crate) const ID: &str = "learners";
/// Bars of the chart.
const DRAWN: usize = 12;
/// Learners of the roster, before a page is found too large.
const LEARNERS: usize = 4000;

/// The lens: from the roster of the warehouse; where that has nothing of the course, from the activity that the store has.
///
/// # Errors
/// The roster cannot be read.
pub(crate) fn lens(source: &Source, week: Option<&Week>, roster: Option<&Roster>, course: &str) -> Result<Lens> {
    let Some(roster) = roster else {
        return Ok(Lens { note: Some(texts::NO_ROSTER.into()), ..of_store(source, week) });
    };
    match roster.course(course) {
        Some(course) => of_roster(roster, course),
        None => Ok(Lens { note: Some(texts::NOT_IN_ROSTER.into()), ..of_store(source, week) }),
    }
}

fn of_roster(roster: &Roster, course: &CourseRoster) -> Result<Lens> {
    let learners = roster.learners(course, LEARNERS)?;
    let with_cohort = learners.iter().any(|learner| learner.cohort.is_some());
    let mut columns = vec![Column::text(texts::USERNAME), Column::text(texts::NAME)];
    columns.extend(with_cohort.then(|| Column::text(texts::COHORT)));
    columns.extend([Column::text(texts::MODE), Column::text(texts::SEGMENTS)]);
    let first_metric = columns.len();
    columns.extend(METRICS.iter().map(|metric| Column::number(engagement::metric(metric).to_owned())));
    let table = Table {
        caption: texts::ROSTER_CAPTION.into(),
        file: ID,
        columns,
        rows: learners.into_iter().map(|learner| cells(learner, with_cohort)).collect(),
        parts: Vec::new(),
        stored_in: TABLE,
        in_warehouse: Some(course.learners),
    };
    let up_to = roster.end.pred_opt().map(|day| day.to_string());
    let views = vec![view(table, first_metric)];
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::ROSTER_SENTENCE, "") })
}

fn cells(learner: RosterLearner, with_cohort: bool) -> Vec<Cell> {
    let text = |text: Option<String>| text.map_or(Cell::Missing, Cell::Text);
    let segments: Vec<_> = learner.segments.iter().map(|segment| engagement::segment(segment)).collect();
    let segments = engagement::segments(&segments);
    let mut cells = vec![Cell::Text(learner.username), text(learner.name)];
    cells.extend(with_cohort.then(|| text(learner.cohort)));
    cells.extend([text(learner.mode), Cell::Text(segments)]);
    cells.extend(learner.metrics.map(|value| number(value.and_then(|value| value.parse().ok()))));
    cells
}

fn of_store(source: &Source, week: Option<&Week>) -> Lens {
    let Some(week) = week.filter(|week| !week.learners.is_empty()) else {
        let reason = source.reason(&MODULE_ENGAGEMENT, &reasons::ENGAGEMENT);
        return Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason);
    };
    let rows = week.learners.iter().map(|learner| {
        let segments = week.segments(learner).into_iter().zip(engagement::KNOWN);
        let segments: Vec<_> = segments.filter(|(applies, _)| *applies).map(|(_, (name, _))| name).collect();
        let mut cells = vec![Cell::Text(learner.username.clone())];
        cells.extend(learner.metrics.iter().map(|value| number(Some(*value))));
        cells.push(Cell::Count(i64::try_from(learner.days).unwrap_or(i64::MAX)));
        cells.push(Cell::Text(engagement::segments(&segments)));
        cells
    });
    let mut columns = vec![Column::text(texts::USERNAME)];
    columns.extend(METRICS.iter().map(|metric| Column::number(engagement::metric(metric).to_owned())));
    columns.extend([Column::number(texts::DAYS), Column::text(texts::SEGMENTS)]);
    let table = Table {
        caption: texts::CAPTION.into(),
        file: ID,
        columns,
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: MODULE_ENGAGEMENT.name,
        in_warehouse: None,
    };
    let up_to = week.end.pred_opt().map(|day| day.to_string());
    Lens { up_to, views: vec![view(table, 1)], empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") }
}

/// The table with a chart of problems tried and completed and of videos viewed.
fn view(table: Table, first_metric: usize) -> View {
    let drawn = [1, 2, 4].map(|metric| first_metric + metric).to_vec();
    let chart = Chart::new(ChartKind::Bars, 0, drawn, texts::CHART).of_first(DRAWN);
    View::new(None, vec![(None, chart)], table)
}

fn number(value: Option<f64>) -> Cell {
    value.filter(|value| value.is_finite()).map_or(Cell::Missing, Cell::Decimal)
}
