//! A warehouse with rosters, a configuration, and the driver that loads them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::site::Site;

pub(crate) const FIRST_NAMES: [&str; 10] = ["Ada", "Bea", "Cleo", "Dora", "Émile", "Fritz", "Gül", "Hana", "Ivo", "Jun"];
pub(crate) const COURSES: usize = 5;

/// A learner of a made-up roster.
pub(crate) struct Learner(pub usize);

impl Learner {
    pub(crate) fn course(&self) -> String {
        format!("edX/Demo{}/2020", self.0 % COURSES)
    }

    pub(crate) fn username(&self) -> String {
        format!("learner-{:06}", self.0)
    }

    pub(crate) fn name(&self) -> String {
        format!("{} Number{}", FIRST_NAMES[self.0 / COURSES % FIRST_NAMES.len()], self.0)
    }

    /// Different for all learners of a course, but not in the order of their names.
    pub(crate) fn videos(&self) -> usize {
        (self.0 / COURSES * 7919) % 10_007
    }

    pub(crate) fn segments(&self) -> &'static str {
        match self.0 % 4 {
            0 => "inactive",
            1 => "highly_engaged,struggling",
            2 => "",
            _ => "disengaging",
        }
    }

    pub(crate) fn ratio(&self) -> Option<f64> {
        (!self.0.is_multiple_of(3)).then(|| 1.0 + (self.0 % 8) as f64 / 4.0)
    }

    pub(crate) fn mode(&self) -> &'static str {
        if self.0.is_multiple_of(10) { "verified" } else { "audit" }
    }

    pub(crate) fn row(&self) -> String {
        let Self(number) = self;
        let (course, username, name, mode, segments) = (self.course(), self.username(), self.name(), self.mode(), self.segments());
        let ratio = self.ratio().map_or("\\N".to_owned(), |ratio| format!("{ratio:?}"));
        let attempts = number % 50;
        format!(
            "{course}\t{username}\t2020-03-01\t2020-03-08\t{username}@example.org\t{name}\t{mode}\t2020-02-01\t\\N\t{attempts}\t2\t1\t{ratio}\t{}\t0\
             \t{segments}\t{attempts}\t{number}\t\t\\N\t1990\t\\N\t\\N\t\\N\t\\N\t\\N\tlearn",
            self.videos()
        )
    }
}

/// One test's directory.
pub(crate) struct Scene {
    pub site: Site,
    pub alias: String,
}

impl Scene {
    /// An empty warehouse and the configuration of a search engine.
    pub(crate) fn new(name: &str, host: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let alias = format!("{name}{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let scene = Self { site: Site::new(), alias };
        scene.configure(&format!("host = {host}"));
        scene
    }

    /// Writes the section of the search engine anew.
    pub(crate) fn configure(&self, elasticsearch: &str) {
        let (warehouse, alias) = (self.path("warehouse"), &self.alias);
        let text = format!(
            "[elasticsearch]\n{elasticsearch}\n[module-engagement]\nalias = {alias}\nnumber_of_shards = 2\n[hive]\nwarehouse_path = {}\n",
            warehouse.display()
        );
        self.site.write("override.cfg", text);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    /// The roster of a day, in two files.
    pub(crate) fn write_roster(&self, date: &str, rows: impl IntoIterator<Item = String>) {
        let directory = format!("warehouse/module_engagement_roster/dt={date}");
        let mut parts = [String::new(), String::new()];
        for (number, row) in rows.into_iter().enumerate() {
            writeln!(parts[number % 2], "{row}").unwrap();
        }
        for (number, part) in parts.iter().enumerate() {
            self.site.write(&format!("{directory}/part-{number:05}"), part);
        }
        self.site.write(&format!("{directory}/_SUCCESS"), "");
    }

    /// The task's command line.
    pub(crate) fn task(&self, date: &str, options: &[&str]) -> Command {
        let mut command = self.site.program("insights");
        command.args(["ModuleEngagementRosterIndexTask", "--date", date, "--indexing-tasks", "3"]);
        for [option, value] in [["--throttle", "0"], ["--first-delay", "0.1"]] {
            if !options.contains(&option) {
                command.args([option, value]);
            }
        }
        command.arg("--temporary").arg(self.path("")).args(options);
        command.stdin(Stdio::null());
        command
    }

    /// Runs the task; gives success and what it says.
    pub(crate) fn run(&self, date: &str, options: &[&str]) -> (bool, String) {
        told(&self.task(date, options).output().unwrap())
    }

    /// Runs the task, which must succeed.
    pub(crate) fn load(&self, date: &str, options: &[&str]) -> String {
        let (succeeded, said) = self.run(date, options);
        assert!(succeeded, "{said}");
        said
    }
}

pub(crate) fn told(output: &Output) -> (bool, String) {
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}
