//! Imports of LMS tables that a task needs before its jobs run (rules 09), or what is derived in their place (rules 10, 8).

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::MissingData;
use super::derivation::{NOTICE, destination, has_database, is_derived_here, rows};
use crate::config::settings::Settings;
use crate::engine::check::{Check, PATIENCE};
use crate::engine::plan::{Action, Need, State, Step, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::lms::derived::DerivedImport;
use crate::lms::import::{Import, is_complete};
use crate::lms::provenance::is_derived;
use crate::lms::source::LmsSource;
use crate::storage::Location;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::marker::has_marker;
use crate::warehouse::record::Record;

/// An import of an LMS table that must be there before the steps behind it run.
pub struct NeededImport {
    /// The partition of the import.
    pub partition: Partition,
    /// The table.
    pub table: &'static str,
    /// Who makes it.
    origin: Origin,
    destination: Location,
    date: NaiveDate,
    overwrite: bool,
}

/// Who makes an import.
enum Origin {
    /// We, from the LMS database that is configured.
    Database(LmsSource),
    /// We, from the logs; `end` is the day behind the last one whose events count.
    Logs { import: DerivedImport, end: NaiveDate, program: String },
    /// Somebody else.
    OtherHand,
}

/// Which import a task asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// The table.
    pub table: &'static str,
    /// Date of the partition.
    pub date: NaiveDate,
    /// The day behind the last one whose events count, where it is derived.
    pub end: NaiveDate,
    /// The warehouse.
    pub warehouse: &'w Location,
    /// Makes it anew.
    pub overwrite: bool,
}

/// An import as a part of a plan.
pub struct PlannedImport {
    step: Step,
    /// The partition of the import.
    pub partition: Partition,
    /// It is there, and another may take its place.
    is_replaceable: bool,
    /// It is derived from the logs, or empty.
    pub is_derived: bool,
}

impl PlannedImport {
    /// Adds the step where the import is needed: a reader is due, or what it has read was derived, and may have changed.
    pub fn add(self, reader: &State, steps: &mut Vec<Step>, notices: &mut Vec<String>) -> Partition {
        if self.is_derived && !notices.iter().any(|notice| notice == NOTICE) {
            notices.push(NOTICE.to_owned());
        }
        if self.is_replaceable || matches!(reader, State::Due(_)) {
            steps.push(self.step);
        }
        self.partition
    }
}

impl NeededImport {
    /// The import of a table in `[database-import] destination`, or in the warehouse.
    ///
    /// # Errors
    /// The settings of the LMS database cannot be used, or the warehouse cannot be looked at.
    pub fn planned(wanted: Wanted<'_>, settings: &Settings) -> Result<PlannedImport> {
        let root = destination(settings, wanted.warehouse)?;
        Self::planned_at(&root, wanted, settings)
    }

    /// As [`Self::planned`], for an import in a given place.
    ///
    /// # Errors
    /// As there.
    pub fn planned_at(destination: &Location, wanted: Wanted<'_>, settings: &Settings) -> Result<PlannedImport> {
        let Wanted { table, date, end, warehouse, overwrite } = wanted;
        let partition = Dataset::new(destination, table)?.day(date);
        let configured = has_database(settings)?;
        let lms_table = crate::lms::tables::table(table).with_context(|| format!("No LMS table {table} is known."))?;
        let origin = if configured {
            Origin::Database(LmsSource::of_settings(settings, None, None)?)
        } else if is_derived_here(table, settings, warehouse)? {
            let rows = rows(table, end, warehouse)?.map(|rows| rows.directory().clone());
            Origin::Logs {
                import: DerivedImport { table: lms_table, destination: destination.clone(), date, rows },
                end,
                program: settings.program(),
            }
        } else {
            Origin::OtherHand
        };
        let overwrite = overwrite && !matches!(origin, Origin::OtherHand);
        let is_there = partition.is_complete(&Completeness::SuccessMarker)?;
        let was_derived = is_there && is_derived(&partition)?;
        let state = match &origin {
            _ if overwrite => State::Due("it is made anew".to_owned()),
            Origin::Logs { import, .. } if was_derived => state_of_derived(import, &partition)?,
            Origin::Database(_) if was_derived => {
                State::Due("the import of the day was derived from the logs, and a real one takes its place".to_owned())
            }
            // An import of another hand need not have `_metadata`; one that can be made again must (rules 09, 2).
            Origin::Database(_) if !is_complete(&partition)? => State::Due("there is no import of the day".to_owned()),
            _ if is_there => State::Complete(format!("{} is there", partition.directory())),
            _ => State::Due("there is no import of the day".to_owned()),
        };
        let derives = matches!(origin, Origin::Logs { .. });
        let work = Self { partition: partition.clone(), table, origin, destination: destination.clone(), date, overwrite };
        let step = Step { name: format!("Import of {table}"), action: Action::Work(Box::new(work)), state };
        Ok(PlannedImport { step, partition, is_replaceable: was_derived, is_derived: derives })
    }
}

