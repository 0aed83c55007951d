//! The rows of the marker table (rules 08, 4).

use ::mysql::prelude::Queryable;
use anyhow::{Result, ensure};

use super::errors::{UNKNOWN_TABLE, code, explain};
use super::session::Session;
use crate::stores::by_input::maker_of;

const READING: &str = "Reading the marker table";
const WRITING: &str = "Writing the marker table";

/// True when the marker is there; a missing marker table has none.
pub(super) fn exists(session: &mut Session<'_>, update_id: &str) -> Result<bool> {
    Ok(inserted(session, update_id)?.is_some())
}

/// The time of the marker, if it is there (empty if it has none); in the time zone of the server's sessions.
pub(super) fn inserted(session: &mut Session<'_>, update_id: &str) -> Result<Option<String>> {
    let sql = format!("SELECT COALESCE(DATE_FORMAT(`inserted`, '%Y-%m-%d %H:%i:%s'), '') FROM `{}` WHERE `update_id` = ?", session.markers);
    let found: Result<Option<String>, _> = session.conn.exec_first(sql, (update_id,));
    match found {
        Ok(found) => Ok(found),
        Err(error) if code(&error) == Some(UNKNOWN_TABLE) => Ok(None),
        Err(error) => Err(explain(session.target, READING, &error)),
    }
}

/// The update ids of all loads into the table.
pub(super) fn of_table(session: &mut Session<'_>, target: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT `update_id` FROM `{}` WHERE `target_table` = ?", session.markers);
    session.rows(READING, &sql, (target,))
}

/// As [`of_table`]; a missing marker table has none, and a missing table neither, whatever was loaded into it before it was dropped.
pub(super) fn known(session: &mut Session<'_>, target: &str) -> Result<Vec<String>> {
    if !session.has_table(target)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT `update_id` FROM `{}` WHERE `target_table` = ?", session.markers);
    let found: Result<Vec<String>, _> = session.conn.exec(sql, (target,));
    match found {
        Ok(found) => Ok(found),
        Err(error) if code(&error) == Some(UNKNOWN_TABLE) => Ok(Vec::new()),
        Err(error) => Err(explain(session.target, READING, &error)),
    }
}

/// Deletes the markers of one load: its own, and those of who made its rows.
pub(super) fn delete_load(session: &mut Session<'_>, target: &str, update_id: &str) -> Result<()> {
    let markers = of_table(session, target)?;
    let mut of_load = markers.iter().filter(|marker| *marker == update_id || maker_of(update_id, marker).is_some());
    of_load.try_for_each(|marker| delete(session, marker))
}

/// Writes the marker and checks that it is there.
pub(super) fn insert(session: &mut Session<'_>, update_id: &str, target: &str) -> Result<()> {
    let sql = format!(
        "INSERT INTO `{}` (`update_id`, `target_table`) VALUES (?, ?) \
               ON DUPLICATE KEY UPDATE `update_id` = VALUES(`update_id`)",
        session.markers
    );
    session.run_with(WRITING, &sql, (update_id, target))?;
    ensure!(
        exists(session, update_id)?,
        "The marker {update_id} of the table {target} was written but cannot be read back. Check the table \
         {} in {}.",
        session.markers,
        session.target.database
    );
    Ok(())
}

/// Deletes one marker.
pub(super) fn delete(session: &mut Session<'_>, update_id: &str) -> Result<()> {
    let sql = format!("DELETE FROM `{}` WHERE `update_id` = ?", session.markers);
    session.run_with(WRITING, &sql, (update_id,))
}

/// Deletes the markers of all loads into the table.
pub(super) fn delete_all(session: &mut Session<'_>, target: &str) -> Result<()> {
    let sql = format!("DELETE FROM `{}` WHERE `target_table` = ?", session.markers);
    session.run_with(WRITING, &sql, (target,))
}
