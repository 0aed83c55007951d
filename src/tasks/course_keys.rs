//! Which course ids count, from the configuration to the options of jobs.

use anyhow::{Result, bail};
use clap::ValueEnum as _;

use crate::config::settings::Settings;
use crate::tracking::course_key::CourseUrls;

/// Options of every job that reads course ids from events: `[ccx] enabled` and `[event-logs] course_urls`, where they are set.
///
/// # Errors
/// A value is none of those that there are.
pub fn course_key_options(settings: &Settings) -> Result<Vec<String>> {
    let ccx = settings.flag("ccx", "enabled")?.map(|enabled| format!("--ccx={enabled}"));
    let urls = settings.get("event-logs", "course_urls").map(str::trim).filter(|value| !value.is_empty());
    if let Some(value) = urls
        && CourseUrls::from_str(value, true).is_err()
    {
        bail!("[event-logs] course_urls is {value:?}. Write original, for the URLs that the original knew, or all.");
    }
    let urls = urls.map(|value| format!("--course-urls={}", value.to_ascii_lowercase()));
    Ok(ccx.into_iter().chain(urls).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;

    fn options(ini: &str) -> Result<Vec<String>> {
        let directory = tempfile::tempdir()?;
        std::fs::write(directory.path().join("override.cfg"), ini)?;
        course_key_options(&Settings::load(&Sources { working_directory: directory.path().to_owned(), ..Sources::default() })?)
    }

    #[test]
    fn options_stand_there_if_they_are_configured() {
        assert!(options("").unwrap().is_empty());
        assert_eq!(
            options("[ccx]\nenabled = no\n[event-logs]\ncourse_urls = Original\n").unwrap(),
            ["--ccx=false", "--course-urls=original"]
        );
        let error = options("[event-logs]\ncourse_urls = old\n").unwrap_err().to_string();
        assert!(error.contains("course_urls") && error.contains("original"), "{error}");
    }
}
