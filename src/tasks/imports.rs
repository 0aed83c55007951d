//! Imports of LMS tables that a task needs before its jobs run (rules 09), or what is derived in their place (rules 10, 8).

mod work;

use anyhow::{Context, Result};
use chrono::NaiveDate;

use work::{FromDatabase, FromLogs, OfOtherHand, Place};

use super::derivation::{NOTICE, destination, has_database, is_derived_here, rows};
use crate::config::settings::Settings;
use crate::engine::plan::{Action, State, Step, Work};
use crate::lms::derived::DerivedImport;
use crate::lms::import::is_complete;
use crate::lms::provenance::is_derived;
use crate::lms::source::LmsSource;
use crate::notice::Notice;
use crate::storage::Location;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::marker::has_marker;
use crate::warehouse::record::Record;

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
    pub fn add(self, reader: &State, steps: &mut Vec<Step>, notices: &mut Vec<Notice>) -> Partition {
        if self.is_derived && !notices.iter().any(|notice| notice.text() == NOTICE) {
            notices.push(Notice::hint(NOTICE));
        }
        if self.is_replaceable || matches!(reader, State::Due(_)) {
            steps.push(self.step);
        }
        self.partition
    }
}

impl Wanted<'_> {
    /// The import in `[database-import] destination`, or in the warehouse.
    ///
    /// # Errors
    /// The settings of the LMS database cannot be used, or the warehouse cannot be looked at.
    pub fn planned(self, settings: &Settings) -> Result<PlannedImport> {
        let root = destination(settings, self.warehouse)?;
        self.planned_at(&root, settings)
    }

    /// As [`Self::planned`], in a given place. Made by us from the LMS database that is configured, or from the logs; else it must be there
    /// by another hand.
    ///
    /// # Errors
    /// As there.
    pub fn planned_at(self, destination: &Location, settings: &Settings) -> Result<PlannedImport> {
        let table = crate::lms::tables::table(self.table).with_context(|| format!("No LMS table {} is known.", self.table))?;
        let place = Place { table, partition: Dataset::new(destination, table.name)?.day(self.date) };
        if has_database(settings)? {
            self.of_database(place, destination, LmsSource::of_settings(settings, None, None)?)
        } else if is_derived_here(table.name, settings, self.warehouse)? {
            self.of_logs(place, destination, settings.program())
        } else {
            let found = Found::at(&place)?;
            let state = if found.is_there { place.complete() } else { no_import() };
            Ok(found.planned(place.clone(), Box::new(OfOtherHand { place }), state))
        }
    }

    fn of_database(self, place: Place, destination: &Location, source: LmsSource) -> Result<PlannedImport> {
        let found = Found::at(&place)?;
        let state = if self.overwrite {
            anew()
        } else if found.was_derived {
            State::Due("the import of the day was derived from the logs, and a real one takes its place".to_owned())
        } else if found.is_there && is_complete(&place.partition)? {
            // An import of another hand need not have `_metadata`; one that can be made again must (rules 09, 2).
            place.complete()
        } else {
            no_import()
        };
        let Self { date, overwrite, .. } = self;
        let work = FromDatabase { place: place.clone(), destination: destination.clone(), source, date, overwrite };
        Ok(found.planned(place, Box::new(work), state))
    }

    fn of_logs(self, place: Place, destination: &Location, program: String) -> Result<PlannedImport> {
        let found = Found::at(&place)?;
        let rows = rows(self.table, self.end, self.warehouse)?.map(|rows| rows.directory().clone());
        let import = DerivedImport { table: place.table, destination: destination.clone(), date: self.date, rows };
        let state = if self.overwrite {
            anew()
        } else if found.was_derived {
            state_of_derived(&import, &place.partition)?
        } else if found.is_there {
            place.complete()
        } else {
            no_import()
        };
        let work = FromLogs { place: place.clone(), import, end: self.end, program, overwrite: self.overwrite };
        Ok(PlannedImport { is_derived: true, ..found.planned(place, Box::new(work), state) })
    }
}

/// What lies in the place of an import.
#[derive(Clone, Copy)]
struct Found {
    is_there: bool,
    was_derived: bool,
}

impl Found {
    fn at(place: &Place) -> Result<Self> {
        let is_there = place.partition.is_complete(&Completeness::SuccessMarker)?;
        Ok(Self { is_there, was_derived: is_there && is_derived(&place.partition)? })
    }

    fn planned(self, place: Place, work: Box<dyn Work>, state: State) -> PlannedImport {
        let step = Step { name: format!("Import of {}", place.table.name), action: Action::Work(work), state };
        PlannedImport { step, partition: place.partition, is_replaceable: self.was_derived, is_derived: false }
    }
}

fn anew() -> State {
    State::Due("it is made anew".to_owned())
}

fn no_import() -> State {
    State::Due("there is no import of the day".to_owned())
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
    fn planned(table: &'static str, warehouse: &Location, settings: &Settings, reader: &State) -> (Vec<Step>, Vec<Notice>) {
        let day = "2014-05-21".parse().unwrap();
        let wanted = Wanted { table, date: day, end: day, warehouse, overwrite: false };
        let (mut steps, mut notices) = (Vec::new(), Vec::new());
        wanted.planned(settings).unwrap().add(reader, &mut steps, &mut notices);
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
