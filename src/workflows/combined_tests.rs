//! Mappers of the real jobs with little memory for what they combine, so that they pass records on again and again: their reducers write
//! the same rows as without.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use clap::Parser;
use itertools::Itertools;

use super::WORKFLOWS;
use crate::engine::combined_output::CombinedOutput;
use crate::generate::countries::country_database;
use crate::generate::{self, GenerateOptions};
use crate::streaming::job_trial::Lines;
use crate::streaming::record::prefix;
use crate::streaming::sides::{run_mapper, run_reducer};
use crate::streaming::wire::decode;
use crate::streaming::{AnyJob, Counters, JobArguments, LineSink, Output, Reducer, job_named};

const DAYS: &str = "2014-05-01-2014-05-08";
/// The day behind them.
const DATE: &str = "2014-05-08";

/// Bytes. Large records of some jobs, and small ones of others: for each of them one is little, and enough to combine some.
const MEMORIES: [usize; 3] = [0, 16 * 1024, 80 * 1024];

/// A file by its path below the warehouse.
struct Input {
    path: String,
    lines: Vec<Vec<u8>>,
}

impl Input {
    /// Rows that a job made.
    fn of(table: &str, lines: Vec<Vec<u8>>) -> Self {
        Self { path: format!("{table}/dt={DATE}/part-00000"), lines }
    }

    /// All files of a directory.
    fn all(directory: &Path) -> Vec<Self> {
        let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.is_file() && path.file_name().unwrap() != "_SUCCESS");
        paths.sort();
        let input = |path: std::path::PathBuf| {
            let text = std::fs::read(&path).unwrap();
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
            Self { path: path.to_str().unwrap().to_owned(), lines }
        };
        paths.into_iter().map(input).collect()
    }
}

/// What a mapper writes, or what is left of it when it is combined.
#[derive(Default)]
struct Written {
    records: Vec<Vec<u8>>,
    /// How many times records were passed on.
    times: usize,
}

/// Takes what is passed on, and the number of the mapper's record behind which it is.
struct PassedOn<'c> {
    records: &'c mut Vec<Vec<u8>>,
    behind: &'c Cell<usize>,
    times: BTreeSet<usize>,
}

impl LineSink for PassedOn<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.times.insert(self.behind.get());
        self.records.line(line)
    }
}

/// Numbers the records of a mapper.
struct Numbered<'c, 's> {
    sink: &'c mut CombinedOutput<'s>,
    number: &'c Cell<usize>,
}

impl LineSink for Numbered<'_, '_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.number.set(self.number.get() + 1);
        self.sink.line(line)
    }
}

/// The mappers of a job, one for each input.
fn mapped(job: &dyn AnyJob, options: &[&str], inputs: &[&Input], memory: Option<usize>) -> Written {
    let mut written = Written::default();
    for input in inputs {
        let arguments = JobArguments { input_file: Some(input.path.clone()), ..JobArguments::new(options.iter().copied()) };
        let mut counters = Counters::default();
        let mut mapper = job.mapper(&arguments).unwrap();
        let mut map = |sink: &mut dyn LineSink| {
            run_mapper(mapper.as_mut(), &mut Lines::new(input.lines.clone()), &mut Output::new(sink, &mut counters)).unwrap();
        };
        let Some(memory) = memory else {
            map(&mut written.records);
            continue;
        };
        let mut combiner = job.combiner(&arguments).unwrap().unwrap();
        let number = Cell::new(0);
        let mut passed_on = PassedOn { records: &mut written.records, behind: &number, times: BTreeSet::new() };
        let mut output = CombinedOutput::new(job.shape(), combiner.as_mut(), &mut passed_on, memory);
        map(&mut Numbered { sink: &mut output, number: &number });
        output.finish().unwrap();
        written.times += passed_on.times.len();
    }
    written
}

/// The rows that a job's reducer makes of records, of which those with equal keys come the last one first.
fn reduced(job: &dyn AnyJob, options: &[&str], mut records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let key_fields = job.shape().key_fields();
    records.reverse();
    records.sort_by(|one, other| prefix(one, key_fields).cmp(prefix(other, key_fields)));
    let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
    let mut reducer: Box<dyn Reducer> = job.reducer(&JobArguments::new(options.iter().copied())).unwrap();
    let mut output = Output::new(&mut rows, &mut counters);
    run_reducer(reducer.as_mut(), &mut Lines::new(records), job.shape().group_fields(), &mut output).unwrap();
    rows
}

/// The jobs that were tried.
#[derive(Default)]
struct Trials(BTreeSet<(&'static str, &'static str)>);

