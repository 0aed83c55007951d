//! Sites without LMS database: whose imports are derived from the logs (rules 10, 8).
//!
//! The workflow of enrollment makes the rows of two tables: [`ENROLLMENTS`] and [`ACCOUNTS`]. The import of a table takes them over, or is
//! empty ([`crate::lms::derived`]).

use anyhow::Result;
use chrono::NaiveDate;

use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::lms::provenance::is_derived;
use crate::lms::tables::TABLES;
use crate::storage::Location;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::names::DATE_KEY;
use crate::wrong_usage::wrong_usage;

/// LMS table of enrollments, and the table of the warehouse from whose rows it is derived.
pub const ENROLLMENTS: [&str; 2] = ["student_courseenrollment", "student_courseenrollment_derived"];
/// The same of accounts.
pub const ACCOUNTS: [&str; 2] = ["auth_user", "auth_user_derived"];

/// What a run over logs alone, which reads no configuration, says in place of [`NOTICE`].
pub const NOTICE_OF_LOGS: &str = "This command knows of learners what the logs tell: who enrolled, and user names. Age, gender, education, full names, e-mails, grades and cohorts stand in the LMS database, which only `insights daily` and its tasks import.";

/// What the run says once.
pub const NOTICE: &str = "There is no LMS database, so all that is known of learners comes from the logs: who enrolled, and user names. Age, gender, education, full names, e-mails, grades and cohorts are absent. The credentials of an LMS database in the configuration ([database-import]) add them.";

/// The latest imports of a table decide, so that a site that gets a database is one with a database from then on.
const LOOKED_AT: usize = 3;

/// How a table was imported last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    None,
    Real,
    Derived,
}

/// Where imports lie: `[database-import] destination`, else the warehouse.
///
/// # Errors
/// The setting is no place.
pub fn destination(settings: &Settings, warehouse: &Location) -> Result<Location> {
    let configured = settings.get("database-import", "destination").map(str::parse::<Location>);
    Ok(configured
        .transpose()
        .map_err(|error| unusable("database-import", "destination", error))?
        .unwrap_or_else(|| warehouse.clone())
        .directory_form())
}

/// Whether the configuration names an LMS database.
///
/// # Errors
/// It names one without credentials: a slip in their line must not make the site one without a database.
pub fn has_database(settings: &Settings) -> Result<bool> {
    if settings.get("database-import", "credentials").is_some() {
        return Ok(true);
    }
    match settings.get("database-import", "database").map(str::trim).filter(|name| !name.is_empty()) {
        Some(database) => Err(wrong_usage(format!(
            "The LMS database {database} is named, but no credentials for its server. Set credentials of [database-import] to a JSON file \
             with host, port, username and password; or remove database of [database-import] if all is to come from the logs."
        ))),
        None => Ok(false),
    }
}

/// Whether the imports of a table are derived from the logs: no LMS database is configured, and nobody imports this table by other means.
/// Of a site that has imports of other tables a missing one is missing input, unless it was derived before.
///
/// # Errors
/// The warehouse cannot be listed, or a database is named without credentials.
pub fn is_derived_here(table: &str, settings: &Settings, warehouse: &Location) -> Result<bool> {
    if has_database(settings)? {
        return Ok(false);
    }
    let mut roots = vec![destination(settings, warehouse)?, warehouse.directory_form()];
    roots.dedup();
    match last(&roots, table)? {
        Last::Real => return Ok(false),
        Last::Derived => return Ok(true),
        Last::None => {}
    }
    for other in TABLES.iter().filter(|other| other.name != table) {
        if last(&roots, other.name)? == Last::Real {
            return Ok(false);
        }
    }
    Ok(true)
}

fn last(roots: &[Location], table: &str) -> Result<Last> {
    let mut found = Last::None;
    for root in roots {
        let dataset = Dataset::new(root, table)?;
        for day in dataset.partition_values(DATE_KEY)?.iter().rev().take(LOOKED_AT) {
            let partition = dataset.partition(DATE_KEY, day)?;
            if partition.is_complete(&Completeness::SuccessMarker)? {
                if !is_derived(&partition)? {
                    return Ok(Last::Real);
                }
                found = Last::Derived;
                break;
            }
        }
    }
    Ok(found)
}

/// Where the rows of a table lie that the workflow of enrollment derives from the events before a day; none for tables of which the logs
/// tell nothing.
///
/// # Errors
/// None in practice.
pub fn rows(table: &str, end: NaiveDate, warehouse: &Location) -> Result<Option<Partition>> {
    let derived = [ENROLLMENTS, ACCOUNTS].into_iter().find(|[name, _]| *name == table);
    derived.map(|[_, rows]| Ok(Dataset::new(warehouse, rows)?.day(end))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;
    use crate::lms::derived::DerivedImport;
    use crate::storage::write_bytes;
    use crate::warehouse::RunId;

    fn settings(folder: &tempfile::TempDir, text: &str) -> Settings {
        std::fs::write(folder.path().join("override.cfg"), text).unwrap();
        Settings::load(&Sources { working_directory: folder.path().to_owned(), ..Sources::default() }).unwrap()
    }

    #[test]
    fn imports_are_derived_where_nobody_makes_them() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().join("w/");
        let without = settings(&folder, "");
        let derived = |table: &str| is_derived_here(table, &without, &warehouse).unwrap();
        assert!(derived("auth_user") && derived("grades_persistentcoursegrade"));
        let profiles = crate::lms::tables::table("auth_userprofile").unwrap();
        let import = DerivedImport { table: profiles, destination: warehouse.clone(), date: "2014-05-21".parse().unwrap(), rows: None };
        import.run(&RunId::generate(), "test").unwrap();
        assert!(derived("auth_userprofile") && derived("auth_user"));
        // An import of another hand: this table is imported, the one that was derived before still is derived, a third is missing input.
        write_bytes(&warehouse.join("auth_user/dt=2014-05-22/_SUCCESS"), b"").unwrap();
        assert!(!derived("auth_user") && derived("auth_userprofile") && !derived("grades_persistentcoursegrade"));
        // It takes the place of the derived one, too.
        write_bytes(&warehouse.join("auth_userprofile/dt=2014-05-21/_SUCCESS"), b"").unwrap();
        assert!(!derived("auth_userprofile"));
        let elsewhere = settings(&folder, &format!("[database-import]\ndestination = {}\n", warehouse.join("other/")));
        assert!(!is_derived_here("auth_user", &elsewhere, &warehouse).unwrap());
        let misspelt = settings(&folder, "[database-import]\ncredential = /c.json\ndatabase = lms\n");
        let error = is_derived_here("auth_user", &misspelt, &warehouse).unwrap_err();
        assert!(error.is::<crate::wrong_usage::WrongUsage>() && error.to_string().contains("credentials of [database-import]"), "{error}");
        let configured = settings(&folder, "[database-import]\ncredentials = /c.json\ndatabase = lms\n");
        assert!(!is_derived_here("course_groups_courseusergroup", &configured, &Location::from_path(folder.path()).unwrap()).unwrap());
    }
}
