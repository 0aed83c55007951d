//! The marker table: which loads are in the tables (rules 08, 4).

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, ensure};

/// Longest `update_id` that the marker table holds.
pub const UPDATE_ID_LENGTH: usize = 128;

/// The marker table's name: letters, digits, `_` and `$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerTable(String);

impl Default for MarkerTable {
    fn default() -> Self {
        Self("table_updates".to_owned())
    }
}

impl fmt::Display for MarkerTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for MarkerTable {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte));
        ensure!(is_name, "The marker table cannot be called {name:?}: up to 64 letters, digits, _ and $ make a name.");
        Ok(Self(name.to_owned()))
    }
}

impl MarkerTable {
    /// `CREATE TABLE` in MySQL.
    pub fn mysql_create(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS `{self}` (\
             `id` BIGINT(20) NOT NULL AUTO_INCREMENT, `update_id` VARCHAR({UPDATE_ID_LENGTH}) NOT NULL, \
             `target_table` VARCHAR(128), `inserted` TIMESTAMP DEFAULT NOW(), \
             PRIMARY KEY (`update_id`), KEY `id` (`id`), INDEX `target_table` (`target_table`))"
        )
    }

    /// `CREATE TABLE` and index in SQLite.
    pub fn sqlite_create(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS \"{self}\" (\
             \"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \"update_id\" VARCHAR({UPDATE_ID_LENGTH}) NOT NULL UNIQUE, \
             \"target_table\" VARCHAR(128), \"inserted\" TIMESTAMP DEFAULT CURRENT_TIMESTAMP);\
             CREATE INDEX IF NOT EXISTS \"{self}_target_table\" ON \"{self}\" (\"target_table\");"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!("my_updates$2".parse::<MarkerTable>().unwrap().to_string(), "my_updates$2");
        for wrong in ["", "a b", "a`b", "reports.updates", &"x".repeat(65)] {
            assert!(wrong.parse::<MarkerTable>().is_err(), "{wrong}");
        }
    }
}
