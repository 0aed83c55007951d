//! Options that tasks of all workflows share.

use anyhow::{Context, Result};

use super::logs::{DayPlaces, EventLogOptions};
use crate::config::settings::Settings;
use crate::streaming::MOST_REDUCERS;
use crate::wrong_usage::wrong_usage;

/// From which logs a task makes days, and into which warehouse.
#[derive(clap::Args, Clone, Debug)]
pub struct FromLogs {
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25, value_parser = reducers)]
    pub n_reduce_tasks: usize,
    /// Which logs.
    #[command(flatten)]
    pub logs: EventLogOptions,
    /// Where days and markers are kept.
    #[command(flatten)]
    pub places: DayPlaces,
    /// Makes up to so many days of the history that no run has made; `daily` says so
    #[arg(long, hide = true)]
    pub fill_days: Option<usize>,
}

/// How many days are read from the logs again.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct OverwrittenDays {
    /// Days before the end that are read from the logs again; default: `overwrite_n_days` of the workflow's section
    #[arg(long, value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_DAYS)))]
    pub overwrite_n_days: Option<u32>,
}

/// A number of reducers, as typed.
///
/// # Errors
/// It is no number, or more than there can be.
pub(crate) fn reducers(text: &str) -> Result<usize> {
    text.parse()
        .ok()
        .filter(|number| *number <= MOST_REDUCERS)
        .with_context(|| format!("It must be a number of reducers, at most {MOST_REDUCERS}."))
}

const KEY: &str = "overwrite_n_days";
/// About two hundred years: each day has a directory, and none may lie before the calendar begins.
pub(crate) const MOST_DAYS: u32 = 70_000;

impl OverwrittenDays {
    /// The number given, else that of the section.
    ///
    /// # Errors
    /// Neither is there, or the section's is no number of days.
    pub fn of(self, settings: &Settings, section: &str) -> Result<u32> {
        if let Some(days) = self.overwrite_n_days {
            return Ok(days);
        }
        settings.require(section, KEY, "--overwrite-n-days")?;
        configured(settings, section)?.context("A setting that is there has no value.")
    }

    /// The number given, else that of the first of the sections that has one, else the default.
    ///
    /// # Errors
    /// A section's is no number of days.
    pub fn of_or(self, settings: &Settings, sections: &[&str], default: u32) -> Result<u32> {
        if let Some(days) = self.overwrite_n_days {
            return Ok(days);
        }
        for section in sections {
            if let Some(days) = configured(settings, section)? {
                return Ok(days);
            }
        }
        Ok(default)
    }
}

fn configured(settings: &Settings, section: &str) -> Result<Option<u32>> {
    let wrong = || wrong_usage(format!("{KEY} of [{section}] is no number of days from 0 to {MOST_DAYS}. Write one such as 3."));
    let number = |days| u32::try_from(days).ok().filter(|days| *days <= MOST_DAYS).ok_or_else(wrong);
    settings.integer(section, KEY)?.map(number).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;
    use clap::{Args, FromArgMatches};

    #[test]
    fn no_more_reducers_than_a_cluster_has() {
        let given = |text: &str| {
            let command = FromLogs::augment_args(clap::Command::new("x"));
            command
                .try_get_matches_from(["x".to_owned(), format!("--n-reduce-tasks={text}")])
                .map_err(|error| (error.exit_code(), error.to_string()))
        };
        for text in ["0", "1", "10000"] {
            assert!(given(text).is_ok(), "{text}");
        }
        for text in ["10001", "10000000", "99999999999999999999999", "-1", "x", ""] {
            let (code, told) = given(text).unwrap_err();
            assert!(code == 2 && told.contains("at most 10000") && told.contains("--n-reduce-tasks"), "{text}: {told}");
        }
    }

    #[test]
    fn no_more_days_than_the_calendar_may_have() {
        let folder = tempfile::tempdir().unwrap();
        let options = |words: &[&str]| {
            let command = OverwrittenDays::augment_args(clap::Command::new("x").no_binary_name(true));
            Some(OverwrittenDays::from_arg_matches(&command.try_get_matches_from(words).ok()?).unwrap())
        };
        let days = |number: &str| {
            std::fs::write(folder.path().join("override.cfg"), format!("[videos]\noverwrite_n_days = {number}\n")).unwrap();
            let settings = Settings::load(&Sources { working_directory: folder.path().to_owned(), ..Sources::default() }).unwrap();
            let given = options(&[]).unwrap();
            [given.of(&settings, "videos"), given.of_or(&settings, &["videos"], 3)].map(|days| days.map_err(|error| error.to_string()))
        };
        assert_eq!(options(&["--overwrite-n-days", "70000"]).unwrap().overwrite_n_days, Some(70_000));
        assert_eq!(days("70000"), [Ok(70_000), Ok(70_000)]);
        for number in ["70001", "4000000", "-1"] {
            assert!(options(&["--overwrite-n-days", number]).is_none(), "{number}");
            for error in days(number) {
                assert!(error.unwrap_err().contains("from 0 to 70000"), "{number}");
            }
        }
    }
}
