//! The settings of the operators: ini files and environment, with the place each value comes from (rules 01, 7).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use super::catalogue::{known_setting, known_settings};
use super::ini::{self, DEFAULT_SECTION};
use super::lists::StringList;
use super::missing::MissingSetting;
use super::paths;
pub use super::sources::{ConfigFile, GivenSetting, Sources};
use super::text::read_text;
pub(crate) use super::variables::PREFIX;
pub use super::variables::variable_name;
use crate::error_text::error_text;
use crate::notice::Notice;
use crate::storage::{Location, is_not_found, store_for};
use crate::wrong_usage::WrongUsage;
use crate::wrong_usage::wrong_usage;

/// A setting with the place it comes from.
#[derive(Clone, Copy)]
pub(crate) struct SettingInForce<'s> {
    /// Its section.
    pub section: &'s str,
    /// Its key, as it was written.
    pub key: &'s str,
    /// Its value; may be a secret.
    pub value: &'s str,
    /// A file and line, or an environment variable.
    pub origin: &'s str,
}

/// The value of a setting and the place it comes from.
#[derive(Clone)]
struct Setting {
    value: String,
    origin: String,
    /// The key as it was written.
    spelling: String,
}

/// All settings. Later files win key by key, the environment wins over files. `Debug` shows no values.
#[derive(Clone, Default)]
pub struct Settings {
    values: BTreeMap<(String, String), Setting>,
    sections: BTreeSet<String>,
    environment: BTreeMap<String, Setting>,
    files: Vec<Location>,
    /// Words of the command line that named files.
    named: Vec<String>,
    notices: Vec<Notice>,
    /// What was asked for, set or not; copies write into the same.
    asked: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl Settings {
    /// Reads all sources, in order: system files, `client.cfg` and `luigi.cfg` or the file in their place,
    /// `override.cfg`, files of the command line.
    pub fn load(sources: &Sources) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let local = |name: &str| sources.working_directory.join(name);
        for path in &sources.system_files {
            settings.read(path)?;
        }
        // Every machine has its own.
        settings.files.clear();
        if let Some(path) = &sources.luigi_config_path {
            let text = text_of_path(path)?;
            settings.files.extend(text.is_some().then(|| Location::from_path(path)).transpose()?);
            settings.read_or_note(&path.display().to_string(), text, "named by LUIGI_CONFIG_PATH")?;
        } else {
            settings.read(&local("client.cfg"))?;
            settings.read(&local("luigi.cfg"))?;
        }
        settings.read(&local("override.cfg"))?;
        for file in &sources.files {
            settings.named.extend(file.words());
            match file {
                ConfigFile::Optional(place) => {
                    let text = text_of(place)?;
                    settings.files.extend(text.is_some().then(|| place.clone()));
                    settings.read_or_note(&place.to_string(), text, "of the command line")?;
                }
                ConfigFile::Required(place) => {
                    let text = text_of(place)?;
                    let text =
                        text.ok_or_else(|| wrong_usage(format!("The configuration file {place} does not exist; correct its path.")))?;
                    settings.files.push(place.clone());
                    settings.add(&place.to_string(), &text)?;
                }
            }
        }
        settings.interpolate()?;
        for (name, value) in sources.environment.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            let origin = format!("the environment variable {name}");
            settings.environment.insert(name.clone(), Setting { value: value.clone(), origin, spelling: name.clone() });
        }
        sources.given.iter().cloned().for_each(|given| settings.give(given));
        settings.check_paths()?;
        Ok(settings)
    }

    /// Nothing is stronger. The section does not exist because of it, so that `[DEFAULT]` stands in for no more than it did.
    fn give(&mut self, given: GivenSetting) {
        let GivenSetting { section, key, value, origin } = given;
        self.environment.remove(&variable_name(&section, &key));
        self.values.insert((section, key.to_lowercase()), Setting { value, origin, spelling: key });
    }

    /// Settings that stand nowhere but in the program; `%` is a letter like others.
    ///
    /// # Errors
    /// The text is no ini text.
    pub fn of_text(text: &str) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        settings.add("built in", text)?;
        Ok(settings)
    }

    /// What a single file sets, and nothing else.
    ///
    /// # Errors
    /// It is missing, cannot be read, or is no ini text.
    pub(crate) fn of_file(place: &Location) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        let text = text_of(place)?.ok_or_else(|| WrongUsage(format!("The file {place} does not exist; correct its path.")))?;
        settings.add(&place.to_string(), &text)?;
        settings.interpolate()?;
        Ok(settings)
    }

    /// What the operator should be told: missing optional files, references that lead nowhere.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The files of the operator that were read, in order; `--config` of each gives the same settings elsewhere, but for the environment
    /// and the files of the machine.
    pub fn files(&self) -> &[Location] {
        &self.files
    }

    /// `insights` with the files of configuration that this command line named: how commands begin that the operator is told to type.
    pub fn program(&self) -> String {
        std::iter::once("insights").chain(self.named.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }

    /// The value, if it is set in the environment or a file. Keys are looked up without regard to case, sections are not.
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.find(section, key).map(|setting| setting.value.as_str())
    }

    /// Where the value comes from, for messages: an environment variable, or a file and a line.
    pub fn origin(&self, section: &str, key: &str) -> Option<&str> {
        self.find(section, key).map(|setting| setting.origin.as_str())
    }

    /// The value; the error says how to set it. `option` is the command line option, such as `--warehouse-path`.
    pub fn require(&self, section: &str, key: &str, option: &str) -> anyhow::Result<&str> {
        self.get(section, key)
            .ok_or_else(|| MissingSetting { section: section.to_owned(), key: key.to_owned(), option: Some(option.to_owned()) }.into())
    }

    /// Everything that files and environment set: section, key as it was written, value, origin. Each once, as it counts.
    pub(crate) fn all(&self) -> impl Iterator<Item = SettingInForce<'_>> {
        self.values.iter().map(|((section, key), setting)| {
            let setting = self.environment.get(&variable_name(section, key)).unwrap_or(setting);
            let spelling = self.values.get(&(section.clone(), key.clone())).map_or(key.as_str(), |setting| &setting.spelling);
            SettingInForce { section, key: spelling, value: &setting.value, origin: &setting.origin }
        })
    }

    /// The environment variables that begin as those of settings do, read or not.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.environment.keys().map(String::as_str)
    }

    /// The same with one more value, for plans that are only looked at.
    #[must_use]
    pub(crate) fn with(&self, section: &str, key: &str, value: &str) -> Self {
        let mut more = self.clone();
        more.sections.insert(section.to_owned());
        let setting = Setting { value: value.to_owned(), origin: "made up".to_owned(), spelling: key.to_owned() };
        more.values.insert((section.to_owned(), key.to_lowercase()), setting);
        more
    }

    /// A flag: `1`, `yes`, `true`, `on` or `0`, `no`, `false`, `off` in any case.
    pub fn flag(&self, section: &str, key: &str) -> anyhow::Result<Option<bool>> {
        self.typed(section, key, "one of yes, no, true, false, on, off, 1 and 0", |value| match value.to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Some(true),
            "0" | "no" | "false" | "off" => Some(false),
            _ => None,
        })
    }

    /// A whole number.
    pub fn integer(&self, section: &str, key: &str) -> anyhow::Result<Option<i64>> {
        self.typed(section, key, "a whole number", |value| value.trim().parse().ok())
    }

    /// A number.
    pub fn float(&self, section: &str, key: &str) -> anyhow::Result<Option<f64>> {
        self.typed(section, key, "a number", |value| value.trim().parse().ok().filter(|number: &f64| number.is_finite()))
    }

    /// A list of texts.
    pub fn list(&self, section: &str, key: &str) -> anyhow::Result<Option<Vec<String>>> {
        let wanted = "a JSON list of texts such as [\"first\", \"second\"]";
        self.typed(section, key, wanted, |value| value.parse::<StringList>().ok().map(|list| list.0))
    }

    /// All keys of a section of the files with their values, such as the Hadoop properties of `[job-conf]`. Keys are as they were
    /// written: files set the same option in any case, but Hadoop and the environment of its tasks tell names apart by case.
    pub fn section<'a>(&'a self, section: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let in_section = self.values.iter().filter(move |((name, _), _)| name == section);
        in_section.map(move |((_, key), setting)| (setting.spelling.as_str(), self.get(section, key).unwrap_or(&setting.value)))
    }

    /// The value may be a secret that landed under the wrong key, so errors name its place and do not show it.
    fn typed<T>(&self, section: &str, key: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> anyhow::Result<Option<T>> {
        let Some(Setting { value, origin, .. }) = self.find(section, key) else {
            return Ok(None);
        };
        let wrong = || wrong_usage(format!("The setting {key} of [{section}] in {origin} is not usable. Write {wanted}."));
        parse(value).map(Some).ok_or_else(wrong)
    }

    /// What anybody has asked for so far, set or not: section and key.
    pub(crate) fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn find(&self, section: &str, key: &str) -> Option<&Setting> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert((section.to_owned(), key.to_owned()));
        self.environment.get(&variable_name(section, key)).or_else(|| self.find_in_files(section, &key.to_lowercase()))
    }

    /// `[DEFAULT]` stands in for what an existing section leaves out.
    fn find_in_files(&self, section: &str, key: &str) -> Option<&Setting> {
        let within = |section: &str, key: &str| self.values.get(&(section.to_owned(), key.to_owned()));
        let with_dashes = || within(section, &key.replace('_', "-")).filter(|_| is_of_task(section));
        within(section, key).or_else(with_dashes).or_else(|| within(DEFAULT_SECTION, key).filter(|_| self.sections.contains(section)))
    }

    fn read_or_note(&mut self, name: &str, text: Option<String>, why: &str) -> anyhow::Result<()> {
        if let Some(text) = text {
            return self.add(name, &text);
        }
        self.notices.push(Notice::hint(format!("The configuration file {name} {why} does not exist; it is left out.")));
        Ok(())
    }

    /// Adds what a file sets, if it is there.
    fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let Some(text) = text_of_path(path)? else { return Ok(()) };
        self.files.push(Location::from_path(path)?);
        self.add(&path.display().to_string(), &text)
    }

    fn add(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let wrong = |error| wrong_usage(format!("The configuration file {name} is malformed. {}", error_text(&error)));
        let entries = ini::parse(text).map_err(wrong)?;
        for ini::Entry { section, key, spelling, value, line, swallowed } in entries {
            if let Some((place, meant)) = swallowed {
                self.notices.push(Notice::warning(format!(
                    "Line {place} of {name} is indented, so that [{meant}] is a part of {key} of [{section}] (line {line}) and begins \
                     no section. Remove the blanks before it."
                )));
            }
            self.sections.insert(section.clone());
            self.values.insert((section, key), Setting { value, origin: format!("{name}, line {line}"), spelling });
        }
        Ok(())
    }

    /// Refuses paths that hardly anybody has meant.
    fn check_paths(&self) -> anyhow::Result<()> {
        let set = self.values.keys().map(|(section, key)| (section.as_str(), key.as_str()));
        let paths =
            known_settings().map(|known| (known.section, known.key)).chain(set).filter(|(section, key)| paths::is_path(section, key));
        for (section, key) in paths {
            let found = self.environment.get(&variable_name(section, key)).or_else(|| self.find_in_files(section, &key.to_lowercase()));
            if let Some((Setting { origin, .. }, fault)) = found.and_then(|setting| Some((setting, paths::fault(&setting.value)?))) {
                // The warning of a section that became a part of it would not be told any more.
                let told: Vec<_> = std::iter::once(fault).chain(self.notices.iter().filter_map(Notice::warning_text)).collect();
                return Err(wrong_usage(format!("{key} of [{section}] ({origin}) {}", told.join(" "))));
            }
        }
        Ok(())
    }

    /// Resolves references once all files are read. One that leads nowhere stays as it is if nobody will ever ask for it.
    fn interpolate(&mut self) -> anyhow::Result<()> {
        let mut resolved = Vec::new();
        for (name, setting) in &self.values {
            let lookup = |key: &str| self.find_in_files(&name.0, key).map(|setting| setting.value.as_str());
            resolved.push((name.clone(), ini::interpolate(&setting.value, &lookup)));
        }
        for (name, value) in resolved {
            let Some(setting) = self.values.get_mut(&name) else {
                continue;
            };
            match value {
                Ok(value) => setting.value = value,
                Err(why) => {
                    let told = format!("The setting {} of [{}] in {} {why}.", name.1, name.0, setting.origin);
                    if known_setting(&name.0, &name.1).is_some() {
                        return Err(wrong_usage(format!(
                            "{told} Set that in the same section or in [DEFAULT], or write %% for a percent sign."
                        )));
                    }
                    self.notices.push(Notice::hint(told));
                }
            }
        }
        Ok(())
    }
}

/// Whether a section may be named after a task: a key with dashes counts there, too, as luigi had it.
fn is_of_task(section: &str) -> bool {
    section.starts_with(|first: char| first.is_ascii_uppercase())
}

/// The text of a file of this machine; none if it does not exist.
fn text_of_path(path: &Path) -> anyhow::Result<Option<String>> {
    text_of(&Location::from_path(path)?)
}

/// The text of a file wherever it lies.
fn text_of(place: &Location) -> anyhow::Result<Option<String>> {
    match read_text(place) {
        Ok(text) => Ok(Some(text)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(_) if store_for(place).and_then(|store| store.directory_exists(place)).unwrap_or(false) => {
            Err(wrong_usage(format!("The configuration file {place} is a directory; name a file.")))
        }
        Err(error) => Err(error).with_context(|| format!("The configuration file {place} cannot be read.")),
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.values.keys().map(|(section, key)| format!("[{section}] {key}")).collect();
        let variables: Vec<&String> = self.environment.keys().collect();
        f.debug_struct("Settings").field("names", &names).field("variables", &variables).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
