//! Imports of LMS tables that a task needs before its jobs run (spec 09).

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::MissingData;
use crate::config::settings::Settings;
use crate::engine::check::{Check, PATIENCE};
use crate::engine::plan::{Action, Need, State, Step, Work, WorkContext};
use crate::engine::program::Program;
use crate::lms::import::{Import, is_complete};
use crate::lms::source::LmsSource;
use crate::storage::Location;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// An import of an LMS table that must be there before the steps behind it run.
pub struct NeededImport {
    /// The partition of the import.
    pub partition: Partition,
    /// The table.
    pub table: &'static str,
    /// The LMS database to import it from, if one is configured.
    source: Option<LmsSource>,
    destination: Location,
    date: NaiveDate,
    overwrite: bool,
}

impl NeededImport {
    /// The step that looks for the import of a table into `[database-import] destination`, or into the warehouse.
    ///
    /// # Errors
    /// The settings of the LMS database cannot be used.
    pub fn step(
        table: &'static str,
        date: NaiveDate,
        warehouse: &Location,
        settings: &Settings,
        overwrite: bool,
    ) -> Result<(Step, Partition)> {
        match settings.get("database-import", "destination") {
            Some(root) => {
                let root = root.parse().context("destination of [database-import] cannot be used.")?;
                Self::step_at(table, date, &root, settings, overwrite)
            }
            None => Self::step_at(table, date, warehouse, settings, overwrite),
        }
    }

    /// As [`Self::step`], for an import into a given place.
    ///
    /// # Errors
    /// As there.
    pub fn step_at(
        table: &'static str,
        date: NaiveDate,
        destination: &Location,
        settings: &Settings,
        overwrite: bool,
    ) -> Result<(Step, Partition)> {
        let partition = Dataset::new(destination, table)?.day(date);
        let configured = settings.get("database-import", "credentials").is_some();
        let source = if configured { Some(LmsSource::of_settings(settings, None, None)?) } else { None };
        let overwrite = overwrite && source.is_some();
        // An import of another hand need not have `_metadata`; one that can be made again must (spec 09, 2).
        let is_there = if source.is_some() { is_complete(&partition)? } else { partition.is_complete(&Completeness::SuccessMarker)? };
        let state = if is_there && !overwrite {
            State::Complete(format!("{} is there", partition.directory()))
        } else {
            State::Due("there is no import of the day, or it is made anew".to_owned())
        };
        let work = Self { partition: partition.clone(), table, source, destination: destination.clone(), date, overwrite };
        Ok((Step { name: format!("Import of {table}"), action: Action::Work(Box::new(work)), state }, partition))
    }
}

impl Work for NeededImport {
    fn describe(&self) -> Vec<String> {
        vec![format!("at {}", self.partition.directory())]
    }

    fn needs(&self) -> Option<Need> {
        let is_missing = self.source.is_none();
        is_missing.then(|| Need { directory: self.partition.directory().clone(), error: self.missing().into() })
    }

    fn checks(&self) -> Vec<Check<'_>> {
        let check = |source: &'_ LmsSource| source.target.check_reachable(PATIENCE).context("The LMS database cannot be used.");
        let sources = self.source.iter();
        sources.map(|source| Check { what: format!("LMS database {:?}", source.target), look: Box::new(move || check(source)) }).collect()
    }

    fn makes(&self) -> Vec<Location> {
        self.source.iter().map(|_| self.partition.directory().clone()).collect()
    }

    fn program(&self) -> Result<Option<Program>> {
        let Some(source) = &self.source else { return Ok(None) };
        let program = Program::new("lms-import").word(self.table).option_place("--destination", &self.destination);
        let program = program.option_place("--credentials", &source.credentials).option("--database", &source.database);
        Ok(Some(program.option("--import-date", &self.date).flag("--overwrite", self.overwrite)))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<String> {
        let directory = self.partition.directory();
        if let (Some(source), Some(table)) = (&self.source, crate::lms::tables::table(self.table)) {
            let (destination, overwrite) = (&self.destination, self.overwrite);
            let import = Import { source: &source.target, destination, date: self.date, num_mappers: 4, condition: None, overwrite };
            let imported = import.run(&[table], context.run_id, context.task)?;
            let rows = imported.iter().filter_map(|imported| imported.rows).sum::<u64>();
            return Ok(format!("{rows} rows"));
        }
        if self.partition.is_complete(&Completeness::SuccessMarker)? {
            return Ok(format!("{directory} is there"));
        }
        bail!(self.missing())
    }
}

impl NeededImport {
    fn missing(&self) -> MissingData {
        MissingData(format!(
            "There is no complete import of the LMS table {} at {} (a directory with _SUCCESS). Import it with lms-import, or set credentials and database in [database-import].",
            self.table,
            self.partition.directory()
        ))
    }
}
