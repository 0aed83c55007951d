//! The condition of `--where`: the server takes it alone before it is put between brackets, where `id < 3) or (1 = 1` would mean something else.

use ::mysql::prelude::Queryable;
use ::mysql::{Conn, Error, MySqlError};

use super::tables::LmsTable;

/// What `WHERE` takes.
pub(super) fn in_brackets(condition: Option<&str>) -> String {
    // A comment at its end ends with its line.
    condition.map_or_else(|| "1 = 1".to_owned(), |condition| format!("({condition}\n)"))
}

/// Lets the server take the condition as it stands, and in brackets; no row is read.
pub(super) fn check(condition: &str, table: &LmsTable, connection: &mut Conn) -> Result<(), Error> {
    [condition.to_owned(), in_brackets(Some(condition))]
        .iter()
        .try_for_each(|condition| connection.query_drop(format!("SELECT 1 FROM `{}` WHERE {condition}\nLIMIT 0", table.name)))
}

/// Whether a statement was refused for what stands in it, and not for a right or a table that is missing.
pub(super) fn is_of_statement(error: &MySqlError) -> bool {
    const RIGHTS_AND_TABLES: [u16; 7] = [1044, 1142, 1143, 1146, 1203, 1226, 1227];
    error.state.starts_with("42") && !RIGHTS_AND_TABLES.contains(&error.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_does_not_take_the_bracket_away() {
        assert_eq!(in_brackets(Some("id < 3 -- some")), "(id < 3 -- some\n)");
        assert_eq!(in_brackets(None), "1 = 1");
    }

    #[test]
    fn only_what_stands_in_the_statement_is_the_fault_of_who_typed_it() {
        let refused = |state: &str, code| MySqlError { state: state.into(), message: "No".into(), code };
        for (state, code, expected) in
            [("42000", 1064, true), ("42S22", 1054, true), ("42S02", 1146, false), ("42000", 1142, false), ("08S01", 1053, false)]
        {
            assert_eq!(is_of_statement(&refused(state, code)), expected, "{code}");
        }
    }
}
