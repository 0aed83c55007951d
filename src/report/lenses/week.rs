//! What learners did in the week that the metric ranges were measured in (rules 07, 5 to 7), from the tables of the store.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{Days, NaiveDate};

use crate::report::course::Source;
use crate::workflows::module_engagement::tables::{MODULE_ENGAGEMENT, MODULE_ENGAGEMENT_METRIC_RANGES};

/// The metrics, in the order of the ranges.
pub(crate) const METRICS: [&str; 6] = [
    "problem_attempts",
    "problems_attempted",
    "problems_completed",
    "problem_attempts_per_completed",
    "videos_viewed",
    "discussion_contributions",
];
/// The one whose high values mean trouble.
const RATIO: usize = 3;
/// The one that makes no segment.
const ATTEMPTS: usize = 0;

/// Bounds of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Range {
    /// Values below are low.
    pub low_to: Option<f64>,
    /// Values from here on are high; infinite where only what is infinite is high.
    pub high_from: Option<f64>,
}

/// A learner's week.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Learner {
    /// Who.
    pub username: String,
    /// Values of [`METRICS`]; the ratio is infinite where nothing was completed.
    pub metrics: [f64; 6],
    /// Days with any activity.
    pub days: usize,
}

/// A course's week.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Week {
    /// The day behind the week.
    pub end: NaiveDate,
    /// Bounds of [`METRICS`].
    pub ranges: [Range; 6],
    /// Learners with any activity, by name.
    pub learners: Vec<Learner>,
    /// Learners that were active in the week before, and not in this one.
    pub disengaging: usize,
}

#[derive(Default)]
struct Activity {
    attempts: i64,
    attempted: BTreeSet<String>,
    completed: BTreeSet<String>,
    videos: BTreeSet<String>,
    contributions: i64,
    days: BTreeSet<String>,
}

impl Week {
    /// Reads the course's ranges and their week; nothing where it has no ranges.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn read(source: &mut Source, course: &str) -> Result<Option<Self>> {
        let sql = "SELECT metric, range_type, low_value, high_value, end_date FROM module_engagement_metric_ranges WHERE course_id = ?";
        let rows = source.rows(&MODULE_ENGAGEMENT_METRIC_RANGES, sql, &[course])?;
        let Some(end) = rows.iter().filter_map(|row| row.day(4)?.parse::<NaiveDate>().ok()).max() else {
            return Ok(None);
        };
        let mut ranges = [Range::default(); 6];
        for row in &rows {
            let place = METRICS.iter().position(|metric| Some(*metric) == row.text(0).as_deref());
            if let Some(range) = place.and_then(|place| ranges.get_mut(place)) {
                // An infinite bound is stored as NULL.
                let [low, high] = [2, 3].map(|bound| row.number(bound).unwrap_or(f64::INFINITY));
                match row.text(1).as_deref() {
                    Some("low") => range.low_to = Some(high),
                    Some("high") => range.high_from = Some(low),
                    _ => {}
                }
            }
        }
        let days = |back| end.checked_sub_days(Days::new(back)).unwrap_or(end).to_string();
        let (learners, before) = learners(source, course, &[&days(14), &days(7), &end.to_string()])?;
        let disengaging = before.iter().filter(|name| !learners.contains_key(*name)).count();
        Ok(Some(Self { end, ranges, learners: learners.into_iter().map(measured).collect(), disengaging }))
    }

    /// Segments of a learner: highly engaged, struggling.
    pub(crate) fn segments(&self, learner: &Learner) -> [bool; 2] {
        let mut segments = [false; 2];
        for (place, (value, range)) in learner.metrics.iter().zip(&self.ranges).enumerate() {
            if place != ATTEMPTS && is_high(*value, range) {
                segments[usize::from(place == RATIO)] = true;
            }
        }
        segments
    }

    /// Learners with low, normal and high values of a metric.
    pub(crate) fn counts(&self, metric: usize) -> [i64; 3] {
        let mut counts = [0; 3];
        let range = self.ranges.get(metric).copied().unwrap_or_default();
        for value in self.learners.iter().filter_map(|learner| learner.metrics.get(metric)) {
            let place = if is_high(*value, &range) { 2 } else { usize::from(!is_low(*value, &range)) };
            counts[place] += 1;
        }
        counts
    }
}