impl Trials {
    /// The rows of a job, for the next one; that they are the same if its mappers combine, if it has a combiner.
    fn rows(&mut self, workflow: &str, job: &str, options: &[&str], inputs: &[&Input]) -> Vec<Vec<u8>> {
        let workflow = WORKFLOWS.iter().find(|known| known.name == workflow).unwrap();
        let job = job_named(workflow.jobs, job).unwrap();
        let shape = job.shape();
        let plain = mapped(job, options, inputs, None).records;
        if shape.map_only() {
            return plain;
        }
        let all = plain.len();
        let rows = reduced(job, options, plain);
        assert!(!rows.is_empty(), "{}", shape.name);
        if !shape.combines {
            return rows;
        }
        let mut several = false;
        for memory in MEMORIES {
            let Written { records, times } = mapped(job, options, inputs, Some(memory));
            several |= times >= inputs.len() + 2 && records.len() < all;
            assert!(reduced(job, options, records) == rows, "{} {} with {memory} bytes", shape.workflow, shape.name);
        }
        assert!(several, "{} {} never combines what it passes on more than once", shape.workflow, shape.name);
        self.0.insert((shape.workflow, shape.name));
        rows
    }
}

/// The rows of one of several tables that a job makes, or of all days of one.
fn of_table(table: &str, rows: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let row = |row: &Vec<u8>| {
        let tab = row.iter().position(|byte| *byte == b'\t').unwrap();
        row.starts_with(table.as_bytes()).then(|| decode(&row[tab + 1..]).unwrap().unwrap().into_owned())
    };
    rows.iter().filter_map(row).collect()
}

#[derive(Parser)]
struct Generate {
    #[command(flatten)]
    options: GenerateOptions,
}

#[test]
fn combined_in_little_memory_every_job_makes_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (site, countries) = (folder.path().join("site"), folder.path().join("countries.mmdb"));
    let words = ["generate", "--tables", "--events", "4500", "--users", "220", "--courses", "4", "--interval", DAYS, "--out"];
    generate::run(&Generate::parse_from(words.into_iter().chain([site.to_str().unwrap()])).options).unwrap();
    std::fs::write(&countries, country_database()).unwrap();
    let lms = |table: &str| Input::all(&site.join(format!("{table}/dt={DATE}")));
    let logs = Input::all(&site);
    let logs: Vec<_> = logs.iter().collect();
    let mut trials = Trials::default();
    let days = ["--interval", DAYS];
    let date = ["--date", DATE];

    let activity = Input::of("user_activity_by_user", of_table("", &trials.rows("user-activity", "daily", &days, &logs)));
    trials.rows("user-activity", "weekly", &days, &[&activity]);

    let submissions = Input::of("problem_check_events", trials.rows("answer-distribution", "first-last", &[], &logs));
    trials.rows("answer-distribution", "distribution", &[], &[&submissions]);

    let addresses = Input::of("last_ip_of_user_id", of_table("", &trials.rows("location", "daily-address", &days, &logs)));
    let database = ["--geolocation-data", countries.to_str().unwrap()];
    let of_learners = Input::of("last_country_of_user_id", trials.rows("location", "last-country", &database, &[&addresses]));
    let enrolled = lms("student_courseenrollment");
    let inputs: Vec<_> = enrolled.iter().chain([&of_learners]).collect();
    let of_enrolled = Input::of("enrollment_country", trials.rows("location", "enrollment-country", &[], &inputs));
    trials.rows("location", "country-counts", &date, &[&of_enrolled]);

    // Its rows are there once each; where they come again, they are added up.
    let engagement = trials.rows("module-engagement", "daily", &days, &logs);
    let engagement = Input::of("module_engagement", engagement.iter().flat_map(|row| [row.clone(), row.clone()]).collect());
    let summary = Input::of("module_engagement_summary", trials.rows("module-engagement", "summary", &date, &[&engagement]));
    trials.rows("module-engagement", "metric-ranges", &[], &[&summary]);

    let names = Input::of("account_names", of_table("", &trials.rows("enrollment", "accounts", &days, &logs)));
    trials.rows("enrollment", "account-rows", &[], &[&names]);
    let events = Input::of("course_enrollment_events", of_table("", &trials.rows("enrollment", "events", &days, &logs)));
    let state = trials.rows("enrollment", "state", &days, &[&events]);
    let states = Input::of("course_enrollment", of_table("course_enrollment/", &state));
    let (accounts, profiles, grades) = (lms("auth_user"), lms("auth_userprofile"), lms("grades_persistentcoursegrade"));
    let inputs: Vec<_> = profiles.iter().chain([&states]).collect();
    let changes = Input::of("changes", trials.rows("enrollment", "changes", &days, &inputs));
    trials.rows("enrollment", "daily-counts", &[], &[&changes]);
    let inputs: Vec<_> = grades.iter().chain([&states]).collect();
    let passing = Input::of("passing", trials.rows("enrollment", "passing", &[], &inputs));
    trials.rows("enrollment", "grade-by-mode", &[], &[&passing]);
    // The mapper itself leaves out a day behind another one of the same learner, but not in a table by days.
    let by_days = Input { lines: states.lines.iter().cloned().sorted().collect(), ..states };
    let inputs: Vec<_> = accounts.iter().chain(&profiles).chain([&by_days]).collect();
    trials.rows("module-engagement", "roster-learners", &date, &inputs);

    let jobs = WORKFLOWS.iter().flat_map(|workflow| workflow.jobs).map(|job| job.shape());
    let combining: BTreeSet<_> = jobs.filter(|shape| shape.combines).map(|shape| (shape.workflow, shape.name)).collect();
    assert_eq!(trials.0, combining);
}
