//! A row on its way into a result table: its values as texts, what their columns hold for them, or why it is left out (rules 08, 5).

use std::ops::Range;

use super::fit::{Held, Misfit};
use super::table::{Column, ColumnKind, Table};

/// What a value takes beside its own bytes when it is sent, at most.
const BYTES_BESIDE: usize = 16;

/// The values of one row, in column order; `None` is NULL. Reused from row to row.
#[derive(Debug, Default)]
pub struct Row {
    bytes: Vec<u8>,
    cells: Vec<Option<Range<usize>>>,
    /// What the columns hold for the values, once it is known that they fit.
    held: Vec<Held>,
    cut: u64,
    misfit: Option<(Misfit, String)>,
    /// Whether it is one that the rules leave out.
    is_left_out: bool,
}

impl Row {
    /// Forgets the values and keeps the buffers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.cells.clear();
        self.held.clear();
        self.misfit = None;
        self.is_left_out = false;
    }

    /// Says that no row could be made; the load leaves it out.
    pub fn reject(&mut self, misfit: Misfit, told: String) {
        self.clear();
        self.misfit = Some((misfit, told));
    }

    /// Says, as a reader, that the rules leave the row out. It is told like any other, and is no sign of something bigger: however many
    /// there are, they do not stop the load.
    pub fn leave_out(&mut self, misfit: Misfit, told: String) {
        self.reject(misfit, told);
        self.is_left_out = true;
    }

    /// Whether the rules leave the row out.
    pub(super) const fn is_left_out(&self) -> bool {
        self.is_left_out
    }

    /// Why no row could be made, if so.
    pub fn misfit(&self) -> Option<(Misfit, &str)> {
        self.misfit.as_ref().map(|(misfit, told)| (*misfit, told.as_str()))
    }

    /// Adds a text value.
    pub fn push(&mut self, value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.cells.push(Some(start..self.bytes.len()));
    }

    /// Adds a text value that may have at most `limit` characters; a longer one is cut and counted.
    pub fn push_cut(&mut self, value: &str, limit: usize) {
        let end = value.char_indices().nth(limit).map(|(end, _)| end);
        self.cut += u64::from(end.is_some());
        self.push(value.get(..end.unwrap_or(value.len())).unwrap_or(value).as_bytes());
    }

    /// How many values were cut since this was asked last.
    pub fn take_cut(&mut self) -> u64 {
        std::mem::take(&mut self.cut)
    }

    /// Adds a NULL.
    pub fn push_null(&mut self) {
        self.cells.push(None);
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// True when it holds no value.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many bytes a store gets for it, at most: the values, and their lengths and types.
    pub(super) fn size(&self) -> usize {
        self.cells.iter().flatten().map(ExactSizeIterator::len).sum::<usize>() + BYTES_BESIDE * self.cells.len()
    }

    /// Bytes of memory for values, those of earlier rows included.
    pub(super) fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// The values in column order.
    pub fn values(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.cells.iter().map(|cell| cell.as_ref().and_then(|range| self.bytes.get(range.clone())))
    }

    /// The value in a column; none if it is NULL, or if there is none.
    pub(super) fn value(&self, place: usize) -> Option<&[u8]> {
        let range = self.cells.get(place)?.clone()?;
        self.bytes.get(range)
    }

    /// What the columns hold for the values, in their order, and the values; empty before [`Row::hold`].
    pub(super) fn held(&self) -> impl Iterator<Item = (Held, &[u8])> {
        self.held.iter().copied().zip(self.values().map(Option::unwrap_or_default))
    }

    /// Keeps what the columns hold for the values, and gives the room of what was kept before.
    pub(super) fn hold(&mut self, held: Vec<Held>) -> Vec<Held> {
        std::mem::replace(&mut self.held, held)
    }

    /// Puts another text in place of a value.
    pub(super) fn replace(&mut self, place: usize, text: &[u8]) {
        let start = self.bytes.len();
        if let Some(cell) = self.cells.get_mut(place) {
            self.bytes.extend_from_slice(text);
            *cell = Some(start..self.bytes.len());
        }
    }

    /// Turns the null words of rules 08, 5 into NULL.
    pub(super) fn apply_null_rule(&mut self, table: &Table) {
        let Self { bytes, cells, .. } = self;
        for (cell, column) in cells.iter_mut().zip(table.columns) {
            let text = cell.as_ref().and_then(|range| bytes.get(range.clone()));
            if text.is_some_and(|text| is_null_text(text, column)) {
                *cell = None;
            }
        }
    }

    /// Puts the nearest value of an `INT` column in place of integers beyond it, and counts them as cut.
    pub(super) fn clamp_integers(&mut self, table: &Table) {
        for (place, _) in table.columns.iter().enumerate().filter(|(_, column)| column.kind == ColumnKind::Int) {
            let Some(nearest) = self.value(place).and_then(beyond_int) else { continue };
            self.replace(place, nearest.to_string().as_bytes());
            self.cut += 1;
        }
    }
}

/// The end of the range of `INT` that an integer lies beyond, if it does.
fn beyond_int(text: &[u8]) -> Option<i32> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || std::str::from_utf8(text).ok()?.parse::<i32>().is_ok() {
        return None;
    }
    Some(if digits.len() < text.len() { i32::MIN } else { i32::MAX })
}

/// Whether a column takes a text for NULL.
pub(crate) fn is_null_text(text: &[u8], column: &Column) -> bool {
    match text {
        b"\\N" => true,
        b"None" | b"inf" | b"-inf" => !column.keeps_words,
        _ => false,
    }
}
