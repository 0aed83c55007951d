//! Environment variables that look like settings and that nobody reads.

use std::collections::BTreeSet;

use super::names::options_of_tasks;
use crate::config::catalogue::{OPEN_SECTION, known_settings, typo_of};
use crate::config::settings::{PREFIX, Settings, variable_name};
use crate::programs::insights::Workflows;
use crate::wrong_usage::nearest;

/// What scripts of ours read, those that programs write among them, and what tests hold loaders with: they set nothing, and are no mistake.
const OF_SCRIPTS: [&str; 11] = [
    "INSIGHTS_BENCH_CACHE",
    "INSIGHTS_BIN",
    "INSIGHTS_BINARY",
    "INSIGHTS_COMMIT",
    "INSIGHTS_HOME",
    "INSIGHTS_JAR",
    "INSIGHTS_LOADER_PAUSE_AFTER",
    "INSIGHTS_LOADER_PAUSE_SECONDS",
    "INSIGHTS_NODE_BIN",
    "INSIGHTS_SOURCE",
    "INSIGHTS_TEST_CACHE",
];

/// A variable that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdleVariable {
    /// Its name; the value may be a secret.
    pub name: String,
    /// What to do.
    pub remedy: String,
}

/// All variables that begin as those of settings do, and are none.
pub(crate) fn idle_variables(workflows: Workflows, settings: &Settings) -> Vec<IdleVariable> {
    let known = known_variables(workflows, settings);
    let unread = settings.variables().filter(|name| !known.contains(*name) && !OF_SCRIPTS.contains(name));
    unread.map(|name| IdleVariable { name: name.to_owned(), remedy: remedy(name, &known) }).collect()
}

/// The variables of everything that can be set. What this process has asked for counts too: programs with more workflows read more.
fn known_variables(workflows: Workflows, settings: &Settings) -> BTreeSet<String> {
    let of_catalogue = known_settings().map(|known| variable_name(known.section, known.key));
    let of_tasks = options_of_tasks(workflows).into_iter().map(|(task, option)| variable_name(task, &option));
    let open = settings.all().filter(|set| set.section == OPEN_SECTION).map(|set| variable_name(set.section, set.key));
    let asked = settings.asked().into_iter().map(|(section, key)| variable_name(&section, &key));
    of_catalogue.chain(of_tasks).chain(open).chain(asked).collect()
}

fn remedy(name: &str, known: &BTreeSet<String>) -> String {
    // All begin alike, which would make everything near.
    let plain = |name: &str| name.get(PREFIX.len()..).unwrap_or_default().to_owned();
    let near = || {
        let others: Vec<_> = known.iter().map(|other| plain(other)).collect();
        nearest(&plain(name), others.iter().map(String::as_str)).map(|other| format!("{PREFIX}{other}"))
    };
    match typo_of(name, known.iter().map(String::as_str)).map(str::to_owned).or_else(|| with_section(&plain(name))).or_else(near) {
        Some(meant) => format!("Did you mean {meant}?"),
        None if name.starts_with(&variable_name(OPEN_SECTION, "")) => {
            format!("A variable only changes a property that [{OPEN_SECTION}] of a configuration file has. Write the property there.")
        }
        None if name.contains("CONF") => "A configuration file is named by --config, or in LUIGI_CONFIG_PATH.".to_owned(),
        None => "Variables that set something are called INSIGHTS_SECTION_KEY, such as INSIGHTS_HIVE_WAREHOUSE_PATH. Remove it.".to_owned(),
    }
}

/// The variables of a key that stands without its section.
fn with_section(key: &str) -> Option<String> {
    let of_key = known_settings().filter(|known| variable_name("", known.key) == format!("{PREFIX}_{key}"));
    // Sections that differ by a dash only have one variable.
    let names: BTreeSet<_> = of_key.map(|known| variable_name(known.section, known.key)).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn what_nobody_reads_is_told_with_what_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("override.cfg"), "[job-conf]\nmapreduce.job.queuename = q\n").unwrap();
        let read = ["HIVE_WAREHOUSE_PATH", "USERACTIVITYTASK_N_REDUCE_TASKS", "JOB_CONF_MAPREDUCE_JOB_QUEUENAME", "TEST_CACHE", "BIN"];
        let unread = ["CONFIG", "HIVE_WAREHOUSEPATH", "WAREHOUSE_PATH", "hive_warehouse_path", "XYZ"];
        let environment = read.iter().chain(&unread).map(|name| (format!("INSIGHTS_{name}"), "1".to_owned())).collect();
        let sources = Sources { environment, working_directory: folder.path().to_owned(), ..Sources::default() };
        let idle = idle_variables(WORKFLOWS, &Settings::load(&sources).unwrap());
        let remedy = |name: &str| idle.iter().find(|idle| idle.name == format!("INSIGHTS_{name}")).unwrap().remedy.as_str();
        assert_eq!(idle.len(), unread.len(), "{idle:?}");
        assert!(remedy("CONFIG").starts_with("A configuration file is named by --config"), "{idle:?}");
        assert!(remedy("XYZ").starts_with("Variables that set something are called INSIGHTS_SECTION_KEY"), "{idle:?}");
        assert_eq!(remedy("HIVE_WAREHOUSEPATH"), "Did you mean INSIGHTS_HIVE_WAREHOUSE_PATH?");
        assert_eq!(remedy("WAREHOUSE_PATH"), "Did you mean INSIGHTS_HIVE_WAREHOUSE_PATH?");
        assert_eq!(remedy("hive_warehouse_path"), "Did you mean INSIGHTS_HIVE_WAREHOUSE_PATH?");
    }
}
