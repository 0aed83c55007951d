//! The days to generate.

use anyhow::{Context as _, Result, ensure};
use chrono::NaiveDate;

use crate::calendar::interval::DateInterval;

/// Reads an interval as everywhere in the pipeline, or `A..B` with both days included.
pub(super) fn parse_days(text: &str) -> Result<DateInterval> {
    let interval = match text.split_once("..") {
        Some((first, last)) => included(first, last).with_context(|| explain(text))?,
        None => text.parse()?,
    };
    ensure!(!interval.is_empty(), "The interval {text} holds no day: write the later day second.");
    Ok(interval)
}

fn included(first: &str, last: &str) -> Option<DateInterval> {
    let date = |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    Some(DateInterval::new(date(first)?, date(last)?.succ_opt()?))
}

fn explain(text: &str) -> String {
    format!("Cannot read the interval \"{text}\": write 2016-01-01-2016-01-08 or 2016-01-01..2016-01-07.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_name_the_same_days() {
        let days: Vec<_> = parse_days("2016-02-01-2016-03-01").unwrap().days().collect();
        assert_eq!(days.len(), 29);
        for text in ["2016-02-01..2016-02-29", "2016-02"] {
            assert_eq!(parse_days(text).unwrap().days().collect::<Vec<_>>(), days);
        }
    }

    #[test]
    fn what_is_no_interval_is_explained() {
        for text in ["", "2016-01-02-2016-01-02", "2016-01-02..2016-01-01", "2016-13-01..2016-13-02", "é-é-é-é"] {
            assert!(parse_days(text).unwrap_err().to_string().contains(text), "{text}");
        }
    }
}
