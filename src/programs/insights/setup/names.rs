//! What a configuration sets and nobody reads.

use crate::config::catalogue::{OPEN_SECTION, is_without_effect, known_setting, nearest_of_setting};
use crate::config::settings::Settings;
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
    pub(crate) fn warning(&self) -> Option<String> {
        let Self { section, key, origin, meant } = self;
        let meant = meant.as_ref()?;
        Some(format!("Warning: Nothing reads [{section}] {key} ({origin}). Did you mean {meant}?"))
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

/// All settings of files that nobody reads.
pub(crate) fn idle(workflows: Workflows, settings: &Settings) -> Vec<Idle> {
    let of_tasks = options_of_tasks(workflows);
    let is_read = |section: &str, key: &str| {
        section == OPEN_SECTION
            || section == "DEFAULT"
            || known_setting(section, key).is_some()
            || of_tasks.iter().any(|(task, option)| *task == section && option.eq_ignore_ascii_case(key))
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
