//! Days of a report of which the logs hold no events: their files may be elsewhere.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::calendar::interval::DateInterval;

/// A file holds a few late and early events of the days around its own: fewer than one of so many of a usual day are only those.
const USUAL: u64 = 100;
/// So many days on each side tell what is usual.
const AROUND: usize = 7;

/// The days without events, but for stray ones, from the events of each day. Where few events are usual, few are no strays: days before
/// the first course of a site, say.
pub(super) fn days_without_events(span: DateInterval, events: &BTreeMap<NaiveDate, u64>) -> Vec<NaiveDate> {
    let has_none = |day: &NaiveDate| {
        let Some(count) = events.get(day) else { return true };
        let before = usual(events.range(..day).rev().map(|(_, count)| *count));
        let behind = usual(events.range(day..).skip(1).map(|(_, count)| *count));
        count.saturating_mul(USUAL) < before.min(behind)
    };
    span.days().filter(has_none).collect()
}

/// The events of the middle one of the nearest days; none without days.
fn usual(nearest_first: impl Iterator<Item = u64>) -> u64 {
    let mut counts: Vec<u64> = nearest_first.take(AROUND).collect();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::stretches::told;

    fn found(span: &str, events: impl Fn(u32) -> u64) -> String {
        let day = |number| NaiveDate::from_ymd_opt(2024, 3, number).unwrap();
        let events = (1..=31).map(|number| (day(number), events(number))).filter(|(_, count)| *count > 0).collect();
        told(days_without_events(span.parse().unwrap(), &events))
    }

    #[test]
    fn days_without_events_are_found() {
        assert_eq!(found("2024-03-03-2024-03-26", |_| 1000), "");
        assert_eq!(found("2024-03-03-2024-03-26", |day| if (11..18).contains(&day) { 0 } else { 1000 }), "2024-03-11 to 2024-03-17");
        // Days that are asked for beyond the logs.
        assert_eq!(found("2024-03-03-2024-03-26", |day| u64::from(day < 24)), "2024-03-24 to 2024-03-25");
    }

    #[test]
    fn a_few_late_and_early_events_are_none() {
        let stray = |day| match day {
            11 | 17 => 1,
            12..17 => 0,
            20 => 9,
            _ => 1000,
        };
        assert_eq!(found("2024-03-03-2024-03-26", stray), "2024-03-11 to 2024-03-17, 2024-03-20");
        // Quiet days of a busy site, a small site, and one that has just begun.
        assert_eq!(found("2024-03-03-2024-03-26", |day| if day == 20 { 10 } else { 1000 }), "");
        assert_eq!(
            found("2024-03-03-2024-03-26", |day| u64::from(day % 3)),
            "2024-03-03, 2024-03-06, 2024-03-09, 2024-03-12, 2024-03-15, 2024-03-18, 2024-03-21, 2024-03-24"
        );
        assert_eq!(found("2024-03-03-2024-03-26", |day| if day < 20 { 3 } else { 5000 }), "");
    }
}
