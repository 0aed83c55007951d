//! The overview page: all courses, and the site as a whole.

use std::collections::BTreeMap;

use super::cell::{Cell, Column, Kind};
use super::counted_week::CountedWeek;
use super::course::Summary;
use super::file_names::page_name;
use super::lens::{Chart, ChartKind, Lens, Reason, Table, View};
use super::site_days::{SiteDays, with_quiet_weeks};
use super::texts::site as texts;
use super::texts::weeks::unfinished as unfinished_weeks;
use super::texts::{activity, figures};

/// Figures at the top of the overview.
pub(super) fn site_figures(courses: &[Summary], week: Option<CountedWeek>) -> Vec<(Cell, String)> {
    let sum = |value: fn(&Summary) -> Option<i64>| {
        let mut known = courses.iter().filter_map(value).peekable();
        known.peek().is_some().then(|| known.sum::<i64>())
    };
    let change = sum(Summary::change);
    let number = i64::try_from(courses.len()).unwrap_or(i64::MAX);
    let [one, many] = figures::COURSES;
    vec![
        (Cell::Count(number), if number == 1 { one } else { many }.to_owned()),
        (Cell::count(sum(Summary::enrolled_now)), figures::enrolled(last_day(courses))),
        (change.map_or(Cell::Missing, Cell::Change), figures::CHANGE.to_owned()),
        (Cell::count(active(courses, week)), figures::active(week)),
    ]
}

/// Figures at the top of a course's page.
pub(super) fn course_figures(course: &Summary, week: Option<CountedWeek>) -> Vec<(Cell, String)> {
    let mut all = vec![
        (Cell::count(course.enrolled_now()), figures::enrolled(last_day(std::slice::from_ref(course)))),
        (course.change().map_or(Cell::Missing, Cell::Change), figures::CHANGE.to_owned()),
        (Cell::count(course.ever), figures::EVER.to_owned()),
        (Cell::count(active(std::slice::from_ref(course), week)), figures::active(week)),
    ];
    // Passing is known where grades were imported: zeros everywhere else.
    if let Some(passing) = course.passing.filter(|passing| *passing > 0) {
        all.push((Cell::Count(passing), figures::PASSING.to_owned()));
    }
    all
}

/// The day by which enrollment is told.
fn last_day(courses: &[Summary]) -> Option<&str> {
    courses.iter().filter_map(|course| course.enrolled.last()).map(|(day, _)| day.as_str()).max()
}

/// Active learners of a week, over these courses.
fn active(courses: &[Summary], week: Option<CountedWeek>) -> Option<i64> {
    let monday = week.filter(|week| !week.is_empty())?.monday.to_string();
    let of_course = |course: &Summary| course.in_week(&monday)[0];
    Some(courses.iter().map(of_course).sum())
}

/// The overview's two lenses.
pub(super) fn site_lenses(courses: &[Summary], days: &SiteDays, of_logs: bool) -> Vec<Lens> {
    if courses.is_empty() {
        let reason = if of_logs {
            texts::NO_COURSES_IN_LOGS.into()
        } else {
            Reason { text: texts::NO_COURSES.to_owned(), remedy: Some(texts::NO_COURSES_REMEDY.to_owned()) }
        };
        return vec![Lens::empty("courses", texts::GRID, texts::SENTENCE, reason)];
    }
    let up_to = last_day(courses).map(str::to_owned);
    let weeks = courses.iter().map(|course| course.trend().len().saturating_sub(1)).max().unwrap_or(0);
    let sentence = texts::sentence(up_to.as_deref(), weeks, days.week());
    let views = vec![View::new(None, Vec::new(), grid(courses, weeks, days.week()))];
    let mut lenses = vec![Lens { up_to: up_to.clone(), views, empty: None, ..Lens::empty("courses", texts::GRID, sentence, "") }];
    let views: Vec<View> = [enrollment(courses), weekly_activity(courses, days)].into_iter().flatten().collect();
    if !views.is_empty() {
        lenses.push(Lens { up_to, views, empty: None, ..Lens::empty("site", texts::TRENDS, texts::TRENDS_SENTENCE, "") });
    }
    lenses
}

