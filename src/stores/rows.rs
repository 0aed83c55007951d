//! Rows on their way into a result table: text lines become column values (rules 08, 5).
//!
//! A [`RowSource`] lends its rows: the caller hands in one [`Row`] whose buffers are used again for every line.
//! [`TextRows`] is the usual source: the files of a warehouse directory, one line per row, turned into values by a
//! [`RowReader`] (tab-separated by default; a workflow may bring its own).

use std::io::{self, BufRead, BufReader, ErrorKind};

use anyhow::{Context, Result};

use super::fit::Misfit;
use super::row::Row;
use super::shown::shown;
use super::table::Table;
use crate::storage::{Location, store_for};
use crate::warehouse::names::is_hidden_name;

/// Where rows come from. The row handed in is overwritten; `false` means that there are no more.
pub trait RowSource {
    /// Puts the next row into `row`, or why it is none ([`Row::misfit`]). An error is of the input, such as a file that cannot be read.
    fn next_row(&mut self, row: &mut Row) -> Result<bool>;

    /// File and line of the row given last, for messages.
    fn place(&self) -> String {
        "a row".to_owned()
    }

    /// Where all rows come from, for messages.
    fn origin(&self) -> String {
        "the input".to_owned()
    }
}

/// Turns one line (without its line end) into values. The null rule is applied afterwards, to every value.
pub type RowReader = fn(line: &[u8], row: &mut Row) -> Result<()>;

/// The default [`RowReader`]: values separated by TAB, nothing escaped.
#[allow(clippy::unnecessary_wraps)] // the signature of every row reader
pub fn read_tsv(line: &[u8], row: &mut Row) -> Result<()> {
    for value in line.split(|byte| *byte == b'\t') {
        row.push(value);
    }
    Ok(())
}

/// A named input that is opened when its turn comes; the name goes into error texts.
pub type NamedInput = (String, Box<dyn BufRead>);

/// Rows read from text inputs, one line per row, checked against a table.
pub struct TextRows<'t> {
    table: &'t Table,
    origin: String,
    reader: RowReader,
    /// The place of a column, and the only value that rows may have in it.
    only: Option<(usize, String)>,
    inputs: Box<dyn Iterator<Item = Result<NamedInput>> + 't>,
    current: Option<NamedInput>,
    line: Vec<u8>,
    line_number: u64,
    cut: u64,
}

impl<'t> TextRows<'t> {
    /// Rows of any sequence of inputs, opened one after the other.
    pub fn new(table: &'t Table, inputs: impl Iterator<Item = Result<NamedInput>> + 't) -> Self {
        let origin = "the input".to_owned();
        let (reader, inputs): (RowReader, Box<dyn Iterator<Item = _> + 't>) = (read_tsv, Box::new(inputs));
        Self { table, origin, reader, only: None, inputs, current: None, line: Vec::new(), line_number: 0, cut: 0 }
    }

    /// Rows of one input, for example standard input.
    pub fn from_input(table: &'t Table, name: &str, input: Box<dyn BufRead>) -> Self {
        Self { origin: name.to_owned(), ..Self::new(table, std::iter::once(Ok((name.to_owned(), input)))) }
    }

    /// Rows of a file, or of the files of a directory in the order of their names. Names that start with `_` or `.`
    /// are skipped, as Hadoop does.
    pub fn from_location(table: &'t Table, location: &Location) -> Result<Self> {
        let files = data_files(location)?;
        Ok(Self { origin: location.to_string(), ..Self::from_files(table, files) })
    }

    /// Rows of files, one file after the other.
    pub fn from_files(table: &'t Table, files: Vec<Location>) -> Self {
        Self::new(table, files.into_iter().map(|file| open(&file)))
    }

    /// Reads lines with another reader than [`read_tsv`].
    #[must_use]
    pub fn with_reader(mut self, reader: RowReader) -> Self {
        self.reader = reader;
        self
    }

    /// Rejects rows with another value in a column than the slice has that they go into.
    #[must_use]
    pub fn only(mut self, slice: Option<(&str, &str)>) -> Self {
        let place = |name: &str| self.table.columns.iter().position(|column| column.name == name);
        self.only = slice.and_then(|(column, value)| Some((place(column)?, value.to_owned())));
        self
    }

    /// How many values the reader has cut to fit their columns.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    fn read_line(&mut self) -> Result<bool> {
        loop {
            if self.current.is_none() {
                let Some(next) = self.inputs.next() else {
                    return Ok(false);
                };
                self.current = Some(next?);
                self.line_number = 0;
            }
            if let Some((name, input)) = &mut self.current {
                self.line.clear();
                let length = input
                    .read_until(b'\n', &mut self.line)
                    .with_context(|| format!("Cannot read {name} after line {}.", self.line_number))?;
                if length > 0 {
                    self.line_number += 1;
                    return Ok(true);
                }
            }
            self.current = None;
        }
    }

    fn parse_line(&self, row: &mut Row) {
        let line = without_line_end(&self.line);
        if simdutf8::basic::from_utf8(line).is_err() {
            return row.reject(Misfit::NotUtf8, format!("the line is not valid UTF-8: {}", shown(line)));
        }
        row.clear();
        if let Err(error) = (self.reader)(line, row) {
            return row.reject(Misfit::NoRow, format!("{error:#} {}", shown(line)));
        }
        if row.is_left_out() {
            return;
        }
        let (found, wanted) = (row.len(), self.table.columns.len());
        if found != wanted {
            let name = self.table.name;
            let told = format!("misaligned data: the line has {found} values, the table {name} has {wanted} columns: {}", shown(line));
            return row.reject(Misfit::Misaligned, told);
        }
        if let Some((place, wanted)) = &self.only
            && row.value(*place) != Some(wanted.as_bytes())
        {
            return row.reject(Misfit::OtherDay, format!("the row is not of {wanted}, which is loaded: {}", shown(line)));
        }
        row.apply_null_rule(self.table);
        if self.table.integers_are_clamped {
            row.clamp_integers(self.table);
        }
    }
}

/// A line without CR and LF at its end (rules 01, 5.2).
fn without_line_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = line {
        line = rest;
    }
    line
}

impl RowSource for TextRows<'_> {
    fn next_row(&mut self, row: &mut Row) -> Result<bool> {
        if !self.read_line()? {
            return Ok(false);
        }
        self.parse_line(row);
        self.cut += row.take_cut();
        Ok(true)
    }

    fn place(&self) -> String {
        let name = self.current.as_ref().map_or("", |(name, _)| name.as_str());
        format!("{name}, line {}", self.line_number)
    }

    fn origin(&self) -> String {
        self.origin.clone()
    }
}

/// The file itself, or the data files of a directory by name.
fn data_files(location: &Location) -> Result<Vec<Location>> {
    let store = store_for(location)?;
    let what = || format!("Cannot read the input {location}. Check the path.");
    if store.entry(location).with_context(what)?.is_some() {
        return Ok(vec![location.clone()]);
    }
    let children = store.children(location).with_context(what)?;
    if children.is_empty() && !store.directory_exists(location).with_context(what)? {
        return Err(io::Error::new(ErrorKind::NotFound, "there is no such file or directory")).with_context(what);
    }
    let files = children.iter().filter(|child| !child.is_directory && !is_hidden_name(&child.name));
    Ok(files.map(|child| location.join(&child.name)).collect())
}

fn open(location: &Location) -> Result<NamedInput> {
    let file = store_for(location)?.open(location)?;
    let input = BufReader::with_capacity(256 * 1024, file);
    Ok((location.to_string(), Box::new(input)))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
