//! Reading a result store, whichever it is: the same statements for MySQL and SQLite.

use anyhow::Result;

/// One value of a row. Dates and times are texts: `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// Any text; bytes that are no UTF-8 became U+FFFD.
    Text(String),
}

/// The values of one row, in the order of the statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadRow(pub Vec<Value>);

impl ReadRow {
    /// The text at this place; numbers as text, none for NULL.
    pub fn text(&self, place: usize) -> Option<String> {
        match self.0.get(place)? {
            Value::Null => None,
            Value::Integer(number) => Some(number.to_string()),
            Value::Real(number) => Some(number.to_string()),
            Value::Text(text) => Some(text.clone()),
        }
    }

    /// The whole number at this place; none for NULL and whatever is no number.
    pub fn integer(&self, place: usize) -> Option<i64> {
        match self.0.get(place)? {
            Value::Integer(number) => Some(*number),
            #[allow(clippy::cast_possible_truncation, reason = "sums of counts, which MySQL gives as decimals")]
            Value::Real(number) => Some(*number as i64),
            Value::Text(text) => text.parse().ok(),
            Value::Null => None,
        }
    }

    /// The number at this place; none for NULL and whatever is no number.
    pub fn number(&self, place: usize) -> Option<f64> {
        match self.0.get(place)? {
            #[allow(clippy::cast_precision_loss, reason = "counts")]
            Value::Integer(number) => Some(*number as f64),
            Value::Real(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            Value::Null => None,
        }
    }

    /// The day of the date or time at this place, `YYYY-MM-DD`.
    pub fn day(&self, place: usize) -> Option<String> {
        self.text(place).map(|text| text.chars().take(10).collect())
    }
}

/// A store that is read and never written. All reading sees the store as it was when the first statement ran.
pub trait StoreReader: Send {
    /// Whether a table of this name is there.
    ///
    /// # Errors
    /// The store cannot be asked.
    fn has_table(&mut self, name: &str) -> Result<bool>;

    /// Runs a statement with texts for its question marks. Names may stand in backticks.
    ///
    /// # Errors
    /// The store cannot be read, or the statement is not understood.
    fn rows(&mut self, sql: &str, parameters: &[&str]) -> Result<Vec<ReadRow>>;

    /// Gives the rows of a statement one by one, without holding them all.
    ///
    /// # Errors
    /// As [`Self::rows`], or that of the taker, which ends the reading.
    fn each_row(&mut self, sql: &str, take: &mut dyn FnMut(ReadRow) -> Result<()>) -> Result<()>;
}
