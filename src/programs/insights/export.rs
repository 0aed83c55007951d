//! `insights export`: tables as files for other programs.

use anyhow::{Result, ensure};
use clap::Args;

use super::Workflows;
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::export::{Exported, Format, datasets, export_store, export_warehouse, is_in_warehouse, named};
use crate::print_line;
use crate::storage::Location;
use crate::stores::table::Table;
use crate::tasks::store::ChosenStore;

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(super) struct ExportOptions {
    /// Tables of the result store, or with --warehouse of the warehouse
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "TABLE")]
    tables: Vec<String>,
    /// All tables that are there
    #[arg(long)]
    all: bool,
    /// Form of the files
    #[arg(long, value_enum, default_value = "parquet")]
    format: Format,
    /// Folder or URL (s3://…, hdfs://…) for the files; those of the same name are replaced
    #[arg(long)]
    out: Location,
    /// Only these days, such as 2024-05 or 2024-05-10..2024-05-20 (end not included), of tables that have a date or partitions of days
    #[arg(long, value_parser = day::interval, allow_hyphen_values = true)]
    interval: Option<DateInterval>,
    #[command(flatten)]
    store: ChosenStore,
    /// Read this warehouse instead of a result store; a folder TABLE/dt=DATE/ for each day
    #[arg(long, conflicts_with_all = ["sqlite", "credentials", "database"], value_name = "PATH")]
    warehouse: Option<Location>,
}

/// Writes the files and tells what is in them.
pub(super) fn run(options: &ExportOptions, workflows: Workflows, settings: &Settings) -> Result<()> {
    let target = (options.format, &options.out);
    let interval = options.interval.as_ref();
    let exported = if let Some(warehouse) = &options.warehouse {
        let tables = chosen(options, datasets(workflows), |table| is_in_warehouse(warehouse, table))?;
        export_warehouse(warehouse, &tables, options.all, interval, target)?
    } else {
        let known = workflows.iter().flat_map(|workflow| workflow.tables).map(|table| table.table);
        let mut reader = None;
        let has_table = |table: &Table| {
            let reader = match &mut reader {
                Some(reader) => reader,
                none => none.insert(options.store.open(settings)?.place.read()?),
            };
            reader.has_table(table.name)
        };
        let tables = chosen(options, known.collect(), has_table)?;
        export_store(&options.store.open(settings)?.place, &tables, options.all, interval, target)?
    };
    ensure!(!exported.is_empty(), "There is no table to export. Load the tables first, or name another store or warehouse.");
    tell(&exported, &options.out)
}

fn chosen(
    options: &ExportOptions,
    known: Vec<&'static Table>,
    is_there: impl FnMut(&Table) -> Result<bool>,
) -> Result<Vec<&'static Table>> {
    if options.all { Ok(known) } else { named(&options.tables, &known, is_there) }
}

fn tell(exported: &[Exported], out: &Location) -> Result<()> {
    print_line!("{:<42} {:>6} {:>12}", "Table", "files", "rows")?;
    for table in exported {
        print_line!("{:<42} {:>6} {:>12}", table.table, table.files, table.rows)?;
        if table.ignores_days {
            print_line!("  all rows, since the table has no column date for --interval to choose by")?;
        }
        if let Some(first) = &table.first_left_out {
            print_line!("  {} rows do not fit the columns and are left out, such as {first}", table.left_out)?;
        }
    }
    print_line!("Files: {out}")
}
