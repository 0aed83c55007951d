//! What a configuration sets and nobody reads.

use crate::config::catalogue::{OPEN_SECTION, is_without_effect, known_setting, nearest_of_setting, typo_of};
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::notice::Notice;
use crate::programs::insights::{Workflows, tasks};

/// A setting that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: String,
    /// Where it stands.
    pub origin: String,
    /// What it was probably to be: `[section] key`.
    pub meant: Option<String>,
}

impl Idle {
    /// The warning of a name that is nearly a known one.
    pub(crate) fn warning(&self) -> Option<Notice> {
        let Self { section, key, origin, meant } = self;
        let meant = meant.as_ref()?;
        Some(Notice::warning(format!("Nothing reads [{section}] {key} ({origin}). Did you mean {meant}?")))
    }
}

/// The options of tasks, as keys of the sections that are named after them.
pub(crate) fn options_of_tasks(workflows: Workflows) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    for task in tasks(workflows) {
        let command = (task.command)(clap::Command::new(task.name));
        let cluster = <super::super::run_options::ClusterOptions as clap::Args>::augment_args(clap::Command::new(task.name));
        for argument in command.get_arguments().chain(cluster.get_arguments()) {
            let names = argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default());
            pairs.extend(names.map(|name| (task.name, name.replace('-', "_"))));
        }
        // What the day's run reads of every task's section.
        pairs.push((task.name, "interval_start".to_owned()));
    }
    pairs
}

/// Warnings of everything that is nearly a known name: sections, keys, and the groups of patterns.
pub(crate) fn warnings(workflows: Workflows, settings: &Settings) -> Vec<Notice> {
    let mut warnings: Vec<_> = idle(workflows, settings).iter().filter_map(Idle::warning).collect();
    warnings.extend(of_groups(settings));
    warnings
}

/// Groups of the configured patterns that are nearly the two that count.
pub(crate) fn of_groups(settings: &Settings) -> Vec<Notice> {
    // A list that cannot be read is an error where it is needed.
    let patterns = settings.get("event-logs", "pattern").and_then(|text| text.parse::<StringList>().ok()).unwrap_or_default();
    of_patterns(&patterns.0)
}

/// The same of given patterns.
pub(crate) fn of_patterns(patterns: &[String]) -> Vec<Notice> {
    let near = patterns
        .iter()
        .flat_map(|pattern| groups(pattern).filter_map(move |group| Some((pattern, group, typo_of(group, ["date", "timestamp"])?))));
    let told = near.map(|(pattern, group, meant)| {
        Notice::warning(format!(
            "The group {group} of the pattern {pattern} says nothing, and files are chosen whatever their day. Did you mean (?P<{meant}>…)?"
        ))
    });
    told.collect()
}

/// The names of a pattern's groups.
fn groups(pattern: &str) -> impl Iterator<Item = &str> {
    let behind = pattern.split("(?").skip(1).filter_map(|rest| rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<')));
    // Not the marks of looking behind: (?<!…) and (?<=…).
    behind.filter(|rest| rest.starts_with(char::is_alphabetic)).filter_map(|rest| rest.split('>').next())
}

/// All settings of files that nobody reads.
pub(crate) fn idle(workflows: Workflows, settings: &Settings) -> Vec<Idle> {
    let of_tasks = options_of_tasks(workflows);
    let is_read = |section: &str, key: &str| {
        section == OPEN_SECTION
            || section == "DEFAULT"
            || known_setting(section, key).is_some()
            || of_tasks.iter().any(|(task, option)| *task == section && option.eq_ignore_ascii_case(&key.replace('-', "_")))
    };
    let unread = settings.all().filter(|set| !is_read(set.section, set.key));
    let idle = unread.map(|set| Idle {
        section: set.section.to_owned(),
        key: set.key.to_owned(),
        origin: set.origin.to_owned(),
        meant: if is_without_effect(set.section, set.key) { None } else { nearest_of_setting(set.section, set.key, &of_tasks) },
    });
    idle.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn near_names_are_warned_of() {
        let settings = Settings::of_text(
            "[enrolments]\ninterval_start = 2024-01-01\n[UserActivityTask]\nn_reduce_task = 3\nn_reduce_tasks = 3\n[hive]\nrelease = apache\n\
             [event-logs]\npattern = [\".*(?P<dat>[0-9]{8})\", \"(?P<date>x)(?<!y)\"]\n[mine]\nown = 1\n",
        )
        .unwrap();
        let warnings = warnings(WORKFLOWS, &settings);
        let expected =
            ["Did you mean [UserActivityTask] n_reduce_tasks?", "Did you mean [enrollments] interval_start?", "Did you mean (?P<date>…)?"];
        assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
        for (warning, expected) in warnings.iter().zip(expected) {
            assert!(warning.warning_text().is_some_and(|warning| warning.ends_with(expected)), "{warning}");
        }
    }
}
