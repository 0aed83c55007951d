//! Tables for tests.

use super::table::ColumnKind::{Date, DateTime, Float, Int, Int11, LongText, TinyInt, Varchar};
use super::table::{Table, optional, required};

/// A count by day, with null values.
pub(super) const BY_GENDER: Table = Table::new(
    "course_enrollment_gender_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("gender", Varchar(6)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    &[&["course_id"], &["course_id", "date"]],
);

/// Integers of any size.
pub(super) const VIDEO: Table = Table {
    integers_are_clamped: true,
    ..Table::new(
        "video",
        &[
            required("pipeline_video_id", Varchar(255)),
            required("course_id", Varchar(255)),
            required("encoded_module_id", Varchar(255)),
            optional("duration", Int),
            optional("segment_length", Int),
            optional("users_at_start", Int),
            optional("users_at_end", Int),
            optional("total_viewed_seconds", Int),
        ],
        &[&["course_id", "encoded_module_id"]],
    )
};

/// Words that look like null and infinity.
pub(super) const ENGAGEMENT: Table = Table::new(
    "module_engagement",
    &[
        required("course_id", Varchar(255)),
        required("username", Varchar(30)),
        required("date", Date),
        required("entity_type", Varchar(10)),
        required("entity_id", Varchar(255)),
        required("event", Varchar(30)),
        required("count", Int),
    ],
    &[&["date"]],
);

/// Numbers that may be infinite.
pub(super) const RANGES: Table = Table::new(
    "module_engagement_metric_ranges",
    &[
        required("course_id", Varchar(255)),
        optional("start_date", Date),
        optional("end_date", Date),
        required("metric", Varchar(50)),
        required("range_type", Varchar(50)),
        optional("low_value", Float),
        optional("high_value", Float),
    ],
    &[],
);

/// The other kinds of columns, and a long name.
pub(super) const LONG_NAME: Table = Table::new(
    "course_enrollment_education_level_daily",
    &[required("correct", TinyInt), optional("variant", Int11), optional("question", LongText), required("start", DateTime)],
    &[],
);
