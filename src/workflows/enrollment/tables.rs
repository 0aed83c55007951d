//! The tables of the result store that this workflow fills (rules 08, 7).

use crate::stores::table::ColumnKind::{Date, DateTime, Int, Varchar};
use crate::stores::table::{Table, free_text, optional, required};
use crate::tasks::workflow::ResultTable;

const BY_COURSE_AND_DATE: &[&[&str]] = &[&["course_id"], &["course_id", "date"]];
const RELOAD: &str = "ImportEnrollmentsIntoMysql --interval-end today --overwrite-mysql";

/// Rules 08, 7.2. The course comes before the date here, after it in the breakdowns below.
pub(crate) const COURSE_ENROLLMENT_DAILY: Table = Table::new(
    "course_enrollment_daily",
    &[required("course_id", Varchar(255)), required("date", Date), optional("count", Int), optional("cumulative_count", Int)],
    BY_COURSE_AND_DATE,
)
.reloaded_by(RELOAD);

/// Rules 08, 7.3.
pub(crate) const COURSE_ENROLLMENT_GENDER_DAILY: Table = Table::new(
    "course_enrollment_gender_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("gender", Varchar(6)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
)
.reloaded_by(RELOAD);

/// Rules 08, 7.4. The original had no index here although readers filter by both: ours has the two of its
/// siblings, which changes nothing but the speed.
pub(crate) const COURSE_ENROLLMENT_BIRTH_YEAR_DAILY: Table = Table::new(
    "course_enrollment_birth_year_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("birth_year", Int),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
)
.reloaded_by(RELOAD);

/// Rules 08, 7.5.
pub(crate) const COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY: Table = Table::new(
    "course_enrollment_education_level_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("education_level", Varchar(16)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
)
.reloaded_by(RELOAD);

/// Rules 08, 7.6.
pub(crate) const COURSE_ENROLLMENT_MODE_DAILY: Table = Table::new(
    "course_enrollment_mode_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        required("mode", Varchar(255)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
)
.reloaded_by(RELOAD);

/// Rules 08, 7.7. The four counts are nullable, but readers add them: fill them with numbers.
pub(crate) const COURSE_META_SUMMARY_ENROLLMENT: Table = Table::new(
    "course_meta_summary_enrollment",
    &[
        required("course_id", Varchar(255)),
        free_text("catalog_course_title", Varchar(255)),
        free_text("catalog_course", Varchar(255)),
        optional("start_time", DateTime),
        optional("end_time", DateTime),
        optional("pacing_type", Varchar(255)),
        optional("availability", Varchar(255)),
        required("enrollment_mode", Varchar(100)),
        optional("count", Int),
        optional("count_change_7_days", Int),
        optional("cumulative_count", Int),
        optional("passing_users", Int),
    ],
    &[&["course_id"]],
)
.reloaded_by(RELOAD);

/// Rules 08, 7.8. Created, empty and without a marker, even where the catalogue is not configured.
pub(crate) const COURSE_PROGRAM_METADATA: Table = Table::new(
    "course_program_metadata",
    &[
        required("course_id", Varchar(255)),
        required("program_id", Varchar(36)),
        required("program_type", Varchar(32)),
        free_text("program_title", Varchar(255)),
    ],
    &[&["course_id"]],
)
.reloaded_by(RELOAD);

/// All of them.
pub(crate) const TABLES: &[ResultTable] = &[
    ResultTable::of(&COURSE_ENROLLMENT_DAILY),
    ResultTable::of(&COURSE_ENROLLMENT_GENDER_DAILY),
    ResultTable::of(&COURSE_ENROLLMENT_BIRTH_YEAR_DAILY),
    ResultTable::of(&COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY),
    ResultTable::of(&COURSE_ENROLLMENT_MODE_DAILY),
    ResultTable::of(&COURSE_META_SUMMARY_ENROLLMENT),
    ResultTable::of(&COURSE_PROGRAM_METADATA),
];
