//! Under which heading of a help an option stands. Options that no topic names stand under "Options".

use clap::Arg;

/// Headings and the options below them.
const TOPICS: &[(&str, &[&str])] = &[
    ("Days", &["interval", "interval_start", "interval_end", "date", "end_date", "weeks", "import_date", "from", "to", "days"]),
    (
        "What is made again",
        &["overwrite_n_days", "overwrite_from_date", "overwrite", "overwrite_hive", "overwrite_enrollment", "overwrite_mysql"],
    ),
    ("Logs", &["logs", "source", "pattern", "date_pattern", "expand_interval", "src", "include"]),
    ("Warehouse", &["warehouse_path", "marker", "dest", "output_root", "name", "manifest"]),
    ("Result store", &["credentials", "database", "sqlite", "insert_chunk_size", "use_temp_table_for_overwrite", "allow_empty_insert"]),
    (
        "Search engine",
        &[
            "host",
            "timeout",
            "connection_type",
            "alias",
            "number_of_shards",
            "batch_size",
            "throttle",
            "max_attempts",
            "indexing_tasks",
            "scale_factor",
            "obfuscate",
        ],
    ),
    (
        "Course catalog",
        &["enable_course_catalog", "api_root_url", "api_page_size", "partner_short_codes", "partner_api_urls", "skip_overlong_courses"],
    ),
    ("Running (every task)", &["runner", "threads", "memory", "temporary"]),
    ("Messages (every task)", &["quiet", "verbose", "log_format", "summary", "metrics"]),
    ("Configuration (every task)", &["configs", "additional_configs", "jobs"]),
    ("Cluster (every task)", &["lib_jar", "input_format", "pool", "map_input"]),
];

/// The option under the heading of its topic.
pub(super) fn placed(option: Arg) -> Arg {
    let id = option.get_id().as_str();
    let topic = TOPICS.iter().find(|(_, ids)| ids.contains(&id)).map(|(topic, _)| *topic);
    match topic {
        Some(topic) if !option.is_positional() => option.help_heading(topic),
        _ => option,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::insights::command::command;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn every_option_of_a_topic_is_one_of_a_command() {
        let mut driver = command(WORKFLOWS);
        driver.build();
        let ids: Vec<_> =
            driver.get_subcommands().flat_map(|command| command.get_arguments().map(|option| option.get_id().as_str())).collect();
        for id in TOPICS.iter().flat_map(|(_, ids)| *ids) {
            assert!(ids.contains(id), "{id}");
        }
    }
}
