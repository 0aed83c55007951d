//! CSV, and JSON objects a line.

use std::io::{BufWriter, Write as _};

use anyhow::{Context, Result};
use serde_json::{Map, Number, Value};

use super::RowFile;
use super::cells::Cell;
use crate::storage::{Location, PendingFile, store_for};
use crate::stores::table::Column;

/// What a text begins with that a spreadsheet takes for a formula, the full-width forms too.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－'];
/// Name of the column of a partition's day.
const DAY: &str = "dt";

/// A text file whose lines are gathered before they are written.
struct Lines {
    place: Location,
    file: BufWriter<Box<dyn PendingFile>>,
}

impl Lines {
    fn create(place: &Location) -> Result<Self> {
        Ok(Self { place: place.clone(), file: BufWriter::with_capacity(256 * 1024, store_for(place)?.create(place)?) })
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).with_context(|| format!("Cannot write {}.", self.place))
    }

    fn finish(self) -> Result<()> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.with_context(|| format!("Cannot write {}.", self.place))?.commit()
    }
}

/// CSV: commas, quotes where needed, an empty value for null.
pub(super) struct CsvFile {
    lines: Lines,
    day: Option<String>,
}

impl CsvFile {
    pub(super) fn create(place: &Location, columns: &[Column], day: Option<&str>) -> Result<Self> {
        let mut lines = Lines::create(place)?;
        let names: Vec<&str> = day.map(|_| DAY).into_iter().chain(columns.iter().map(|column| column.name)).collect();
        lines.write(&(names.join(",") + "\r\n"))?;
        Ok(Self { lines, day: day.map(str::to_owned) })
    }
}

impl RowFile for CsvFile {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let values: Vec<String> = self.day.iter().cloned().chain(cells.iter().map(csv_value)).collect();
        self.lines.write(&(values.join(",") + "\r\n"))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.lines.finish()
    }
}

fn csv_value(cell: &Cell) -> String {
    let Cell::Text(text) = cell else { return plain(cell) };
    let safe = if text.starts_with(FORMULA) || text.starts_with('＠') { format!("'{text}") } else { text.clone() };
    // An empty text is no null.
    if safe.is_empty() || safe.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// JSON lines: an object for each row.
pub(super) struct JsonLines {
    lines: Lines,
    columns: &'static [Column],
    day: Option<String>,
}

impl JsonLines {
    pub(super) fn create(place: &Location, columns: &'static [Column], day: Option<&str>) -> Result<Self> {
        Ok(Self { lines: Lines::create(place)?, columns, day: day.map(str::to_owned) })
    }
}

impl RowFile for JsonLines {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        let mut object = Map::new();
        if let Some(day) = &self.day {
            object.insert(DAY.to_owned(), Value::from(day.as_str()));
        }
        for (column, cell) in self.columns.iter().zip(cells) {
            object.insert(column.name.to_owned(), json_value(cell));
        }
        self.lines.write(&format!("{}\n", Value::Object(object)))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.lines.finish()
    }
}

fn json_value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::String(text),
        Cell::Integer(number) => Value::from(number),
        Cell::Real(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cell::Boolean(value) => Value::Bool(value),
        Cell::Date(_) | Cell::Time(_) => Value::String(plain(&cell)),
    }
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Boolean(value) => value.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Time(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::table::ColumnKind::{Int, Varchar};
    use crate::stores::table::optional;

    const COLUMNS: &[Column] = &[optional("text", Varchar(9)), optional("number", Int)];

    fn written(create: impl Fn(&Location) -> Box<dyn RowFile>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::from_path(folder.path()).unwrap().join("file");
        let mut file = create(&place);
        for (text, number) in [("=1+1", Cell::Integer(-5)), ("a \"b\", c", Cell::Null), ("", Cell::Null)] {
            file.row(vec![Cell::Text(text.to_owned()), number]).unwrap();
        }
        file.row(vec![Cell::Null, Cell::Integer(1)]).unwrap();
        file.finish().unwrap();
        crate::storage::read_to_string(&place).unwrap()
    }

    #[test]
    fn csv_is_safe_for_spreadsheets() {
        let text = written(|place| Box::new(CsvFile::create(place, COLUMNS, None).unwrap()));
        assert_eq!(text, "text,number\r\n'=1+1,-5\r\n\"a \"\"b\"\", c\",\r\n\"\",\r\n,1\r\n");
        let text = written(|place| Box::new(CsvFile::create(place, COLUMNS, Some("2024-03-04")).unwrap()));
        assert!(text.starts_with("dt,text,number\r\n2024-03-04,'=1+1,-5\r\n"), "{text}");
    }

    #[test]
    fn json_keeps_texts_as_they_are() {
        let text = written(|place| Box::new(JsonLines::create(place, COLUMNS, Some("2024-03-04")).unwrap()));
        assert!(text.starts_with("{\"dt\":\"2024-03-04\",\"text\":\"=1+1\",\"number\":-5}\n"), "{text}");
        assert!(text.ends_with("{\"dt\":\"2024-03-04\",\"text\":null,\"number\":1}\n"), "{text}");
    }
}
