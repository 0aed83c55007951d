//! Age, education and gender of the learners enrolled on the last day.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::report::cell::{Cell, Column};
use crate::report::course::{Source, Summary};
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::texts::{demographics as texts, reasons};
use crate::stores::table::Table as StoreTable;
use crate::workflows::enrollment::tables::{
    COURSE_ENROLLMENT_BIRTH_YEAR_DAILY, COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY, COURSE_ENROLLMENT_GENDER_DAILY,
};

const ID: &str = "demographics";
/// Levels of education in their order; others follow.
const LEVELS: [&str; 9] = ["none", "primary", "junior_secondary", "secondary", "associates", "bachelors", "masters", "doctorate", "other"];

/// The lens.
pub(crate) fn lens(source: &mut Source, summary: &Summary) -> Result<Lens> {
    let course = summary.id.as_str();
    let ages = Latest::read(source, &COURSE_ENROLLMENT_BIRTH_YEAR_DAILY, "birth_year", course)?;
    let levels = Latest::read(source, &COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY, "education_level", course)?;
    let genders = Latest::read(source, &COURSE_ENROLLMENT_GENDER_DAILY, "gender", course)?;
    let up_to = [&ages, &levels, &genders].into_iter().flatten().map(|latest| latest.day.clone()).max();
    let views: Vec<View> =
        [ages.as_ref().map(age_view), levels.map(education_view), genders.as_ref().map(gender_view)].into_iter().flatten().collect();
    if views.is_empty() {
        let nobody = summary.enrolled.last().filter(|(_, count)| *count == 0);
        let reason = match nobody {
            Some((day, _)) => reasons::nobody_enrolled(day).as_str().into(),
            None if source.has_rows(&COURSE_ENROLLMENT_GENDER_DAILY) && !source.has_profiles()? => source.reason_without_profiles(),
            None => source.reason(&COURSE_ENROLLMENT_GENDER_DAILY, &reasons::DEMOGRAPHICS),
        };
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}

/// Counts of the last day by value; the learners without a value are apart.
struct Latest {
    day: String,
    counts: BTreeMap<String, i64>,
    without: i64,
}

impl Latest {
    fn read(source: &mut Source, table: &StoreTable, column: &str, course: &str) -> Result<Option<Self>> {
        let name = table.name;
        let last = source.rows(table, &format!("SELECT MAX(`date`) FROM `{name}` WHERE course_id = ?"), &[course])?;
        let Some(day) = last.first().and_then(|row| row.day(0)) else {
            return Ok(None);
        };
        let sql = format!("SELECT {column}, `count` FROM `{name}` WHERE course_id = ? AND `date` = ?");
        let mut latest = Self { day, counts: BTreeMap::new(), without: 0 };
        for row in source.rows(table, &sql, &[course, &latest.day])? {
            let count = row.integer(1).unwrap_or(0);
            match row.text(0) {
                Some(value) if !value.is_empty() => *latest.counts.entry(value).or_default() += count,
                _ => latest.without += count,
            }
        }
        latest.counts.retain(|_, count| *count > 0);
        // A value for nobody tells nothing: then the site has no profiles.
        Ok(Some(latest).filter(|latest| !latest.counts.is_empty()))
    }

    fn all(&self) -> i64 {
        self.counts.values().sum::<i64>() + self.without
    }

    /// A row for each value, and one for the learners without any.
    fn rows(&self, names: impl Fn(&str) -> Vec<Cell>) -> Vec<Vec<Cell>> {
        let all = self.all();
        let row = |mut cells: Vec<Cell>, count| {
            cells.extend([Cell::Count(count), Cell::share(count, all)]);
            cells
        };
        let mut rows: Vec<_> = self.counts.iter().map(|(value, count)| row(names(value), *count)).collect();
        if self.without > 0 {
            let mut cells = names("");
            cells.fill(Cell::Missing);
            if let Some(first) = cells.first_mut() {
                *first = Cell::Text(texts::NOT_TOLD.to_owned());
            }
            rows.push(row(cells, self.without));
        }
        rows
    }
}

fn age_view(latest: &Latest) -> View {
    let year: i64 = latest.day.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    let mut rows = latest.rows(|birth| match birth.parse::<i64>() {
        Ok(birth) => vec![Cell::Text((year - birth).to_string()), Cell::Text(birth.to_string())],
        Err(_) => vec![Cell::Text(birth.to_owned()), Cell::Missing],
    });
    // Youngest first: birth years came in ascending order. The learners without one stay last.
    let told = latest.counts.len();
    if let Some(told) = rows.get_mut(..told) {
        told.reverse();
    }
    let columns =
        vec![Column::number(texts::AGE), Column::number(texts::BIRTH_YEAR), Column::number(texts::LEARNERS), Column::number(texts::SHARE)];
    let chart = Chart::new(ChartKind::Columns, 0, vec![2], texts::AGE_CHART);
    view(texts::AGE, texts::AGE_CAPTION, "age", columns, rows, chart, COURSE_ENROLLMENT_BIRTH_YEAR_DAILY.name)
}

fn education_view(mut latest: Latest) -> View {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level).unwrap_or(LEVELS.len());
    let ranked = std::mem::take(&mut latest.counts).into_iter().map(|(level, count)| (format!("{} {level}", rank(&level)), count));
    latest.counts = ranked.collect();
    let rows = latest.rows(|ranked| {
        let level = ranked.split_once(' ').map_or(ranked, |(_, level)| level);
        vec![Cell::Text(texts::education(level).to_owned())]
    });
    let columns = vec![Column::text(texts::EDUCATION), Column::number(texts::LEARNERS), Column::number(texts::SHARE)];
    let chart = Chart::new(ChartKind::Bars, 0, vec![1], texts::EDUCATION_CHART);
    let name = COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY.name;
    view(texts::EDUCATION, texts::EDUCATION_CAPTION, "education", columns, rows, chart, name)
}

fn gender_view(latest: &Latest) -> View {
    let rows = latest.rows(|code| vec![Cell::Text(texts::gender(code).to_owned())]);
    let columns = vec![Column::text(texts::GENDER), Column::number(texts::LEARNERS), Column::number(texts::SHARE)];
    let chart = Chart::new(ChartKind::Bars, 0, vec![1], texts::GENDER_CHART);
    view(texts::GENDER, texts::GENDER_CAPTION, "gender", columns, rows, chart, COURSE_ENROLLMENT_GENDER_DAILY.name)
}

fn view(
    heading: &'static str,
    caption: &'static str,
    file: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    chart: Chart,
    stored_in: &'static str,
) -> View {
    let table = Table { caption: caption.into(), file, columns, rows, parts: Vec::new(), stored_in, in_warehouse: None };
    View::new(Some(heading), vec![(None, chart)], table)
}
