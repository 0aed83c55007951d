//! The shape of a result table and its `CREATE TABLE` for MySQL and SQLite (rules 08, 3).

use std::fmt::Write as _;

/// SQL type of a data column, as the catalogue of rules 08, 7 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// `VARCHAR(n)`: at most n characters.
    Varchar(u16),
    /// `INT`: 32 bits, signed.
    Int,
    /// `INT(11)`: the same type with the display width the original wrote.
    Int11,
    /// `BIGINT`: 64 bits, signed.
    BigInt,
    /// `DATE`
    Date,
    /// `DATETIME`, whole seconds.
    DateTime,
    /// `FLOAT`, single precision.
    Float,
    /// `DOUBLE`
    Double,
    /// `TINYINT(1)`: the flags.
    TinyInt,
    /// `LONGTEXT`
    LongText,
}

/// One data column; `id` and `created` are not listed, every table has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name as in rules 08, 7, lower case.
    pub name: &'static str,
    /// SQL type.
    pub kind: ColumnKind,
    /// False for `NOT NULL`.
    pub nullable: bool,
    /// True where the words `None`, `inf` and `-inf` are texts like others (rules 10, 4); elsewhere they mean NULL (rules 08, 5).
    pub keeps_words: bool,
}

/// The interval of a whole history in [`Table::reload`].
pub const ALL_DAYS: &str = "FIRST..today";

/// A result table: name, data columns in load order, indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in the database.
    pub name: &'static str,
    /// Data columns in the order in which rows bring their values.
    pub columns: &'static [Column],
    /// Columns of each unnamed index, in the order of the catalogue.
    pub indexes: &'static [&'static [&'static str]],
    /// True where an integer beyond the range of an `INT` column becomes the nearest one in it: a browser may send any duration, and a
    /// sum of seconds may pass 2^31, which must not keep the whole table from being loaded.
    pub integers_are_clamped: bool,
    /// The section whose `allow_empty_insert` permits replacing all rows by none; most tables have none (rules 08, 8).
    pub empty_section: Option<&'static str>,
    /// The task and the options that load the table again though nothing has changed (rules 08, 8): `InsertToMysqlAllVideoTask --interval
    /// FIRST..today`. Empty if nobody has said so.
    pub reload: &'static str,
}

/// A column that is never null. The words for NULL are then names that somebody chose: a learner, a video, a problem.
pub const fn required(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: false, keeps_words: kind.is_text() }
}

/// A column that may be null, with a set of values none of which is `None`: where it says so, an older run meant NULL.
pub const fn optional(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: true, keeps_words: false }
}

/// Text that people write, which may be any word; NULL is given as NULL.
pub const fn free_text(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: true, keeps_words: true }
}

impl ColumnKind {
    /// True for the types that hold text as it is.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Varchar(_) | Self::LongText)
    }

    /// The type as SQL writes it.
    pub fn sql(self) -> String {
        match self {
            Self::Varchar(length) => format!("VARCHAR({length})"),
            Self::Int => "INT".into(),
            Self::Int11 => "INT(11)".into(),
            Self::BigInt => "BIGINT".into(),
            Self::Date => "DATE".into(),
            Self::DateTime => "DATETIME".into(),
            Self::Float => "FLOAT".into(),
            Self::Double => "DOUBLE".into(),
            Self::TinyInt => "TINYINT(1)".into(),
            Self::LongText => "LONGTEXT".into(),
        }
    }
}

