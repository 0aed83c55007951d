//! Learners by name: only where they were asked for.
use super::week::{METRICS, Week};
use crate::report::course::Source;
use crate::report::lens::{Cell, Chart, ChartKind, Column, Lens, Table, View};
use crate::report::texts::{engagement, learners as texts};
use crate::workflows::module_engagement::tables::MODULE_ENGAGEMENT;

/// Anchor of the lens; a page with it says that it holds personal data.
pub(crate) const ID: &str = "learners";
/// Bars of the chart.
const DRAWN: usize = 12;

/// The lens.
pub(crate) fn lens(source: &Source, week: Option<&Week>) -> Lens {
    let Some(week) = week.filter(|week| !week.learners.is_empty()) else {
        let reason = source.reason(&MODULE_ENGAGEMENT, engagement::WORKFLOW, texts::NO_ROWS);
        return Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason);
    };
    let rows = week.learners.iter().map(|learner| {
        let segments = week.segments(learner).into_iter().zip(engagement::KNOWN);
        let segments: Vec<_> = segments.filter(|(applies, _)| *applies).map(|(_, (name, _))| name).collect();
        let metrics = learner.metrics.iter().map(|value| if value.is_finite() { Cell::Decimal(*value) } else { Cell::Missing });
        let mut cells = vec![Cell::Text(learner.username.clone())];
        cells.extend(metrics);
        cells.push(Cell::Count(i64::try_from(learner.days).unwrap_or(i64::MAX)));
        cells.push(Cell::Text(segments.join(", ")));
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
    };
    let chart = Chart::new(ChartKind::Bars, 0, vec![2, 3, 5], texts::CHART).of_first(DRAWN);
    let views = vec![View { heading: None, charts: vec![(None, chart)], table }];
    let up_to = week.end.pred_opt().map(|day| day.to_string());
    Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") }
}
