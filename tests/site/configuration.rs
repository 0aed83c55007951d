//! The text of a configuration file.

use super::Site;

/// Logs whose names have a date.
pub(crate) const DATED: &str = ".*tracking.log-(?P<date>\\\\d{8}).*";
/// Logs of any name.
pub(crate) const ANY: &str = ".*tracking.log.*";

/// The sections that every site needs: where warehouse, logs and markers are, as paths or locations.
pub(crate) struct Configuration {
    pub warehouse: String,
    pub logs: String,
    pub markers: String,
    /// A pattern as it stands in a JSON text.
    pub pattern: &'static str,
    pub expand_interval: &'static str,
}

impl Configuration {
    /// Dated logs in `logs/`, and the warehouse of this name.
    pub(crate) fn of_site(site: &Site, warehouse: &str) -> Self {
        Self {
            warehouse: site.place(warehouse),
            logs: site.place("logs"),
            markers: site.place(&format!("{warehouse}-markers")),
            pattern: DATED,
            expand_interval: "2 days",
        }
    }

    /// The file, with more sections behind these.
    pub(crate) fn text(&self, sections: &str) -> String {
        let Self { warehouse, logs, markers, pattern, expand_interval } = self;
        format!(
            "[hive]\nwarehouse_path = {warehouse}\n[event-logs]\nsource = [\"{logs}\"]\npattern = [\"{pattern}\"]\n\
             expand_interval = {expand_interval}\n[map-reduce]\nmarker = {markers}\n{sections}"
        )
    }
}
