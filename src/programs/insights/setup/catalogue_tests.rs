//! The catalogue has every key that the source reads, and the rules have the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::config::catalogue::{
    KnownSetting, OPEN_SECTION, about_section, is_secret, is_without_effect, known_setting, known_settings, nearest_of_setting, typo_of,
};
use crate::workflows::WORKFLOWS;

/// Reads whose section or key is a variable: the file, the words as they stand, and the keys that they come to. A new one is added here
/// after its keys are in the catalogue.
const INDIRECT: &[(&str, &str, &[&str])] = &[
    (
        "tasks/options.rs",
        "section, KEY",
        &[
            "enrollments overwrite_n_days",
            "location-per-course overwrite_n_days",
            "user-activity overwrite_n_days",
            "videos overwrite_n_days",
            "module-engagement overwrite_n_days",
            "module_engagement overwrite_n_days",
        ],
    ),
    (
        "tasks/workflow.rs",
        "section, \"interval_start\"",
        &["enrollments interval_start", "location-per-course interval_start", "videos interval_start"],
    ),
    ("tasks/store.rs", "\"database-export\", key", &["database-export credentials", "database-export database"]),
    ("programs/insights/run_report/mod.rs", "SECTION, key", &["run summary", "run metrics"]),
    // The task's own options, in the section of its name.
    ("programs/insights/status/servers.rs", "task, key", &[]),
    ("tasks/logs.rs", "\"event-logs\", key", &["event-logs source", "event-logs pattern"]),
    ("tasks/logs.rs", "section, \"interval_start\"", &["enrollments interval_start", "location-per-course interval_start"]),
    (
        "web/token.rs",
        "SECTION, key",
        &["edx-rest-api auth_url", "edx-rest-api client_id", "edx-rest-api client_secret", "edx-rest-api oauth_username"],
    ),
    (
        "engine/cluster/mod.rs",
        "\"hadoop\", key",
        &["hadoop streaming-jar", "hadoop insights-jar", "hadoop binaries", "hadoop pool", "hadoop log-directory"],
    ),
    (
        "workflows/module_engagement/roster_index_task.rs",
        "\"elasticsearch\", key",
        &["elasticsearch marker-index", "elasticsearch marker-doc-type"],
    ),
    (
        "workflows/module_engagement/roster_index_task.rs",
        "NAME, key",
        &[
            "ModuleEngagementRosterIndexTask host",
            "ModuleEngagementRosterIndexTask connection_type",
            "ModuleEngagementRosterIndexTask batch_size",
            "ModuleEngagementRosterIndexTask max_attempts",
        ],
    ),
    (
        "workflows/module_engagement/planner.rs",
        "RANGES_NAME, key",
        &["ModuleEngagementSummaryMetricRangesDataTask low_percentile", "ModuleEngagementSummaryMetricRangesDataTask high_percentile"],
    ),
    ("workflows/module_engagement/days.rs", "section, KEY", &["module-engagement store_anonymous_username"]),
    (
        "workflows/enrollment/course_catalog/options.rs",
        "SECTION, key",
        &["course-catalog-api partner_short_codes", "course-catalog-api partner_api_urls"],
    ),
    ("workflows/video/youtube.rs", "SECTION, key", &["google api_key", "google api_url"]),
    // Options of a task in its section; whatever the command line has.
    ("programs/insights/task_section.rs", "task.name, &key", &[]),
    // All of the catalogue.
    ("programs/insights/setup/shown.rs", "known.section, known.key", &[]),
];

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.ends_with("tests.rs")
            && !path.to_string_lossy().ends_with("_tests.rs")
        {
            files.push(path);
        }
    }
}

