//! The catalogue of settings: every section and key that programs read, what it is for, its default and an example (rules 01, 7).
//!
//! Options of a task may be set in the section that is named after it; those come from the task's own options and are not repeated here.
//! A test reads the source and fails on a key that is read and missing here.

mod basics;
mod cluster;
mod near;
mod workflows;

pub(crate) use near::{nearest_of_setting, typo_of};

/// A setting that programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownSetting {
    /// Its section, case counts.
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// What it is for, one sentence without its period.
    pub about: &'static str,
    /// What holds where it is not set.
    pub unset: Unset,
    /// A value that can be used as it stands.
    pub example: &'static str,
    /// Its value is never shown.
    pub is_secret: bool,
}

/// What holds where a setting is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unset {
    /// Tasks that need it end at once.
    Required,
    /// The same if something is used, in these words, which this other setting of a section and key switches on.
    RequiredWith(&'static str, [&'static str; 2]),
    /// This value.
    Default(&'static str),
    /// What it is for is not done, or comes from elsewhere, in these words.
    Without(&'static str),
}

impl KnownSetting {
    const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}

const fn setting(section: &'static str, key: &'static str, about: &'static str, unset: Unset, example: &'static str) -> KnownSetting {
    KnownSetting { section, key, about, unset, example, is_secret: false }
}

/// A section of which every key counts: properties of Hadoop.
pub(crate) const OPEN_SECTION: &str = "job-conf";

/// Settings of the pipeline that made these tables before, which are accepted and change nothing; no key means the whole section.
const WITHOUT_EFFECT: &[(&str, Option<&str>)] = &[
    ("hive", Some("database")),
    ("hive", Some("version")),
    ("hive", Some("release")),
    ("map-reduce", Some("remote_log_level")),
    ("manifest", Some("threshold")),
    ("user-activity", Some("output_root")),
    ("hadoop", Some("python-executable")),
    ("hadoop", Some("version")),
    ("calendar", None),
    ("sqoop", None),
    ("core", None),
    ("retcode", None),
    ("scheduler", None),
    ("worker", None),
    ("execution_summary", None),
    ("resources", None),
    ("vertica-export", None),
];

/// All settings, in the order of a configuration file.
pub(crate) fn known_settings() -> impl Iterator<Item = &'static KnownSetting> {
    basics::SETTINGS.iter().chain(workflows::SETTINGS).chain(cluster::SETTINGS)
}

/// The setting of a section and key; keys count in any case.
pub(crate) fn known_setting(section: &str, key: &str) -> Option<&'static KnownSetting> {
    known_settings().find(|known| known.section == section && known.key.eq_ignore_ascii_case(key))
}

/// Whether programs read anything of a section, apart from those of tasks.
pub(crate) fn is_known_section(section: &str) -> bool {
    section == OPEN_SECTION || known_settings().any(|known| known.section == section)
}

/// What comes before each section in a file that is written for people.
pub(crate) fn about_section(section: &str) -> &'static str {
    let found = basics::SECTIONS.iter().chain(workflows::SECTIONS).chain(cluster::SECTIONS).find(|(name, _)| *name == section);
    found.map_or("", |(_, about)| about)
}

/// Whether it is accepted and changes nothing.
pub(crate) fn is_without_effect(section: &str, key: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|(known, of)| *known == section && of.is_none_or(|of| of.eq_ignore_ascii_case(key)))
}

/// Whether a value must not be shown: the catalogue says so, or the key sounds like it.
pub(crate) fn is_secret(section: &str, key: &str) -> bool {
    let lower = key.to_lowercase();
    known_setting(section, key).is_some_and(|known| known.is_secret)
        || ["password", "secret", "token", "api_key", "access.key", "credential"].iter().any(|word| lower.contains(word))
            && known_setting(section, key).is_none()
}
