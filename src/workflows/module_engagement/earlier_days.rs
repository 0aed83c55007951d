//! Days of engagement that the weeks of a run do not reach. Only the two weeks that the roster compares are steps of the plan; a store
//! that is new, or was restored, lacks the days before as well, and those whose marker is missing, or is of another run than made them, are
//! loaded here (rules 10, 7).

use anyhow::Result;
use chrono::NaiveDate;

use super::days::DayLoads;
use super::tables::MODULE_ENGAGEMENT;
use crate::engine::plan::{Action, LoadInput, LoadStep, State, Step, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::error_text::counted;
use crate::storage::concurrently;
use crate::stores::by_input::makers_by_load;
use crate::stores::identity::module_engagement_update_id;
use crate::warehouse::dataset::Dataset;
use crate::warehouse::marker::{Marker, read_marker};
use crate::warehouse::names::DATE_KEY;

/// The loads of all complete days before one, as far as the store lacks them.
struct EarlierDays {
    /// `module_engagement/`.
    table: Dataset,
    /// The first day that is none of them.
    before: NaiveDate,
    /// The load of that day, as a pattern.
    load: LoadStep,
}

/// The step that loads what the store lacks of the days before one; which those are is known only when it is asked.
///
/// # Errors
/// The store's settings cannot be used.
pub(super) fn earlier_days(table: Dataset, before: NaiveDate, loads: &DayLoads<'_>) -> Result<Step> {
    let load = loads.load(before, table.day(before).directory(), false)?;
    Ok(Step {
        name: format!("Table module_engagement, days before {before}"),
        action: Action::Work(Box::new(EarlierDays { table, before, load })),
        state: State::Due("days that the store lacks, or has of an earlier run, are loaded".to_owned()),
    })
}

impl EarlierDays {
    /// The days that are complete in the warehouse and have no marker in the store, or that of another run than made them: a night that was
    /// cut off may have made them anew without loading them.
    fn missing(&self) -> Result<Vec<NaiveDate>> {
        let markers = self.load.store.store.markers(&MODULE_ENGAGEMENT)?;
        let loaded = makers_by_load(&markers);
        let days = self.table.partition_values(DATE_KEY)?;
        let days = days.iter().filter_map(|day| day.parse::<NaiveDate>().ok()).filter(|day| *day < self.before);
        let days: Vec<_> = days.map(|day| (day, self.table.day(day).directory().clone())).collect();
        let made = concurrently(days, |(day, directory)| Ok((day, read_marker(&directory)?)))?;
        let is_missing = |(day, marker): (NaiveDate, Option<Marker>)| {
            let run_id = marker?.run_id.map(|run_id| run_id.to_string());
            let is_there = loaded.get(module_engagement_update_id(&day.to_string()).as_str()).is_some_and(|makers| {
                // What others have made or loaded counts as it is.
                run_id.is_none_or(|run_id| makers.is_empty() || makers.contains(&run_id.as_str()))
            });
            (!is_there).then_some(day)
        };
        Ok(made.into_iter().filter_map(is_missing).collect())
    }

    fn load_of(&self, day: NaiveDate) -> Result<LoadStep> {
        Ok(LoadStep {
            input: LoadInput::Directory(self.table.day(day).directory().clone()),
            update_id: module_engagement_update_id(&day.to_string()),
            slice: Some(("date", day.to_string())),
            empty_because: None,
            store: self.load.store.once_more()?,
            young: None,
            ..self.load
        })
    }
}

impl Work for EarlierDays {
    fn describe(&self) -> Vec<String> {
        vec![format!("from {}", self.table.directory()), format!("into {}", self.load.store.name)]
    }

    fn looks_for_itself(&self) -> bool {
        true
    }

    /// A script holds the loads of its weeks; a store that lacks more is filled by the next run of the driver.
    fn program(&self) -> Result<Option<Program>> {
        Ok(None)
    }

    fn run(&self, _context: &WorkContext<'_>) -> Result<Worked> {
        let missing = self.missing()?;
        let (Some(first), Some(last)) = (missing.first(), missing.last()) else { return Ok(Worked::WasThere("up to date".to_owned())) };
        let mut rows = 0;
        for day in &missing {
            rows += self.load_of(*day)?.run()?.rows;
        }
        let told = format!(
            "{} of {} from {first} to {last}, which {} lacked or had of an earlier run",
            counted(rows, "row"),
            counted(missing.len(), "day"),
            self.load.store.name
        );
        Ok(Worked::Done(told))
    }
}
