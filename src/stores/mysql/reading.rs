//! Reading the tables.
use ::mysql::prelude::Queryable;
use ::mysql::{Conn, Row, Value as MysqlValue};
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
        let keep = |row: Row| rows.push(ReadRow(row.unwrap().into_iter().map(value).collect()));
        // Without values there is no statement to prepare.
        let outcome = if parameters.is_empty() {
            self.connection.query_map(sql, keep).map(drop)
        } else {
            self.connection.exec_map(sql, parameters, keep).map(drop)
        };
        outcome.map_err(|error| Purpose::Reading.explain(&self.target, "Reading the result store", &error))?;
        Ok(rows)
    }

    fn each_row(&mut self, sql: &str, take: &mut dyn FnMut(ReadRow) -> Result<()>) -> Result<()> {
        let failed = |error| Purpose::Reading.explain(&self.target, "Reading the result store", &error);
        for row in self.connection.query_iter(sql).map_err(failed)? {
            take(ReadRow(row.map_err(failed)?.unwrap().into_iter().map(value).collect()))?;
        }
        Ok(())
    }
}

#[allow(clippy::cast_possible_wrap, reason = "no count is that large")]
fn value(value: MysqlValue) -> Value {
    match value {
        MysqlValue::NULL => Value::Null,
        MysqlValue::Bytes(bytes) => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
        MysqlValue::Int(number) => Value::Integer(number),
        MysqlValue::UInt(number) => Value::Integer(number as i64),
        MysqlValue::Float(number) => Value::Real(number.into()),
        MysqlValue::Double(number) => Value::Real(number),
        MysqlValue::Date(year, month, day, hour, minute, second, _) => {
            Value::Text(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
        }
        time @ MysqlValue::Time(..) => Value::Text(time.as_sql(true)),
    }
}
