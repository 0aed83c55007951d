//! Tables as files for other programs: Parquet, CSV, or a JSON object a line.
//!
//! * `cells`: texts of stores and of the warehouse become typed values
//! * `parquet_file`, `text_file`: the forms
//! * `of_store`, `of_warehouse`: where rows come from
//! * `datasets`: the columns of the warehouse's tables
//!
//! Memory is bounded by a page of rows and a row group; a file appears under its name when it is complete.

mod apart;
mod cells;
mod datasets;
mod of_store;
mod of_warehouse;
mod parquet_file;
mod text_file;

use anyhow::Result;
use itertools::Itertools;

use self::cells::Cell;

use crate::storage::Location;
use crate::stores::table::{Column, Table};
use crate::wrong_usage::{did_you_mean, guess, wrong_usage};

pub(crate) use self::datasets::datasets;
pub(crate) use self::of_store::export_store;
pub(crate) use self::of_warehouse::{export_warehouse, is_in_warehouse};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Typed columns, compressed
    Parquet,
    /// A line of names, then a line a row; texts that a spreadsheet would compute begin with an apostrophe
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// What was written of one table.
#[derive(Debug, Default)]
pub(crate) struct Exported {
    /// Its name.
    pub(crate) table: &'static str,
    pub(crate) files: usize,
    pub(crate) rows: u64,
    /// Rows that do not fit the declared columns, and the first of them.
    pub(crate) left_out: u64,
    pub(crate) first_left_out: Option<String>,
    /// Days were asked for, and the table has none.
    pub(crate) ignores_days: bool,
}

/// A file that takes rows.
trait RowFile {
    /// The values in the order of the columns.
    fn row(&mut self, cells: Vec<Cell>) -> Result<()>;

    /// Gives the file its name.
    fn finish(self: Box<Self>) -> Result<()>;
}

impl Format {
    fn suffix(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// Begins a file. Readers of Parquet take the day of a partition from its folder and stumble over a second column of that name; in
    /// text the day stands in each row, since who reads text often reads a file by itself.
    fn create(self, place: &Location, columns: &'static [Column], day: Option<&str>) -> Result<Box<dyn RowFile>> {
        Ok(match self {
            Self::Parquet => Box::new(parquet_file::ParquetFile::create(place, columns)?),
            Self::Csv => Box::new(text_file::CsvFile::create(place, columns, day)?),
            Self::Jsonl => Box::new(text_file::JsonLines::create(place, columns, day)?),
        })
    }
}

impl Exported {
    fn new(table: &'static str) -> Self {
        Self { table, ..Self::default() }
    }

    /// Writes a row, or counts why it is none.
    fn take(&mut self, cells: Result<Vec<Cell>, String>, place: impl FnOnce() -> String, file: &mut dyn RowFile) -> Result<()> {
        match cells {
            Ok(cells) => {
                self.rows += 1;
                file.row(cells)
            }
            Err(reason) => {
                self.left_out += 1;
                self.first_left_out.get_or_insert_with(|| format!("{}: {reason}", place()));
                Ok(())
            }
        }
    }
}

/// The tables of these names. `is_there` is asked only for what to say of a name that is none.
///
/// # Errors
/// A name that is none of them; the text says which is meant, which are there, and which may come.
pub(crate) fn named(
    names: &[String],
    known: &[&'static Table],
    is_there: impl FnMut(&Table) -> Result<bool>,
) -> Result<Vec<&'static Table>> {
    let find = |name: &String| known.iter().find(|table| table.name == name).copied();
    if let Some(name) = names.iter().find(|name| find(name).is_none()) {
        return Err(wrong_usage(format!("There is no table {name}{}", guess_and_list(name, known, is_there))));
    }
    Ok(names.iter().filter_map(find).collect())
}

fn guess_and_list(name: &str, known: &[&'static Table], mut is_there: impl FnMut(&Table) -> Result<bool>) -> String {
    let names = || known.iter().map(|table| table.name);
    // A place that cannot be read is told when something is read from it.
    let Ok(there) = known.iter().map(|table| is_there(table)).collect::<Result<Vec<_>>>() else { return did_you_mean(name, names()) };
    let guess = guess(name, names());
    let list = |wanted: bool| names().zip(&there).filter(|(_, is_there)| **is_there == wanted).map(|(name, _)| name).join(", ");
    match (list(true), list(false)) {
        (there, absent) if there.is_empty() => format!("{guess} None is there yet; there can be: {absent}."),
        (there, absent) if absent.is_empty() => format!("{guess} There are: {there}."),
        (there, absent) => format!("{guess} There are: {there}. Not there yet: {absent}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: Table = Table::new("daily", &[], &[]);
    const WEEKLY: Table = Table::new("weekly", &[], &[]);

    #[test]
    fn a_name_that_is_none_is_told_what_is_there() {
        let told = |is_there: fn(&Table) -> Result<bool>| {
            let names = ["weekly", "dayly"].map(str::to_owned);
            named(&names, &[&DAILY, &WEEKLY], is_there).unwrap_err().to_string()
        };
        assert_eq!(
            told(|table| Ok(table.name == "weekly")),
            "There is no table dayly. Did you mean daily? There are: weekly. Not there yet: daily."
        );
        assert_eq!(told(|_| Ok(true)), "There is no table dayly. Did you mean daily? There are: daily, weekly.");
        assert_eq!(told(|_| Ok(false)), "There is no table dayly. Did you mean daily? None is there yet; there can be: daily, weekly.");
        assert_eq!(told(|_| anyhow::bail!("refused")), "There is no table dayly. Did you mean daily? There are: daily, weekly.");
        let never = |_: &Table| -> Result<bool> { panic!("nobody has to know") };
        assert_eq!(named(&["weekly".to_owned()], &[&DAILY, &WEEKLY], never).unwrap().len(), 1);
    }
}
