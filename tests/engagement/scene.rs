//! A site with logs, an LMS database, a result database and the alias of a roster.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::site::DatabaseSite;

pub(crate) struct Scene {
    pub site: DatabaseSite,
    pub lms: String,
    pub reports: String,
    pub alias: String,
}

impl Scene {
    /// Logs in `logs/` and the tables of an LMS, as `insights generate` makes them with these options.
    pub(crate) fn new(name: &str, generate: &[&str]) -> Self {
        let site = DatabaseSite::new();
        site.run(&[&["generate"], generate, &["--out", "logs", "--sql", "lms.sql"]].concat());
        let (lms, reports) = (site.new_lms("lms.sql"), site.new_database());
        let alias = format!("{name}{}", std::process::id());
        Self { site, lms, reports, alias }
    }

    /// Writes the configuration, with the search engine at this address and more keys of `[module-engagement]`.
    pub(crate) fn configure(&self, host: &str, more: &str) {
        let (here, Self { lms, alias, .. }) = (self.site.folder.path().display(), self);
        let sections = format!(
            "[database-import]\ncredentials = {here}/credentials.json\ndatabase = {lms}\ndestination = {here}/w\n[elasticsearch]\nhost = {host}\n\
             [enrollments]\noverwrite_n_days = 15\n[module-engagement]\nalias = {alias}\nnumber_of_shards = 2\nthrottle = 0\n{more}\n"
        );
        self.site.warehouse("w", "logs", &self.reports, &sections);
        fs::rename(self.path("w.cfg"), self.path("override.cfg")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Output {
        self.site.command(words)
    }

    pub(crate) fn run(&self, words: &[&str]) -> String {
        self.site.run(words)
    }

    /// Statements on tables of the LMS, written as `{lms}.table`.
    pub(crate) fn change_lms(&self, statements: &[&str]) {
        for statement in statements {
            self.site.execute(&statement.replace("{lms}", &self.lms));
        }
    }

    /// Rows of a query on tables of the result database, written as `{reports}.table`; values with TABs between, sorted.
    pub(crate) fn reports(&self, query: &str) -> Vec<String> {
        self.site.sql(&query.replace("{reports}", &self.reports))
    }

    /// Rows of a partition of the warehouse, sorted.
    pub(crate) fn partition(&self, name: &str) -> Vec<String> {
        let mut rows = self.site.lines(&format!("w/{name}"));
        rows.sort();
        rows
    }
}
