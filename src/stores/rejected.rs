//! Rows that their table cannot hold: left out, counted, the first ones named (rules 10, 4).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use anyhow::{Error, Result, ensure};

use super::fit::{ColumnLimits, Held, Misfit, fitted};
use super::row::Row;
use super::rows::RowSource;
use super::shown::shown;
use super::table::Table;

/// So many rows are named.
const NAMED: usize = 3;
/// A share never means fewer rows than this.
const FEWEST: u64 = 100;

/// How many rows of a table may be left out: `1%` of its rows, but at least 100 rows; or a plain number of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxRejected {
    /// A share of all rows, 0 to 1; at least 100 rows.
    Share(f64),
    /// So many rows.
    Rows(u64),
}

impl Default for MaxRejected {
    fn default() -> Self {
        Self::Share(0.01)
    }
}

impl FromStr for MaxRejected {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let share = match text.strip_suffix('%') {
            Some(percent) => percent.trim_end().parse().ok().map(|percent: f64| percent / 100.0),
            None if text.contains('.') => text.parse().ok(),
            None => None,
        };
        let parsed = match share {
            Some(share) => (0.0..=1.0).contains(&share).then_some(Self::Share(share)),
            None => text.parse().ok().map(Self::Rows),
        };
        parsed.ok_or_else(|| Error::msg(format!("{text:?} is neither a share of the rows, such as 1%, nor a number of rows, such as 100.")))
    }
}

impl fmt::Display for MaxRejected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(formatter, "{}%", share * 100.0),
            Self::Rows(rows) => write!(formatter, "{rows}"),
        }
    }
}

impl MaxRejected {
    /// Whether so many may be left out of all that were read.
    pub fn permits(self, rejected: u64, read: u64) -> bool {
        rejected <= self.of_rows(read)
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a count
    fn of_rows(self, read: u64) -> u64 {
        match self {
            Self::Share(share) => FEWEST.max((read as f64 * share) as u64),
            Self::Rows(rows) => rows,
        }
    }
}

/// The rows of one load that were left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rejected {
    /// Rows read, the ones left out among them.
    pub read: u64,
    /// Rows that the rules leave out, which stop no load.
    pub known: u64,
    /// How many for each reason.
    pub reasons: BTreeMap<Misfit, u64>,
    /// The first three: where they are, column and value.
    pub named: Vec<String>,
}

impl Rejected {
    /// All rows left out.
    pub fn rows(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// Counts rows of one reason; `name` tells the first of them.
    pub(super) fn add(&mut self, misfit: Misfit, rows: u64, name: impl FnOnce() -> String) {
        *self.reasons.entry(misfit).or_default() += rows;
        if self.named.len() < NAMED {
            self.named.push(name());
        }
    }

    /// Refuses the load if too many rows were left out.
    pub(super) fn check(&self, table: &Table, allowed: MaxRejected) -> Result<()> {
        let least = if matches!(allowed, MaxRejected::Share(_)) { format!(", at least {FEWEST} rows") } else { " rows".to_owned() };
        ensure!(
            allowed.permits(self.rows() - self.known, self.read),
            "{} More than max_rejected of [load] permits ({allowed}{least}), so the table {} is unchanged. Correct the step that makes \
             these rows, or permit more (--max-rejected of mysql-loader).",
            self.told(),
            table.name
        );
        Ok(())
    }

    /// What was left out, as sentences; empty if nothing was.
    pub fn told(&self) -> String {
        if self.reasons.is_empty() {
            return String::new();
        }
        let reasons: Vec<_> = self.reasons.iter().map(|(misfit, rows)| format!("{misfit} ({rows})")).collect();
        let first = if self.rows() > self.named.len() as u64 { "the first: " } else { "" };
        let mut told =
            format!("{} of {} rows were left out: {}; {first}{}.", self.rows(), self.read, reasons.join(", "), self.named.join("; "));
        if self.reasons.contains_key(&Misfit::NoSuchCharacter) {
            told.push_str(" Convert the table to hold all characters: ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4.");
        }
        if self.reasons.contains_key(&Misfit::Duplicate) {
            told.push_str(" The pipeline makes no unique keys; drop them if the rows are wanted.");
        }
        if self.reasons.contains_key(&Misfit::RowTooLong) {
            told.push_str(" A server takes and gives rows below its max_allowed_packet; raise it if the long ones are wanted.");
        }
        told
    }
}

/// The rows of a source that fit their table.
pub(super) struct FittingRows<'r> {
    source: &'r mut dyn RowSource,
    table: &'r Table,
    limits: Vec<ColumnLimits>,
    /// The store takes no row of more bytes ([`Row::size`]).
    pub(super) longest_row: usize,
    /// Texts of one row that take the place of given ones, by column.
    rewritten: Vec<(usize, String)>,
    /// Room for what the columns hold for the values of a row.
    held: Vec<Held>,
    /// What was left out.
    pub(super) rejected: Rejected,
}

