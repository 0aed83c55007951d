//! Which course ids count, from the configuration to the options of jobs.

use anyhow::{Result, anyhow};
use clap::ValueEnum as _;

use crate::config::settings::Settings;
use crate::streaming::job_options::OptionField;
use crate::tracking::CourseKeyRules;
use crate::tracking::course_key::CourseUrls;
use crate::warehouse::day_index::unusual;

/// Which course ids count for every job that reads them from events: `[ccx] enabled` and `[event-logs] course_urls`, where they are set.
///
/// # Errors
/// A value is none of those that there are.
pub fn course_key_rules(settings: &Settings) -> Result<CourseKeyRules> {
    let usual = CourseKeyRules::default();
    let ccx = settings.flag("ccx", "enabled")?.unwrap_or(usual.ccx);
    let urls = settings.get("event-logs", "course_urls").map(str::trim).filter(|value| !value.is_empty());
    let course_urls = match urls {
        None => usual.course_urls,
        Some(value) => CourseUrls::from_str(value, true)
            .map_err(|_| anyhow!("[event-logs] course_urls is {value:?}. Write original, for the URLs that the original knew, or all."))?,
    };
    Ok(CourseKeyRules { ccx, course_urls })
}

/// The same as the index of a table of days keeps them with each day.
///
/// # Errors
/// As there.
pub(super) fn course_key_words(settings: &Settings) -> Result<String> {
    let mut words = Vec::new();
    course_key_rules(settings)?.add_field("rules", &mut words);
    Ok(unusual(&words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;

    fn rules(ini: &str) -> Result<CourseKeyRules> {
        let directory = tempfile::tempdir()?;
        std::fs::write(directory.path().join("override.cfg"), ini)?;
        course_key_rules(&Settings::load(&Sources { working_directory: directory.path().to_owned(), ..Sources::default() })?)
    }

    #[test]
    fn rules_are_as_configured() {
        assert_eq!(rules("").unwrap(), CourseKeyRules::default());
        let original = CourseKeyRules { ccx: false, course_urls: CourseUrls::Original };
        assert_eq!(rules("[ccx]\nenabled = no\n[event-logs]\ncourse_urls = Original\n").unwrap(), original);
        let error = rules("[event-logs]\ncourse_urls = old\n").unwrap_err().to_string();
        assert!(error.contains("course_urls") && error.contains("original"), "{error}");
    }
}
