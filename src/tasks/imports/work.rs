//! Who makes an import of an LMS table: we, from the database or from the logs, or another hand.

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use crate::engine::check::{Check, PATIENCE};
use crate::engine::plan::{Need, State, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::lms::derived::DerivedImport;
use crate::lms::import::Import;
use crate::lms::provenance::is_derived;
use crate::lms::source::LmsSource;
use crate::lms::tables::LmsTable;
use crate::storage::Location;
use crate::tasks::MissingData;
use crate::warehouse::dataset::{Completeness, Partition};
use crate::warehouse::marker::has_marker;
use crate::warehouse::record::Record;

/// Which import it is, and where.
#[derive(Clone)]
pub(super) struct Place {
    pub table: &'static LmsTable,
    pub partition: Partition,
}

/// From the LMS database that is configured.
pub(super) struct FromDatabase {
    pub place: Place,
    /// The directory of imports that the partition lies in.
    pub destination: Location,
    pub source: LmsSource,
    pub date: NaiveDate,
    pub overwrite: bool,
}

/// From the logs, as there is no database.
pub(super) struct FromLogs {
    pub place: Place,
    pub import: DerivedImport,
    /// The day behind the last one whose events count.
    pub end: NaiveDate,
    /// How a command begins that the operator is told.
    pub program: String,
    pub overwrite: bool,
}

/// Somebody else makes it.
pub(super) struct OfOtherHand {
    pub place: Place,
}

impl Place {
    fn directory(&self) -> &Location {
        self.partition.directory()
    }

    fn told(&self) -> String {
        format!("at {}", self.directory())
    }

    /// It is there.
    pub(super) fn complete(&self) -> State {
        State::Complete(format!("{} is there", self.directory()))
    }

    /// The program that imports, without what it imports from.
    fn program(&self, destination: &Location, date: NaiveDate) -> Program {
        let program = Program::new("lms-import").word(self.table.name).option_place("--destination", destination);
        program.option("--import-date", &date)
    }

    fn missing(&self) -> MissingData {
        let (table, directory) = (self.table.name, self.directory());
        MissingData(format!(
            "There is no complete import of the LMS table {table} at {directory} (a directory with _SUCCESS). Import it with lms-import, or set \
             credentials and database in [database-import]."
        ))
    }
}

impl Work for FromDatabase {
    fn describe(&self) -> Vec<String> {
        vec![self.place.told()]
    }

    fn checks(&self) -> Vec<Check<'_>> {
        let (target, table) = (&self.source.target, self.place.table);
        let database = format!("LMS database {target:?}");
        let look = || target.check_reachable(PATIENCE).context("The LMS database cannot be used.");
        let look_at_table = || target.check_readable(table.name, table.columns_read(), PATIENCE);
        let what = format!("{} of the {database}", table.name);
        let of_table = Check { what, part_of: Some(database.clone()), look: Box::new(look_at_table) };
        vec![Check { what: database, part_of: None, look: Box::new(look) }, of_table]
    }

    fn makes(&self) -> Vec<Location> {
        vec![self.place.directory().clone()]
    }

    fn program(&self) -> Result<Option<Program>> {
        let program = self.place.program(&self.destination, self.date).option_place("--credentials", &self.source.credentials);
        Ok(Some(program.option("--database", &self.source.database).flag("--overwrite", self.overwrite)))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        let (source, destination) = (&self.source.target, &self.destination);
        let import = Import { source, destination, date: self.date, num_mappers: 4, condition: None, overwrite: self.overwrite };
        let imported = import.run(&[self.place.table], context.run_id, context.task)?;
        let rows: Vec<u64> = imported.iter().filter_map(|imported| imported.rows).collect();
        Ok(if rows.is_empty() {
            Worked::WasThere(format!("{} is there", self.place.directory()))
        } else {
            Worked::Done(format!("{} rows", rows.iter().sum::<u64>()))
        })
    }
}

impl Work for FromLogs {
    fn describe(&self) -> Vec<String> {
        let derived = self.import.rows.as_ref().map(|rows| format!("derived from {rows}"));
        vec![self.place.told(), derived.unwrap_or_else(|| "empty: the logs do not tell".to_owned())]
    }

    fn needs(&self) -> Option<Need> {
        // A store that cannot tell fails when it runs.
        let rows = self.import.rows.as_ref().filter(|rows| !has_marker(rows).unwrap_or(true))?;
        Some(Need { directory: rows.clone(), error: self.missing(rows).into() })
    }

    fn makes(&self) -> Vec<Location> {
        vec![self.place.directory().clone()]
    }

    fn reads(&self) -> Vec<Location> {
        self.import.rows.iter().cloned().collect()
    }

    fn program(&self) -> Result<Option<Program>> {
        let program = self.place.program(&self.import.destination, self.import.date).word("--derived");
        Ok(Some(self.import.rows.iter().fold(program, |program, rows| program.option_place("--rows", rows))))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        if let Some(rows) = &self.import.rows
            && !has_marker(rows)?
        {
            bail!(self.missing(rows));
        }
        // Another task of the same run may have made it since this one was planned; made again, it would make stale what read it.
        if !self.overwrite && self.is_up_to_date()? {
            return Ok(Worked::WasThere(format!("{} is there, derived from the logs", self.place.directory())));
        }
        let rows = self.import.run(context.run_id, context.task)?;
        Ok(Worked::Done(if self.import.rows.is_some() {
            format!("{rows} rows derived from the logs")
        } else {
            "empty: there is no LMS database".to_owned()
        }))
    }
}

impl FromLogs {
    /// Whether a derived import is there, made from the rows that are there.
    fn is_up_to_date(&self) -> Result<bool> {
        let partition = &self.place.partition;
        Ok(is_derived(partition)? && Record::read(partition.directory())?.as_ref() == Some(&self.import.record()?))
    }

    fn missing(&self, rows: &Location) -> MissingData {
        let Self { place, end, program, .. } = self;
        MissingData(format!(
            "There is no LMS database, and the rows of {} that the logs tell are not at {rows}. Make them first: {program} \
             ImportEnrollmentsIntoMysql --interval-end {end}",
            place.table.name
        ))
    }
}

impl Work for OfOtherHand {
    fn describe(&self) -> Vec<String> {
        vec![self.place.told()]
    }

    fn needs(&self) -> Option<Need> {
        Some(Need { directory: self.place.directory().clone(), error: self.place.missing().into() })
    }

    fn program(&self) -> Result<Option<Program>> {
        Ok(None)
    }

    fn run(&self, _context: &WorkContext<'_>) -> Result<Worked> {
        if !self.place.partition.is_complete(&Completeness::SuccessMarker)? {
            bail!(self.place.missing());
        }
        Ok(Worked::WasThere(format!("{} is there", self.place.directory())))
    }
}
