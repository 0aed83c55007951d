//! All result tables (spec 08, 7): what the Analytics Data API reads.
use super::table::{Column, ColumnKind, Table};
use ColumnKind::{Date, DateTime, Double, Float, Int, Int11, LongText, TinyInt, Varchar};

/// NOT NULL. A text in it is never NULL, so the words for NULL are names that somebody chose: a learner, a video, a problem.
const fn required(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: false, keeps_words: kind.is_text() }
}

/// With a set of values, none of which is `None`: where it says so, an older run meant NULL.
const fn optional(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: true, keeps_words: false }
}

/// Text that people write, which may be any word; NULL is given as NULL.
const fn free_text(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, nullable: true, keeps_words: true }
}

const fn table(name: &'static str, columns: &'static [Column], indexes: &'static [&'static [&'static str]]) -> Table {
    Table { name, columns, indexes, integers_are_clamped: false }
}

const BY_COURSE_AND_DATE: &[&[&str]] = &[&["course_id"], &["course_id", "date"]];

/// Spec 08, 7.1. Readers detect an older shape by a column `count`: this table must never have one.
pub const ANSWER_DISTRIBUTION: Table = table(
    "answer_distribution",
    &[
        required("course_id", Varchar(255)),
        required("module_id", Varchar(255)),
        required("part_id", Varchar(255)),
        required("correct", TinyInt),
        required("first_response_count", Int11),
        required("last_response_count", Int11),
        free_text("value_id", Varchar(255)),
        free_text("answer_value_text", LongText),
        optional("answer_value_numeric", Double),
        optional("variant", Int11),
        free_text("problem_display_name", LongText),
        free_text("question_text", LongText),
    ],
    &[&["course_id"], &["module_id"], &["part_id"], &["course_id", "module_id"]],
);

/// Spec 08, 7.2. The course comes before the date here, after it in the breakdowns below.
pub const COURSE_ENROLLMENT_DAILY: Table = table(
    "course_enrollment_daily",
    &[required("course_id", Varchar(255)), required("date", Date), optional("count", Int), optional("cumulative_count", Int)],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.3.
pub const COURSE_ENROLLMENT_GENDER_DAILY: Table = table(
    "course_enrollment_gender_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("gender", Varchar(6)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.4. The original had no index here although readers filter by both: ours has the two of its
/// siblings, which changes nothing but the speed.
pub const COURSE_ENROLLMENT_BIRTH_YEAR_DAILY: Table = table(
    "course_enrollment_birth_year_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("birth_year", Int),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.5.
pub const COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY: Table = table(
    "course_enrollment_education_level_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("education_level", Varchar(16)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.6.
pub const COURSE_ENROLLMENT_MODE_DAILY: Table = table(
    "course_enrollment_mode_daily",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        required("mode", Varchar(255)),
        optional("count", Int),
        optional("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.7. The four counts are nullable, but readers add them: fill them with numbers.
pub const COURSE_META_SUMMARY_ENROLLMENT: Table = table(
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
);

/// Spec 08, 7.8. Created, empty and without a marker, even where the catalogue is not configured.
pub const COURSE_PROGRAM_METADATA: Table = table(
    "course_program_metadata",
    &[
        required("course_id", Varchar(255)),
        required("program_id", Varchar(36)),
        required("program_type", Varchar(32)),
        free_text("program_title", Varchar(255)),
    ],
    &[&["course_id"]],
);

/// Spec 08, 7.9.
pub const COURSE_ENROLLMENT_LOCATION_CURRENT: Table = table(
    "course_enrollment_location_current",
    &[
        required("date", Date),
        required("course_id", Varchar(255)),
        optional("country_code", Varchar(10)),
        required("count", Int),
        required("cumulative_count", Int),
    ],
    BY_COURSE_AND_DATE,
);

/// Spec 08, 7.10.
pub const COURSE_ACTIVITY: Table = table(
    "course_activity",
    &[
        required("course_id", Varchar(255)),
        required("interval_start", DateTime),
        required("interval_end", DateTime),
        required("label", Varchar(255)),
        optional("count", Int),
    ],
    &[&["course_id", "label"], &["interval_end"]],
);

/// Spec 08, 7.11.
pub const VIDEO: Table = Table {
    integers_are_clamped: true,
    ..table(
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

/// Spec 08, 7.12. Read back in the order of insertion.
pub const VIDEO_TIMELINE: Table = table(
    "video_timeline",
    &[required("pipeline_video_id", Varchar(255)), optional("segment", Int), optional("num_users", Int), optional("num_views", Int)],
    &[&["pipeline_video_id"]],
);

/// Spec 08, 7.13: the one table that is replaced day by day. A learner may be called `None` (spec 07, 4.1).
pub const MODULE_ENGAGEMENT: Table = Table {
    name: "module_engagement",
    columns: &[
        required("course_id", Varchar(255)),
        required("username", Varchar(30)),
        required("date", Date),
        required("entity_type", Varchar(10)),
        required("entity_id", Varchar(255)),
        required("event", Varchar(30)),
        required("count", Int),
    ],
    indexes: &[&["course_id", "username", "date"], &["username", "entity_type"], &["date"]],
    integers_are_clamped: false,
};

/// Spec 08, 7.14. An infinite bound is stored as NULL.
pub const MODULE_ENGAGEMENT_METRIC_RANGES: Table = table(
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
    &[&["course_id", "metric"]],
);

/// Every table of the result store, in the order of spec 08, 7.
pub const TABLES: &[Table] = &[
    ANSWER_DISTRIBUTION,
    COURSE_ENROLLMENT_DAILY,
    COURSE_ENROLLMENT_GENDER_DAILY,
    COURSE_ENROLLMENT_BIRTH_YEAR_DAILY,
    COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY,
    COURSE_ENROLLMENT_MODE_DAILY,
    COURSE_META_SUMMARY_ENROLLMENT,
    COURSE_PROGRAM_METADATA,
    COURSE_ENROLLMENT_LOCATION_CURRENT,
    COURSE_ACTIVITY,
    VIDEO,
    VIDEO_TIMELINE,
    MODULE_ENGAGEMENT,
    MODULE_ENGAGEMENT_METRIC_RANGES,
];

/// The table of that name, if the catalogue has it.
pub fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_tables_with_names_of_their_own() {
        let names: std::collections::HashSet<_> = TABLES.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), 14);
        assert!(find("video").is_some_and(|table| table.columns.len() == 8));
        assert!(find("course_grade_by_mode").is_none());
    }

    #[test]
    fn indexes_name_existing_columns() {
        for table in TABLES {
            for index in table.indexes {
                for name in *index {
                    assert!(table.columns.iter().any(|column| column.name == *name), "{}.{name}", table.name);
                }
            }
        }
    }

    #[test]
    fn answer_distribution_has_no_count_column() {
        assert!(ANSWER_DISTRIBUTION.columns.iter().all(|column| column.name != "count"));
    }
}
