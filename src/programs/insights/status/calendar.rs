//! Tables against days, a sign for each day or for some weeks.

use chrono::{Days, NaiveDate};

use super::document::TableStatus;

/// Columns of the calendar, at most.
const WIDTH: u64 = 60;
/// What the signs mean.
pub(super) const LEGEND: &str = "# all days are there, + some of them, . none, - not due yet";

/// How days are spread over columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    first: NaiveDate,
    last: NaiveDate,
    /// Days of a column: 1, or whole weeks.
    days: u64,
}

impl Scale {
    /// Over all days of the tables; none if there are no days.
    pub(super) fn of(tables: &[&TableStatus]) -> Option<Self> {
        let first = tables.iter().filter_map(|table| table.first).min()?;
        let last = tables.iter().filter_map(|table| table.last).max()?;
        let days = u64::try_from((last - first).num_days()).unwrap_or(0) + 1;
        let days = if days <= WIDTH { 1 } else { days.div_ceil(WIDTH).next_multiple_of(7) };
        Some(Self { first, last, days })
    }

    /// The row of a table.
    pub(super) fn row(self, table: &TableStatus) -> String {
        let is_in = |days: &[NaiveDate], day: NaiveDate| days.binary_search(&day).is_ok();
        let is_there = |day: NaiveDate| {
            table.first.is_some_and(|first| first <= day) && table.last.is_some_and(|last| day <= last) && !is_in(&table.missing, day)
        };
        let mut row = String::new();
        let mut start = self.first;
        while start <= self.last {
            let days: Vec<_> = start.iter_days().take_while(|day| *day <= self.last).zip(0..self.days).map(|(day, _)| day).collect();
            // What is not due yet is neither there nor missing.
            let due: Vec<_> = days.into_iter().filter(|day| !is_in(&table.not_due, *day)).collect();
            let there = due.iter().filter(|day| is_there(**day)).count();
            row.push(match there {
                _ if due.is_empty() => '-',
                there if there == due.len() => '#',
                0 => '.',
                _ => '+',
            });
            let Some(next) = start.checked_add_days(Days::new(self.days)) else { break };
            start = next;
        }
        row
    }

    /// What a column is, and where they begin and end.
    pub(super) fn head(self) -> String {
        let column = match self.days {
            1 => "a sign for each day".to_owned(),
            7 => "a sign for each week".to_owned(),
            days => format!("a sign for each {} weeks", days / 7),
        };
        format!("{} to {}, {column}: {LEGEND}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(first: &str, last: &str, missing: &[&str]) -> TableStatus {
        let day = |text: &str| text.parse().ok();
        let missing = missing.iter().filter_map(|text| day(text)).collect();
        TableStatus { first: day(first), last: day(last), missing, ..TableStatus::default() }
    }

    #[test]
    fn few_days_have_a_sign_each() {
        let (one, other) = (table("2014-05-01", "2014-05-06", &["2014-05-03"]), table("2014-05-03", "2014-05-08", &[]));
        let scale = Scale::of(&[&one, &other]).unwrap();
        assert_eq!((scale.row(&one), scale.row(&other)), ("##.###..".to_owned(), "..######".to_owned()));
        assert!(scale.head().starts_with("2014-05-01 to 2014-05-08, a sign for each day: "));
        assert_eq!(Scale::of(&[]), None);
    }

    #[test]
    fn days_that_are_not_due_are_no_holes() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let mut running = table("2014-05-16", "2014-05-22", &["2014-05-17"]);
        running.not_due = vec![day("2014-05-19"), day("2014-05-20")];
        assert_eq!(Scale::of(&[&running]).unwrap().row(&running), "#.#--##");
        let year = table("2013-05-22", "2014-05-22", &[]);
        running.missing.clear();
        assert!(Scale::of(&[&year]).unwrap().row(&running).ends_with(".+#"));
    }

    #[test]
    fn years_are_shown_by_weeks() {
        let year = table("2014-01-01", "2014-12-31", &["2014-01-02"]);
        let scale = Scale::of(&[&year]).unwrap();
        let row = scale.row(&year);
        assert!(row.starts_with("+#") && row.len() == 53 && scale.head().contains("for each week"), "{row}");
        let decade = table("2014-01-01", "2023-12-31", &[]);
        let scale = Scale::of(&[&decade]).unwrap();
        assert!(scale.row(&decade).len() <= 60 && scale.head().contains("for each 9 weeks"), "{}", scale.head());
    }
}
