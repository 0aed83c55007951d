//! The tables of the result store that this workflow fills (rules 08, 7).

use crate::stores::table::ColumnKind::{Int, Varchar};
use crate::stores::table::{Table, optional, required};
use crate::tasks::workflow::ResultTable;

const EMPTY_SECTION: Option<&str> = Some("videos");
// Both tables are replaced by every run.
const RELOAD: &str = "InsertToMysqlAllVideoTask --interval FIRST..today";

/// Rules 08, 7.11.
pub const VIDEO: Table = Table {
    integers_are_clamped: true,
    empty_section: EMPTY_SECTION,
    reload: RELOAD,
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

/// Rules 08, 7.12. Read back in the order of insertion.
pub const VIDEO_TIMELINE: Table = Table {
    empty_section: EMPTY_SECTION,
    reload: RELOAD,
    ..Table::new(
        "video_timeline",
        &[required("pipeline_video_id", Varchar(255)), optional("segment", Int), optional("num_users", Int), optional("num_views", Int)],
        &[&["pipeline_video_id"]],
    )
};

/// All of them.
pub const TABLES: &[ResultTable] = &[ResultTable::of(&VIDEO), ResultTable::of(&VIDEO_TIMELINE)];
