//! Options that tasks of all workflows share.

use anyhow::{Context, Result};

use super::logs::{DayPlaces, EventLogOptions};
use crate::config::settings::Settings;
use crate::wrong_usage::wrong_usage;

/// From which logs a task makes days, and into which warehouse.
#[derive(clap::Args, Clone, Debug)]
pub struct FromLogs {
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25)]
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
    #[arg(long)]
    pub overwrite_n_days: Option<u32>,
}

const KEY: &str = "overwrite_n_days";

impl OverwrittenDays {
    /// The number given, else that of the section.
    ///
    /// # Errors
    /// Neither is there, or the section's is no number.
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
    /// A section's is no number, or negative.
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
    let negative = || wrong_usage(format!("{KEY} of [{section}] is no number of days. Write one such as 3."));
    settings.integer(section, KEY)?.map(|days| u32::try_from(days).map_err(|_| negative())).transpose()
}
