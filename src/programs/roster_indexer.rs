//! `roster-indexer`: the steps of a roster load one by one, and the sending of documents as a streaming task.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use super::exit_code::{READER_GONE, failed};
use super::step_program;
use super::streaming_program::{Side, run_side, words};
use super::version::VERSION;
use crate::config::options::ConfigOptions;
use crate::error_text::error_text;
use crate::print_line;
use crate::say;
use crate::storage::Location;
use crate::stores::roster::connection::ConnectionOptions;
use crate::stores::roster::mapping::NameSearch;
use crate::stores::roster::marker::Marker;
use crate::stores::roster::{BulkLoader, Client, Connection, IndexRequest, RosterIndex};
use crate::streaming::Counters;
use crate::streaming::lines::{LineReader, LineSource};
use crate::workflows::module_engagement::roster_documents::DocumentOptions;
use crate::workflows::module_engagement::roster_index::{self, BulkOptions};
use crate::workflows::module_engagement::roster_index_step::RosterIndexStep;
use crate::workflows::module_engagement::roster_index_task::name_search;

/// Puts roster rows into Elasticsearch or OpenSearch. Readers see the old roster until `publish`, and then the new one.
#[derive(Debug, Parser)]
#[command(name = "roster-indexer", version = VERSION)]
#[allow(clippy::doc_markdown)] // the comment is the help text
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::doc_markdown)] // the comments are the help text
enum Action {
    /// All of it from a directory of roster rows, with tasks of this process: prepares, indexes, and publishes or abandons
    Load(WholeLoad),
    #[command(flatten)]
    Part(Part),
}

#[derive(Debug, Subcommand)]
#[allow(clippy::doc_markdown)] // the comments are the help text
enum Part {
    /// Prints the documents of roster rows on standard input, one JSON object a line
    Documents {
        #[command(flatten)]
        documents: DocumentOptions,
    },
    /// Makes an empty index and prints its name
    Prepare {
        #[command(flatten)]
        load: LoadOptions,
        #[command(flatten)]
        new: NewIndexOptions,
    },
    /// Sends roster rows on standard input; prints the index and the numbers of rows and documents. Several may run at once
    Index {
        #[command(flatten)]
        server: ServerOptions,
        /// The index that `prepare` made
        #[arg(long)]
        index: String,
        #[command(flatten)]
        bulk: BulkOptions,
        #[command(flatten)]
        documents: DocumentOptions,
    },
    /// Checks the number of documents, moves the alias, writes the marker, removes the old index
    Publish {
        #[command(flatten)]
        load: LoadOptions,
        /// The index that `prepare` made
        #[arg(long)]
        index: String,
        /// Sum of the documents that all `index` tasks sent
        #[arg(long)]
        documents: u64,
    },
    /// Removes an index that is not published
    Abandon {
        #[command(flatten)]
        load: LoadOptions,
        /// The index that `prepare` made
        #[arg(long)]
        index: String,
    },
}

/// How an index is made.
#[derive(Args, Clone, Copy, Debug)]
struct NewIndexOptions {
    /// Shards of the index
    #[arg(long, default_value_t = 5)]
    number_of_shards: u32,
    /// Make it although the same load was published before
    #[arg(long)]
    overwrite: bool,
}

/// A load from its begin to its end.
#[derive(Args, Clone, Debug)]
struct WholeLoad {
    #[command(flatten)]
    load: LoadOptions,
    #[command(flatten)]
    new: NewIndexOptions,
    /// Directory of roster rows
    #[arg(long)]
    roster: Location,
    /// Directory that gets the counts of the tasks
    #[arg(long)]
    counts: Location,
    /// Tasks that send at the same time
    #[arg(long, default_value_t = 4)]
    indexing_tasks: usize,
    #[command(flatten)]
    bulk: BulkOptions,
    #[command(flatten)]
    documents: DocumentOptions,
}

/// Where the engine is: `[elasticsearch]` of the configuration, or a file that the driver made.
#[derive(Args, Clone, Debug)]
struct ServerOptions {
    #[command(flatten)]
    config: ConfigOptions,
    /// File with hosts and credentials, made by the driver
    #[arg(long, conflicts_with = "configs")]
    connection: Option<PathBuf>,
    #[command(flatten)]
    options: ConnectionOptions,
}

/// Which load.
#[derive(Args, Clone, Debug)]
struct LoadOptions {
    #[command(flatten)]
    server: ServerOptions,
    /// Name by which the roster is read
    #[arg(long)]
    alias: String,
    /// What tells this load from others; the same for all its steps
    #[arg(long)]
    update_id: String,
    /// Index of the marker documents
    #[arg(long, default_value = "index_updates")]
    marker_index: String,
    /// Type of the marker documents, for servers with types
    #[arg(long, default_value = "marker")]
    marker_doc_type: String,
}

