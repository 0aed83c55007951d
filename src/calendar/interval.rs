//! Date intervals and the lengths by which they grow (rules 01, 3).

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail, ensure};
use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::day_delta::DayDelta;
use super::days::day_text;

const ACCEPTED: &str = "write a year (2014), a month (2014-05), an ISO week (2014-W26), a date (2014-05-10) or two dates of \
                        which the second is excluded (2014-05-10..2014-05-20 or 2014-05-10-2014-05-20)";

/// The days from `start` up to, but not including, `end`. If `end` is not after `start` there are none.
///
/// `Display` gives the canonical text: the form in which the interval was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateInterval {
    start: NaiveDate,
    end: NaiveDate,
    form: Form,
    /// Both ends as `YYYY-MM-DD`, so that the dates of log lines are compared as text.
    lower: [u8; 10],
    upper: [u8; 10],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Year,
    Month,
    Week,
    Date,
    Custom,
}

impl DateInterval {
    /// The interval `[start, end)`, written as two dates. Dates outside the years 1 to 9999 are moved to their ends.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Self {
        Self::with_form(start, end, Form::Custom)
    }

    /// The interval of one day.
    pub fn of_day(day: NaiveDate) -> Self {
        Self::with_form(day, add_days(day, 1), Form::Date)
    }

    /// The `weeks` whole ISO weeks before the week that holds `end_date`; zero weeks are an error.
    pub fn weekly(end_date: NaiveDate, weeks: u32) -> anyhow::Result<Self> {
        ensure!(weeks > 0, "The number of weeks is 0; give at least 1.");
        Ok(Self::new(monday_of(add_days(end_date, -7 * i64::from(weeks))), monday_of(end_date)))
    }

    /// The first day.
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// The day after the last one.
    pub fn end(&self) -> NaiveDate {
        self.end
    }

    /// True if there is no day in it.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// True if `day` is one of its days.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day < self.end
    }

    /// True if `date` is a text `YYYY-MM-DD` that lies in the interval by text comparison (rules 01, 1.2).
    /// Only the shape is checked: `2014-02-31` lies in February.
    pub fn contains_text(&self, date: &[u8]) -> bool {
        is_date_shaped(date) && self.lower.as_slice() <= date && date < self.upper.as_slice()
    }

    /// The days in order.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = NaiveDate> + use<> {
        let (start, length) = (self.start, (self.end - self.start).num_days());
        (0..length).map(move |days| add_days(start, days))
    }

    /// `[start - delta, end + delta)`
    #[must_use]
    pub fn expanded(&self, delta: DayDelta) -> Self {
        Self::new(add_days(self.start, -delta.days()), add_days(self.end, delta.days()))
    }

    /// The first day that is computed anew if the last `overwrite_n_days` days are; it may lie before the start.
    pub fn overwrite_from_date(&self, overwrite_n_days: u32) -> NaiveDate {
        add_days(self.end, -i64::from(overwrite_n_days))
    }

    /// The days that are computed anew: the last `overwrite_n_days` before the end, also those before the start.
    #[must_use]
    pub fn overwritten(&self, overwrite_n_days: u32) -> Self {
        Self::new(self.overwrite_from_date(overwrite_n_days), self.end)
    }

    /// The days before the overwritten ones, which are only read from the warehouse.
    #[must_use]
    pub fn history(&self, overwrite_n_days: u32) -> Self {
        Self::new(self.start, self.overwrite_from_date(overwrite_n_days))
    }

    fn with_form(start: NaiveDate, end: NaiveDate, form: Form) -> Self {
        let (start, end) = (within_four_digits(start), within_four_digits(end));
        Self { start, end, form, lower: day_text(start), upper: day_text(end) }
    }
}

impl FromStr for DateInterval {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        parse(text).with_context(|| format!("'{text}' is not a date interval; {ACCEPTED}."))
    }
}

