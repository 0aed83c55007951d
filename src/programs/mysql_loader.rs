//! `mysql-loader`: the rows of a warehouse directory, a file or standard input into one result table.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{FromArgMatches, Parser};

use super::exit_code::failed;
use super::resolved_days;
use super::rows_of_stdin::{KeptInput, rows_of_stdin};
use super::version::VERSION;
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::engine::plan::LoadInput;
use crate::error_text::{counted, error_text};
use crate::notice::Notice;
use crate::say;
use crate::storage::Location;
use crate::stores::by_input::{self, ByInput};
use crate::stores::identity::update_id;
use crate::stores::marker_table::MarkerTable;
use crate::stores::rejected::MaxRejected;
use crate::stores::rows::TextRows;
use crate::stores::target::StorePlace;
use crate::stores::{LoadMode, LoadReport, LoadRequest};
use crate::tasks::store::rows_per_statement;
use crate::tasks::workflow::ResultTable;
use crate::warehouse::selection::{DayFiles, DayNames};
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// The word for standard input.
const STANDARD_INPUT: &str = "-";

/// Loads tab-separated rows into a table of the result store. Readers see the old rows or the new ones, never a mixture.
#[derive(Debug, Parser)]
#[command(name = "mysql-loader", version = VERSION, args_override_self = true)]
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)] // flags; the comments are the help text
struct Options {
    /// Table of the result store, for example course_enrollment_daily
    table: String,
    /// Directory or file with one row per line, or - for standard input
    #[arg(long, required_unless_present = "create_only")]
    input: Option<Location>,
    /// Days whose files of the directory are read (`--input TABLE --days 2014-05-01-2014-06-01`); without it all rows of the directory
    #[arg(long, requires = "input", value_parser = day::interval, allow_hyphen_values = true)]
    days: Option<DateInterval>,
    /// What the names of the days' files begin with, before the day; without it all files of the directories dt=DAY are read
    #[arg(long, requires = "days")]
    file_stem: Option<String>,
    /// JSON file with host, port, username and password of the MySQL server
    #[arg(long, required_unless_present = "sqlite")]
    credentials: Option<Location>,
    /// Result database on the server; created if absent
    #[arg(long, default_value = "reports")]
    database: String,
    /// Load into this SQLite file instead of a MySQL server
    #[arg(long, conflicts_with = "credentials")]
    sqlite: Option<PathBuf>,
    /// Only make the database and the table where they are missing
    #[arg(long, conflicts_with = "input")]
    create_only: bool,
    /// Replace all rows of the table (with --date: the rows of that day)
    #[arg(long)]
    overwrite: bool,
    /// Fill a copy of the table and exchange the two by one rename
    #[arg(long, requires = "overwrite")]
    use_temp_table_for_overwrite: bool,
    /// Table in which finished loads are kept
    #[arg(long, default_value_t = MarkerTable::default())]
    marker_table: MarkerTable,
    /// Name of this load in the marker table; made from table, input and database if absent, of standard input that is added from its text
    #[arg(long)]
    update_id: Option<String>,
    /// Keep who made the input beside the load's marker, so that rows that were made anew are loaded anew
    #[arg(long)]
    by_input: bool,
    /// Do nothing if the rows of this input are in the table, even if they are to be replaced
    #[arg(long, requires = "by_input")]
    unless_loaded: bool,
    /// Rows per INSERT statement, where rows go by INSERT
    #[arg(long, default_value_t = 100, value_parser = rows_per_statement)]
    insert_chunk_size: usize,
    /// Permit overwriting with no rows
    #[arg(long)]
    allow_empty_insert: bool,
    /// With --date: permit no rows where the table holds none of that day either
    #[arg(long, requires = "date")]
    allow_empty_day: bool,
    /// Day (YYYY-MM-DD) that the rows of module_engagement are of
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: Option<chrono::NaiveDate>,
    /// Use INSERT even where the server permits LOAD DATA LOCAL
    #[arg(long)]
    no_bulk: bool,
    /// Longest wait in seconds for another loader or a locked table
    #[arg(long, default_value_t = 60)]
    lock_wait: u64,
    /// How many rows may be left out because the table cannot hold them: a share, at least 100 rows, or a number of rows
    #[arg(long, value_name = "SHARE|ROWS", default_value_t = MaxRejected::default())]
    max_rejected: MaxRejected,
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Options as clap::CommandFactory>::command()
}

