//! Settings that are paths: what was hardly meant as a part of one (rules 01, 7).

use super::catalogue::known_setting;
use super::ini::DEFAULT_SECTION;

/// Keys of such settings, in their own sections and in those of tasks.
const KEYS: &[&str] = &[
    "warehouse_path",
    "marker",
    "credentials",
    "destination",
    "geolocation_data",
    "ca_certificate",
    "summary",
    "metrics",
    "directory",
    "path",
    "streaming-jar",
    "insights-jar",
    "binaries",
    "log-directory",
    "dest",
    "output_root",
    "manifest",
    "answer_metadata",
    "sqlite",
];

/// Whether the setting is a path that programs read. Sections of tasks begin with a capital letter.
pub(super) fn is_path(section: &str, key: &str) -> bool {
    let is_read = || known_setting(section, key).is_some() || section.starts_with(|first: char| first.is_ascii_uppercase());
    section != DEFAULT_SECTION && KEYS.iter().any(|path| path.eq_ignore_ascii_case(key)) && is_read()
}

/// What is wrong with a path as it was written, and what to write.
pub(super) fn fault(value: &str) -> Option<&'static str> {
    let is_quoted = |quote| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    if value.contains(['\n', '\r']) {
        Some("is a path of several lines. Write it on one line, behind the name; an indented line goes on with the value above it.")
    } else if is_quoted('"') || is_quoted('\'') {
        Some("stands in quotes, which would be a part of the path. Write it without them.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::catalogue::known_settings;

    #[test]
    fn paths_of_the_catalogue_and_of_tasks() {
        for (section, key) in [("hive", "warehouse_path"), ("run", "Summary"), ("AnswerDistributionWorkflow", "dest")] {
            assert!(is_path(section, key), "{section} {key}");
        }
        for (section, key) in [("hive", "database"), ("mine", "marker"), ("DEFAULT", "path"), ("event-logs", "source")] {
            assert!(!is_path(section, key), "{section} {key}");
        }
        // None is left out: an example that begins with a slash is one.
        let paths = known_settings().filter(|known| known.example.starts_with('/'));
        // Jars may be a list.
        for known in paths.filter(|known| known.key != "lib_jar") {
            assert!(is_path(known.section, known.key), "[{}] {}", known.section, known.key);
        }
    }

    #[test]
    fn what_is_hardly_a_path() {
        for value in ["/a\n[b]", "\n/a", "\"/a b\"", "'/a'"] {
            assert!(fault(value).is_some(), "{value}");
        }
        for value in ["/a b", "/a\"b", "", "\"", "s3://b/'c'"] {
            assert_eq!(fault(value), None, "{value}");
        }
    }
}