impl ServerOptions {
    fn connection(&self) -> Result<Connection> {
        if let Some(path) = &self.connection {
            return Connection::of_private_file(path);
        }
        Connection::of_settings(&self.config.settings()?, &self.options)?
            .context("No search engine is named; write host into the section [elasticsearch].")
    }
}

impl LoadOptions {
    fn request(&self, shards: u32, overwrite: bool) -> Result<IndexRequest> {
        // The driver's file says only where the engine is; with it the driver has made the index.
        let of_driver = self.server.connection.is_some();
        let name_search = if of_driver { NameSearch::default() } else { name_search(&self.server.config.settings()?)? };
        let marker = Marker {
            index: self.marker_index.clone(),
            document_type: self.marker_doc_type.clone(),
            alias: self.alias.clone(),
            update_id: self.update_id.clone(),
        };
        Ok(IndexRequest { marker, shards, overwrite, name_search })
    }

    fn client(&self) -> Result<Client> {
        Client::new(&self.server.connection()?, crate::web::backoff::Patience::default())
    }
}

impl WholeLoad {
    fn step(&self) -> Result<RosterIndexStep> {
        let Self { load, new, roster, counts, indexing_tasks, bulk, documents } = self.clone();
        Ok(RosterIndexStep {
            connection: load.server.connection()?,
            request: load.request(new.number_of_shards, new.overwrite)?,
            documents,
            bulk,
            indexing_tasks: indexing_tasks.max(1),
            roster,
            counts,
            options: load.server.options,
        })
    }
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Command as clap::CommandFactory>::command()
}

/// The executable: exit code 0 when the step was done, that of [`exit_code`](mod@super::exit_code) when not.
pub(super) fn main() -> ExitCode {
    let mut words = words().peekable();
    let side = match words.peek().map(String::as_str) {
        Some("map") => Some(Side::Map),
        Some("reduce") => Some(Side::Reduce),
        _ => None,
    };
    if let Some(side) = side {
        let program = if side == Side::Map { "roster-indexer map" } else { "roster-indexer reduce" };
        return run_side(program, &[&roster_index::JOB], side, words.skip(1));
    }
    let action = match Command::parse().action {
        Action::Load(load) => return step_program::run("roster-indexer", || Ok(Box::new(load.step()?))),
        Action::Part(action) => action,
    };
    match run(&action) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads documents has seen enough.
        Err(error) if matches!(action, Part::Documents { .. }) && is_broken_pipe(&error) => ExitCode::from(READER_GONE),
        Err(error) => {
            say!("roster-indexer: {}", error_text(&error));
            failed(&error)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

fn run(action: &Part) -> Result<()> {
    match action {
        Part::Documents { documents } => print_documents(*documents),
        Part::Prepare { load, new } => {
            let (client, request) = (load.client()?, load.request(new.number_of_shards, new.overwrite)?);
            let prepared = RosterIndex::connect(&client, &request)?.prepare()?;
            tell(&prepared.notices);
            print_line!("{}", prepared.name)?;
            Ok(())
        }
        Part::Index { server, index, bulk, documents } => send(server, index, bulk, *documents),
        Part::Publish { load, index, documents } => {
            let (client, request) = (load.client()?, load.request(1, true)?);
            tell(&RosterIndex::connect(&client, &request)?.publish(index, *documents)?);
            Ok(())
        }
        Part::Abandon { load, index } => {
            let (client, request) = (load.client()?, load.request(1, true)?);
            tell(&[RosterIndex::connect(&client, &request)?.abandon(index)]);
            Ok(())
        }
    }
}

fn tell(notices: &[String]) {
    for notice in notices {
        say!("roster-indexer: {notice}");
    }
}

fn each_row(mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<i64> {
    let mut lines = LineReader::records(io::stdin().lock(), 256 * 1024);
    let mut rows = 0;
    while let Some(line) = lines.next_line()? {
        rows += 1;
        take(line).with_context(|| format!("Line {rows} failed."))?;
    }
    Ok(rows)
}

fn print_documents(documents: DocumentOptions) -> Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    each_row(|row| {
        documents.documents(row, |id, source| {
            let id = serde_json::to_string(id)?;
            Ok(writeln!(output, "{{\"_id\": {id}, \"_source\": {source}}}")?)
        })
    })?;
    output.flush().context("Writing the documents failed.")
}

fn send(server: &ServerOptions, index: &str, bulk: &BulkOptions, documents: DocumentOptions) -> Result<()> {
    let client = Client::new(&server.connection()?, bulk.patience()?)?;
    let mut loader = BulkLoader::new(client, index, bulk.limits()?);
    let mut counters = Counters::default();
    let sent = each_row(|row| documents.documents(row, |id, source| loader.add(id, source, &mut counters)))
        .and_then(|rows| Ok((rows, loader.finish(&mut counters)?)));
    // Counters are for the operator: that they cannot be told ends nothing.
    let _ = counters.report(&mut io::stderr().lock());
    let (rows, sent) = sent?;
    print_line!("{index}\t{rows}\t{sent}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Command::command().debug_assert();
    }
}
