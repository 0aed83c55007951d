//! The copies of a swap: their names, and what a dead loader left of them.
//!
//! A swap renames `T` to `T_old_LOAD_RUN` and its filled copy `T_temp_LOAD_RUN` to `T` in one statement, then writes the
//! marker, then drops the old table. LOAD is a hash of the update id. MySQL cannot rename and mark in one transaction,
//! but the rename itself leaves the proof: while a `T_old_LOAD_…` is there, the rows of T are those of LOAD, whatever the
//! markers say. [`recover`] makes the markers agree before it drops the proof, and no load goes on before that.

use anyhow::{Result, ensure};

use super::markers;
use super::session::Session;
use crate::say;
use crate::stores::identity::short_hash;
use crate::stores::table::Table;

/// Longest name of a table in MySQL.
const NAME_LENGTH: usize = 64;

/// The two extra names of one swap.
pub(super) struct StagingNames {
    /// Takes the new rows.
    pub(super) copy: String,
    /// Keeps the old rows until the marker is written.
    pub(super) old: String,
}

impl StagingNames {
    pub(super) fn new(table: &Table, update_id: &str) -> Result<Self> {
        let load = short_hash(update_id);
        let run = format!("{:06x}", fastrand::u32(..1 << 24));
        let name = |what| format!("{}_{what}_{load}_{run}", table.name);
        let names = Self { copy: name("temp"), old: name("old") };
        ensure!(
            names.copy.chars().count() <= NAME_LENGTH,
            "The table name {} is too long to be overwritten by a swap; overwrite it without a temporary table.",
            table.name
        );
        Ok(names)
    }

    /// Drops the copy after a failure. What cannot be dropped now is swept by the next load.
    pub(super) fn drop_copy(&self, session: &mut Session<'_>) {
        let _ = session.drop_table(&self.copy);
    }
}

/// A table that some loader left beside the result table.
#[derive(Debug, PartialEq, Eq)]
enum Leftover<'n> {
    /// Rows that were never published, or (from the original) rows that were replaced.
    Rubbish(&'n str),
    /// Proof that the rows of this load were published.
    Published { name: &'n str, load: &'n str },
}

/// Tells leftovers of `table` from other tables.
fn leftover<'n>(table: &str, name: &'n str) -> Option<Leftover<'n>> {
    let rest = name.strip_prefix(table)?;
    if rest == "_temp" || rest == "_old" {
        return Some(Leftover::Rubbish(name));
    }
    let (what, ids) = rest.strip_prefix('_')?.split_once('_')?;
    let (load, run) = ids.split_once('_')?;
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if load.len() != 8 || run.len() != 6 || !hexadecimal(load) || !hexadecimal(run) {
        return None;
    }
    match what {
        "temp" => Some(Leftover::Rubbish(name)),
        "old" => Some(Leftover::Published { name, load }),
        _ => None,
    }
}

fn neighbours(session: &mut Session<'_>, table: &Table) -> Result<Vec<String>> {
    session.rows(
        "Looking for leftovers of earlier loads",
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
         AND LEFT(TABLE_NAME, CHAR_LENGTH(?)) = ?",
        (table.name, table.name),
    )
}

/// Completeness as the rows have it: an unfinished swap counts as what it published.
pub(super) fn is_complete(session: &mut Session<'_>, table: &Table, update_id: &str) -> Result<bool> {
    let load = short_hash(update_id);
    for name in neighbours(session, table)? {
        if let Some(Leftover::Published { load: published, .. }) = leftover(table.name, &name) {
            return Ok(published == load);
        }
    }
    Ok(session.has_table(table.name)? && markers::exists(session, update_id)?)
}

/// Finishes or clears away what dead loaders left; the table's lock must be held.
pub(super) fn recover(session: &mut Session<'_>, table: &Table, update_id: &str) -> Result<()> {
    for name in neighbours(session, table)? {
        match leftover(table.name, &name) {
            Some(Leftover::Rubbish(name)) => drop_rubbish(session, name),
            Some(Leftover::Published { name, load }) => {
                let marked = agree(session, table, update_id, load);
                session.roll_back_unless_done(marked)?;
                session.drop_table(name)?;
            }
            None => {}
        }
    }
    Ok(())
}

/// What cannot be dropped is in nobody's way: an account that may not drop tables can load all the same.
fn drop_rubbish(session: &mut Session<'_>, name: &str) {
    if session.drop_table(name).is_err() {
        say!("The table {name}, which an earlier load left, stays, as it cannot be dropped; nothing reads it.");
    }
}

/// Makes the markers say what the table holds: the rows of `load` and nothing else.
fn agree(session: &mut Session<'_>, table: &Table, update_id: &str, load: &str) -> Result<()> {
    session.run("Starting a transaction", "START TRANSACTION")?;
    for marked in markers::of_table(session, table.name)? {
        if short_hash(&marked) != load {
            markers::delete(session, &marked)?;
        }
    }
    if short_hash(update_id) == load {
        markers::insert(session, update_id, table.name)?;
    }
    session.run("Committing the markers", "COMMIT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::small_tables::{LONG_NAME, VIDEO};

    #[test]
    fn only_leftovers_of_this_table_are_recognised() {
        let rubbish = Leftover::Rubbish;
        assert_eq!(leftover("video", "video_temp"), Some(rubbish("video_temp")));
        assert_eq!(leftover("video", "video_old"), Some(rubbish("video_old")));
        let names = StagingNames::new(&VIDEO, "17").unwrap();
        assert_eq!(leftover("video", &names.copy), Some(rubbish(&names.copy)));
        let load = short_hash("17");
        let published = Leftover::Published { name: &names.old, load: &load };
        assert_eq!(leftover("video", &names.old), Some(published));
        for other in ["video", "video_timeline", "video_timeline_temp", "video_old_backup_2016", "video_old_12345678_"] {
            assert_eq!(leftover("video", other), None, "{other}");
        }
    }

    #[test]
    fn tables_with_long_names_can_be_swapped() {
        let copy = || StagingNames::new(&LONG_NAME, "x").unwrap().copy;
        assert_ne!(copy(), copy());
    }
}
