//! One job to be run: what every runner is told, and what it tells afterwards.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::cluster::Cluster;
use super::job_report::JobReport;
use super::ledger::Ledger;
use super::submission::{Submission, Submissions};
use crate::calendar::interval::DateInterval;
use crate::standard_streams::say_of;
use crate::standard_streams::voice::Level;
use crate::storage::{Entry, Location};
use crate::stores::LoadReport;
use crate::streaming::AnyJob;
use crate::warehouse::kept::Kept;
use crate::warehouse::lock::OutputLock;

/// A job with its inputs and output.
#[derive(Debug)]
pub struct JobRun<'r> {
    /// The job.
    pub job: &'static dyn AnyJob,
    /// Options of the job, the same text under every runner.
    pub options: Vec<String>,
    /// Input files.
    pub inputs: Vec<Entry>,
    /// Where the result goes.
    pub output: JobOutput,
    /// Number of reducers; 0 for a map-only job.
    pub reducers: usize,
    /// How it is submitted to a cluster.
    pub submission: Submission,
    /// Cover the output, one for each of its roots.
    pub locks: &'r [OutputLock],
    /// Records of other files that are there already, for the local runner.
    pub kept: Option<&'r Kept>,
}

/// Where the result of a job goes.
#[derive(Clone, Debug)]
pub enum JobOutput {
    /// A directory of part files, visible as a whole or not at all.
    Directory(Location),
    /// Files below a root, each replaced as a whole; the marker directory comes last.
    Files {
        /// What the paths in the job's rows are relative to.
        root: Location,
        /// Gets `_SUCCESS` when all files are in place.
        marker: Location,
    },
    /// A directory `dt=DAY` for each day below a table, each replaced as a whole; the marker directory comes last. A day without
    /// rows gets an empty file, because completeness is known per day (rules 01, 6.2).
    Days {
        /// The table's directory; paths in the job's rows begin with `dt=DAY/`.
        root: Location,
        /// All days that the job makes.
        days: DateInterval,
        /// Name of an empty day's file without the day, such as `last_ip_of_user_`.
        file_stem: String,
        /// Gets `_SUCCESS` when all days are in place.
        marker: Location,
    },
    /// Directories of several tables, written by one job: for each the path in the job's rows (`course_enrollment/`) and its
    /// place. Each becomes visible as a whole, in this order, with `_SUCCESS`.
    Tables(Vec<(String, Location)>),
}

impl JobRun<'_> {
    /// Name of the job within its workflow.
    pub fn name(&self) -> &'static str {
        self.job.shape().name
    }
}

impl JobOutput {
    /// The directories that the job writes, or below which it writes. There is at least one, unless a list of tables is empty.
    pub fn roots(&self) -> Vec<&Location> {
        match self {
            Self::Directory(root) | Self::Files { root, .. } | Self::Days { root, .. } => vec![root],
            Self::Tables(tables) => tables.iter().map(|(_, place)| place).collect(),
        }
    }

    /// The days that it makes, if it makes days.
    pub(crate) fn days(&self) -> Option<&DateInterval> {
        if let Self::Days { days, .. } = self { Some(days) } else { None }
    }
}

/// Which runner executes jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Runner {
    /// In this process, in parallel
    Local,
    /// The real binaries and `sort`, commands printed
    Pipe,
    /// A cluster, by Hadoop Streaming
    Hadoop,
}

/// How a runner may use the machine.
#[derive(Clone, Debug)]
pub struct RunnerOptions {
    /// Worker threads.
    pub threads: usize,
    /// Bytes that the shuffle may hold in memory; beyond that it spills to disk.
    pub memory: usize,
    /// Where spilled and intermediate files go.
    pub temporary: PathBuf,
    /// Shuffles rows with equal keys, so that a job that relies on their order is found out.
    pub seed: u64,
    /// Draws progress on the terminal.
    pub progress: bool,
    /// Where the hadoop runner sends jobs.
    pub cluster: Option<Cluster>,
    /// How it sends them.
    pub submissions: Submissions,
    /// Result stores that the operator has been told of.
    pub told_stores: BTreeSet<String>,
    /// Where steps are entered that are done, instead of being told one by one.
    pub ledger: Option<Arc<Ledger>>,
}

impl RunnerOptions {
    /// The path or name of a program of Hadoop beside the command `hadoop`.
    pub fn cluster_program(&self, program: &str) -> String {
        self.cluster.as_ref().map_or_else(|| program.to_owned(), |cluster| cluster.sibling(program))
    }

    /// Tells the operator what the run does, unless a ledger is kept.
    pub(in crate::engine) fn tell(&self, text: fmt::Arguments<'_>) {
        self.tell_of(Level::Info, &[], text);
    }

    /// Tells the operator of a step, unless a ledger is kept or there is nothing to tell.
    pub(in crate::engine) fn tell_of(&self, level: Level, about: &[(&str, &str)], text: fmt::Arguments<'_>) {
        if self.ledger.is_none() && text.as_str() != Some("") {
            say_of(level, about, text);
        }
    }

    /// Enters a job that is done.
    pub(super) fn done(&self, report: &JobReport) {
        self.ledger.iter().for_each(|ledger| ledger.job(report));
    }

    /// Enters a load that is done.
    pub(super) fn loaded(&self, table: &'static str, report: &LoadReport) {
        self.ledger.iter().for_each(|ledger| ledger.load(table, report));
    }
}

/// Memory for sorting that so many threads are given if nobody says how much. More makes them slower: records that are folded as they
/// come lie where the processor has to wait for them. Spills are small and read once.
pub(crate) fn sorting_memory(threads: usize) -> usize {
    const OF_A_THREAD: usize = 32 * 1024 * 1024;
    OF_A_THREAD * threads.max(1)
}

impl Default for RunnerOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads,
            memory: sorting_memory(threads),
            temporary: std::env::temp_dir(),
            seed: 0x5eed,
            progress: false,
            cluster: None,
            told_stores: BTreeSet::new(),
            submissions: Submissions::default(),
            ledger: None,
        }
    }
}
