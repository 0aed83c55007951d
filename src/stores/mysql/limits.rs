//! What the columns of the server's table hold, and its longest row. The table may be older than the catalogue, or altered; a loader
//! never alters it.

use anyhow::Result;

use super::session::Session;
use crate::stores::fit::{Characters, ColumnLimits};
use crate::stores::table::{ColumnKind, Table};

/// The columns of a table as the server has them.
pub(super) struct TableLimits {
    /// In the order of the catalogue.
    pub(super) columns: Vec<ColumnLimits>,
    /// False where a column has a type or a character set that only the server understands.
    pub(super) known: bool,
    /// Bytes of the longest row. A statement cannot send a longer one; after a stream no client that keeps to the server's limit, as ours
    /// does, can read it: so neither takes it.
    pub(super) longest_row: usize,
}

/// What a packet holds beside the values of a row, at most.
const BYTES_OF_STATEMENT: usize = 1024;

/// Name, type, characters, character set and nullability.
type ColumnRow = (String, String, Option<u64>, Option<String>, String);

/// Looks up the columns of the table; a copy of it has the same.
pub(super) fn of(session: &mut Session<'_>, table: &Table) -> Result<TableLimits> {
    let found: Vec<ColumnRow> = session.rows(
        "Looking up the columns",
        "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, CHARACTER_SET_NAME, IS_NULLABLE \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
        (table.name,),
    )?;
    let packet: Vec<u64> = session.rows("Looking up max_allowed_packet", "SELECT @@max_allowed_packet", ())?;
    let packet = packet.first().and_then(|bytes| usize::try_from(*bytes).ok()).unwrap_or(usize::MAX);
    let longest_row = packet.saturating_sub(BYTES_OF_STATEMENT);
    let mut limits = TableLimits { columns: ColumnLimits::of_table(table), known: true, longest_row };
    for (limits_of_column, column) in limits.columns.iter_mut().zip(table.columns) {
        // A column that is not there is the server's to refuse.
        let Some((_, sql_type, length, set, nullable)) = found.iter().find(|(name, ..)| name.eq_ignore_ascii_case(column.name)) else {
            continue;
        };
        let kind = kind_of(sql_type, *length);
        let characters = set.as_deref().map_or(Some(Characters::All), Characters::of_set);
        limits.known &= kind.is_some() && characters.is_some();
        limits_of_column.kind = kind.unwrap_or(column.kind);
        limits_of_column.characters = characters.unwrap_or(Characters::All);
        limits_of_column.nullable = nullable == "YES";
    }
    Ok(limits)
}

fn kind_of(sql_type: &str, length: Option<u64>) -> Option<ColumnKind> {
    let sql_type = sql_type.to_ascii_lowercase();
    let name = sql_type.split('(').next().unwrap_or_default();
    let has_more = sql_type.contains("unsigned") || sql_type.contains("zerofill");
    Some(match name {
        _ if has_more => return None,
        "varchar" => ColumnKind::Varchar(u16::try_from(length?).ok()?),
        "int" => ColumnKind::Int,
        "bigint" => ColumnKind::BigInt,
        "tinyint" => ColumnKind::TinyInt,
        "date" => ColumnKind::Date,
        "datetime" if name == sql_type => ColumnKind::DateTime,
        "float" if name == sql_type => ColumnKind::Float,
        "double" if name == sql_type => ColumnKind::Double,
        "longtext" => ColumnKind::LongText,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_their_names() {
        assert_eq!(kind_of("varchar(255)", Some(255)), Some(ColumnKind::Varchar(255)));
        assert_eq!(kind_of("int(11)", None), Some(ColumnKind::Int));
        assert_eq!(kind_of("INT", None), Some(ColumnKind::Int));
        assert_eq!(kind_of("datetime", None), Some(ColumnKind::DateTime));
        for unknown in ["int(10) unsigned", "datetime(6)", "enum('a')", "decimal(10,2)", "text"] {
            assert_eq!(kind_of(unknown, Some(65_535)), None, "{unknown}");
        }
    }
}
