//! One file for each lens of a course's page.

pub(crate) mod activity;
pub(crate) mod answers;
pub(crate) mod demographics;
pub(crate) mod engagement;
pub(crate) mod enrollment;
pub(crate) mod geography;
pub(crate) mod learners;
pub(crate) mod videos;
pub(crate) mod week;

use anyhow::Result;

use super::ReportOptions;
use super::course::{Course, Source, Summary};
use super::roster::Roster;
use super::site_days::SiteDays;
use crate::workflows::enrollment::tables::COURSE_META_SUMMARY_ENROLLMENT;

/// Learners that a problem or a video must have to stand among the hardest, or those with the worst drop-off: one who is wrong, or who
/// leaves, tells nothing of it. The texts name the number.
const LEAST_LEARNERS: i64 = 10;

/// Reads a course: all that its page shows.
///
/// # Errors
/// The store or the roster cannot be read.
pub(super) fn read_course(
    source: &mut Source,
    roster: Option<&Roster>,
    id: &str,
    options: ReportOptions<'_>,
    days: &SiteDays,
) -> Result<Course> {
    let mut summary = catalogued(source, id)?;
    let mut lenses = vec![
        enrollment::lens(source, &mut summary, days)?,
        demographics::lens(source, &summary)?,
        geography::lens(source, id)?,
        activity::lens(source, &mut summary, days)?,
        videos::lens(source, id, days.videos)?,
        answers::lens(source, id, days.answers)?,
    ];
    let week = week::Week::read(source, id)?;
    let same_week = roster.filter(|roster| week.as_ref().is_some_and(|week| week.end == roster.end));
    lenses.push(engagement::lens(source, week.as_ref(), same_week.and_then(|roster| roster.course(id))));
    if options.learners {
        lenses.push(learners::lens(source, week.as_ref(), roster, id)?);
    }
    Ok(Course { summary, lenses })
}

/// Title, dates and passing learners, from the catalogue's row of each enrollment mode.
fn catalogued(source: &mut Source, id: &str) -> Result<Summary> {
    let sql = "SELECT catalog_course_title, availability, start_time, end_time, passing_users FROM course_meta_summary_enrollment \
               WHERE course_id = ?";
    let rows = source.rows(&COURSE_META_SUMMARY_ENROLLMENT, sql, &[id])?;
    let mut summary = Summary { id: id.to_owned(), ..Summary::default() };
    for row in rows {
        let text = |place| row.text(place).filter(|text| !text.trim().is_empty());
        summary.title = summary.title.or_else(|| text(0));
        // Readers of the store show this one value by another word (rules 08, 7.7).
        summary.availability = summary.availability.or_else(|| text(1)).map(|known| match known.as_str() {
            "Starting Soon" => "Upcoming".to_owned(),
            _ => known,
        });
        let [start, end] = summary.days;
        summary.days = [start.or_else(|| row.day(2)), end.or_else(|| row.day(3))];
        summary.passing = match (summary.passing, row.integer(4)) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
    Ok(summary)
}
