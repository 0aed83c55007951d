//! Every setting in force with its source; secrets are masked.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::names::idle;
use super::template::Values;
use crate::config::catalogue::{Unset, is_secret, known_settings};
use crate::config::settings::Settings;
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

/// A value for people: no secret, no password within a URL.
fn masked(section: &str, key: &str, value: &str) -> String {
    if is_secret(section, key) && !value.is_empty() {
        return MASK.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let authority = after.split(['/', '"', ' ', ',']).next().unwrap_or_default();
        rest = match authority.rsplit_once('@') {
            Some((user, _)) => {
                out.push_str(MASK);
                after.get(user.len()..).unwrap_or_default()
            }
            None => after,
        };
    }
    out.push_str(rest);
    out.replace('\n', " ")
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
}
