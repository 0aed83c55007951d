//! Realistic tracking logs and LMS tables, made up: for demos, tests and benchmarks.
//!
//! The same options give the same lines, always and everywhere. Courses have ids of both kinds, learners have names from
//! many alphabets, events come late, and a share of the lines is damaged in one of thirty ways.
//!
//! * `courses`, `learners`: who is there
//! * `rhythm`, `attendance`: when learners come, and to which courses
//! * `activity` and `problems`, `videos`, `enrollments`, `pages`: a visit gives some events
//! * `event`, `damage`: an event becomes a line, or something like a line
//! * `timeline`, `log_files`: lines in order of arrival, in files as servers rotate them
//! * [`countries`]: a geolocation database of the learners' addresses
//! * `tables`, `table_files`: the LMS tables that belong to the same learners and courses

mod activity;
mod attendance;
pub(crate) mod countries;
mod courses;
mod damage;
mod enrollments;
mod event;
mod learners;
mod log_files;
mod pages;
mod problems;
mod random;
mod rhythm;
mod table_files;
mod tables;
#[cfg(test)]
mod tests;
mod timeline;
mod videos;
mod visits;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use self::activity::Activity;
use self::courses::Course;
use self::learners::Learners;
use self::log_files::{LogFiles, Target};
use self::tables::Lms;
use self::timeline::{Timeline, micros_of};

use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::error_text::counted;
use crate::wrong_usage::wrong_usage;

/// What to generate, and where to.
#[derive(Args, Clone, Debug)]
#[allow(clippy::doc_markdown, reason = "these are the texts of --help")]
pub struct GenerateOptions {
    /// Number that everything made up follows from; the same seed gives the same output
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Days to generate: 2024-03-04..2024-03-11 (end not included), -7d..today, yesterday, 2024-03-04, 2024-W10, 2024-03 or 2024.
    /// A few events fall on the day before and on the day behind, as in real logs
    #[arg(long, alias = "days", default_value = "2014-05-01-2014-05-08", value_parser = day::interval, allow_hyphen_values = true)]
    pub interval: DateInterval,
    /// Number of learners
    #[arg(long, default_value_t = 200)]
    pub users: u32,
    /// Number of courses
    #[arg(long, default_value_t = 5)]
    pub courses: usize,
    /// Skip so many courses of the endless list of courses
    #[arg(long, default_value_t = 0)]
    pub course_offset: usize,
    /// Added to every user id, so that several outputs can be put together
    #[arg(long, default_value_t = 0)]
    pub user_id_base: u32,
    /// Number of log lines
    #[arg(long, default_value_t = 5000)]
    pub events: u64,
    /// Share of damaged or unusual lines, from 0 to 1
    #[arg(long, default_value_t = 0.03)]
    pub dirty: f64,
    /// Directory for files tracking.log-YYYYMMDD, and with --tables for the LMS tables
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Write all log lines into this one file
    #[arg(long, value_name = "FILE")]
    pub single: Option<PathBuf>,
    /// A file per hour (tracking.log-YYYYMMDD-HH) instead of one per day
    #[arg(long)]
    pub hourly: bool,
    /// Compress the log files; those in the --out directory get the suffix .gz
    #[arg(long)]
    pub gzip: bool,
    /// Also write the LMS tables below --out, as an import on the day after the last one would (TABLE/dt=DATE/)
    #[arg(long, requires = "out")]
    pub tables: bool,
    /// Write the LMS tables as SQL (CREATE TABLE, INSERT) for an empty MySQL database
    #[arg(long, value_name = "FILE")]
    pub sql: Option<PathBuf>,
    /// Number of servers that log: with more than one, files are in host1/, host2/, … below --out
    #[arg(long, default_value_t = 1)]
    pub hosts: usize,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GenerateReport {
    /// Log files.
    pub files: u64,
    /// Files of LMS tables, markers included.
    pub table_files: u64,
    /// Log lines, counted once even if they went to two places.
    pub events: u64,
    /// Size of all files together as they are on disk.
    pub bytes: u64,
}

impl GenerateReport {
    fn add_file(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }

    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }

    fn add_tables(&mut self, tables: Self) {
        self.table_files += tables.files;
        self.bytes += tables.bytes;
    }

    /// Events and files, for people.
    pub fn told(&self) -> String {
        let logs = format!("{} in {}", counted(self.events, "event"), counted(self.files, "log file"));
        match self.table_files {
            0 => logs,
            1 => format!("{logs} and 1 file of LMS tables"),
            files => format!("{logs} and {files} files of LMS tables"),
        }
    }
}

/// Generates what the options ask for. Files appear under their names only when they are complete; files of the same name
/// are replaced. Memory does not grow with the number of events.
///
/// # Errors
/// Options that make no sense, and files that cannot be written.
pub fn run(options: &GenerateOptions) -> Result<GenerateReport> {
    check(options)?;
    let days = options.interval;
    let numbers = options.course_offset..options.course_offset.saturating_add(options.courses);
    let courses: Vec<Course> = numbers.map(|number| Course::new(options.seed, number)).collect();
    let learners = Learners::new(options.seed, options.users, i64::from(options.user_id_base));
    let first_day = micros_of(days.start())?;
    let mut activity = Activity::new(options.seed, &courses, &learners, first_day, micros_of(days.end())? - first_day);

    let mut outputs = Vec::new();
    if let Some(directory) = &options.out {
        outputs.push(LogFiles::new(Target::Directory(directory.clone()), options.hosts, options.hourly, options.gzip));
    }
    if let Some(path) = &options.single {
        outputs.push(LogFiles::new(Target::Single(path.clone()), 1, false, options.gzip));
    }
    let &GenerateOptions { seed, events, dirty, hosts, .. } = options;
    Timeline { seed, days, events, dirty, hosts }.write(&mut activity, &mut outputs)?;
    let mut report = GenerateReport { events, ..GenerateReport::default() };
    for output in outputs {
        report.add(output.finish()?);
    }

    let lms = Lms { seed, days, courses: &courses, learners: &learners, enrollments: &activity.enrollments };
    if let Some(directory) = options.out.as_ref().filter(|_| options.tables) {
        report.add_tables(table_files::write_imports(directory, days.end(), &lms)?);
    }
    if let Some(path) = &options.sql {
        report.add_tables(table_files::write_sql(path, &lms)?);
    }
    Ok(report)
}

fn check(options: &GenerateOptions) -> Result<()> {
    let wrong = [
        (
            options.out.is_none() && options.single.is_none() && options.sql.is_none(),
            "There is nowhere to write to: give --out DIRECTORY, --single FILE or --sql FILE.",
        ),
        (options.out.is_none() && options.tables, "--tables needs --out DIRECTORY."),
        (options.users == 0, "--users must be at least 1."),
        (options.courses == 0, "--courses must be at least 1."),
        (options.hosts == 0, "--hosts must be at least 1."),
        (!(0.0..=1.0).contains(&options.dirty), "--dirty must be between 0 and 1."),
    ];
    wrong.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, text)| Err(wrong_usage(text)))
}
