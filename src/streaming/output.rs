//! Where a mapper or reducer puts its lines: wire records, warehouse rows, rows of named files, counters.

use anyhow::Result;

use super::counters::Counters;
use super::wire::{NULL, decode, encode, is_plain};
use crate::tracking::python_text;

/// Takes finished lines, each without its line end.
pub trait LineSink {
    /// Takes one line; an error means that the job has failed.
    fn line(&mut self, line: &[u8]) -> Result<()>;

    /// Takes a row of a file: `line` is the file's path as a field and a separator, and may be made the whole line.
    fn file_row(&mut self, line: &mut Vec<u8>, row: &[u8]) -> Result<()> {
        encode(row, line);
        self.line(line)
    }
}

impl LineSink for Vec<Vec<u8>> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.push(line.to_vec());
        Ok(())
    }
}

/// The output of a side. Lines are built in place, so that nothing is allocated per line.
pub struct Output<'s> {
    sink: &'s mut dyn LineSink,
    /// Counters of the side.
    pub counters: &'s mut Counters,
    buffers: LineBuffers,
}

/// Where an output builds its lines; one output after another may use the same.
#[derive(Debug, Default)]
pub struct LineBuffers {
    line: Vec<u8>,
    row: Vec<u8>,
}

impl<'s> Output<'s> {
    /// Writes lines to `sink` and counts in `counters`.
    pub fn new(sink: &'s mut dyn LineSink, counters: &'s mut Counters) -> Self {
        Self::reusing(sink, counters, LineBuffers::default())
    }

    /// As [`Self::new`], with the buffers of another output.
    pub fn reusing(sink: &'s mut dyn LineSink, counters: &'s mut Counters, buffers: LineBuffers) -> Self {
        Self { sink, counters, buffers }
    }

    /// Its buffers, for the next output.
    pub fn into_buffers(self) -> LineBuffers {
        self.buffers
    }

    /// Adds 1 to a counter.
    pub fn count(&mut self, group: &'static str, name: &'static str) {
        self.counters.add(group, name, 1);
    }

    /// Adds to a counter.
    pub fn count_many(&mut self, group: &'static str, name: &'static str, increment: u64) {
        self.counters.add(group, name, increment);
    }

    /// Starts a record for the shuffle.
    pub fn record(&mut self) -> RecordBuilder<'_, 's> {
        self.buffers.line.clear();
        RecordBuilder { output: self, empty: true }
    }

    /// Starts a row of a warehouse table (TSV, rules 01, 5.2).
    pub fn row(&mut self) -> RowBuilder<'_, 's> {
        self.buffers.row.clear();
        RowBuilder { output: self, empty: true, in_file: false }
    }

    /// Starts a row of the file at `path`, relative to the job's output root. Only for jobs that write
    /// [into files](super::Job::into_files).
    pub fn file_row(&mut self, path: &str) -> RowBuilder<'_, 's> {
        self.buffers.row.clear();
        self.buffers.line.clear();
        encode(path.as_bytes(), &mut self.buffers.line);
        self.buffers.line.push(b'\t');
        RowBuilder { output: self, empty: true, in_file: true }
    }

    /// Starts a row of a day's file, `dt=DAY/STEM` and the day, as [`Self::file_row`]. The day is a field of a record.
    pub fn day_row(&mut self, file_stem: &str, day: &[u8]) -> RowBuilder<'_, 's> {
        self.buffers.row.clear();
        self.buffers.line.clear();
        self.buffers.line.extend_from_slice(b"dt=");
        self.buffers.line.extend_from_slice(day);
        self.buffers.line.push(b'/');
        encode(file_stem.as_bytes(), &mut self.buffers.line);
        self.buffers.line.extend_from_slice(day);
        self.buffers.line.push(b'\t');
        RowBuilder { output: self, empty: true, in_file: true }
    }

    /// Passes on a line that is already in the form wanted.
    pub fn line(&mut self, line: &[u8]) -> Result<()> {
        self.sink.line(line)
    }
}

/// A wire record under construction, see [`super::record`].
#[must_use = "nothing is written before end()"]
pub struct RecordBuilder<'o, 's> {
    output: &'o mut Output<'s>,
    empty: bool,
}

impl RecordBuilder<'_, '_> {
    fn separate(&mut self) {
        if !self.empty {
            self.output.buffers.line.push(b'\t');
        }
        self.empty = false;
    }

    /// A field of any bytes.
    pub fn bytes(mut self, field: &[u8]) -> Self {
        self.separate();
        encode(field, &mut self.output.buffers.line);
        self
    }

