//! The LMS tables that workflows read: columns in file order, and how their values are written (rules 09, 3 and 4).

/// How values of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Decimal.
    Integer,
    /// With line ends and separators as spaces.
    Text,
    /// `true` or `false`.
    Boolean,
    /// `YYYY-MM-DD HH:MM:SS.f`, at least one digit of the fraction.
    Time,
    /// As Java writes a double: `0.7`, `1.0E10`.
    Double,
}

/// A table of the LMS.
#[derive(Debug)]
pub struct LmsTable {
    /// Its name.
    pub name: &'static str,
    /// Its primary key, by which it is cut into ranges.
    pub key: &'static str,
    /// The imported columns.
    pub columns: &'static [(&'static str, Kind)],
}

impl LmsTable {
    /// The columns that an import reads: those of its rows, and the key.
    pub fn columns_read(&self) -> impl Iterator<Item = &'static str> {
        let names = self.columns.iter().map(|(name, _)| *name);
        let key = Some(self.key).filter(|key| self.columns.iter().all(|(name, _)| name != key));
        names.chain(key)
    }
}

use Kind::{Boolean, Double, Integer, Text, Time};

/// All tables that can be imported.
pub const TABLES: [LmsTable; 6] = [
    LmsTable {
        name: "student_courseenrollment",
        key: "id",
        columns: &[("id", Integer), ("user_id", Integer), ("course_id", Text), ("created", Time), ("is_active", Boolean), ("mode", Text)],
    },
    LmsTable {
        name: "auth_user",
        key: "id",
        columns: &[
            ("id", Integer),
            ("username", Text),
            ("last_login", Time),
            ("date_joined", Time),
            ("is_active", Boolean),
            ("is_superuser", Boolean),
            ("is_staff", Boolean),
            ("email", Text),
        ],
    },
    LmsTable {
        name: "auth_userprofile",
        key: "id",
        columns: &[
            ("user_id", Integer),
            ("name", Text),
            ("gender", Text),
            ("year_of_birth", Integer),
            ("level_of_education", Text),
            ("language", Text),
            ("location", Text),
            ("mailing_address", Text),
            ("city", Text),
            ("country", Text),
            ("goals", Text),
        ],
    },
    LmsTable {
        name: "grades_persistentcoursegrade",
        key: "id",
        columns: &[
            ("id", Integer),
            ("user_id", Integer),
            ("course_id", Text),
            ("course_edited_timestamp", Time),
            ("course_version", Text),
            ("grading_policy_hash", Text),
            ("percent_grade", Double),
            ("letter_grade", Text),
            ("passed_timestamp", Time),
            ("created", Time),
            ("modified", Time),
        ],
    },
    LmsTable {
        name: "course_groups_courseusergroup",
        key: "id",
        columns: &[("id", Integer), ("name", Text), ("course_id", Text), ("group_type", Text)],
    },
    LmsTable { name: "course_groups_courseusergroup_users", key: "id", columns: &[("courseusergroup_id", Integer), ("user_id", Integer)] },
];

/// The table of a name.
pub fn table(name: &str) -> Option<&'static LmsTable> {
    TABLES.iter().find(|table| table.name == name)
}
