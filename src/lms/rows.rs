//! Reading imported LMS rows, by the rules that Hive had for them (rules 09, 3).

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime};

/// What separates columns.
pub(crate) const SEPARATOR: u8 = 0x01;
const NULL: &[u8] = b"\\N";

/// Columns of `auth_user`.
pub(crate) mod auth_user {
    /// The learner.
    pub(crate) const ID: usize = 0;
    /// The name to log in with.
    pub(crate) const USERNAME: usize = 1;
    /// The address.
    pub(crate) const EMAIL: usize = 7;
}

/// Columns of `auth_userprofile`.
pub(crate) mod auth_userprofile {
    /// The learner.
    pub(crate) const USER_ID: usize = 0;
    /// The full name.
    pub(crate) const NAME: usize = 1;
    /// `m`, `f`, `o`, empty or null.
    pub(crate) const GENDER: usize = 2;
    /// A year or null.
    pub(crate) const YEAR_OF_BIRTH: usize = 3;
    /// A code such as `hs`.
    pub(crate) const LEVEL_OF_EDUCATION: usize = 4;
    /// Any text, as all behind it.
    pub(crate) const LANGUAGE: usize = 5;
    /// Any text.
    pub(crate) const LOCATION: usize = 6;
    /// Any text.
    pub(crate) const MAILING_ADDRESS: usize = 7;
    /// Any text.
    pub(crate) const CITY: usize = 8;
    /// A code of two letters.
    pub(crate) const COUNTRY: usize = 9;
    /// Any text.
    pub(crate) const GOALS: usize = 10;
}

/// Columns of `course_groups_courseusergroup`.
pub(crate) mod course_groups_courseusergroup {
    /// The group.
    pub(crate) const ID: usize = 0;
    /// What it is called.
    pub(crate) const NAME: usize = 1;
    /// The course.
    pub(crate) const COURSE_ID: usize = 2;
}

/// Columns of `course_groups_courseusergroup_users`.
pub(crate) mod course_groups_courseusergroup_users {
    /// The group.
    pub(crate) const GROUP_ID: usize = 0;
    /// The learner.
    pub(crate) const USER_ID: usize = 1;
}

/// Columns of `grades_persistentcoursegrade`.
pub(crate) mod grades_persistentcoursegrade {
    /// The learner.
    pub(crate) const USER_ID: usize = 1;
    /// The course.
    pub(crate) const COURSE_ID: usize = 2;
    /// Empty if the learner does not pass now.
    pub(crate) const LETTER_GRADE: usize = 7;
    /// When the learner first passed, or null.
    pub(crate) const PASSED_TIMESTAMP: usize = 8;
    /// When the row was last changed.
    pub(crate) const MODIFIED: usize = 10;
}

/// Columns of `student_courseenrollment`.
pub(crate) mod student_courseenrollment {
    /// The learner.
    pub(crate) const USER_ID: usize = 1;
    /// The course.
    pub(crate) const COURSE_ID: usize = 2;
    /// Whether the learner is enrolled now.
    pub(crate) const IS_ACTIVE: usize = 4;
}

/// One imported row, borrowed from its line.
#[derive(Clone, Copy, Debug)]
pub struct LmsRow<'l> {
    line: &'l [u8],
}

impl<'l> LmsRow<'l> {
    /// The row of a line without its line end. Any line is a row.
    pub const fn new(line: &'l [u8]) -> Self {
        Self { line }
    }

    /// A text column; missing trailing columns and `\N` are null, empty text is not.
    pub fn text(&self, column: usize) -> Option<&'l [u8]> {
        self.line.split(|byte| *byte == SEPARATOR).nth(column).filter(|field| *field != NULL)
    }

    /// Whether a column is there and is null, as a missing trailing one is not.
    pub fn is_null(&self, column: usize) -> bool {
        self.line.split(|byte| *byte == SEPARATOR).nth(column) == Some(NULL)
    }

    /// A text column that joins or names something, and is null if it is not UTF-8: it would be equal to nothing.
    pub fn name(&self, column: usize) -> Option<&'l str> {
        std::str::from_utf8(self.text(column)?).ok()
    }

    /// A text column to be shown, with U+FFFD for what is not UTF-8.
    pub fn shown(&self, column: usize) -> Option<Cow<'l, str>> {
        self.text(column).map(String::from_utf8_lossy)
    }

    /// An integer column; text that is none is null.
    pub fn integer(&self, column: usize) -> Option<i64> {
        std::str::from_utf8(self.text(column)?).ok()?.parse().ok()
    }

    /// A Boolean column: true or false in any case, or 1 or 0.
    pub fn boolean(&self, column: usize) -> Option<bool> {
        match self.text(column)? {
            b"1" => Some(true),
            b"0" => Some(false),
            text if text.eq_ignore_ascii_case(b"true") => Some(true),
            text if text.eq_ignore_ascii_case(b"false") => Some(false),
            _ => None,
        }
    }

    /// A timestamp column, `YYYY-MM-DD HH:MM:SS` with or without a fraction; other text is null.
    pub fn timestamp(&self, column: usize) -> Option<NaiveDateTime> {
        let text = std::str::from_utf8(self.text(column)?).ok()?.trim();
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
            .ok()
            .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_as_hive_reads_them() {
        let row = LmsRow::new(b"1\x01edX/a/b\x012014-06-27 16:02:38.0\x01TRUE\x01\\N\x01\x01x");
        assert_eq!(row.integer(0), Some(1));
        assert_eq!((row.text(1), row.integer(1)), (Some(&b"edX/a/b"[..]), None));
        assert_eq!(row.timestamp(2).unwrap().to_string(), "2014-06-27 16:02:38");
        assert_eq!((row.boolean(3), row.boolean(6), row.boolean(0)), (Some(true), None, Some(true)));
        assert_eq!((row.text(4), row.text(5), row.text(7)), (None, Some(&b""[..]), None));
        assert_eq!(row.timestamp(1), None);
        let row = LmsRow::new(b"b\xffb\x01\\N\x01\xc3\xa9");
        assert_eq!([row.name(0), row.name(1), row.name(2)], [None, None, Some("é")]);
        assert_eq!((row.shown(0).as_deref(), row.shown(1)), (Some("b\u{fffd}b"), None));
    }
}
