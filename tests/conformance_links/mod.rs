//! How a recorded job is made of ours: one list of links per workflow, followed backwards from what a case asks for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod answer_distribution;
mod enrollment;
mod location;
mod module_engagement;
mod user_activity;
mod video;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use insights_pipeline::calendar::interval::DateInterval;
use serde::Deserialize;
use serde_json::Value;

/// A recorded case.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub job: String,
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    pub inputs: Vec<Input>,
    pub expected: Option<String>,
    pub expected_files: Option<Vec<ExpectedFile>>,
    #[serde(default)]
    pub unordered: bool,
    #[serde(default)]
    pub json_columns: Vec<usize>,
    #[serde(default)]
    pub set_columns: Vec<usize>,
    /// Where the case lies.
    #[serde(skip)]
    pub directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    pub kind: String,
    pub file: String,
}

#[derive(Deserialize)]
pub(crate) struct ExpectedFile {
    pub output: String,
    pub file: String,
}

/// One of our jobs.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub workflow: &'static str,
    pub job: &'static str,
    /// The kinds that it makes, each with the path that its rows name for it; an empty path stands for all rows.
    pub makes: &'static [Made],
    /// What it reads. A kind that a case has as input is taken from there, else made by its link; it may also be absent from both.
    pub reads: &'static [Read],
    /// Whether it has a combiner.
    pub combines: bool,
    /// For jobs with a file per day: the table's directory and the stem of the files' names. The runner makes empty files for days
    /// without rows ([`Case::days`]) and has tests of its own for them; without a stem the cases have none.
    pub day_files: Option<(&'static str, &'static str)>,
    /// Its options, from the case's parameters and side files. An unknown parameter is an error.
    pub options: fn(&Case) -> Result<Vec<String>, String>,
}

#[derive(Clone, Copy)]
pub(crate) struct Made {
    pub kind: &'static str,
    pub path: &'static str,
}

#[derive(Clone, Copy)]
pub(crate) struct Read {
    pub kind: &'static str,
    /// Where the runner would have it: `auth_userprofile/dt=2014-05-12` below the warehouse. Its files are staged there, so that
    /// the mapper sees the path that it sees in a real run.
    pub directory: &'static str,
}

/// All rows of a job's output.
pub(crate) const fn made(kind: &'static str) -> Made {
    Made { kind, path: "" }
}

/// The rows that name this path.
#[allow(dead_code)] // for jobs that write several tables
pub(crate) const fn made_at(kind: &'static str, path: &'static str) -> Made {
    Made { kind, path }
}

pub(crate) const fn read(kind: &'static str, directory: &'static str) -> Read {
    Read { kind, directory }
}

/// Raw logs.
pub(crate) const LOGS: Read = read("tracking_log", "logs");

const ALL: &[&[Link]] =
    &[&answer_distribution::LINKS, &enrollment::LINKS, &location::LINKS, &user_activity::LINKS, &video::LINKS, &module_engagement::LINKS];

/// The link that makes a kind.
pub(crate) fn link_that_makes(kind: &str) -> Option<&'static Link> {
    ALL.iter().flat_map(|links| links.iter()).find(|link| link.makes.iter().any(|made| made.kind == kind))
}

impl Case {
    /// The file of an input that is no job's.
    pub(crate) fn side_file(&self, kind: &str) -> Option<String> {
        let input = self.inputs.iter().find(|input| input.kind == kind)?;
        Some(self.directory.join(&input.file).display().to_string())
    }

    /// A parameter as text.
    #[allow(dead_code)] // not every workflow has parameters
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        self.params.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// `--name value` for each of these parameters that the case has.
    #[allow(dead_code)]
    pub(crate) fn passed_on(&self, names: &[&str]) -> Vec<String> {
        let options = names.iter().filter_map(|name| Some([format!("--{}", name.replace('_', "-")), self.param(name)?]));
        options.flatten().collect()
    }

    /// An error if the case has a parameter that is not among these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.params.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(format!("the parameter {unknown} is not known to the link")),
            None => Ok(()),
        }
    }

    /// The days that the job writes: those of the interval, or the last `overwrite_n_days` of them.
    pub(crate) fn days(&self) -> Vec<String> {
        let interval: DateInterval = self.param("interval").expect("an interval").parse().expect("a date interval");
        let number = self.param("overwrite_n_days").map_or(usize::MAX, |number| number.parse().expect("a number of days"));
        interval.days().rev().take(number).map(|day| day.to_string()).collect()
    }

    /// The files of an input kind.
    pub(crate) fn files(&self, kind: &str) -> Vec<PathBuf> {
        self.inputs.iter().filter(|input| input.kind == kind).map(|input| self.directory.join(&input.file)).collect()
    }
}

/// Whether a kind is an LMS table, which cases have with a header line and TABs (rules 09, 3).
pub(crate) fn is_lms_table(kind: &str) -> bool {
    insights_pipeline::lms::tables::table(kind).is_some()
}

/// A file of a case as the job would find it.
pub(crate) fn staged(kind: &str, path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !is_lms_table(kind) {
        return bytes;
    }
    let rows = bytes.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
    rows.iter().map(|byte| if *byte == b'\t' { 1 } else { *byte }).collect()
}