fn grid(courses: &[Summary], weeks: usize, week: Option<CountedWeek>) -> Table {
    let mut sorted: Vec<&Summary> = courses.iter().collect();
    sorted.sort_by_key(|course| (-course.enrolled_now().unwrap_or(-1), course.name().to_owned(), course.id.clone()));
    let catalogued = courses.iter().any(|course| course.availability.is_some());
    // Activity of all courses is told of one week: who had none then has zeros.
    let monday = week.filter(|week| !week.is_empty()).map(|week| week.monday.to_string());
    let row = |course: &&Summary| {
        let active = monday.as_deref().map(|monday| course.in_week(monday).map(Cell::Count));
        let detail = if course.title.is_some() { course.id.clone() } else { String::new() };
        let mut cells = vec![Cell::Link { text: course.name().to_owned(), target: format!("courses/{}", page_name(&course.id)), detail }];
        cells.push(Cell::count(course.enrolled_now()));
        cells.push(course.change().map_or(Cell::Missing, Cell::Change));
        cells.push(if course.enrolled.is_empty() { Cell::Missing } else { Cell::Trend(course.trend()) });
        cells.extend(active.unwrap_or([Cell::Missing, Cell::Missing, Cell::Missing, Cell::Missing]));
        if catalogued {
            cells.push(course.availability.clone().map_or(Cell::Missing, Cell::Text));
        }
        cells
    };
    // What matters most stands beside the name: a phone shows no more.
    let mut columns = vec![Column::text(texts::COURSE), Column::number(texts::ENROLLED), Column::number(texts::CHANGE)];
    columns.push(Column { title: texts::trend(weeks).into(), kind: Kind::Trend });
    columns.push(week.map_or_else(|| Column::number(texts::ACTIVE), |week| Column::number(texts::active(week))));
    columns.extend([texts::VIDEO, texts::PROBLEM, texts::FORUM].map(Column::number));
    if catalogued {
        columns.push(Column::text(texts::AVAILABILITY));
    }
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
fn weekly(courses: &[Summary]) -> BTreeMap<String, [Option<i64>; 4]> {
    let mut weeks: BTreeMap<String, [Option<i64>; 4]> = BTreeMap::new();
    for (week, counts) in courses.iter().flat_map(|course| &course.weeks) {
        for (sum, count) in weeks.entry(week.clone()).or_insert([Some(0); 4]).iter_mut().zip(counts) {
            *sum = sum.map(|sum| sum + count.unwrap_or(0));
        }
    }
    with_quiet_weeks(&mut weeks, &[Some(0); 4]);
    weeks
}

fn weekly_activity(courses: &[Summary], days: &SiteDays) -> Option<View> {
    let weeks = weekly(courses);
    let unfinished = days.unfinished(weeks.keys());
    let note = unfinished_weeks(&unfinished, weeks.len());
    let row = |(week, counts): (String, [Option<i64>; 4])| {
        let is_empty = unfinished.iter().any(|known| known.is_empty() && known.monday.to_string() == week);
        let mut cells = vec![Cell::Text(week)];
        cells.extend(counts.map(|count| Cell::count(count.filter(|_| !is_empty))));
        cells
    };
    let rows: Vec<_> = weeks.into_iter().rev().map(row).collect();
    let mut columns = vec![Column::day(texts::WEEK)];
    columns.extend([activity::ACTIVE, activity::VIDEO, activity::PROBLEM, activity::FORUM].map(Column::number));
    let chart = Chart::new(ChartKind::Lines, 0, vec![1, 2, 3, 4], texts::WEEKS_CHART).with_unfinished(&unfinished);
    let view = view(texts::ACTIVITY_HEADING, texts::WEEKS_CAPTION, "site-activity", columns, rows, chart)?;
    Some(view.with_note(note))
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
    (!table.rows.is_empty()).then(|| View::new(Some(heading), vec![(None, chart)], table))
}
