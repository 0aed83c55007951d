//! The columns of the warehouse's tables that others read.

use crate::stores::table::ColumnKind::{BigInt, Date, DateTime, Double, Float, Int, LongText, TinyInt, Varchar};
use crate::stores::table::{Column, Table, free_text, optional, required};
use crate::tasks::workflow::Workflow;

const COURSE: Column = required("course_id", Varchar(255));
const USER: Column = required("user_id", BigInt);
const USERNAME: Column = required("username", Varchar(255));
const MODULE: Column = required("encoded_module_id", Varchar(255));

/// Tables between the logs and the result store, in the order of the workflows. What only the next job reads is not among them.
const BETWEEN: [&Table; 13] = [
    // Rules 03, 2 to 5.
    &Table::new(
        "course_enrollment_events",
        &[COURSE, USER, required("timestamp", DateTime), required("event_type", Varchar(255)), optional("mode", Varchar(255))],
        &[],
    ),
    &Table::new(
        "course_enrollment",
        &[required("date", Date), COURSE, USER, required("at_end", TinyInt), required("change", Int), optional("mode", Varchar(255))],
        &[],
    ),
    &Table::new(
        "course_enrollment_summary",
        &[
            COURSE,
            USER,
            required("current_enrollment_mode", Varchar(100)),
            required("current_enrollment_is_active", TinyInt),
            optional("first_enrollment_mode", Varchar(100)),
            optional("first_enrollment_time", DateTime),
            optional("last_unenrollment_time", DateTime),
            optional("first_verified_enrollment_time", DateTime),
            optional("first_credit_enrollment_time", DateTime),
            required("end_time", DateTime),
        ],
        &[],
    ),
    // Rules 03, 6.5.
    &Table::new(
        "course_grade_by_mode",
        &[optional("course_id", Varchar(255)), optional("mode", Varchar(255)), required("passing_users", Int)],
        &[],
    ),
    // Rules 04, 3 and 4.
    &Table::new(
        "last_ip_of_user_id",
        &[required("timestamp", DateTime), required("ip_address", Varchar(255)), USER, optional("course_id", Varchar(255))],
        &[],
    ),
    &Table::new("last_country_of_user_id", &[optional("country_name", Varchar(255)), optional("country_code", Varchar(10)), USER], &[]),
    // Rules 05, 3.
    &Table::new(
        "user_activity_by_user",
        &[USER, COURSE, required("date", Date), required("category", Varchar(255)), required("count", Int)],
        &[],
    ),
    // Rules 06, 4.4 and 6.
    &VIEWING,
    &Table { name: "video_viewing_by_date", ..VIEWING },
    &Table::new(
        "video_usage",
        &[
            required("pipeline_video_id", Varchar(255)),
            COURSE,
            MODULE,
            optional("duration", BigInt),
            optional("segment_length", Int),
            optional("users_at_start", Int),
            optional("users_at_end", Int),
            required("segment", BigInt),
            optional("num_users", Int),
            optional("num_views", Int),
        ],
        &[],
    ),
    // Rules 07, 5, 7 and 8.
    &Table::new(
        "module_engagement_summary",
        &[
            COURSE,
            USERNAME,
            required("start_date", Date),
            required("end_date", Date),
            required("problem_attempts", Int),
            required("problems_attempted", Int),
            required("problems_completed", Int),
            optional("problem_attempts_per_completed", Double),
            required("videos_viewed", Int),
            required("discussion_contributions", Int),
            required("days_active", Int),
        ],
        &[],
    ),
    &Table::new(
        "module_engagement_user_segments",
        &[
            COURSE,
            USERNAME,
            required("start_date", Date),
            required("end_date", Date),
            required("segment", Varchar(255)),
            required("reason", LongText),
        ],
        &[],
    ),
    &Table::new(
        "module_engagement_roster",
        &[
            COURSE,
            USERNAME,
            required("start_date", Date),
            required("end_date", Date),
            free_text("email", LongText),
            free_text("name", LongText),
            free_text("enrollment_mode", LongText),
            optional("enrollment_date", Date),
            free_text("cohort", LongText),
            required("problem_attempts", Int),
            required("problems_attempted", Int),
            required("problems_completed", Int),
            optional("problem_attempts_per_completed", Float),
            required("videos_viewed", Int),
            required("discussion_contributions", Int),
            required("segments", LongText),
            required("attempt_ratio_order", Int),
            optional("user_id", BigInt),
            free_text("language", LongText),
            free_text("location", LongText),
            optional("year_of_birth", Int),
            free_text("level_of_education", LongText),
            free_text("gender", LongText),
            free_text("mailing_address", LongText),
            free_text("city", LongText),
            free_text("country", LongText),
            free_text("goals", LongText),
        ],
        &[],
    ),
];

const VIEWING: Table = Table::new(
    "video_viewing",
    &[
        USER,
        COURSE,
        MODULE,
        required("video_duration", Double),
        required("start_timestamp", DateTime),
        required("start_offset", Double),
        required("end_time", Double),
        required("event_type", Varchar(255)),
    ],
    &[],
);

/// Tables of the warehouse: the copies of result tables whose rows are their columns, and those between.
pub(crate) fn datasets(workflows: &'static [Workflow]) -> Vec<&'static Table> {
    // The rows of answers are JSON; in the result store they have columns.
    let results = workflows.iter().flat_map(|workflow| workflow.tables).map(|table| table.table);
    results.filter(|table| table.name != "answer_distribution").chain(BETWEEN).collect()
}