impl Table {
    /// A table of these columns and indexes.
    pub const fn new(name: &'static str, columns: &'static [Column], indexes: &'static [&'static [&'static str]]) -> Self {
        Self { name, columns, indexes, integers_are_clamped: false, empty_section: None, reload: "" }
    }

    /// With the task that loads it again, see [`Self::reload`].
    #[must_use]
    pub const fn reloaded_by(self, reload: &'static str) -> Self {
        Self { reload, ..self }
    }

    /// `CREATE TABLE IF NOT EXISTS` for MySQL: id, data columns, created, primary key, unnamed indexes.
    pub fn mysql_create(&self) -> String {
        let mut sql = format!("CREATE TABLE IF NOT EXISTS `{}` (`id` BIGINT(20) NOT NULL AUTO_INCREMENT, ", self.name);
        self.write_columns(&mut sql, '`');
        sql.push_str("`created` TIMESTAMP DEFAULT NOW(), PRIMARY KEY (`id`)");
        for index in self.indexes {
            let _ = write!(sql, ", INDEX ({})", quoted_list(index.iter().copied(), '`'));
        }
        sql.push(')');
        sql
    }

    /// `CREATE TABLE` and `CREATE INDEX` statements for SQLite: the same tables, columns and indexes.
    pub fn sqlite_create(&self) -> String {
        format!("CREATE TABLE IF NOT EXISTS {};{}", self.sqlite_definition(), self.sqlite_create_indexes())
    }

    /// The table as SQLite remembers its statement, behind `CREATE TABLE`.
    pub fn sqlite_definition(&self) -> String {
        let mut sql = format!("\"{}\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, ", self.name);
        self.write_columns(&mut sql, '"');
        sql.push_str("\"created\" TIMESTAMP DEFAULT CURRENT_TIMESTAMP)");
        sql
    }

    /// The `CREATE INDEX` statements for SQLite.
    pub fn sqlite_create_indexes(&self) -> String {
        let mut sql = String::new();
        for index in self.indexes {
            let columns = quoted_list(index.iter().copied(), '"');
            let _ = write!(sql, "CREATE INDEX IF NOT EXISTS {} ON \"{}\" ({columns});", self.sqlite_index(index), self.name);
        }
        sql
    }

    /// Statements for SQLite that drop these indexes and no others that somebody made.
    pub fn sqlite_drop_indexes(&self) -> String {
        let mut sql = String::new();
        for index in self.indexes {
            let _ = write!(sql, "DROP INDEX IF EXISTS {};", self.sqlite_index(index));
        }
        sql
    }

    fn sqlite_index(&self, columns: &[&str]) -> String {
        format!("\"{}_{}\"", self.name, columns.join("_"))
    }

    /// Data column names in backticks (MySQL) or double quotes (SQLite), joined by commas.
    pub fn column_list(&self, quote: char) -> String {
        quoted_list(self.columns.iter().map(|column| column.name), quote)
    }

    fn write_columns(&self, sql: &mut String, quote: char) {
        for column in self.columns {
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            let _ = write!(sql, "{quote}{}{quote} {}{not_null}, ", column.name, column.kind.sql());
        }
    }
}

fn quoted_list<'a>(names: impl Iterator<Item = &'a str>, quote: char) -> String {
    names.map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::stores::small_tables::{BY_GENDER, LONG_NAME, VIDEO};

    #[test]
    fn mysql_definition_has_the_order_of_the_spec() {
        assert_eq!(
            BY_GENDER.mysql_create(),
            "CREATE TABLE IF NOT EXISTS `course_enrollment_gender_daily` (`id` BIGINT(20) NOT NULL AUTO_INCREMENT, \
             `date` DATE NOT NULL, `course_id` VARCHAR(255) NOT NULL, `gender` VARCHAR(6), `count` INT, \
             `cumulative_count` INT, `created` TIMESTAMP DEFAULT NOW(), PRIMARY KEY (`id`), \
             INDEX (`course_id`), INDEX (`course_id`, `date`))"
        );
    }

    #[test]
    fn sqlite_definition_has_the_same_columns() {
        assert_eq!(
            VIDEO.sqlite_create(),
            "CREATE TABLE IF NOT EXISTS \"video\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"pipeline_video_id\" VARCHAR(255) NOT NULL, \"course_id\" VARCHAR(255) NOT NULL, \"encoded_module_id\" VARCHAR(255) NOT NULL, \
             \"duration\" INT, \"segment_length\" INT, \"users_at_start\" INT, \"users_at_end\" INT, \"total_viewed_seconds\" INT, \
             \"created\" TIMESTAMP DEFAULT CURRENT_TIMESTAMP);\
             CREATE INDEX IF NOT EXISTS \"video_course_id_encoded_module_id\" ON \"video\" (\"course_id\", \"encoded_module_id\");"
        );
    }

    #[test]
    fn display_widths_follow_the_rules() {
        let sql = LONG_NAME.mysql_create();
        assert!(sql.contains("`correct` TINYINT(1) NOT NULL, `variant` INT(11), `question` LONGTEXT, `start` DATETIME NOT NULL"), "{sql}");
    }
}
