//! Reading the tables.

use ::mysql::consts::ColumnType;
use ::mysql::prelude::Queryable;
use ::mysql::{Column, Conn, Row, Value as MysqlValue};
use anyhow::{Context, Result};

use super::errors::Purpose;
use super::target::MysqlTarget;
use crate::stores::reading::{ReadRow, StoreReader, Value};

/// A result database on a server, opened for reading.
pub(crate) struct MysqlReader {
    target: MysqlTarget,
    connection: Conn,
}

impl MysqlReader {
    pub(crate) fn open(target: MysqlTarget) -> Result<Self> {
        let mut connection =
            target.connect_or_explain(Some(&target.database), Purpose::Reading).context("The result store cannot be read.")?;
        // One snapshot for all statements; a loader may go on meanwhile.
        for setting in ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"] {
            connection.query_drop(setting).map_err(|error| Purpose::Reading.explain(&target, "Preparing to read", &error))?;
        }
        Ok(Self { target, connection })
    }
}

impl StoreReader for MysqlReader {
    fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
        let rows = self.rows(sql, &[name])?;
        Ok(rows.first().and_then(|row| row.integer(0)).is_some_and(|count| count > 0))
    }

    fn rows(&mut self, sql: &str, parameters: &[&str]) -> Result<Vec<ReadRow>> {
        let parameters: Vec<MysqlValue> = parameters.iter().map(|text| MysqlValue::from(*text)).collect();
        let mut rows = Vec::new();
        // Prepared even without parameters: as text, a float would be cut to six digits.
        let outcome = self.connection.exec_map(sql, parameters, |row: Row| rows.push(read_row(row)));
        outcome.map_err(|error| Purpose::Reading.explain(&self.target, "Reading the result store", &error))?;
        Ok(rows)
    }

    fn each_row(&mut self, sql: &str, take: &mut dyn FnMut(ReadRow) -> Result<()>) -> Result<()> {
        let failed = |error| Purpose::Reading.explain(&self.target, "Reading the result store", &error);
        for row in self.connection.exec_iter(sql, ()).map_err(failed)? {
            take(read_row(row.map_err(failed)?))?;
        }
        Ok(())
    }
}

fn read_row(row: Row) -> ReadRow {
    let columns = row.columns();
    ReadRow(row.unwrap().into_iter().zip(columns.iter()).map(|(found, column)| value(found, column)).collect())
}

#[allow(clippy::cast_possible_wrap, reason = "no count is that large")]
fn value(value: MysqlValue, column: &Column) -> Value {
    match value {
        MysqlValue::NULL => Value::Null,
        MysqlValue::Bytes(bytes) => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
        MysqlValue::Int(number) => Value::Integer(number),
        MysqlValue::UInt(number) => Value::Integer(number as i64),
        // The shortest number that is the float: what was loaded.
        MysqlValue::Float(number) => Value::Real(number.to_string().parse().unwrap_or_else(|_| number.into())),
        MysqlValue::Double(number) => Value::Real(number),
        MysqlValue::Date(year, month, day, ..) if column.column_type() == ColumnType::MYSQL_TYPE_DATE => {
            Value::Text(format!("{year:04}-{month:02}-{day:02}"))
        }
        MysqlValue::Date(year, month, day, hour, minute, second, microsecond) => {
            let mut text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            let digits = usize::from(column.decimals()).min(6);
            if digits > 0 {
                text.push_str(format!(".{microsecond:06}").get(..=digits).unwrap_or_default());
            }
            Value::Text(text)
        }
        time @ MysqlValue::Time(..) => Value::Text(time.as_sql(true).trim_matches('\'').to_owned()),
    }
}
