//! Which days a report is of: those of the events, without those of clocks that went wrong.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::calendar::interval::DateInterval;

/// Days without events, and the share of all events that days behind them must have to count: few events after two months may be those
/// of a wrong clock, after a year most likely are.
const GAPS: [(i64, f64); 2] = [(400, 0.25), (60, 0.01)];

/// The days that count, from the events of each day; none without events.
///
/// Days are taken as groups that gaps part; the largest group counts, and of those around it the ones that hold a fair share.
pub(super) fn span(days: &BTreeMap<NaiveDate, u64>) -> Option<DateInterval> {
    let mut groups: Vec<Group> = Vec::new();
    let least_gap = GAPS.iter().map(|(gap, _)| *gap).min().unwrap_or(0);
    for (day, events) in days {
        match groups.last_mut().filter(|group| (*day - group.last).num_days() <= least_gap) {
            Some(group) => (group.last, group.events) = (*day, group.events + events),
            None => groups.push(Group { first: *day, last: *day, events: *events }),
        }
    }
    let all: u64 = days.values().sum();
    let (largest, main) = groups.iter().enumerate().max_by_key(|(_, group)| group.events)?;
    let (mut first, mut last) = (main.first, main.last);
    for group in groups.iter().take(largest).rev() {
        if !group.counts((first - group.last).num_days(), all) {
            break;
        }
        first = group.first;
    }
    for group in groups.iter().skip(largest + 1) {
        if !group.counts((group.first - last).num_days(), all) {
            break;
        }
        last = group.last;
    }
    Some(DateInterval::new(first, DateInterval::of_day(last).end()))
}

struct Group {
    first: NaiveDate,
    last: NaiveDate,
    events: u64,
}

impl Group {
    #[allow(clippy::cast_precision_loss)] // a share
    fn counts(&self, gap: i64, all: u64) -> bool {
        let share = self.events as f64 / all.max(1) as f64;
        GAPS.iter().find(|(days, _)| gap > *days).is_none_or(|(_, least)| share >= *least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span_of(days: &[(&str, u64)]) -> Option<String> {
        span(&days.iter().map(|(day, events)| (day.parse().unwrap(), *events)).collect()).map(|span| span.to_string())
    }

    #[test]
    fn wrong_clocks_do_not_stretch_the_days() {
        assert_eq!(span_of(&[]), None);
        assert_eq!(span_of(&[("2024-03-04", 1)]).unwrap(), "2024-03-04-2024-03-05");
        let strays = [("1970-01-01", 1), ("2024-03-04", 5), ("2024-03-06", 5), ("2099-12-31", 1)];
        assert_eq!(span_of(&strays).unwrap(), "2024-03-04-2024-03-07");
        // A summer without courses is none, nor is a year between two courses.
        assert_eq!(span_of(&[("2023-06-01", 50), ("2023-09-01", 50)]).unwrap(), "2023-06-01-2023-09-02");
        assert_eq!(span_of(&[("2021-06-01", 50), ("2023-09-01", 50)]).unwrap(), "2021-06-01-2023-09-02");
        // Three years of few events.
        assert_eq!(span_of(&[("2021-06-01", 1), ("2021-07-20", 1), ("2021-09-01", 1)]).unwrap(), "2021-06-01-2021-09-02");
        assert_eq!(span_of(&[("2023-06-01", 1), ("2023-09-01", 500)]).unwrap(), "2023-09-01-2023-09-02");
    }
}