impl<'r> FittingRows<'r> {
    /// The limits are those of the table's columns, in order.
    pub(super) fn new(source: &'r mut dyn RowSource, table: &'r Table, limits: Vec<ColumnLimits>, longest_row: usize) -> Self {
        Self { source, table, limits, longest_row, rewritten: Vec::new(), held: Vec::new(), rejected: Rejected::default() }
    }

    /// Puts the one text of its value in place of each that a store might read in its own way; or why the row does not fit, and what to
    /// say of it.
    fn fit(&mut self, row: &mut Row) -> Result<(), (Misfit, String)> {
        if let Some((misfit, told)) = row.misfit() {
            return Err((misfit, told.to_owned()));
        }
        let (found, wanted) = (row.len(), self.table.columns.len());
        if found != wanted {
            return Err((Misfit::Misaligned, format!("misaligned data: the line has {found} values, the table has {wanted} columns")));
        }
        self.rewritten.clear();
        self.held.clear();
        for (place, ((value, limits), column)) in row.values().zip(&self.limits).zip(self.table.columns).enumerate() {
            let fitted = fitted(*limits, value).map_err(|misfit| {
                let value = value.map_or_else(|| "NULL".to_owned(), shown);
                (misfit, format!("{} ({}) {value}", column.name, limits.kind.sql()))
            })?;
            self.held.push(fitted.held());
            self.rewritten.extend(value.and_then(|value| fitted.rewritten(value)).map(|text| (place, text)));
        }
        self.held = row.hold(std::mem::take(&mut self.held));
        for (place, text) in &self.rewritten {
            row.replace(*place, text.as_bytes());
        }
        let (size, longest) = (row.size(), self.longest_row);
        if size > longest {
            return Err((Misfit::RowTooLong, format!("the row has {size} bytes, the store takes {longest} at once")));
        }
        Ok(())
    }
}

impl RowSource for FittingRows<'_> {
    fn next_row(&mut self, row: &mut Row) -> Result<bool> {
        while self.source.next_row(row)? {
            self.rejected.read += 1;
            self.rejected.known += u64::from(row.is_left_out());
            let Err((misfit, told)) = self.fit(row) else { return Ok(true) };
            let source = &self.source;
            self.rejected.add(misfit, 1, || format!("{}: {told}", source.place()));
        }
        Ok(false)
    }

    fn place(&self) -> String {
        self.source.place()
    }

    fn origin(&self) -> String {
        self.source.origin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shares_or_numbers() {
        for (text, expected) in [
            ("1%", MaxRejected::Share(0.01)),
            (" 2.5 % ", MaxRejected::Share(0.025)),
            ("0.5", MaxRejected::Share(0.5)),
            ("0", MaxRejected::Rows(0)),
        ] {
            assert_eq!(text.parse::<MaxRejected>().unwrap(), expected);
        }
        for wrong in ["", "x", "101%", "-1", "1.5", "nan%", "%"] {
            assert!(wrong.parse::<MaxRejected>().is_err(), "{wrong}");
        }
        let usual = MaxRejected::default();
        assert_eq!((usual.of_rows(5), usual.of_rows(20_000), usual.to_string()), (100, 200, "1%".to_owned()));
        assert_eq!(MaxRejected::Rows(0).of_rows(20_000), 0);
    }

    #[test]
    fn values_are_short_and_harmless() {
        assert_eq!(shown(b"a\x1b[2Jb\n\xff"), "\"a\\u{1b}[2Jb\\n\u{fffd}\"");
        assert_eq!(shown("é".repeat(300).as_bytes()), format!("\"{}…\"", "é".repeat(crate::stores::shown::SHOWN)));
    }
}
