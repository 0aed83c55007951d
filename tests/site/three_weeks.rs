//! Three weeks of logs with their LMS tables, and warehouses with the sections that `insights daily` needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use insights_pipeline::lms::tables::TABLES;

use super::{Site, contents_below};

/// The day of the LMS tables, and the end of the logs.
pub(crate) const DAY: &str = "2014-05-21";

impl Site {
    /// A site with three weeks of logs, so many events, and its LMS tables.
    pub(crate) fn three_weeks(events: u32) -> Self {
        let site = Self::new();
        site.run(&["generate", "--interval", "2014-05-01-2014-05-21", "--events", &events.to_string(), "--out", "logs", "--tables"]);
        site
    }

    /// A warehouse with the sections that `insights daily` needs.
    pub(crate) fn daily_warehouse(&self, name: &str) {
        let here = self.folder.path().display();
        let sections = format!(
            "[enrollments]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n\
             [location-per-course]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n[user-activity]\noverwrite_n_days = 20\n\
             [videos]\noverwrite_n_days = 20\n[InsertToMysqlCourseActivityTask]\nweeks = 2\n\
             [AnswerDistributionWorkflow]\nsrc = [\"{here}/logs\"]\ninclude = [\"*tracking.log*\"]\ndest = {here}/{name}/answers\n\
             output_root = {here}/{name}/csv\nmarker = {here}/{name}-markers\n"
        );
        self.lms_warehouse(name, &sections);
    }

    /// The configuration of a warehouse of its own, with the site's LMS tables in it, geolocation data, and more sections.
    pub(crate) fn lms_warehouse(&self, name: &str, sections: &str) {
        let database = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        self.configure(name, &format!("[geolocation]\ngeolocation_data = {}\n{sections}", database.display()));
        for table in TABLES.iter().map(|table| table.name) {
            let target = self.path(&format!("{name}/{table}/dt={DAY}"));
            fs::create_dir_all(&target).unwrap();
            for file in fs::read_dir(self.path(&format!("logs/{table}/dt={DAY}"))).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), target.join(file.file_name())).unwrap();
            }
        }
    }

    /// Exit code and errors of `insights daily` into the store `NAME.sqlite`.
    pub(crate) fn daily(&self, name: &str, more: &[&str]) -> (Option<i32>, String) {
        let (config, store) = (format!("{name}.cfg"), format!("{name}.sqlite"));
        let common = ["--config", &config, "--sqlite", &store, "--n-reduce-tasks", "3", "--date", DAY];
        let output = self.tried("daily", &[&common[..], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Names and contents of all files of a warehouse but markers.
    pub(crate) fn contents(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        contents_below(&self.path(name))
    }
}
