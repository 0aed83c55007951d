//! Every setting in force with its source; secrets are masked.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::names::idle;
use super::template::Values;
use crate::config::catalogue::{Unset, is_secret, known_setting, known_settings};
use crate::config::settings::Settings;
use crate::engine::cluster::secret_properties::is_secret as holds_secret;
use crate::programs::insights::Workflows;

const MASK: &str = "********";

/// The text. `given` are values of options, which win.
pub(super) fn text(workflows: Workflows, settings: &Settings, given: &Values) -> String {
    let mut out = String::new();
    let mut line = |section: &str, key: &str, value: &str, origin: &str| {
        let _ = writeln!(out, "[{section}] {key} = {}    ({origin})", masked(section, key, value));
    };
    let mut shown = BTreeSet::new();
    for known in known_settings() {
        shown.insert((known.section, known.key.to_lowercase()));
        let option = given.get(&(known.section.to_owned(), known.key.to_owned()));
        match (option, settings.get(known.section, known.key), known.unset) {
            (Some(value), ..) => line(known.section, known.key, value, "an option of this command"),
            (None, Some(value), _) => line(known.section, known.key, value, settings.origin(known.section, known.key).unwrap_or_default()),
            (None, None, Unset::Default(value)) => line(known.section, known.key, value, "default"),
            (None, None, Unset::Required) => line(known.section, known.key, "", "not set: required"),
            (None, None, Unset::RequiredWith(what, _)) => line(known.section, known.key, "", &format!("not set: required with {what}")),
            (None, None, Unset::Without(what)) => line(known.section, known.key, "", &format!("not set: {what}")),
        }
    }
    let without_effect = idle(workflows, settings);
    for set in settings.all().filter(|set| !shown.contains(&(set.section, set.key.to_lowercase()))) {
        let idle = without_effect.iter().find(|idle| (idle.section.as_str(), idle.key.as_str()) == (set.section, set.key));
        let note = match idle {
            None => set.origin.to_owned(),
            Some(idle) => match &idle.meant {
                Some(meant) => format!("{}; nothing reads it, did you mean {meant}?", set.origin),
                None => format!("{}; without effect", set.origin),
            },
        };
        line(set.section, set.key, set.value, &note);
    }
    out
}

/// Whether something of a value is not shown.
pub(super) fn hides(section: &str, key: &str, value: &str) -> bool {
    is_secret(section, key) || masked(section, key, value).contains(MASK)
}

/// A value for people: no secret, no password or query within a URL.
fn masked(section: &str, key: &str, value: &str) -> String {
    if is_secret(section, key) && !value.is_empty() {
        return MASK.to_owned();
    }
    let out: String = value.split_inclusive([' ', '\t', '\n', '"']).map(masked_word).collect();
    // Of settings that are known the catalogue tells whether their own name is that of a secret.
    let name = if known_setting(section, key).is_some() { "" } else { key };
    if holds_secret(name, &out) { MASK.to_owned() } else { out.replace('\n', " ") }
}

/// A word without what stands before the last `@` of an address, and without its query. Passwords may have any letter but a blank in them, so
/// rather too much is masked than too little.
fn masked_word(word: &str) -> String {
    let (scheme, rest) =
        word.split_once("://").map_or(("", word), |(scheme, rest)| (word.get(..scheme.len() + 3).unwrap_or_default(), rest));
    let end = if rest.ends_with([' ', '\t', '\n', '"']) { rest.len() - 1 } else { rest.len() };
    let (rest, behind) = rest.split_at(end);
    let is_web = ["http://", "https://"].iter().any(|known| scheme.to_lowercase().ends_with(known));
    let query = rest.match_indices(['?', '#']).map(|(at, _)| at).find(|at| is_web || begins_query(rest.get(at + 1..).unwrap_or_default()));
    let (address, query) = rest.split_at(query.unwrap_or(rest.len()));
    let (mark, query) = query.split_at(query.len().min(1));
    let query = if query.is_empty() { "" } else { MASK };
    match address.rsplit_once('@') {
        Some((user, host)) if !scheme.is_empty() || user.contains(':') => format!("{scheme}{MASK}@{host}{mark}{query}{behind}"),
        // The password of a user may have a `?` in it.
        None if rest.contains('@') && address.contains(':') => format!("{scheme}{MASK}{behind}"),
        _ => format!("{scheme}{address}{mark}{query}{behind}"),
    }
}

/// Whether a text begins like `key=…`; patterns have question marks, too.
fn begins_query(text: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
    text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn sources_are_told_and_secrets_are_not() {
        let settings = Settings::of_text(
            "[elasticsearch]\nhost = [\"https://u:hunter2@one:9200/\", \"http://two\"]\npassword = hunter2\n[core]\nx = 1\n\
             [enrolments]\ninterval_start = 2024-01-01\n[mine]\ndb_password = hunter2\n[job-conf]\nfs.s3a.secret.key = hunter2\n",
        )
        .unwrap();
        let given = Values::from([(("hive".to_owned(), "warehouse_path".to_owned()), "/w".to_owned())]);
        let text = text(WORKFLOWS, &settings, &given);
        assert!(!text.contains("hunter2"), "{text}");
        for expected in [
            "[elasticsearch] host = [\"https://********@one:9200/\", \"http://two\"]    (built in, line 2)\n",
            "[hive] warehouse_path = /w    (an option of this command)\n",
            "[daily] fill_days = 62    (default)\n",
            "[event-logs] source =     (not set: required)\n",
            "[core] x = 1    (built in, line 5; without effect)\n",
            "nothing reads it, did you mean [enrollments] interval_start?)\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn no_part_of_a_secret_is_shown() {
        for (section, key, value, expected) in [
            ("elasticsearch", "host", "u:hunter2@h:9200", "********@h:9200"),
            (
                "elasticsearch",
                "host",
                "[\"https://u:hunter2,hunter2/hunter2@one/\", \"two:9200\"]",
                "[\"https://********@one/\", \"two:9200\"]",
            ),
            ("job-conf", "mapred.child.env", "AWS_SECRET_ACCESS_KEY=hunter2", MASK),
            ("job-conf", "my.passphrase", "hunter2", MASK),
            ("job-conf", "proxy", "-Xmx1g http://me:hunter2@proxy:80/", "-Xmx1g http://********@proxy:80/"),
            ("google", "api_url", "https://x.org/?key=hunter2", "https://x.org/?********"),
            ("google", "api_url", "x.org/maps?key=hunter2", "x.org/maps?********"),
            ("course-catalog-api", "api_root_url", "https://a:hunter2@x.org/v1?token=hunter2@x", "https://********@x.org/v1?********"),
            ("course-catalog-api", "api_root_url", "https://a:hunter2?hunter2@x.org/v1", "https://********"),
            ("event-logs", "pattern", r#"[".*tracking.log-(?P<date>\\d{8}).*\\.gz"]"#, r#"[".*tracking.log-(?P<date>\\d{8}).*\\.gz"]"#),
            ("event-logs", "source", "[\"s3://logs/a?.gz\", \"/b/\"]", "[\"s3://logs/a?.gz\", \"/b/\"]"),
            ("database-export", "credentials", "/etc/insights/hunter.json", "/etc/insights/hunter.json"),
            ("job-conf", "mapred.child.env", "HADOOP_USER_NAME=hadoop", "HADOOP_USER_NAME=hadoop"),
        ] {
            assert_eq!(masked(section, key, value), expected, "[{section}] {key}");
        }
    }
}
