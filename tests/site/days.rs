//! Logs that arrive day by day.

use std::fs;

use insights_pipeline::calendar::interval::DateInterval;

use super::Site;

impl Site {
    /// Lets the files of `all/` arrive in `logs/` that are from days before `end`.
    pub(crate) fn arrive(&self, end: &str) {
        for file in fs::read_dir(self.path("all")).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let target = self.path("logs").join(&name);
            if name.starts_with("tracking.log-") && day_of_file(&name).as_str() < end && !target.exists() {
                fs::copy(file.path(), target).unwrap();
            }
        }
    }

    /// Appends lines to a file, which is made if need be.
    pub(crate) fn append(&self, name: &str, lines: &str) {
        let so_far = fs::read_to_string(self.path(name)).unwrap_or_default();
        self.write(name, format!("{so_far}{lines}"));
    }
}

/// `2016-02-29` of `tracking.log-20160229-late`.
pub(crate) fn day_of_file(name: &str) -> String {
    let digits = name.trim_start_matches("tracking.log-");
    format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8])
}

/// `2016-02-29` as it stands in names of log files.
pub(crate) fn compact(day: &str) -> String {
    day.replace('-', "")
}

/// The day so many days before another.
pub(crate) fn days_before(day: &str, days: u32) -> String {
    day.parse::<DateInterval>().unwrap().overwrite_from_date(days.saturating_add(1)).to_string()
}
