//! Job `roster-index`: roster rows into an index that exists and that nobody reads yet (rules 07, 10).
//!
//! Record: `course_id, username`, then the row. The key is the document's identifier, so each reducer has its own share of the
//! documents, and two rows of one learner stand beside each other. Row: `index, rows, documents`, once for each reducer, by which
//! the whole index is checked before it is published. A task that runs twice sends the same documents under the same identifiers.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::roster_documents::DocumentOptions;
use crate::job_options;
use crate::stores::rejected::MaxRejected;
use crate::stores::roster::{BulkLimits, BulkLoader, Client, Connection};
use crate::streaming::job_options::OptionField;
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Reducer};
use crate::warehouse::columns::columns;
use crate::web::backoff::Patience;
use crate::wrong_usage::wrong_usage;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "roster-index", "Documents into the roster index; each reducer sends its share", |_, _| {
        Ok(Box::new(ByDocument))
    })
    .reduced(Keys::of(2, 2), reducer)
    .with_file_options(&["--connection"])
    .run_by("roster-indexer")
    // Both attempts would send their documents.
    .one_attempt_at_a_time();

job_options! {
    /// Options of the job.
    pub(crate) struct Options {
        /// The index, which must exist
        #[arg(long)]
        pub index: String,
        /// File with hosts and credentials, made by the driver
        #[arg(long)]
        pub connection: PathBuf,
        /// How documents are sent.
        #[command(flatten)]
        pub bulk: BulkOptions,
        /// How they are made.
        #[command(flatten)]
        pub documents: DocumentOptions,
    }
}

job_options! {
    /// How documents are sent.
    #[derive(Copy)]
    pub(crate) struct BulkOptions {
        /// Documents of a bulk request
        #[arg(long, default_value_t = Self::default().batch_size)]
        pub batch_size: usize,
        /// Seconds between two bulk requests of one indexing task
        #[arg(long, default_value_t = Self::default().throttle)]
        pub throttle: f64,
        /// Attempts for a batch that a full server rejects, and for a lost connection
        #[arg(long, default_value_t = Self::default().max_attempts)]
        pub max_attempts: u32,
        /// Seconds to wait after the first rejection; each further wait is twice as long
        #[arg(long, default_value_t = Self::default().first_delay, hide = true)]
        pub first_delay: f64,
        /// How many documents the server may refuse: a share, at least 100 documents, or a number of documents
        #[arg(long, value_name = "SHARE|DOCUMENTS", default_value_t = Self::default().max_rejected)]
        pub max_rejected: MaxRejected,
    }
}

impl OptionField for MaxRejected {
    /// Says nothing where the number is the usual one.
    fn add_field(&self, name: &str, words: &mut Vec<String>) {
        if *self != Self::default() {
            self.to_string().add_field(name, words);
        }
    }
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self { batch_size: 1000, throttle: 0.1, max_attempts: 10, first_delay: 2.0, max_rejected: MaxRejected::default() }
    }
}

impl BulkOptions {
    /// Whether all numbers can be used, before anything is sent.
    ///
    /// # Errors
    /// One cannot.
    pub(crate) fn check(&self) -> Result<()> {
        self.limits()?;
        self.patience().map(drop)
    }

    /// Limits of batches.
    ///
    /// # Errors
    /// A number cannot be used.
    pub(crate) fn limits(&self) -> Result<BulkLimits> {
        at_least_one(self.batch_size > 0, "--batch-size")?;
        let throttle = seconds(self.throttle, "--throttle")?;
        Ok(BulkLimits { documents: self.batch_size, throttle, max_rejected: self.max_rejected, ..BulkLimits::default() })
    }

    /// Attempts and pauses.
    ///
    /// # Errors
    /// A number cannot be used.
    pub(crate) fn patience(&self) -> Result<Patience> {
        at_least_one(self.max_attempts > 0, "--max-attempts")?;
        Ok(Patience { attempts: self.max_attempts, first_delay: seconds(self.first_delay, "--first-delay")? })
    }
}

fn at_least_one(is_so: bool, option: &str) -> Result<()> {
    if is_so { Ok(()) } else { Err(wrong_usage(format!("{option} must be at least 1."))) }
}

fn seconds(value: f64, option: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(value).map_err(|_| wrong_usage(format!("{option} must be a number of seconds, 0 or more.")))
}

fn reducer(options: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    let connection = Connection::of_private_file(&options.connection)?;
    let client = Client::new(&connection, options.bulk.patience()?)?;
    let loader = BulkLoader::new(client, &options.index, options.bulk.limits()?);
    Ok(Box::new(Sender { loader, index: options.index, documents: options.documents, rows: 0 }))
}

struct ByDocument;

impl Mapper for ByDocument {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let [course_id, username, ..] = columns::<27>(line).context("A row of module_engagement_roster has not 27 columns.")?;
        output.record().bytes(course_id).bytes(username).bytes(line).end()
    }
}

struct Sender {
    loader: BulkLoader,
    index: String,
    documents: DocumentOptions,
    rows: i64,
}

impl Reducer for Sender {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut row = Vec::new();
        let mut rows = 0_u32;
        while let Some(record) = group.next_row()? {
            let other = record.bytes(2)?.context("A record has no row.")?;
            rows += 1;
            // Rows of one learner come in no particular order; which one counts shall not depend on it.
            if *other > *row {
                row.clear();
                row.extend_from_slice(&other);
            }
        }
        for _ in 1..rows {
            output.count("Elasticsearch", "Duplicate Rows");
        }
        self.rows += 1;
        let (loader, counters) = (&mut self.loader, &mut *output.counters);
        self.documents.documents(&row, |id, source| loader.add(id, source, counters))
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<()> {
        let documents = self.loader.finish(output.counters)?;
        output.row().text(&self.index).integer(self.rows).integer(i64::try_from(documents)?).end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::JobOptions;

    #[test]
    fn words_are_read_back() {
        let max_rejected = MaxRejected::Rows(9);
        let options = BulkOptions { batch_size: 7, throttle: 0.5, max_attempts: 3, first_delay: 0.01, max_rejected };
        let read = JobArguments::new(options.words()).parse::<BulkOptions>().unwrap();
        assert_eq!(read.words(), options.words());
        assert_eq!(read.limits().unwrap().throttle, Duration::from_millis(500));
        assert_eq!(read.limits().unwrap().max_rejected, max_rejected);
        for wrong in [
            BulkOptions { batch_size: 0, ..options },
            BulkOptions { throttle: -1.0, ..options },
            BulkOptions { throttle: f64::NAN, ..options },
        ] {
            assert!(wrong.limits().is_err());
        }
        assert!(BulkOptions { max_attempts: 0, ..options }.patience().is_err());
    }
}