/// The executable: exit code 0 when the rows are in the table (now or before), that of [`exit_code`](mod@super::exit_code) when not.
pub(super) fn main(tables: &[&[ResultTable]]) -> ExitCode {
    let matches = command().get_matches();
    resolved_days::tell("mysql-loader", &command(), &matches);
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(&options, tables) {
        Ok(None) => {
            say!("mysql-loader: the table {} is there", options.table);
            ExitCode::SUCCESS
        }
        Ok(Some(report)) => {
            for notice in &report.notices {
                say!("mysql-loader: {notice}");
            }
            if report.outdated {
                say!("mysql-loader: {}", Notice::warning(OUTDATED));
            }
            say!("mysql-loader: {}", summary(&options.table, &report));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say!("mysql-loader: {}", error_text(&error));
            failed(&error)
        }
    }
}

#[allow(clippy::cast_precision_loss)] // a rate for people
fn summary(table: &str, report: &LoadReport) -> String {
    if report.outdated {
        return format!("{table} is left as it is; nothing was loaded");
    }
    if report.skipped {
        let since = report.since.as_ref().filter(|since| !since.is_empty()).map_or_else(String::new, |since| format!(", loaded {since}"));
        return format!("{table} is up to date{since} (its marker is there); nothing was loaded, --overwrite loads it again");
    }
    let rate = report.rows as f64 / report.seconds.max(1e-9);
    format!("{} into {table} in {:.2} s ({rate:.0} rows/s)", counted(report.rows, "row"), report.seconds)
}

/// That rows stay which are only added.
const OUTDATED: &str = "the input was made anew since the table was loaded from it, and its rows stay: --overwrite replaces them.";

/// Loads rows, or only makes the table.
fn run(options: &Options, tables: &[&[ResultTable]]) -> Result<Option<LoadReport>> {
    let found = find_table(&options.table, tables)?;
    let table = found.table;
    let target = store_place(options)?.open(options.marker_table.clone())?;
    say!("mysql-loader: into {}", target.described());
    let store = target.store;
    let Some(input) = &options.input else {
        store.create_table(table)?;
        return Ok(None);
    };
    let date = options.date.map(|date| date.to_string());
    let request = LoadRequest {
        mode: load_mode(options, found, date.as_deref())?,
        allow_empty: options.allow_empty_insert,
        allow_empty_slice: options.allow_empty_day,
        empty_because: None,
        insert_chunk_size: options.insert_chunk_size,
        bulk: !options.no_bulk,
        lock_wait: Duration::from_secs(options.lock_wait),
        max_rejected: options.max_rejected,
        ..LoadRequest::new(table, "")
    };
    let is_stdin = input.as_str() == STANDARD_INPUT;
    // Rows that are only added are there or not by their text, where nothing else tells one standard input from another.
    let kept = (is_stdin && options.update_id.is_none() && !options.overwrite && date.is_none()).then(KeptInput::read).transpose()?;
    let text = kept.as_ref().map(KeptInput::digest);
    let id = options.update_id.clone().unwrap_or_else(|| default_update_id(options, found, (date.as_deref(), text.as_deref())));
    let made = if options.by_input && !is_stdin { rows_of(options, input).maker()? } else { None };
    let slice = date.as_deref().map(|date| ("date", date));
    let by = ByInput { made: made.as_deref(), slice, repeats: !options.unless_loaded };
    let rows = || {
        let rows = if is_stdin {
            Ok(TextRows::from_input(table, "standard input", rows_of_stdin(kept)))
        } else {
            rows_of(options, input).rows(table)
        };
        rows.map(|rows| rows.with_reader(found.reader))
    };
    by_input::load(&*store, LoadRequest { update_id: &id, ..request }, &by, rows).map(Some)
}

/// What is read: files of days, or all of it.
fn rows_of(options: &Options, input: &Location) -> LoadInput {
    let names = || options.file_stem.clone().map_or(DayNames::Directory, DayNames::Stem);
    let files = |days| DayFiles { root: input.directory_form(), days, names: names() };
    options.days.map_or_else(|| LoadInput::Directory(input.clone()), |days| LoadInput::DayFiles(files(days)))
}

fn find_table<'t>(name: &str, tables: &[&'t [ResultTable]]) -> Result<&'t ResultTable> {
    let tables = || tables.iter().copied().flatten();
    tables().find(|table| table.table.name == name).ok_or_else(|| {
        wrong_usage(format!("There is no result table {name}{}", did_you_mean(name, tables().map(|table| table.table.name))))
    })
}

