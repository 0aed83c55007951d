//! `insights compare STORE STORE`: whether two result stores say the same, as when the old pipeline and this one run side by side.

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::Workflows;
use crate::config::settings::Settings;
use crate::print_line;
use crate::stores::compare::{StoresDiffer, TableComparison, compare};
use crate::stores::table::Table;
use crate::stores::target::StorePlace;
use crate::tasks::store::ChosenStore;
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// The store that the configuration names.
const CONFIGURED: &str = "configured";
/// The result database of a server, if the store names none.
const DATABASE: &str = "reports";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(super) struct CompareOptions {
    /// A SQLite file, the credentials file of a MySQL server with its database (results.json#reports), or `configured`
    #[arg(value_name = "STORE")]
    left: String,
    /// The other store
    #[arg(value_name = "STORE")]
    right: String,
    /// Tables to compare; all that either store has, if none is named
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// How many differences of each table are shown
    #[arg(long, default_value_t = 3)]
    examples: usize,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = CompareFormat::Text)]
    format: CompareFormat,
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CompareFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Compares, and prints what it found.
///
/// # Errors
/// [`StoresDiffer`], or a store cannot be read.
pub(super) fn run(options: &CompareOptions, workflows: Workflows, settings: &Settings) -> Result<()> {
    let chosen = tables(options, workflows)?;
    let open = |store: &str| place(store, settings)?.read().with_context(|| format!("The store {store} cannot be read."));
    let (mut left, mut right) = (open(&options.left)?, open(&options.right)?);
    let mut found = Vec::new();
    for table in chosen {
        let comparison = compare([&mut *left, &mut *right], table, options.examples)?;
        let is_there = comparison.exists.contains(&true) || !options.tables.is_empty();
        found.extend(is_there.then_some(comparison));
    }
    let differing: Vec<_> = found.iter().filter(|table| !table.is_equal()).map(|table| table.table).collect();
    match options.format {
        CompareFormat::Json => {
            let document =
                json!({"version": 1, "left": options.left, "right": options.right, "equal": differing.is_empty(), "tables": found});
            print_line!("{}", serde_json::to_string_pretty(&document)?)?;
        }
        CompareFormat::Text => found.iter().try_for_each(print)?,
    }
    if differing.is_empty() { Ok(()) } else { Err(StoresDiffer(differing).into()) }
}

fn tables(options: &CompareOptions, workflows: Workflows) -> Result<Vec<&'static Table>> {
    let all = || workflows.iter().flat_map(|workflow| workflow.tables).map(|table| table.table);
    let named = options.tables.iter().map(|name| {
        let unknown = || wrong_usage(format!("There is no result table {name}{}", did_you_mean(name, all().map(|table| table.name))));
        all().find(|table| table.name == name).ok_or_else(unknown)
    });
    if options.tables.is_empty() { Ok(all().collect()) } else { named.collect() }
}

fn place(store: &str, settings: &Settings) -> Result<StorePlace> {
    if store == CONFIGURED {
        return Ok(ChosenStore::default().open(settings)?.place);
    }
    let (file, database) = store.split_once('#').unwrap_or((store, DATABASE));
    if Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return Ok(StorePlace::Mysql { credentials: file.parse()?, database: database.to_owned() });
    }
    Ok(StorePlace::Sqlite(store.into()))
}

fn print(table: &TableComparison) -> Result<()> {
    let TableComparison { equal, differ, only_left, only_right, .. } = table;
    let lacking = ["left", "right"].into_iter().zip(&table.missing_columns).filter(|(_, missing)| !missing.is_empty());
    let lacking: Vec<_> = lacking.map(|(side, missing)| format!("{side} lacks {}", missing.join(", "))).collect();
    let told = match table.exists {
        _ if !lacking.is_empty() => format!("other columns: {}", lacking.join("; ")),
        [true, true] if table.is_equal() => format!("{equal} rows, equal"),
        [true, true] => format!("{equal} rows equal, {differ} with other numbers, {only_left} only left, {only_right} only right"),
        [true, false] => format!("only left, {only_left} rows"),
        [false, true] => format!("only right, {only_right} rows"),
        [false, false] => "in neither store".to_owned(),
    };
    print_line!("{:<44} {told}", table.table)?;
    for difference in table.first.iter().filter(|_| table.exists == [true, true]) {
        for (mark, row) in [("<", &difference.left), (">", &difference.right)] {
            if let Some(row) = row {
                print_line!("  {mark} {row}")?;
            }
        }
    }
    Ok(())
}
