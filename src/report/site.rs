//! The overview page: all courses, and the site as a whole.
use std::collections::BTreeMap;

use super::course::Summary;
use super::file_names::page_name;
use super::lens::{Cell, Chart, ChartKind, Column, Kind, Lens, Table, View};
use super::texts::site as texts;
use super::texts::{activity, figures};

/// Figures at the top of the overview.
pub(super) fn site_figures(courses: &[Summary]) -> Vec<(Cell, &'static str)> {
    let sum = |value: fn(&Summary) -> Option<i64>| {
        let mut known = courses.iter().filter_map(value).peekable();
        known.peek().is_some().then(|| known.sum::<i64>())
    };
    let change = sum(Summary::change);
    let active = weekly(courses).pop_last().and_then(|(_, [active, ..])| active);
    vec![
        (Cell::Count(i64::try_from(courses.len()).unwrap_or(i64::MAX)), figures::COURSES),
        (Cell::count(sum(Summary::enrolled_now)), figures::ENROLLED),
        (change.map_or(Cell::Missing, Cell::Change), figures::CHANGE),
        (Cell::count(active), figures::ACTIVE),
    ]
}

/// Figures at the top of a course's page.
pub(super) fn course_figures(course: &Summary) -> Vec<(Cell, &'static str)> {
    let active = course.weeks.last().and_then(|(_, [active, ..])| *active);
    let mut all = vec![
        (Cell::count(course.enrolled_now()), figures::ENROLLED),
        (course.change().map_or(Cell::Missing, Cell::Change), figures::CHANGE),
        (Cell::count(course.ever), figures::EVER),
        (Cell::count(active), figures::ACTIVE),
    ];
    // Passing is known where grades were imported: zeros everywhere else.
    if let Some(passing) = course.passing.filter(|passing| *passing > 0) {
        all.push((Cell::Count(passing), figures::PASSING));
    }
    all
}

/// The overview's two lenses.
pub(super) fn site_lenses(courses: &[Summary]) -> Vec<Lens> {
    if courses.is_empty() {
        return vec![Lens::empty("courses", texts::GRID, texts::SENTENCE, texts::NO_COURSES)];
    }
    let up_to = courses.iter().filter_map(|course| course.enrolled.last()).map(|(day, _)| day.clone()).max();
    let grid = View { heading: None, charts: Vec::new(), table: grid(courses) };
    let mut lenses =
        vec![Lens { up_to: up_to.clone(), views: vec![grid], empty: None, ..Lens::empty("courses", texts::GRID, texts::SENTENCE, "") }];
    let views: Vec<View> = [enrollment(courses), weeks(courses)].into_iter().flatten().collect();
    if !views.is_empty() {
        lenses.push(Lens { up_to, views, empty: None, ..Lens::empty("site", texts::TRENDS, texts::TRENDS_SENTENCE, "") });
    }
    lenses
}

fn grid(courses: &[Summary]) -> Table {
    let mut sorted: Vec<&Summary> = courses.iter().collect();
    sorted.sort_by_key(|course| (-course.enrolled_now().unwrap_or(-1), course.name().to_owned(), course.id.clone()));
    let catalogued = courses.iter().any(|course| course.availability.is_some());
    // Activity of a course is told of the site's last week: who had none then has zeros.
    let last_week = courses.iter().filter_map(|course| course.weeks.last()).map(|(week, _)| week).max();
    let row = |course: &&Summary| {
        let active = last_week.map(|last| match course.weeks.last() {
            Some((week, counts)) if week == last => counts.map(|count| Cell::Count(count.unwrap_or(0))),
            _ => [0; 4].map(Cell::Count),
        });
        let detail = if course.title.is_some() { course.id.clone() } else { String::new() };
        let mut cells = vec![Cell::Link { text: course.name().to_owned(), target: format!("courses/{}", page_name(&course.id)), detail }];
        if catalogued {
            cells.push(course.availability.clone().map_or(Cell::Missing, Cell::Text));
        }
        cells.push(Cell::count(course.enrolled_now()));
        cells.push(course.change().map_or(Cell::Missing, Cell::Change));
        cells.push(if course.enrolled.is_empty() { Cell::Missing } else { Cell::Trend(course.trend()) });
        cells.extend(active.unwrap_or([Cell::Missing, Cell::Missing, Cell::Missing, Cell::Missing]));
        cells
    };
    let mut columns = vec![Column::text(texts::COURSE)];
    if catalogued {
        columns.push(Column::text(texts::AVAILABILITY));
    }
    columns.extend([Column::number(texts::ENROLLED), Column::number(texts::CHANGE)]);
    columns.push(Column { title: texts::TREND.into(), kind: Kind::Trend });
    columns.extend([texts::ACTIVE, texts::VIDEO, texts::PROBLEM, texts::FORUM].map(Column::number));
    Table {
        caption: texts::GRID_CAPTION.into(),
        file: "courses",
        columns,
        rows: sorted.iter().map(row).collect(),
        parts: Vec::new(),
        stored_in: "course_enrollment_daily",
        in_warehouse: None,
    }
}

fn enrollment(courses: &[Summary]) -> Option<View> {
    let mut days: BTreeMap<&str, i64> = BTreeMap::new();
    for (day, count) in courses.iter().flat_map(|course| &course.enrolled) {
        *days.entry(day).or_default() += count;
    }
    let rows: Vec<_> = days.into_iter().rev().map(|(day, count)| vec![Cell::Text(day.to_owned()), Cell::Count(count)]).collect();
    let columns = vec![Column::day(texts::DAY), Column::number(texts::ENROLLED)];
    let chart = Chart::new(ChartKind::Lines, 0, vec![1], texts::DAYS_CHART);
    view(texts::ENROLLMENT_HEADING, texts::DAYS_CAPTION, "site-enrollment", columns, rows, chart)
}

/// Sums of each week over all courses.
fn weekly(courses: &[Summary]) -> BTreeMap<&str, [Option<i64>; 4]> {
    let mut weeks: BTreeMap<&str, [Option<i64>; 4]> = BTreeMap::new();
    for (week, counts) in courses.iter().flat_map(|course| &course.weeks) {
        for (sum, count) in weeks.entry(week).or_insert([Some(0); 4]).iter_mut().zip(counts) {
            *sum = sum.map(|sum| sum + count.unwrap_or(0));
        }
    }
    weeks
}

fn weeks(courses: &[Summary]) -> Option<View> {
    let row = |(week, counts): (&str, [Option<i64>; 4])| {
        let mut cells = vec![Cell::Text(week.to_owned())];
        cells.extend(counts.map(Cell::count));
        cells
    };
    let rows: Vec<_> = weekly(courses).into_iter().rev().map(row).collect();
    let mut columns = vec![Column::day(texts::WEEK)];
    columns.extend([activity::ACTIVE, activity::VIDEO, activity::PROBLEM, activity::FORUM].map(Column::number));
    let chart = Chart::new(ChartKind::Lines, 0, vec![1, 2, 3, 4], texts::WEEKS_CHART);
    view(texts::ACTIVITY_HEADING, texts::WEEKS_CAPTION, "site-activity", columns, rows, chart)
}

fn view(
    heading: &'static str,
    caption: &'static str,
    file: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    chart: Chart,
) -> Option<View> {
    let table = Table { caption: caption.into(), file, columns, rows, parts: Vec::new(), stored_in: "course_activity", in_warehouse: None };
    (!table.rows.is_empty()).then(|| View { heading: Some(heading), charts: vec![(None, chart)], table })
}
