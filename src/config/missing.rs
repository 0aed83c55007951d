//! Settings that are needed and not there: told all at once, each with its section, key and an example.

use std::fmt;

use super::catalogue::known_setting;
use super::variables::variable_name;

/// A setting that something needs and that is set nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingSetting {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: String,
    /// The option in its place; none where a command line must not have it.
    pub option: Option<String>,
}

impl MissingSetting {
    /// A value that could stand there.
    pub(crate) fn example(&self) -> Option<&'static str> {
        known_setting(&self.section, &self.key).map(|known| known.example)
    }

    fn line(&self) -> String {
        format!("{} = {}", self.key, self.example().unwrap_or("…"))
    }
}

impl fmt::Display for MissingSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, key, option } = self;
        if key == "interval_start" {
            formatter.write_str("Either 'interval' or 'interval_start' parameter is required. ")?;
        }
        write!(formatter, "The setting {key} of [{section}] is missing; ")?;
        if let Some(option) = option {
            write!(formatter, "give the option {option}, ")?;
        }
        let variable = variable_name(section, key);
        write!(formatter, "set the environment variable {variable}, or write into a configuration file: [{section}] {}", self.line())
    }
}

impl std::error::Error for MissingSetting {}

/// Several of them, as one error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MissingSettings(pub Vec<MissingSetting>);

impl MissingSettings {
    /// Adds one, once.
    pub(crate) fn add(&mut self, missing: MissingSetting) -> bool {
        let is_new = !self.0.iter().any(|known| (&known.section, &known.key) == (&missing.section, &missing.key));
        if is_new {
            self.0.push(missing);
        }
        is_new
    }
}

impl fmt::Display for MissingSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(formatter, "{only}");
        }
        write!(formatter, "{} settings are missing. `insights init` writes a configuration file that has a place for each:", self.0.len())?;
        for missing in &self.0 {
            let option = missing.option.as_ref().map(|option| format!(" (or the option {option})")).unwrap_or_default();
            write!(formatter, "\n  [{}] {}{option}", missing.section, missing.line())?;
        }
        Ok(())
    }
}

impl std::error::Error for MissingSettings {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_with_section_key_and_example() {
        let missing = |section: &str, key: &str, option: Option<&str>| MissingSetting {
            section: section.to_owned(),
            key: key.to_owned(),
            option: option.map(str::to_owned),
        };
        let mut all = MissingSettings::default();
        assert!(all.add(missing("hive", "warehouse_path", Some("--warehouse-path"))));
        assert!(!all.add(missing("hive", "warehouse_path", None)));
        let one = all.to_string();
        for part in ["--warehouse-path", "INSIGHTS_HIVE_WAREHOUSE_PATH", "[hive] warehouse_path = /var/lib/insights/warehouse/"] {
            assert!(one.contains(part), "{one}");
        }
        all.add(missing("edx-rest-api", "client_secret", None));
        let several = all.to_string();
        assert!(
            several.starts_with("2 settings are missing.") && several.contains("\n  [edx-rest-api] client_secret = SECRET"),
            "{several}"
        );
        assert!(several.contains("\n  [hive] warehouse_path = /var/lib/insights/warehouse/ (or the option --warehouse-path)"), "{several}");
    }
}
