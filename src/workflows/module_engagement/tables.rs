//! The tables of the result store that this workflow fills (rules 08, 7).

use crate::stores::identity::module_engagement_update_id;
use crate::stores::table::ColumnKind::{Date, Float, Int, Varchar};
use crate::stores::table::{Table, optional, required};
use crate::tasks::workflow::ResultTable;

const EMPTY_SECTION: Option<&str> = Some("module-engagement");

/// Rules 08, 7.13: the one table that is replaced day by day. A learner may be called `None` (rules 07, 4.1).
pub const MODULE_ENGAGEMENT: Table = Table {
    empty_section: EMPTY_SECTION,
    reload: "ModuleEngagementIntervalTask --interval FIRST..today --overwrite-mysql",
    ..Table::new(
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
        &[&["course_id", "username", "date"], &["username", "entity_type"], &["date"]],
    )
};

/// Rules 08, 7.14. An infinite bound is stored as NULL.
pub const MODULE_ENGAGEMENT_METRIC_RANGES: Table = Table {
    empty_section: EMPTY_SECTION,
    // Replaced by every run.
    reload: "ModuleEngagementWorkflowTask --date today",
    ..Table::new(
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
    )
};

/// All of them.
pub const TABLES: &[ResultTable] = &[
    ResultTable { load_of_day: Some(module_engagement_update_id), ..ResultTable::of(&MODULE_ENGAGEMENT) },
    ResultTable::of(&MODULE_ENGAGEMENT_METRIC_RANGES),
];
