//! Where the input of a job comes from.

use anyhow::Result;

use crate::say;
use crate::storage::{Entry, Location};
use crate::streaming::Input;
use crate::warehouse::selection::{DayFiles, LogListings, ManifestUse, PathSelectionByDateInterval, PathSet, job_output_files};

/// Where the input of a job comes from; looked up only when the job runs.
pub enum StepInput {
    /// Tracking logs.
    Logs(PathSet),
    /// Tracking logs of an interval's days. None at all is an error.
    LogsOfInterval(PathSelectionByDateInterval),
    /// Tracking logs of days that may have none.
    LogsIfAny(PathSelectionByDateInterval),
    /// These log files, chosen by what is in them; there may be none.
    LogFiles(Vec<Entry>),
    /// Files of a history; there may be none.
    DayFiles(DayFiles),
    /// Result directories of earlier jobs.
    Directories(Vec<Location>),
}

impl StepInput {
    pub(super) fn is_of(&self, input: Input) -> bool {
        match self {
            Self::Logs(_) | Self::LogsOfInterval(_) | Self::LogsIfAny(_) | Self::LogFiles(_) => input == Input::TrackingLogs,
            Self::DayFiles(_) | Self::Directories(_) => input == Input::Warehouse,
        }
    }

    /// Looks whether the logs are there that a job needs; of what other steps make nothing is said.
    ///
    /// # Errors
    /// They are not.
    pub(crate) fn check_logs(&self, listings: &LogListings) -> Result<()> {
        match self {
            Self::Logs(paths) => Ok(paths.look_up()?.0.require_files(&paths.roots, &paths.include).map(drop)?),
            Self::LogsOfInterval(selection) => selection.select_some_from(listings).map(drop),
            Self::LogsIfAny(selection) => selection.select_from(listings).map(drop),
            Self::LogFiles(_) | Self::DayFiles(_) | Self::Directories(_) => Ok(()),
        }
    }

    /// Its files.
    ///
    /// # Errors
    /// They cannot be listed, or there are none where there must be.
    pub(super) fn files(&self, listings: &LogListings) -> Result<Vec<Entry>> {
        match self {
            Self::Logs(paths) => {
                let (selection, manifest) = paths.select()?;
                if let ManifestUse::Reused(manifest) = manifest {
                    say!("The manifest {manifest} exists and is used as it is; new log files are not looked for.");
                }
                Ok(selection.require_files(&paths.roots, &paths.include)?.files)
            }
            Self::LogsOfInterval(selection) => Ok(selection.select_some_from(listings)?.files),
            Self::LogsIfAny(selection) => Ok(selection.select_from(listings)?.files),
            Self::LogFiles(files) => Ok(files.clone()),
            Self::DayFiles(files) => Ok(files.select()?.files),
            Self::Directories(directories) => {
                let files = directories.iter().map(job_output_files).collect::<Result<Vec<_>>>()?;
                Ok(files.into_iter().flatten().collect())
            }
        }
    }
}
