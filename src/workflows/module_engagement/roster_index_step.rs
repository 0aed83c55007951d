//! The step that makes the roster index of a day and publishes it (rules 07, 9).

use std::io::Read;

use anyhow::{Context, Result, ensure};

use super::roster_documents::DocumentOptions;
use super::roster_index::{self, BulkOptions};
use crate::engine::check::{Check, PATIENCE};
use crate::engine::plan::{HeldLocks, JobStep, StepInput, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::engine::{JobOutput, JobReport, RunnerOptions};
use crate::say;
use crate::storage::{Location, store_for};
use crate::stores::roster::connection::ConnectionOptions;
use crate::stores::roster::marker::Marker;
use crate::stores::roster::{Client, Connection, IndexRequest, RosterIndex};
use crate::streaming::JobOptions;
use crate::streaming::lines::{LineReader, LineSource};
use crate::warehouse::columns::{columns, integer};
use crate::warehouse::record::made_by;
use crate::warehouse::selection::job_output_files;
use crate::web::backoff::Patience;

/// Indexes the rows of a roster partition and lets the alias point to the new index, or leaves the alias where it was.
#[derive(Clone, Debug)]
pub(crate) struct RosterIndexStep {
    /// Where the engine is.
    pub connection: Connection,
    /// What is loaded.
    pub request: IndexRequest,
    /// How documents are made.
    pub documents: DocumentOptions,
    /// How they are sent.
    pub bulk: BulkOptions,
    /// Tasks that send at the same time.
    pub indexing_tasks: usize,
    /// Directory of roster rows.
    pub roster: Location,
    /// Directory that gets the counts of the tasks.
    pub counts: Location,
    /// What was given of the connection in place of `[elasticsearch]`.
    pub options: ConnectionOptions,
}

impl Work for RosterIndexStep {
    fn describe(&self) -> Vec<String> {
        let (alias, hosts) = (&self.request.marker.alias, self.connection.host_names());
        vec![format!("from {}", self.roster), format!("to a new index of the alias {alias} at {hosts}, {} tasks", self.indexing_tasks)]
    }

    fn checks(&self) -> Vec<Check<'_>> {
        let look = || {
            let connection = Connection { timeout: self.connection.timeout.min(PATIENCE.as_secs()), ..self.connection.clone() };
            // Each host is asked once.
            let attempts = u32::try_from(self.connection.hosts.len()).unwrap_or(u32::MAX);
            let once = Patience { attempts, ..self.bulk.patience()? };
            RosterIndex::connect(&Client::new(&connection, once)?, &self.request).map(drop).context("The search engine cannot be used.")
        };
        vec![Check { what: format!("search engine {}", self.connection.host_names()), part_of: None, look: Box::new(look) }]
    }

    fn reads(&self) -> Vec<Location> {
        vec![self.roster.clone()]
    }

    fn program(&self) -> Result<Option<Program>> {
        let Marker { index, document_type, alias, update_id } = &self.request.marker;
        let program = Program::new("roster-indexer").word("load").option("--alias", alias).option("--update-id", update_id);
        let program = program.option("--marker-index", index).option("--marker-doc-type", document_type);
        let program = program.option("--number-of-shards", &self.request.shards).flag("--overwrite", self.request.overwrite);
        let program = program.option_place("--roster", &self.roster).option_place("--counts", &self.counts);
        let program = program.option("--indexing-tasks", &self.indexing_tasks).words(self.bulk.words());
        Ok(Some(program.words(self.options.words()).words(self.documents.words()).configured()))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        // Before anything is touched: what another run fills looks as if a dead one had left it.
        let mut held = HeldLocks::default();
        held.take(&self.counts, context.run_id, context.task)?;
        let client = Client::new(&self.connection, self.bulk.patience()?)?;
        let request = self.named_request()?;
        let roster = RosterIndex::connect(&client, &request)?;
        let prepared = roster.prepare()?;
        prepared.notices.iter().for_each(|notice| say!("{notice}"));
        let sent = match self.send(&prepared.name, &mut held, context) {
            Ok(sent) => sent,
            Err(error) => return Err(error.context(roster.abandon(&prepared.name))),
        };
        roster.publish(&prepared.name, sent.documents)?.iter().for_each(|notice| say!("{notice}"));
        let Sent { rows, documents, seconds } = sent;
        let (server, alias) = (&roster.server().name, &self.request.marker.alias);
        let told = format!("{documents} documents of {rows} learners in {seconds:.1} s; {alias} is now {} ({server})", prepared.name);
        Ok(Worked::Done(told))
    }
}

