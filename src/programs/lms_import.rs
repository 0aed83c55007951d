//! `lms-import`: copies LMS tables into the warehouse (rules 09).

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use chrono::NaiveDate;
use clap::{FromArgMatches, Parser};

use super::exit_code::failed;
use super::resolved_days;
use super::version::VERSION;
use crate::calendar::day;
use crate::config::options::ConfigOptions;
use crate::config::unusable::unusable;
use crate::error_text::{counted, error_text};
use crate::lms::derived::DerivedImport;
use crate::lms::import::Import;
use crate::lms::source::LmsSource;
use crate::lms::tables::{LmsTable, TABLES, table};
use crate::say;
use crate::storage::{Location, LocationError};
use crate::tasks::MissingData;
use crate::warehouse::RunId;
use crate::warehouse::marker::has_marker;
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// Copies tables of the LMS database into the warehouse, all from one snapshot
#[derive(Parser, Debug)]
#[command(name = "lms-import", version = VERSION)]
struct Options {
    /// Tables to import; all that workflows read, if none is named
    tables: Vec<String>,
    /// Root of the imports; default: destination of [database-import]
    #[arg(long)]
    destination: Option<Location>,
    /// JSON file with host, port, username and password; default: credentials of [database-import]
    #[arg(long)]
    credentials: Option<Location>,
    /// The LMS database; default: database of [database-import]
    #[arg(long)]
    database: Option<String>,
    /// Date of the partitions; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    import_date: Option<NaiveDate>,
    /// Key ranges read at a time
    #[arg(long, default_value_t = 4)]
    num_mappers: usize,
    /// SQL condition on the rows
    #[arg(long = "where")]
    condition: Option<String>,
    /// Import complete tables again
    #[arg(long)]
    overwrite: bool,
    /// Accepted for old command lines
    #[arg(long, hide = true)]
    verbose: bool,
    /// Without an LMS database: an import that is derived from logs, or empty
    #[arg(long, conflicts_with_all = ["credentials", "database", "condition"])]
    derived: bool,
    /// With --derived: directory of the rows that the logs tell of the one table named
    #[arg(long, requires = "derived")]
    rows: Option<Location>,
    #[command(flatten)]
    config: ConfigOptions,
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Options as clap::CommandFactory>::command()
}

/// Runs the command line.
pub(super) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = command().get_matches_from(arguments);
    resolved_days::tell("lms-import", &command(), &matches);
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("lms-import: {}", error_text(&error));
            failed(&error)
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let settings = options.config.settings()?;
    let destination = match &options.destination {
        Some(destination) => destination.clone(),
        None => settings
            .require("database-import", "destination", "--destination")?
            .parse()
            .map_err(|error: LocationError| unusable("database-import", "destination", error))?,
    };
    let unknown = |name: &str| {
        let known = did_you_mean(name, TABLES.iter().map(|table| table.name));
        wrong_usage(format!("No workflow reads the table {name}{known}"))
    };
    let tables: Vec<&'static LmsTable> = if options.tables.is_empty() {
        TABLES.iter().collect()
    } else {
        let named = options.tables.iter().map(|name| table(name).ok_or_else(|| unknown(name)));
        named.collect::<Result<_>>()?
    };
    let date = options.import_date.unwrap_or_else(day::today);
    if options.derived {
        return derive(options, &tables, &destination, date);
    }
    let import = Import {
        source: &LmsSource::of_settings(&settings, options.credentials.as_ref(), options.database.as_deref())?.target,
        destination: &destination,
        date,
        num_mappers: options.num_mappers,
        condition: options.condition.as_deref(),
        overwrite: options.overwrite,
    };
    let started = std::time::Instant::now();
    for imported in import.run(&tables, &RunId::generate(), "lms-import")? {
        match imported.rows {
            Some(rows) => say!("{}: {}", imported.table, counted(rows, "row")),
            None => say!("{}: skipped, the import of the day is complete", imported.table),
        }
    }
    say!("lms-import: {} in {:.1} s", counted(tables.len(), "table"), started.elapsed().as_secs_f64());
    Ok(())
}

/// Writes imports of a site without LMS database (rules 10, 8).
fn derive(options: &Options, tables: &[&'static LmsTable], destination: &Location, date: NaiveDate) -> Result<()> {
    ensure!(options.rows.is_none() || tables.len() == 1, wrong_usage("--rows are of one table; name it."));
    if let Some(rows) = &options.rows
        && !has_marker(rows)?
    {
        bail!(MissingData(format!("There are no complete rows at {rows} (a directory with _SUCCESS).")));
    }
    for table in tables {
        let import = DerivedImport { table, destination: destination.clone(), date, rows: options.rows.clone() };
        let rows = import.run(&RunId::generate(), "lms-import")?;
        say!("{}: {}, derived from logs", table.name, counted(rows, "row"));
    }
    Ok(())
}
