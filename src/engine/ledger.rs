//! What the steps of a run did, for a program that tells it at the end in its own words.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::job_report::JobReport;
use crate::stores::LoadReport;
use crate::streaming::Counters;

/// What was entered so far; steps may enter at the same time.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

/// All that was entered.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Counters of all jobs together.
    pub counters: Counters,
    /// Rows that each table was given.
    pub rows: BTreeMap<&'static str, u64>,
    /// Rows that each table could not hold, with an example.
    pub rejected: Vec<(&'static str, String)>,
}

impl Ledger {
    /// Enters a job.
    pub fn job(&self, report: &JobReport) {
        self.entries(|entries| entries.counters.merge(&report.counters));
    }

    /// Enters a load.
    pub fn load(&self, table: &'static str, report: &LoadReport) {
        self.entries(|entries| {
            if !report.skipped {
                *entries.rows.entry(table).or_default() += report.rows;
            }
            if report.rejected.rows() > 0 {
                entries.rejected.push((table, report.rejected.told()));
            }
        });
    }

    /// What was entered.
    pub fn so_far(&self) -> Entries {
        self.entries(|entries| entries.clone())
    }

    fn entries<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