fn load_mode<'a>(options: &Options, table: &ResultTable, date: Option<&'a str>) -> Result<LoadMode<'a>> {
    let name = table.table.name;
    let by_day = table.load_of_day.is_some();
    ensure!(by_day || date.is_none(), "--date is for tables that are loaded day by day; {name} is loaded as a whole.");
    ensure!(!by_day || date.is_some(), "The table {name} is loaded day by day. Name the day with --date.");
    Ok(match (options.overwrite, options.use_temp_table_for_overwrite, date) {
        (true, true, Some(_)) => {
            bail!("The table {name} is replaced day by day; --use-temp-table-for-overwrite would replace all of it.")
        }
        (true, true, None) => LoadMode::OverwriteBySwap,
        (true, false, Some(value)) => LoadMode::OverwriteSlice { column: "date", value },
        (true, false, None) => LoadMode::Overwrite,
        (false, ..) => LoadMode::Append,
    })
}

fn default_update_id(options: &Options, table: &ResultTable, (date, text): (Option<&str>, Option<&str>)) -> String {
    if let (Some(date), Some(load_of_day)) = (date, table.load_of_day) {
        return load_of_day(date);
    }
    let credentials = options.credentials.as_ref().map(Location::as_str).unwrap_or_default();
    let input = options.input.as_ref().map(|input| rows_of(options, input).to_string()).unwrap_or_default();
    let input = text.map_or(input, str::to_owned);
    let identity =
        [("table", options.table.as_str()), ("input", input.as_str()), ("credentials", credentials), ("database", &options.database)];
    update_id(&identity, "mysql-loader")
}

fn store_place(options: &Options) -> Result<StorePlace> {
    if let Some(path) = &options.sqlite {
        return Ok(StorePlace::Sqlite(path.clone()));
    }
    let Some(credentials) = options.credentials.clone() else {
        bail!("Name the credentials file with --credentials, or a SQLite file with --sqlite.");
    };
    Ok(StorePlace::Mysql { credentials, database: options.database.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::TABLES;

    fn mode(arguments: &str) -> Result<String> {
        let options = Options::try_parse_from(arguments.split(' '))?;
        let date = options.date.map(|date| date.to_string());
        let table = find_table(&options.table, &TABLES)?;
        let mode = load_mode(&options, table, date.as_deref())?;
        Ok(format!("{mode:?} {}", default_update_id(&options, table, (date.as_deref(), None))))
    }

    #[test]
    fn options_choose_the_mode() {
        let base = "mysql-loader video --input x --credentials c.json";
        assert!(mode(base).unwrap().starts_with("Append "));
        assert!(mode(&format!("{base} --overwrite")).unwrap().starts_with("Overwrite "));
        let swap = mode(&format!("{base} --overwrite --use-temp-table-for-overwrite")).unwrap();
        assert!(swap.starts_with("OverwriteBySwap "));
        let day = "mysql-loader module_engagement --input x --sqlite f --date 2016-03-02 --overwrite";
        assert_eq!(
            mode(day).unwrap(),
            "OverwriteSlice { column: \"date\", value: \"2016-03-02\" } ModuleEngagementMysqlTask(date=2016-03-02)"
        );
        for refused in [
            &format!("{day} --use-temp-table-for-overwrite"),
            "mysql-loader module_engagement --input x --sqlite f",
            "mysql-loader video --input x --sqlite f --date 2016-03-02",
            "mysql-loader videos --input x --sqlite f",
            "mysql-loader video --input x",
        ] {
            assert!(mode(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn credentials_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            let credentials = Location::from_path(file.path()).unwrap();
            StorePlace::Mysql { credentials, database: "reports".to_owned() }.open(MarkerTable::default()).map(|store| store.name)
        };
        assert_eq!(read(r#"{"host":"h","username":"u","password":"p"}"#).unwrap(), "mysql://h:3306/reports");
        assert_eq!(read(r#"{"host":"h","port":"3307","username":"u","password":"p"}"#).unwrap(), "mysql://h:3307/reports");
        for text in [r#"{"host":"h","password":"s3cret"}"#, r#"{"host":"h","username":"u","password":"s3cret","port":99999}"#, "s3cret"] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
