//! The tables of the result store that this workflow fills (rules 08, 7).

use crate::stores::table::ColumnKind::{Date, Int, Varchar};
use crate::stores::table::{Table, optional, required};
use crate::tasks::workflow::ResultTable;

const BY_COURSE_AND_DATE: &[&[&str]] = &[&["course_id"], &["course_id", "date"]];

/// Rules 08, 7.9.
pub(crate) const COURSE_ENROLLMENT_LOCATION_CURRENT: Table = Table {
    reload: "InsertToMysqlLastCountryPerCourseTask --interval-end today --overwrite-mysql",
    ..Table::new(
        "course_enrollment_location_current",
        &[
            required("date", Date),
            required("course_id", Varchar(255)),
            optional("country_code", Varchar(10)),
            required("count", Int),
            required("cumulative_count", Int),
        ],
        BY_COURSE_AND_DATE,
    )
};

/// All of them.
pub(crate) const TABLES: &[ResultTable] = &[ResultTable::of(&COURSE_ENROLLMENT_LOCATION_CURRENT)];
