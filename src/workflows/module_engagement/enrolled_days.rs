//! What the roster needs of the workflow of enrollment (rules 07, 8.1).

use anyhow::{Result, bail};
use chrono::NaiveDate;

use crate::engine::plan::{Need, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::tasks::MissingData;
use crate::warehouse::dataset::{Completeness, Partition};

/// The days enrolled up to a date, which the workflow of enrollment makes.
pub(super) struct NeededEnrollment {
    /// Theirs.
    pub partition: Partition,
    /// The date.
    pub date: NaiveDate,
    /// How a command begins that the operator is told.
    pub program: String,
}

impl NeededEnrollment {
    fn missing(&self) -> MissingData {
        let Self { partition, date, program } = self;
        MissingData(format!(
            "There are no complete days enrolled up to {date} at {} (a directory with _SUCCESS), which the roster needs. Make them first: {program} ImportEnrollmentsIntoMysql --interval-end {date}",
            partition.directory()
        ))
    }
}

impl Work for NeededEnrollment {
    fn describe(&self) -> Vec<String> {
        vec![format!("at {}", self.partition.directory())]
    }

    fn needs(&self) -> Option<Need> {
        Some(Need { directory: self.partition.directory().clone(), error: self.missing().into() })
    }

    fn program(&self) -> Result<Option<Program>> {
        Ok(None)
    }

    fn run(&self, _context: &WorkContext<'_>) -> Result<Worked> {
        if self.partition.is_complete(&Completeness::SuccessMarker)? {
            return Ok(Worked::WasThere(format!("{} is there", self.partition.directory())));
        }
        bail!(self.missing())
    }
}