/// Whether a derived import is there, and the rows that it was made from are those that are there.
fn is_up_to_date(import: &DerivedImport, partition: &Partition) -> Result<bool> {
    Ok(is_derived(partition)? && Record::read(partition.directory())?.as_ref() == Some(&import.record()?))
}

/// A derived import counts as long as the rows that it was made from are those that are there.
fn state_of_derived(import: &DerivedImport, partition: &Partition) -> Result<State> {
    let (then, now) = (Record::read(partition.directory())?, import.record()?);
    let has_rows = match &import.rows {
        Some(rows) => has_marker(rows)?,
        None => true,
    };
    Ok(if has_rows && then.as_ref() != Some(&now) {
        State::Due("what it was derived from has changed since".to_owned())
    } else {
        State::Complete(format!("{} is there, derived from the logs", partition.directory()))
    })
}

impl Work for NeededImport {
    fn describe(&self) -> Vec<String> {
        let place = format!("at {}", self.partition.directory());
        let derived = match &self.origin {
            Origin::Logs { import: DerivedImport { rows: Some(rows), .. }, .. } => Some(format!("derived from {rows}")),
            Origin::Logs { .. } => Some("empty: the logs do not tell".to_owned()),
            Origin::Database(_) | Origin::OtherHand => None,
        };
        std::iter::once(place).chain(derived).collect()
    }

    fn needs(&self) -> Option<Need> {
        match &self.origin {
            Origin::OtherHand => Some(Need { directory: self.partition.directory().clone(), error: self.missing().into() }),
            Origin::Logs { import, .. } => {
                // A store that cannot tell fails when it runs.
                let rows = import.rows.as_ref().filter(|rows| !has_marker(rows).unwrap_or(true))?;
                Some(Need { directory: rows.clone(), error: self.missing().into() })
            }
            Origin::Database(_) => None,
        }
    }

    fn checks(&self) -> Vec<Check<'_>> {
        let Origin::Database(source) = &self.origin else { return Vec::new() };
        let database = format!("LMS database {:?}", source.target);
        let look = || source.target.check_reachable(PATIENCE).context("The LMS database cannot be used.");
        let look_at_table = || match crate::lms::tables::table(self.table) {
            Some(table) => source.target.check_readable(table.name, table.columns_read(), PATIENCE),
            None => Ok(()),
        };
        let of_table =
            Check { what: format!("{} of the {database}", self.table), part_of: Some(database.clone()), look: Box::new(look_at_table) };
        vec![Check { what: database, part_of: None, look: Box::new(look) }, of_table]
    }

    fn makes(&self) -> Vec<Location> {
        match self.origin {
            Origin::Database(_) | Origin::Logs { .. } => vec![self.partition.directory().clone()],
            Origin::OtherHand => Vec::new(),
        }
    }

    fn reads(&self) -> Vec<Location> {
        if let Origin::Logs { import, .. } = &self.origin { import.rows.iter().cloned().collect() } else { Vec::new() }
    }

    fn program(&self) -> Result<Option<Program>> {
        let program = Program::new("lms-import").word(self.table).option_place("--destination", &self.destination);
        let program = program.option("--import-date", &self.date);
        Ok(match &self.origin {
            Origin::OtherHand => None,
            Origin::Database(source) => {
                let program = program.option_place("--credentials", &source.credentials).option("--database", &source.database);
                Some(program.flag("--overwrite", self.overwrite))
            }
            Origin::Logs { import, .. } => {
                let program = program.word("--derived");
                Some(import.rows.iter().fold(program, |program, rows| program.option_place("--rows", rows)))
            }
        })
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        let directory = self.partition.directory();
        match &self.origin {
            Origin::Database(source) => {
                let table = crate::lms::tables::table(self.table).with_context(|| format!("No LMS table {} is known.", self.table))?;
                let (destination, overwrite) = (&self.destination, self.overwrite);
                let import = Import { source: &source.target, destination, date: self.date, num_mappers: 4, condition: None, overwrite };
                let imported = import.run(&[table], context.run_id, context.task)?;
                let rows: Vec<u64> = imported.iter().filter_map(|imported| imported.rows).collect();
                Ok(if rows.is_empty() {
                    Worked::WasThere(format!("{directory} is there"))
                } else {
                    Worked::Done(format!("{} rows", rows.iter().sum::<u64>()))
                })
            }
            Origin::Logs { import, .. } => {
                if let Some(rows) = &import.rows
                    && !has_marker(rows)?
                {
                    bail!(self.missing());
                }
                // Another task of the same run may have made it since this one was planned; made again, it would make stale what read it.
                if !self.overwrite && is_up_to_date(import, &self.partition)? {
                    return Ok(Worked::WasThere(format!("{directory} is there, derived from the logs")));
                }
                let rows = import.run(context.run_id, context.task)?;
                Ok(Worked::Done(if import.rows.is_some() {
                    format!("{rows} rows derived from the logs")
                } else {
                    "empty: there is no LMS database".to_owned()
                }))
            }
            Origin::OtherHand if self.partition.is_complete(&Completeness::SuccessMarker)? => {
                Ok(Worked::WasThere(format!("{directory} is there")))
            }
            Origin::OtherHand => bail!(self.missing()),
        }
    }
}

