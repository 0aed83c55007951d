//! Weeks of which some days are not counted, and days without events.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::calendar::stretches::told;
use crate::error_text::counted;
use crate::report::counted_week::CountedWeek;

/// So many weeks are listed.
const SHOWN: usize = 6;

/// Which of so many weeks are not whole; nothing where all are. A single week is drawn as bars.
pub(crate) fn unfinished(weeks: &[CountedWeek], of: usize) -> Option<String> {
    if let ([week], 1) = (weeks, of) {
        let days = if week.is_empty() { "has no events".to_owned() } else { format!("counts only {}", week.told()) };
        return Some(format!("This week {days}."));
    }
    let (empty, cut): (Vec<&CountedWeek>, Vec<&CountedWeek>) = weeks.iter().partition(|week| week.is_empty());
    let cut = listed(&cut, |week| format!("the week from {} counts only {}", week.monday, week.told()));
    let empty = listed(&empty, |week| format!("the week from {}", week.monday));
    let cut = cut.map(|weeks| format!("Hollow points are weeks of which some days are not counted: {weeks}."));
    let empty = empty.map(|weeks| format!("There is no point without events: {weeks}."));
    let sentences: Vec<String> = [cut, empty].into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn listed(weeks: &[&CountedWeek], told: impl Fn(&CountedWeek) -> String) -> Option<String> {
    let shown: Vec<String> = weeks.iter().take(SHOWN).map(|week| told(week)).collect();
    let more = match weeks.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!shown.is_empty()).then(|| shown.join(", ") + &more)
}

/// Why a week is not whole; nothing if it is.
pub(crate) fn why_unfinished(week: &CountedWeek) -> Option<String> {
    let begin = week.is_cut_at_first().then(|| format!("the report begins on {}", week.first));
    let end = week.is_cut_at_last().then(|| format!("the report ends on {}", week.last));
    let quiet = match week.days_without_events() {
        0 => None,
        days => Some(format!("no events on {}", counted(days, "day"))),
    };
    let reasons: Vec<String> = [begin, end, quiet].into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// Which days have no events; nothing where all have some. A result store tells it only of whole weeks, and of events in courses.
pub(crate) fn without_events(days: &BTreeSet<NaiveDate>, of_logs: bool) -> Option<String> {
    let what = if of_logs { "events were logged, single stray ones aside," } else { "activity in any course was logged" };
    let number = counted(days.len(), "day");
    let days = (!days.is_empty()).then(|| told(days.iter().copied()))?;
    Some(format!("No {what} on {number}: {days}. If anything happened then, it is missing here."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_weeks_are_told_in_few_words() {
        let first: NaiveDate = "2024-01-01".parse().unwrap();
        let week = |number: u64| {
            let monday = first + chrono::Days::new(7 * number);
            CountedWeek::new(monday, None, None, &BTreeSet::from([monday]))
        };
        let weeks: Vec<_> = (0..8).map(week).collect();
        let told = unfinished(&weeks, 8).unwrap();
        assert!(
            told.starts_with(
                "Hollow points are weeks of which some days are not counted: the week from 2024-01-01 counts only 2024-01-02 to"
            )
        );
        assert!(told.ends_with("the week from 2024-02-05 counts only 2024-02-06 to 2024-02-11, and 2 more."), "{told}");
        assert_eq!(unfinished(&[], 8), None);
    }

    #[test]
    fn a_single_week_has_no_points() {
        let monday: NaiveDate = "2024-03-04".parse().unwrap();
        let sunday = Some(monday + chrono::Days::new(6));
        let week = CountedWeek::new(monday, sunday, sunday, &BTreeSet::new());
        assert_eq!(unfinished(&[week], 1).unwrap(), "This week counts only 2024-03-10.");
        assert_eq!(unfinished(&[], 1), None);
    }

    #[test]
    fn a_week_says_why_it_is_not_whole() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let why = |first: &str, last: &str, without: &[&str]| {
            let without = without.iter().map(|text| day(text)).collect();
            why_unfinished(&CountedWeek::new(day("2024-03-11"), Some(day(first)), Some(day(last)), &without)).unwrap_or_default()
        };
        assert_eq!(why("2024-03-11", "2024-03-17", &[]), "");
        assert_eq!(why("2024-03-17", "2024-03-19", &[]), "the report begins on 2024-03-17");
        assert_eq!(why("2024-03-09", "2024-03-13", &[]), "the report ends on 2024-03-13");
        assert_eq!(why("2024-03-09", "2024-03-16", &["2024-03-12"]), "the report ends on 2024-03-16, no events on 1 day");
    }

    #[test]
    fn a_week_without_events_has_no_point() {
        let monday: NaiveDate = "2024-03-11".parse().unwrap();
        let days: BTreeSet<NaiveDate> = monday.iter_days().take(7).collect();
        let told = unfinished(&[CountedWeek::new(monday, None, None, &days)], 2).unwrap();
        assert_eq!(told, "There is no point without events: the week from 2024-03-11.");
        let told = without_events(&days, true).unwrap();
        assert!(told.starts_with("No events were logged, single stray ones aside, on 7 days: 2024-03-11 to 2024-03-17."), "{told}");
    }
}
