//! What the records of `state` say: one event of a learner in a course.

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::events::{ACTIVATED, DEACTIVATED, MODE_CHANGED};
use crate::calendar::days::parse_day;
use crate::streaming::Record;

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Enrolls.
    Activated,
    /// Unenrolls.
    Deactivated,
    /// Changes the mode.
    ModeChanged,
}

/// One event of a learner in a course.
#[derive(Clone, Debug)]
pub(crate) struct EnrollmentEvent {
    /// The day it counts for.
    pub day: NaiveDate,
    /// The time of the event as columns of the summary have it.
    pub timestamp: String,
    /// What it does.
    pub act: Act,
    /// Mode that it names.
    pub mode: String,
}

impl EnrollmentEvent {
    /// The event of a record.
    ///
    /// # Errors
    /// The record is not one of `state`.
    pub(crate) fn of(record: &Record<'_>) -> Result<Self> {
        let [_, _, time, event_type, mode, timestamp, _] = record.exactly()?;
        let [timestamp, event_type, mode] = [timestamp, event_type, mode].map(crate::streaming::record::text);
        let (timestamp, mode) = (timestamp?.into_owned(), mode?.into_owned());
        let act = match event_type?.as_ref() {
            ACTIVATED => Act::Activated,
            DEACTIVATED => Act::Deactivated,
            MODE_CHANGED => Act::ModeChanged,
            other => bail!("An enrollment event has the type {other:?}."),
        };
        let Some(day) = time.get(..10).and_then(parse_day) else { bail!("An enrollment event has no day.") };
        Ok(Self { day, timestamp, act, mode })
    }
}
