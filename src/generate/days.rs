//! The days to generate.

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

/// Days from `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
}

/// Reads `A-B` (the end not included, as everywhere in the pipeline) or `A..B` (both days included).
pub(super) fn parse_days(text: &str) -> Result<Days> {
    let (start, end, included) = if let Some((start, end)) = text.split_once("..") {
        (start, end, true)
    } else {
        let at = text.match_indices('-').nth(2).map(|(at, _)| at);
        let (start, end) = at.and_then(|at| text.split_at_checked(at)).with_context(|| explain(text))?;
        (start, end.trim_start_matches('-'), false)
    };
    let date = |part: &str| NaiveDate::parse_from_str(part, "%Y-%m-%d").with_context(|| explain(text));
    let (start, mut end) = (date(start)?, date(end)?);
    if included {
        end = end.succ_opt().with_context(|| explain(text))?;
    }
    if start >= end {
        bail!("The interval {text} holds no day: write the later day second.");
    }
    Ok(Days { start, end })
}

fn explain(text: &str) -> String {
    format!("Cannot read the interval \"{text}\": write 2016-01-01-2016-01-08 or 2016-01-01..2016-01-07.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_days() {
        let days = parse_days("2016-01-01-2016-01-08").unwrap();
        assert_eq!(days, parse_days("2016-01-01..2016-01-07").unwrap());
        assert_eq!((days.end - days.start).num_days(), 7);
    }

    #[test]
    fn what_is_no_interval_is_explained() {
        for text in ["", "2016-01-01", "2016-01-02-2016-01-02", "2016-01-02..2016-01-01", "2016-13-01..2016-13-02", "é-é-é-é"] {
            assert!(parse_days(text).unwrap_err().to_string().contains(text), "{text}");
        }
    }
}
