//! The text of a configuration file: every setting with what it is for, those that are known in force, the others as comments.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::config::catalogue::{KnownSetting, Unset, about_section, known_settings};

/// Values by section and key.
pub(super) type Values = BTreeMap<(String, String), String>;

/// Overwritten days are required, but nobody knows a better number on the first day.
fn value_of(known: &KnownSetting, values: &Values) -> Option<String> {
    let given = values.get(&(known.section.to_owned(), known.key.to_owned())).cloned();
    let is_usual = known.unset == Unset::Required && matches!(known.key, "overwrite_n_days" | "pattern");
    given.or_else(|| is_usual.then(|| known.example.to_owned()))
}

/// The required settings that have no value.
pub(super) fn lacking(values: &Values) -> Vec<&'static KnownSetting> {
    let is_on = |[section, key]: [&str; 2]| {
        let value = values.get(&(section.to_owned(), key.to_owned()));
        value.is_some_and(|value| !["", "0", "no", "false", "off"].contains(&value.trim().to_ascii_lowercase().as_str()))
    };
    let is_required = |known: &KnownSetting| match known.unset {
        Unset::Required => true,
        Unset::RequiredWith(_, other) => is_on(other),
        Unset::Default(_) | Unset::Without(_) => false,
    };
    known_settings().filter(|known| is_required(known) && value_of(known, values).is_none()).collect()
}

/// The text; `kept` are values of sections that the catalogue does not have.
pub(super) fn text(values: &Values, kept: &Values) -> String {
    let mut out = String::from(
        "# Configuration of the Insights pipeline, written by `insights init`.\n\
         # Every setting that programs read stands here; those behind a # have the value that is said.\n\
         # Lists are JSON: double quotes, a backslash is doubled. A percent sign is doubled.\n\
         # Look at all that is in force with `insights init --show`, and whether a night would succeed with `insights doctor`.\n",
    );
    let mut section = "";
    for known in known_settings() {
        if known.section != section {
            section = known.section;
            let _ = write!(out, "\n# {}\n[{section}]\n", about_section(section));
        }
        let value = value_of(known, values);
        let unset = match known.unset {
            Unset::Required => "Required.".to_owned(),
            Unset::RequiredWith(what, _) => format!("Required with {what}."),
            Unset::Default(default) => format!("Default: {default}."),
            Unset::Without(what) => format!("Without it: {what}."),
        };
        let _ = writeln!(out, "# {}. {}", known.about, unset.replace("..", "."));
        let _ = match value {
            Some(value) => writeln!(out, "{} = {}", known.key, escaped(&value)),
            None => writeln!(out, "#{} = {}", known.key, escaped(known.example)),
        };
    }
    out.push_str(
        "\n# A task's options may stand in a section of its name: --n-reduce-tasks is n_reduce_tasks. `insights TASK --help` lists them.\n\
         # Answer distribution runs every day only if its section is there:\n\
         #[AnswerDistributionWorkflow]\n\
         #src = [\"/var/log/tracking/\"]\n\
         #include = [\"*tracking.log*\"]\n\
         #dest = /var/lib/insights/answers/\n\
         #output_root = /var/lib/insights/answer_distribution_csv/\n\
         #marker = /var/lib/insights/answer_distribution_markers/\n\
         # Properties of Hadoop for every job of a cluster:\n\
         #[job-conf]\n",
    );
    let mut section = "";
    for ((of, key), value) in kept {
        if of != section {
            section = of;
            let _ = write!(out, "\n[{section}]\n");
        }
        let _ = writeln!(out, "{key} = {}", escaped(value));
    }
    out
}

/// A value as the file has it: percent signs doubled, further lines indented.
fn escaped(value: &str) -> String {
    value.trim().replace('%', "%%").replace('\n', "\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::{ConfigFile, Settings, Sources};
    use crate::storage::Location;

    fn read(text: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cfg");
        std::fs::write(&path, text).unwrap();
        let files = vec![ConfigFile::Required(Location::from_path(&path).unwrap())];
        Settings::load(&Sources { working_directory: folder.path().to_owned(), files, ..Sources::default() }).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = |section: &str, key: &str, value: &str| ((section.to_owned(), key.to_owned()), value.to_owned());
        let values = Values::from([value("hive", "warehouse_path", "/w/50%"), value("event-logs", "source", "[\"a\",\n\"b\"]")]);
        let settings = read(&text(&values, &Values::from([value("job-conf", "mapred.X", "7")])));
        assert_eq!(settings.get("hive", "warehouse_path"), Some("/w/50%"));
        assert_eq!(settings.list("event-logs", "source").unwrap().unwrap(), ["a", "b"]);
        assert_eq!(settings.list("event-logs", "pattern").unwrap().unwrap(), [r".*tracking\.log-(?P<date>\d{8}).*"]);
        assert_eq!(settings.get("job-conf", "mapred.X"), Some("7"));
        assert_eq!(settings.get("AnswerDistributionWorkflow", "src"), None);
        let lacking: Vec<_> = lacking(&values).iter().map(|known| format!("{} {}", known.section, known.key)).collect();
        assert_eq!(lacking, ["enrollments interval_start", "location-per-course interval_start", "geolocation geolocation_data"]);
        let lacks_database = |more: &[(&str, &str)]| {
            let more = more.iter().map(|(key, text)| value("database-export", key, text));
            super::lacking(&values.clone().into_iter().chain(more).collect()).iter().any(|known| known.key == "database")
        };
        assert!(lacks_database(&[("credentials", "/c.json")]) && !lacks_database(&[("credentials", "/c.json"), ("database", "reports")]));
    }

    #[test]
    fn every_example_can_be_taken_as_it_stands() {
        let commented = text(&Values::new(), &Values::new());
        let plain: String = commented
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '['])).unwrap_or(line))
            .fold(String::new(), |all, line| all + line + "\n");
        let before = plain.split("# A task's options").next().unwrap();
        let settings = read(before);
        for known in known_settings() {
            assert_eq!(settings.get(known.section, known.key), Some(known.example), "[{}] {}", known.section, known.key);
        }
    }
}