impl fmt::Display for DateInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start, self.end);
        match self.form {
            Form::Year => write!(f, "{:04}", start.year()),
            Form::Month => write!(f, "{:04}-{:02}", start.year(), start.month()),
            Form::Week => write!(f, "{:04}-W{:02}", start.iso_week().year(), start.iso_week().week()),
            Form::Date => write!(f, "{start}"),
            Form::Custom => write!(f, "{start}-{end}"),
        }
    }
}

/// The shape of the text names the form; digits are checked before, so that signs and blanks never reach a number.
fn parse(text: &str) -> anyhow::Result<DateInterval> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let number = |from: usize, to: usize| -> anyhow::Result<u32> { Ok(text.get(from..to).unwrap_or_default().parse()?) };
    let year = || -> anyhow::Result<i32> { Ok(i32::try_from(number(0, 4)?)?) };
    let date = |from: usize| -> anyhow::Result<NaiveDate> {
        let text = text.get(from..from + 10).unwrap_or_default();
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.year() > 0);
        date.with_context(|| format!("There is no date '{text}'."))
    };
    let (start, end, form) = match shape.as_str() {
        "9999" => {
            let first = first_of_month(year()?, 1)?;
            (first, first_of_month(year()? + 1, 1)?, Form::Year)
        }
        "9999-99" => {
            let (year, month) = (year()?, number(5, 7)?);
            let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            (first_of_month(year, month)?, first_of_month(next.0, next.1)?, Form::Month)
        }
        "9999-W99" => {
            let monday = NaiveDate::from_isoywd_opt(year()?, number(6, 8)?, Weekday::Mon);
            let monday = monday.filter(|day| day.year() > 0).context("There is no such ISO week.")?;
            (monday, add_days(monday, 7), Form::Week)
        }
        "9999-99-99" => (date(0)?, add_days(date(0)?, 1), Form::Date),
        "9999-99-99-9999-99-99" => (date(0)?, date(11)?, Form::Custom),
        "9999-99-99..9999-99-99" => (date(0)?, date(12)?, Form::Custom),
        _ => bail!("None of the accepted forms matches."),
    };
    ensure!(end.year() <= 9999, "The interval must end in the year 9999 or before.");
    Ok(DateInterval::with_form(start, end, form))
}

fn first_of_month(year: i32, month: u32) -> anyhow::Result<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1).filter(|_| year > 0);
    first.ok_or_else(|| anyhow!("There is no month {month} in a year {year}."))
}

/// The first day of the ISO week of a day; the begin of the calendar is its own.
pub(crate) fn monday_of(day: NaiveDate) -> NaiveDate {
    add_days(day, -i64::from(day.weekday().num_days_from_monday()))
}

