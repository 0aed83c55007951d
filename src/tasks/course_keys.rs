//! Which course ids count, from the configuration to the options of jobs.

use anyhow::Result;
use clap::ValueEnum as _;

use crate::config::settings::Settings;
use crate::streaming::job_options::OptionField;
use crate::tracking::CourseKeyRules;
use crate::tracking::course_key::CourseUrls;
use crate::warehouse::day_index::unusual;
use crate::wrong_usage::wrong_usage;

/// Which course ids count for every job that reads them from events: `[ccx] enabled` and `[event-logs] course_urls`, where they are set.
///
/// # Errors
/// A value is none of those that there are.
pub fn course_key_rules(settings: &Settings) -> Result<CourseKeyRules> {
    let usual = CourseKeyRules::default();
    let ccx = settings.flag("ccx", "enabled")?.unwrap_or(usual.ccx);
    let urls = settings.get("event-logs", "course_urls").map(str::trim);
    let course_urls = match urls {
        None => usual.course_urls,
        Some(value) => CourseUrls::from_str(value, true).map_err(|_| {
            wrong_usage(format!("[event-logs] course_urls is {value:?}. Write original, for the URLs that the original knew, or all."))
        })?,
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
        for wrong in ["old", ""] {
            let error = rules(&format!("[event-logs]\ncourse_urls = {wrong}\n")).unwrap_err();
            assert!(error.is::<crate::wrong_usage::WrongUsage>(), "{error}");
            assert!(error.to_string().contains("course_urls") && error.to_string().contains("original"), "{error}");
        }
    }
}
