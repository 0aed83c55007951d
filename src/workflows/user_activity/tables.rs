//! The tables of the result store that this workflow fills (rules 08, 7).

use crate::stores::table::ColumnKind::{DateTime, Int, Varchar};
use crate::stores::table::{Table, optional, required};
use crate::tasks::workflow::ResultTable;

/// Rules 08, 7.10.
pub const COURSE_ACTIVITY: Table = Table::new(
    "course_activity",
    &[
        required("course_id", Varchar(255)),
        required("interval_start", DateTime),
        required("interval_end", DateTime),
        required("label", Varchar(255)),
        optional("count", Int),
    ],
    &[&["course_id", "label"], &["interval_end"]],
)
.reloaded_by("InsertToMysqlCourseActivityTask --end-date today --overwrite-mysql");

/// All of them.
pub const TABLES: &[ResultTable] = &[ResultTable::of(&COURSE_ACTIVITY)];
