//! The days of the weeks that a task looks at: which of them are made, and their loads (rules 07, 3).

use anyhow::Result;
use chrono::{Days as CalendarDays, NaiveDate};

use super::days::{DayLoads, Days, late, may_be_empty, outdated, without_log};
use super::late_days::Records;
use super::names::TABLE;
use super::planner::{Planner, week_until};
use crate::engine::plan::State;
use crate::tasks::holes::Holes;
use crate::warehouse::dataset::Completeness;

/// What becomes of a day.
#[derive(Debug)]
enum Fate {
    /// It stays as it is.
    Kept,
    /// It would be read again, but would lose what it has: the operator is told.
    Losing,
    /// It is made if it is not there.
    Needed,
    /// The task reads it again as it does with its last days, whether it is there or not.
    ReadAgain,
    /// It is made anew, for this reason.
    MadeAnew(State),
}

impl Planner<'_> {
    /// The days of the weeks without a summary, latest first, and their loads.
    pub(crate) fn days(&mut self, weeks: &[NaiveDate], loads: Option<&DayLoads<'_>>) -> Result<()> {
        let warehouse = self.warehouse.clone();
        let records = self.records(weeks.iter().copied().flat_map(week_until))?;
        // A day that waits for logs was made as one that may lack them.
        let may_lack_logs = self.may_lack_logs(weeks, &records.awaited)? || records.awaited.lacks_days();
        let days = Days { may_lack_logs, ..self.maker(&warehouse)? };
        let from = self.options.date.checked_sub_days(CalendarDays::new(self.overwrite_n_days()?.into()));
        let mut losing = Vec::new();
        for end in weeks {
            let is_complete = matches!(self.summary_state(*end)?, State::Complete(_));
            for day in week_until(*end) {
                let is_in_window = !is_complete && from.is_none_or(|from| day >= from);
                match self.fate(day, &records, is_complete, is_in_window)? {
                    Fate::Kept => self.loads_of_complete(day, loads)?,
                    Fate::Losing => {
                        losing.push(day);
                        self.loads_of_complete(day, loads)?;
                    }
                    fate => self.add_day(day, &days, loads, fate)?,
                }
            }
        }
        losing.sort();
        self.notices.extend(Holes { losing, ..Holes::default() }.notices(TABLE));
        Ok(())
    }

    /// What becomes of a day: by whether the summary of its week is there, and whether it is among the last ones, which are read again.
    fn fate(&self, day: NaiveDate, records: &Records, is_complete: bool, is_in_window: bool) -> Result<Fate> {
        let awaited = &records.awaited;
        let (is_late, is_outdated) = (self.is_late(day, awaited)?, self.is_outdated(day, records)?);
        // What cannot be made again stays, whatever it was made from.
        if self.would_lose(day, awaited)? || is_in_window && !is_outdated && self.shares_a_lost_log(day, awaited)? {
            return Ok(if is_in_window { Fate::Losing } else { Fate::Kept });
        }
        if is_in_window || !is_complete && self.precedes_hole(day, awaited)? {
            return Ok(Fate::ReadAgain);
        }
        Ok(match (is_late, is_outdated) {
            (true, _) => Fate::MadeAnew(late()),
            (false, true) => Fate::MadeAnew(outdated()),
            (false, false) if is_complete => Fate::Kept,
            (false, false) => Fate::Needed,
        })
    }

    /// Adds the step that makes a day, and its load.
    fn add_day(&mut self, day: NaiveDate, days: &Days<'_>, loads: Option<&DayLoads<'_>>, fate: Fate) -> Result<()> {
        let is_read_again = matches!(fate, Fate::ReadAgain);
        let is_made_anew = matches!(fate, Fate::MadeAnew(_));
        let (mut step, directory) = days.step(day, (is_read_again || is_made_anew).then_some("--overwrite-n-days"))?;
        if let Fate::MadeAnew(reason) = fate {
            step.state = reason;
        }
        self.steps.push(step);
        let Some(loads) = loads else { return Ok(()) };
        let load = if is_made_anew { loads.late_step(day, &directory) } else { loads.step(day, &directory, is_read_again) };
        self.steps.push(match load? {
            load if self.is_before_logs(day)? => may_be_empty(load),
            load if self.lacks_log(day)? => without_log(load, day),
            load => load,
        });
        Ok(())
    }

    /// A day of a week that is there may be missing in this store: another one, or one that was restored.
    fn loads_of_complete(&mut self, day: NaiveDate, loads: Option<&DayLoads<'_>>) -> Result<()> {
        let partition = self.partition(TABLE, day)?;
        if let Some(loads) = loads
            && partition.is_complete(&Completeness::SuccessMarker)?
        {
            self.steps.push(loads.step(day, partition.directory(), false)?);
        }
        Ok(())
    }
}
