//! What every site sets: logs, warehouse, databases, the day's run.

use super::Unset::{Default, Required, RequiredWith, Without};
use super::{KnownSetting, setting};

pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("event-logs", "Where the tracking logs are and how their files are called."),
    ("hive", "The warehouse: tables by day that all workflows keep."),
    ("database-export", "The result store: a MySQL or MariaDB server. Without credentials rows go into the SQLite file insights.sqlite."),
    ("database-import", "The LMS database. Without credentials enrollments and accounts are derived from the logs."),
    ("load", "How tables are loaded."),
    ("mysql", "The result store's marker table."),
    ("daily", "The run of every day."),
    ("run", "What a run says, and what it leaves for others."),
    ("ccx", "Course ids of custom courses."),
];

pub(super) const SETTINGS: &[KnownSetting] = &[
    setting("event-logs", "source", "Roots of the tracking logs, a JSON list", Required, r#"["/var/log/tracking/"]"#),
    setting(
        "event-logs",
        "pattern",
        "Regular expressions over the URLs of log files, a JSON list (a backslash is doubled); the group date says which day a file is of",
        Required,
        r#"[".*tracking\\.log-(?P<date>\\d{8}).*"]"#,
    ),
    setting("event-logs", "expand_interval", "Days around an interval whose files are read, too", Default("2 days"), "2 days"),
    setting("event-logs", "course_urls", "Which URLs name a course: all, or original", Default("all"), "all"),
    setting("hive", "warehouse_path", "Root of the warehouse", Required, "/var/lib/insights/warehouse/"),
    setting(
        "database-export",
        "credentials",
        "JSON file with host, port, username and password of the result store",
        Without("rows go into insights.sqlite"),
        "/etc/insights/output.json",
    ),
    setting(
        "database-export",
        "database",
        "Name of the result database",
        RequiredWith("credentials", ["database-export", "credentials"]),
        "reports",
    ),
    setting(
        "database-import",
        "credentials",
        "JSON file with host, port, username and password of the LMS database",
        Without("enrollments and accounts are derived from the logs"),
        "/etc/insights/input.json",
    ),
    setting(
        "database-import",
        "database",
        "Name of the LMS database",
        RequiredWith("credentials", ["database-import", "credentials"]),
        "edxapp",
    ),
    setting("database-import", "destination", "Where imports are kept", Without("the warehouse"), "/var/lib/insights/warehouse/"),
    setting("load", "max_rejected", "How many rows of a load may be left out, a number or a share", Default("1%"), "1%"),
    setting("mysql", "marker-table", "Table of the result store that says what was loaded", Default("table_updates"), "table_updates"),
    setting("daily", "fill_days", "How many days of its history a task fills by itself", Default("62"), "62"),
    setting(
        "run",
        "summary",
        "Where a run writes what became of it, as JSON",
        Without("no summary is written"),
        "/var/lib/insights/summary.json",
    ),
    setting(
        "run",
        "metrics",
        "Where a run writes figures for a collector of metrics, in the text form of Prometheus",
        Without("no metrics are written"),
        "/var/lib/node_exporter/insights.prom",
    ),
    setting("run", "log_format", "Form of what is said on standard error, text or json", Default("text"), "json"),
    setting("ccx", "enabled", "Whether course ids of custom courses count", Default("true"), "true"),
];