    /// A text field.
    pub fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    /// Adds a text of which is known that nothing in it must be escaped.
    pub fn plain(self, field: &str) -> Self {
        debug_assert!(is_plain(field.as_bytes()), "{field:?}");
        self.raw(field.as_bytes())
    }

    /// A text field, or null.
    pub fn optional(self, field: Option<&str>) -> Self {
        match field {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// A field of any bytes, or null.
    pub fn optional_bytes(self, field: Option<&[u8]>) -> Self {
        match field {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    /// A null field.
    pub fn null(self) -> Self {
        self.raw(NULL)
    }

    /// A field, or several joined by TAB, already in wire form.
    pub fn raw(mut self, fields: &[u8]) -> Self {
        self.separate();
        self.output.buffers.line.extend_from_slice(fields);
        self
    }

    /// A decimal integer.
    pub fn integer(self, value: impl Into<i128>) -> Self {
        self.raw(digits(value.into(), &mut itoa::Buffer::new()))
    }

    /// Hands the record over.
    pub fn end(self) -> Result<()> {
        self.output.sink.line(&self.output.buffers.line)
    }
}

/// A warehouse row under construction.
#[must_use = "nothing is written before end()"]
pub struct RowBuilder<'o, 's> {
    output: &'o mut Output<'s>,
    empty: bool,
    in_file: bool,
}

impl RowBuilder<'_, '_> {
    fn separate(&mut self) {
        if !self.empty {
            self.output.buffers.row.push(b'\t');
        }
        self.empty = false;
    }

    /// A string column. TAB, CR and LF would break the row and become spaces (rules 01, 5.2).
    pub fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    /// Adds a field of a record, as [`Self::text`] or [`Self::null`] would.
    ///
    /// # Errors
    /// It holds an escape that is none.
    pub fn field(self, field: &[u8]) -> Result<Self> {
        if is_plain(field) {
            return Ok(self.raw(field));
        }
        Ok(self.optional_bytes(decode(field)?.as_deref()))
    }

    /// A string column given as bytes, see [`Self::text`].
    pub fn bytes(mut self, field: &[u8]) -> Self {
        self.separate();
        let row = &mut self.output.buffers.row;
        let start = row.len();
        row.extend_from_slice(field);
        for byte in row.iter_mut().skip(start) {
            if matches!(byte, b'\t' | b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self
    }

    /// A string column, or null.
    pub fn optional(self, field: Option<&str>) -> Self {
        match field {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// A string column given as bytes, or null.
    pub fn optional_bytes(self, field: Option<&[u8]>) -> Self {
        match field {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    /// A null column.
    pub fn null(self) -> Self {
        self.raw(NULL)
    }

    /// A column, or several joined by TAB, already in their final form.
    pub fn raw(mut self, fields: &[u8]) -> Self {
        self.separate();
        self.output.buffers.row.extend_from_slice(fields);
        self
    }

    /// An integer column.
    pub fn integer(self, value: impl Into<i128>) -> Self {
        self.raw(digits(value.into(), &mut itoa::Buffer::new()))
    }

    /// Several integers, one column each.
    pub fn integers(self, values: &[i64]) -> Self {
        values.iter().fold(self, |row, value| row.integer(*value))
    }

    /// A float column with at most 12 significant digits (rules 01, 5.4).
    pub fn float(mut self, value: f64) -> Self {
        self.separate();
        python_text::write_float_12(value, &mut self.output.buffers.row);
        self
    }

    /// Hands the row over.
    pub fn end(self) -> Result<()> {
        if self.in_file {
            let Output { sink, buffers: LineBuffers { line, row }, .. } = self.output;
            sink.file_row(line, row)
        } else {
            self.output.sink.line(&self.output.buffers.row)
        }
    }
}

/// An integer as text. Few are so large that they take the slow way.
fn digits(value: i128, buffer: &mut itoa::Buffer) -> &[u8] {
    match i64::try_from(value) {
        Ok(value) => buffer.format(value).as_bytes(),
        Err(_) => buffer.format(value).as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut counters = Counters::default();
        write(&mut Output::new(&mut lines, &mut counters)).unwrap();
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    #[test]
    fn records_escape_and_rows_clean() {
        assert_eq!(written(|output| output.record().text("a\tb").null().integer(-7).optional(None).end()), b"a\\tb\t\\N\t-7\t\\N");
        assert_eq!(written(|output| output.row().text("a\tb\\").null().integer(-7).optional(Some("")).end()), b"a b\\\t\\N\t-7\t");
        assert_eq!(written(|output| output.record().text("").text("x").end()), b"\tx");
    }

    #[test]
    fn rows_of_files_travel_as_one_field() {
        assert_eq!(written(|output| output.file_row("d/f").text("x").integer(1).end()), b"d/f\tx\\t1");
    }
}