/// Constants with a text, by their name.
fn constants(text: &str) -> BTreeMap<String, String> {
    static DECLARED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"const ([A-Z_]+): &(?:'static )?str =\s*"([^"]+)""#).unwrap());
    DECLARED.captures_iter(text).map(Result::unwrap).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

fn is_known(section: &str, key: &str) -> bool {
    let of_task = WORKFLOWS.iter().flat_map(|workflow| workflow.tasks).find(|task| task.name == section);
    let is_option = of_task.is_some_and(|task| {
        let command = (task.command)(clap::Command::new(task.name));
        command.get_arguments().any(|argument| argument.get_long().is_some_and(|long| long.replace('-', "_") == key))
    });
    known_setting(section, key).is_some() || is_option || section == OPEN_SECTION
}

#[test]
fn every_key_that_is_read_is_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let read = Regex::new(r"(?s)\bsettings\s*\.\s*(get|require|flag|integer|float|list)\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*[,)]").unwrap();
    let (mut lacking, mut seen, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    for path in &files {
        let file = path.strip_prefix(&root).unwrap().display().to_string();
        if file.starts_with("config/") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut known_constants = BTreeMap::new();
        if !text.contains("settings") {
            continue;
        }
        for neighbour in files.iter().filter(|other| other.parent() == path.parent() || other.ends_with("web/token.rs")) {
            let exported = fs::read_to_string(neighbour).unwrap();
            for (name, value) in constants(&exported) {
                known_constants.entry(name).or_insert(value);
            }
        }
        // Its own win, and what is renamed when it is imported.
        known_constants.extend(constants(text));
        if text.contains("token::SECTION as ACCESS") {
            known_constants.insert("ACCESS".to_owned(), "edx-rest-api".to_owned());
        }
        if file.starts_with("workflows/module_engagement/") && text.contains("SECTION") {
            known_constants.insert("SECTION".to_owned(), "module-engagement".to_owned());
        }
        for found in read.captures_iter(text).map(Result::unwrap) {
            count += 1;
            let words = format!("{}, {}", &found[2], &found[3]);
            if let Some(number) = INDIRECT.iter().position(|(of, known, _)| *of == file && *known == words) {
                seen.insert(number);
                continue;
            }
            let value = |word: &str| match word.strip_prefix('"') {
                Some(text) => Some(text.trim_end_matches('"').to_owned()),
                None => known_constants.get(word).cloned(),
            };
            match (value(&found[2]), value(&found[3])) {
                (Some(section), Some(key)) if is_known(&section, &key) => {}
                (section, key) => drop(lacking.insert(format!("{file}: {words} = {section:?} {key:?}"))),
            }
        }
    }
    assert!(lacking.is_empty(), "read, and not in src/config/catalogue: {lacking:#?}");
    assert!(count > 40, "only {count} reads were found");
    for (number, (file, words, keys)) in INDIRECT.iter().enumerate() {
        assert!(seen.contains(&number), "nothing in {file} reads {words} any more");
        for (section, key) in keys.iter().filter_map(|pair| pair.split_once(' ')) {
            assert!(is_known(section, key), "[{section}] {key} is read in {file} and not in the catalogue");
        }
    }
}

#[test]
fn the_rules_and_the_catalogue_have_the_same_keys() {
    let rules = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules/01-common.md")).unwrap();
    let rows = rules.lines().skip_while(|line| !line.starts_with("| section | key |")).skip(2).take_while(|line| line.starts_with('|'));
    let mut documented = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        for section in cells[1].split(", else ") {
            for key in cells[2].split(',').map(str::trim) {
                documented.insert((section.to_owned(), key.to_owned()));
                let is_whole = key == "–" || key.starts_with("any ");
                assert!(is_whole || is_known(section, key) || is_without_effect(section, key), "[{section}] {key} of the rules");
            }
        }
    }
    // Those of other chapters (rules 07, 2; rules 09).
    let elsewhere = |known: &KnownSetting| known.section == "elasticsearch" || known.section == "jobs";
    for known in known_settings().filter(|known| !elsewhere(known)) {
        assert!(
            documented.contains(&(known.section.to_owned(), known.key.to_owned())),
            "[{}] {} is not in the rules",
            known.section,
            known.key
        );
    }
}

#[test]
fn each_setting_is_told_once_with_an_example_and_each_section_explained() {
    let mut names = BTreeSet::new();
    for known in known_settings() {
        assert!(names.insert((known.section, known.key)), "[{}] {} twice", known.section, known.key);
        assert!(!known.about.ends_with('.') && !known.example.is_empty(), "{known:?}");
        assert!(!about_section(known.section).is_empty(), "{}", known.section);
    }
    assert!(is_secret("google", "api_key") && is_secret("x", "db_password") && !is_secret("database-export", "credentials"));
}

#[test]
fn near_names_are_guessed_and_others_left_alone() {
    let tasks = [("UserActivityTask", "n_reduce_tasks".to_owned())];
    let meant = |section: &str, key: &str| nearest_of_setting(section, key, &tasks);
    assert_eq!(meant("enrolments", "interval_start").unwrap(), "[enrollments] interval_start");
    assert_eq!(meant("enrollments", "interval_strat").unwrap(), "[enrollments] interval_start");
    assert_eq!(meant("UserActivityTask", "n_reduce_task").unwrap(), "[UserActivityTask] n_reduce_tasks");
    assert_eq!(meant("event_logs", "sources").unwrap(), "[event-logs] source");
    for (section, key) in
        [("hive", "release"), ("core", "x"), ("unheard", "of"), ("hive", "something_else"), ("enrollments", "interval_start")]
    {
        assert_eq!(meant(section, key), None, "[{section}] {key}");
    }
    assert_eq!(typo_of("dat", ["date", "timestamp"]), Some("date"));
    assert_eq!(typo_of("day", ["date", "timestamp"]), None);
}