impl NeededImport {
    fn missing(&self) -> MissingData {
        let (table, directory) = (self.table, self.partition.directory());
        MissingData(match &self.origin {
            Origin::Logs { import: DerivedImport { rows: Some(rows), .. }, end, program } => format!(
                "There is no LMS database, and the rows of {table} that the logs tell are not at {rows}. Make them first: {program} ImportEnrollmentsIntoMysql --interval-end {end}"
            ),
            _ => format!(
                "There is no complete import of the LMS table {table} at {directory} (a directory with _SUCCESS). Import it with lms-import, or set credentials and database in [database-import]."
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;
    use crate::storage::write_bytes;
    use crate::warehouse::RunId;

    fn settings(folder: &tempfile::TempDir, text: &str) -> Settings {
        std::fs::write(folder.path().join("override.cfg"), text).unwrap();
        Settings::load(&Sources { working_directory: folder.path().to_owned(), ..Sources::default() }).unwrap()
    }

    /// The steps that a plan with this import has, and what they say.
    fn planned(table: &'static str, warehouse: &Location, settings: &Settings, reader: &State) -> (Vec<Step>, Vec<String>) {
        let day = "2014-05-21".parse().unwrap();
        let wanted = Wanted { table, date: day, end: day, warehouse, overwrite: false };
        let (mut steps, mut notices) = (Vec::new(), Vec::new());
        NeededImport::planned(wanted, settings).unwrap().add(reader, &mut steps, &mut notices);
        (steps, notices)
    }

    #[test]
    fn a_derived_import_is_replaced_as_soon_as_there_is_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().join("w/");
        let without = settings(&folder, "");
        let (due, complete) = (State::Due("x".to_owned()), State::Complete("x".to_owned()));
        // Rows that nobody has made are missing input.
        let (steps, notices) = planned("auth_user", &warehouse, &without, &due);
        let [Step { action: Action::Work(work), state: State::Due(_), .. }] = steps.as_slice() else { panic!("one step is due") };
        let need = work.needs().unwrap();
        assert!(need.directory.as_str().ends_with("w/auth_user_derived/dt=2014-05-21/"), "{need:?}");
        assert!(need.error.to_string().contains("insights ImportEnrollmentsIntoMysql --interval-end 2014-05-21"), "{need:?}");
        let words = format!("{:?}", work.program().unwrap().unwrap().arguments);
        assert!(words.contains("--derived") && words.contains("--rows"), "{words}");
        assert_eq!((notices.len(), work.makes().len(), work.reads().len()), (1, 1, 1));
        assert!(planned("auth_user", &warehouse, &without, &complete).0.is_empty());

        let rows = warehouse.join("auth_user_derived/dt=2014-05-21/");
        write_bytes(&rows.join("part-00000"), b"7\tann\n").unwrap();
        write_bytes(&rows.join("_SUCCESS"), b"").unwrap();
        let lms_table = crate::lms::tables::table("auth_user").unwrap();
        let import = DerivedImport {
            table: lms_table,
            destination: warehouse.clone(),
            date: "2014-05-21".parse().unwrap(),
            rows: Some(rows.clone()),
        };
        import.run(&RunId::generate(), "test").unwrap();
        let state = |settings: &Settings| planned("auth_user", &warehouse, settings, &complete).0.pop().map(|step| step.state);
        assert!(matches!(state(&without), Some(State::Complete(_))));
        // Other rows make it due.
        write_bytes(&rows.join("part-00001"), b"8\tbob\n").unwrap();
        assert_eq!(state(&without), Some(State::Due("what it was derived from has changed since".to_owned())));
        // So does a database, although what was made of it is complete.
        let credentials = folder.path().join("lms.json");
        std::fs::write(&credentials, r#"{"host": "127.0.0.1", "port": 1, "username": "u", "password": "p"}"#).unwrap();
        let configured = settings(&folder, &format!("[database-import]\ncredentials = {}\ndatabase = lms\n", credentials.display()));
        let (steps, notices) = planned("auth_user", &warehouse, &configured, &complete);
        assert!(notices.is_empty() && matches!(&steps[..], [Step { state: State::Due(reason), .. }] if reason.contains("a real one")));
        // An import of another hand in its place counts, and is not looked at again.
        write_bytes(&warehouse.join("auth_user/dt=2014-05-21/_SUCCESS"), b"").unwrap();
        assert!(planned("auth_user", &warehouse, &without, &complete).0.is_empty());
    }
}
