//! Databases and the search engine: reachable, what they are, what the accounts lack.

use anyhow::Result;

use super::look::Look;
use crate::config::credentials::Credentials;
use crate::config::settings::Settings;
use crate::engine::check::PATIENCE;
use crate::lms::source::LmsSource;
use crate::lms::tables::TABLES;
use crate::programs::exit_code::TASK_FAILED;
use crate::stores::mysql::{MysqlTarget, ServerAbout};
use crate::stores::roster::connection::ConnectionOptions;
use crate::stores::roster::dialect::Server;
use crate::stores::roster::{Client, Connection};
use crate::stores::target::StorePlace;
use crate::tasks::store::ChosenStore;
use crate::web::backoff::Patience;

const STORE: &str = "result store";
const LMS: &str = "LMS database";
const ENGINE: &str = "search engine";

/// The result store.
pub(super) fn store(settings: &Settings) -> Vec<Look> {
    of_store(settings).unwrap_or_else(|error| vec![Look::error(STORE, &error)])
}

fn of_store(settings: &Settings) -> Result<Vec<Look>> {
    let store = ChosenStore::default().open(settings)?;
    let mut looks = Vec::new();
    let usable = store.store.check_usable(false, PATIENCE);
    let about = match &store.place {
        StorePlace::Mysql { credentials, database } => {
            let target = MysqlTarget::new(Credentials::read(credentials)?, database);
            Some(target.about_server(PATIENCE)?)
        }
        StorePlace::Sqlite(_) => None,
    };
    match (usable, &about) {
        (Ok(()), None) => looks.push(Look::ok(STORE, store.described())),
        (Ok(()), Some(about)) => looks.push(Look::ok(STORE, format!("{}, {}", store.described(), about.version))),
        (Err(error), _) => looks.push(Look::error(STORE, &error)),
    }
    looks.extend(about.iter().flat_map(|about| [of_character_set(about)].into_iter().chain(of_clock(STORE, about))));
    Ok(looks)
}

/// What the tables of the result store take their character set from. That of the LMS may be any: its server converts what is read.
fn of_character_set(about: &ServerAbout) -> Look {
    match &about.character_set {
        Some(set) if !set.starts_with("utf8") => Look::warning(
            STORE,
            format!("The database has the character set {set}"),
            "Names in many alphabets need utf8mb4: ALTER DATABASE … CHARACTER SET utf8mb4 before the first load.",
        ),
        Some(set) => Look::ok(STORE, format!("The database has the character set {set}")),
        None => Look::ok(STORE, "The database is not there yet; the first load makes it"),
    }
}

fn of_clock(area: &'static str, about: &ServerAbout) -> Option<Look> {
    let told = format!("The server's clock differs from this machine's by {} seconds", about.clock_ahead.abs());
    (about.clock_ahead.abs() > 60).then(|| Look::warning(area, told, "Set both clocks by NTP."))
}

/// The LMS database.
pub(super) fn lms(settings: &Settings) -> Vec<Look> {
    if settings.get("database-import", "credentials").is_none() {
        return vec![Look::ok(LMS, "None is configured: enrollments and accounts are derived from the logs, or imported by others")];
    }
    of_lms(settings).unwrap_or_else(|error| vec![Look::error(LMS, &error)])
}

fn of_lms(settings: &Settings) -> Result<Vec<Look>> {
    let source = LmsSource::of_settings(settings, None, None)?;
    let about = source.target.about_server(PATIENCE)?;
    let tables: Vec<_> = TABLES.iter().map(|table| (table.name, table.columns_read().collect::<Vec<_>>())).collect();
    let unreadable = source.target.unreadable(&tables, PATIENCE)?;
    let database = &source.database;
    let mut looks = Vec::new();
    if !unreadable.denied.is_empty() {
        let grants: Vec<_> =
            unreadable.denied.iter().map(|table| format!("GRANT SELECT ON `{database}`.`{table}` TO {};", about.account)).collect();
        let told = format!("The account {} may not read {} of {database}", about.account, unreadable.denied.join(", "));
        looks.push(Look::failure(LMS, TASK_FAILED, told, format!("As an administrator:\n{}", grants.join("\n"))));
    }
    if !unreadable.absent.is_empty() {
        let told = format!("Tables or columns are not in {database}: {}", unreadable.absent.join(", "));
        looks.push(Look::failure(
            LMS,
            TASK_FAILED,
            told,
            "Correct database in [database-import]; the older the LMS, the fewer tables it has.",
        ));
    }
    if looks.is_empty() {
        looks.push(Look::ok(
            LMS,
            format!("{database} at {}, {}, its {} tables can be read", source.target.address(), about.version, TABLES.len()),
        ));
    }
    looks.extend(of_clock(LMS, &about));
    Ok(looks)
}

/// The search engine of the roster.
pub(super) fn engine(settings: &Settings) -> Vec<Look> {
    of_engine(settings).unwrap_or_else(|error| vec![Look::error(ENGINE, &error)])
}

fn of_engine(settings: &Settings) -> Result<Vec<Look>> {
    let Some(connection) = Connection::of_settings(settings, &ConnectionOptions::default())? else {
        return Ok(vec![Look::ok(ENGINE, "None is configured: no roster index is made")]);
    };
    let names = connection.host_names();
    let connection = Connection { timeout: connection.timeout.min(PATIENCE.as_secs()), ..connection };
    let attempts = u32::try_from(connection.hosts.len()).unwrap_or(u32::MAX);
    let client = Client::new(&connection, Patience { attempts, ..Patience::default() })?;
    let server = Server::detect(&client)?;
    Ok(vec![Look::ok(ENGINE, format!("{} at {names}", server.name))])
}

#[cfg(test)]
mod tests {
    use super::super::look::State;
    use super::*;

    #[test]
    fn clocks_and_character_sets_that_are_off_are_told() {
        let server = |set: &str, clock_ahead| ServerAbout {
            version: "10.11".into(),
            character_set: Some(set.into()),
            clock_ahead,
            account: "'a'@'%'".into(),
        };
        assert_eq!(of_character_set(&server("latin1", 0)).state, State::Warning);
        assert_eq!(of_character_set(&server("utf8mb4", 0)).state, State::Ok);
        assert!(of_clock(LMS, &server("latin1", 60)).is_none());
        assert_eq!(of_clock(LMS, &server("latin1", -61)).unwrap().state, State::Warning);
    }
}