/// What all tasks have sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sent {
    rows: u64,
    documents: u64,
    seconds: f64,
}

impl RosterIndexStep {
    /// The load by who made the roster, so that a roster that was made anew is indexed anew (rules 10, 7).
    fn named_request(&self) -> Result<IndexRequest> {
        let mut request = self.request.clone();
        let id = &mut request.marker.update_id;
        if let Some(made) = made_by(&self.roster)?
            && id.ends_with(')')
        {
            id.pop();
            *id = format!("{id},roster={made})");
        }
        Ok(request)
    }

    /// Whether this load was published before, or by a version that did not say who made the roster. A server that does not answer
    /// does not know of it (rules 07, 9).
    pub(crate) fn is_published(&self) -> bool {
        let Ok(patience) = self.bulk.patience() else { return false };
        // Planning must not wait for a server that is down.
        let patience = crate::web::backoff::Patience { attempts: patience.attempts.min(2), ..patience };
        let is_there = |request: &IndexRequest| RosterIndex::connect(&Client::new(&self.connection, patience)?, request)?.is_published();
        let published = || Ok::<_, anyhow::Error>(is_there(&self.named_request()?)? || is_there(&self.request)?);
        published().unwrap_or(false)
    }

    fn send(&self, index: &str, held: &mut HeldLocks, context: &WorkContext<'_>) -> Result<Sent> {
        let file = self.connection.to_private_file(&context.options.temporary)?;
        let options = roster_index::Options {
            index: index.to_owned(),
            connection: file.path().to_owned(),
            bulk: self.bulk,
            documents: self.documents,
        };
        let input = StepInput::Directories(vec![self.roster.clone()]);
        let output = JobOutput::Directory(self.counts.clone());
        let mut job = JobStep::new(&roster_index::JOB, &options, input, output, self.indexing_tasks);
        job.submission = context.options.submissions.of(job.job.shape());
        // Tasks wait for the server most of the time, so all of them run at once.
        let threads = context.options.threads.max(self.indexing_tasks);
        let options = RunnerOptions { threads, ..context.options.clone() };
        let report = job.run_holding(held, context.task, context.run_id, context.runner, &options)?;
        tell(&report);
        let sent = self.sent(index)?;
        Ok(Sent { seconds: report.elapsed.as_secs_f64(), ..sent })
    }

    /// Adds up what the tasks say. The output of each task is there once, however often it was tried.
    fn sent(&self, index: &str) -> Result<Sent> {
        let mut sent = Sent::default();
        for part in job_output_files(&self.counts)? {
            let mut bytes = Vec::new();
            store_for(&part.location)?.open(&part.location)?.read_to_end(&mut bytes)?;
            let mut lines = LineReader::new(&bytes[..]);
            while let Some(line) = lines.next_line()? {
                let [name, rows, documents] = columns::<3>(line).context("A count of an indexing task has not three columns.")?;
                ensure!(name == index.as_bytes(), "A count of an indexing task is of another index; remove {} and run again.", self.counts);
                let number = |column| integer(column).and_then(|number| u64::try_from(number).ok()).context("A count is no number.");
                sent.rows += number(rows)?;
                sent.documents += number(documents)?;
            }
        }
        Ok(sent)
    }
}

fn tell(report: &JobReport) {
    for (group, name, value) in report.counters.iter() {
        say!("    {group}: {name} = {value}");
    }
}