/// Stores keep bounds in single precision: compared are numbers of that kind, so that a value that is the bound stays on its side.
#[allow(clippy::cast_possible_truncation)]
fn is_high(value: f64, range: &Range) -> bool {
    range.high_from.is_some_and(|from| value as f32 >= from as f32)
}

#[allow(clippy::cast_possible_truncation)]
fn is_low(value: f64, range: &Range) -> bool {
    range.low_to.is_some_and(|to| (value as f32) < to as f32)
}

/// What each learner did in the last week, and who did anything in the one before.
fn learners(source: &mut Source, course: &str, days: &[&str; 3]) -> Result<(BTreeMap<String, Activity>, BTreeSet<String>)> {
    let [first, middle, end] = days;
    let sql = "SELECT username, `date`, entity_type, entity_id, event, `count` FROM module_engagement WHERE course_id = ? AND `date` >= ? \
               AND `date` < ?";
    let mut learners: BTreeMap<String, Activity> = BTreeMap::new();
    let mut before = BTreeSet::new();
    for row in source.rows(&MODULE_ENGAGEMENT, sql, &[course, first, end])? {
        let (Some(username), Some(day)) = (row.text(0), row.day(1)) else {
            continue;
        };
        if day.as_str() < *middle {
            before.insert(username);
            continue;
        }
        let learner = learners.entry(username).or_default();
        learner.days.insert(day);
        let count = row.integer(5).unwrap_or(0);
        let (Some(kind), Some(entity), Some(event)) = (row.text(2), row.text(3), row.text(4)) else {
            continue;
        };
        match (kind.as_str(), event.as_str()) {
            ("problem", "attempted") => {
                learner.attempts += count;
                learner.attempted.insert(entity);
            }
            ("problem", "completed") => drop(learner.completed.insert(entity)),
            ("video", "viewed") => drop(learner.videos.insert(entity)),
            ("discussion", _) => learner.contributions += count,
            _ => {}
        }
    }
    Ok((learners, before))
}

#[allow(clippy::cast_precision_loss, reason = "counts of one learner")]
fn measured((username, activity): (String, Activity)) -> Learner {
    let completed = activity.completed.len() as f64;
    let attempts = activity.attempts as f64;
    let ratio = if completed > 0.0 { attempts / completed } else { f64::INFINITY };
    let counted = [activity.attempted.len(), activity.completed.len(), activity.videos.len()].map(|count| count as f64);
    let [attempted, completed, videos] = counted;
    let metrics = [attempts, attempted, completed, ratio, videos, activity.contributions as f64];
    Learner { username, metrics, days: activity.days.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learner(username: &str, metrics: [f64; 6]) -> Learner {
        Learner { username: username.into(), metrics, days: 1 }
    }

    /// The example of rules 07, 7.
    #[test]
    fn segments_are_those_of_the_workflow() {
        let inf = f64::INFINITY;
        let high = |from| Range { low_to: None, high_from: Some(from) };
        let week = Week {
            end: NaiveDate::MAX,
            ranges: [Range::default(), high(2.4), high(2.4), high(4.1), high(1.799_999_999_999_999_8), high(0.399_999_999_999_999_9)],
            learners: vec![
                learner("a", [4.0, 2.0, 2.0, 2.0, 1.0, 0.0]),
                learner("b", [9.0, 3.0, 3.0, 3.0, 0.0, 1.0]),
                learner("c", [5.0, 1.0, 1.0, 5.0, 3.0, 0.0]),
                learner("d", [0.0, 0.0, 0.0, inf, 1.0, 0.0]),
                learner("e", [3.0, 2.0, 1.0, 3.0, 0.0, 0.0]),
            ],
            disengaging: 0,
        };
        let segments: Vec<_> = week.learners.iter().map(|learner| week.segments(learner)).collect();
        assert_eq!(segments, [[false, false], [true, false], [true, true], [false, true], [false, false]]);
        assert_eq!(week.counts(3), [0, 3, 2]);
        assert_eq!(week.counts(0), [0, 5, 0]);
    }
}