/// `day + days`, stopping at the ends of the calendar (years 1 to 9999).
fn add_days(day: NaiveDate, days: i64) -> NaiveDate {
    let length = Days::new(days.unsigned_abs());
    let moved = if days < 0 { day.checked_sub_days(length) } else { day.checked_add_days(length) };
    moved.unwrap_or(if days < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
}

/// Text comparison of dates needs years of four digits.
fn within_four_digits(day: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(NaiveDate::MIN);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
    day.clamp(first, last)
}

/// True for `\d{4}-\d{2}-\d{2}`.
pub fn is_date_shaped(text: &[u8]) -> bool {
    text.len() == 10 && text.iter().enumerate().all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn interval(text: &str) -> DateInterval {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_gives_its_days_and_its_text_back() {
        for (text, start, end) in [
            ("2014", "2014-01-01", "2015-01-01"),
            ("2014-05", "2014-05-01", "2014-06-01"),
            ("2014-12", "2014-12-01", "2015-01-01"),
            ("2014-W26", "2014-06-23", "2014-06-30"),
            ("2014-W01", "2013-12-30", "2014-01-06"),
            ("2015-W53", "2015-12-28", "2016-01-04"),
            ("2014-05-10", "2014-05-10", "2014-05-11"),
            ("2014-05-10-2014-05-20", "2014-05-10", "2014-05-20"),
            ("2014-05-20-2014-05-10", "2014-05-20", "2014-05-10"),
        ] {
            let interval = interval(text);
            assert_eq!((interval.start(), interval.end()), (day(start), day(end)), "{text}");
            assert_eq!(interval.to_string(), text);
        }
        let parsed = |text: &str| text.parse::<DateInterval>().unwrap();
        assert_eq!(parsed("2014-05-10..2014-05-20"), parsed("2014-05-10-2014-05-20"), "as tasks take it");
    }

    #[test]
    fn anything_else_is_an_error_that_names_the_forms() {
        for text in [
            "",
            "14",
            "2014-5",
            "2014-13",
            "2014-00",
            "2014-W54",
            "2014-W00",
            "2014-W5",
            "2014-w05",
            "2014-02-30",
            "0000",
            "2014-05-10-",
            "2014-05-10-2014-05",
            "2014-05-10 ",
            "+014",
            "２０１４",
            "2014-05-1O",
            "0000-01-01",
            "9999",
        ] {
            let error = text.parse::<DateInterval>().unwrap_err().to_string();
            assert!(error.contains("2014-05-10-2014-05-20"), "{text}: {error}");
        }
    }

    #[test]
    fn a_custom_interval_excludes_its_end_and_may_be_empty() {
        let ten = interval("2014-05-10-2014-05-20");
        assert_eq!(ten.days().count(), 10);
        assert_eq!(ten.days().last(), Some(day("2014-05-19")));
        assert!(ten.contains(day("2014-05-10")) && !ten.contains(day("2014-05-20")));
        let none = interval("2014-05-20-2014-05-10");
        assert!(none.is_empty() && none.days().next().is_none());
        assert!(!none.contains_text(b"2014-05-15"));
    }

    #[test]
    fn dates_are_compared_as_text_of_the_right_shape() {
        let may = interval("2014-05");
        for inside in ["2014-05-01", "2014-05-31", "2014-05-99"] {
            assert!(may.contains_text(inside.as_bytes()), "{inside}");
        }
        for outside in ["2014-04-30", "2014-06-01", "2014-05-1", "2014-05-01 10:00:00", "2014-05-1x", "2014/05/01", ""] {
            assert!(!may.contains_text(outside.as_bytes()), "{outside}");
        }
    }

    #[test]
    fn expansion_by_days() {
        let expanded = interval("2014-05-10").expanded("2 days".parse().unwrap());
        assert_eq!(expanded.to_string(), "2014-05-08-2014-05-13");
    }

    #[test]
    fn overwritten_days_and_history() {
        let interval = interval("2014-07-30-2014-08-07");
        assert_eq!(interval.overwritten(7).to_string(), "2014-07-31-2014-08-07");
        assert_eq!(interval.history(7).to_string(), "2014-07-30-2014-07-31");
        assert!(interval.overwritten(0).is_empty());
        assert_eq!(interval.history(0), interval);
        assert_eq!(interval.overwritten(10).start(), day("2014-07-28"));
        assert!(interval.history(10).is_empty());
    }

    #[test]
    fn whole_weeks_before_a_date() {
        let week = DateInterval::weekly(day("2013-08-22"), 1).unwrap();
        assert_eq!(week.to_string(), "2013-08-12-2013-08-19");
        let from_monday = DateInterval::weekly(day("2013-08-19"), 2).unwrap();
        assert_eq!(from_monday.to_string(), "2013-08-05-2013-08-19");
        assert!(DateInterval::weekly(day("2013-08-22"), 0).is_err());
    }

    #[test]
    fn the_calendar_has_ends() {
        let all = interval("2014").expanded(DayDelta::from_days(u32::MAX));
        assert_eq!(all.to_string(), "0001-01-01-9999-12-31");
        assert!(all.contains_text(b"2014-05-01"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[0-9W-]{0,22}|.*") {
            if let Ok(interval) = text.parse::<DateInterval>() {
                prop_assert_eq!(interval.to_string(), text);
            }
        }

        #[test]
        fn text_and_date_comparison_agree(offset in -400_i64..800) {
            let interval = interval("2014");
            let day = add_days(interval.start(), offset);
            prop_assert_eq!(interval.contains_text(day.to_string().as_bytes()), interval.contains(day));
        }
    }
}
