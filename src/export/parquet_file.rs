//! Parquet: typed columns in row groups, compressed.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::RowFile;
use super::cells::Cell;
use crate::storage::{Location, PendingFile, store_for};
use crate::stores::table::{Column, ColumnKind};

/// A row group is written when it has so many rows, or so many bytes of text.
const ROWS_PER_GROUP: usize = 100_000;
const TEXT_PER_GROUP: usize = 32 << 20;

/// A file that is being written.
pub(super) struct ParquetFile {
    place: Location,
    writer: SerializedFileWriter<Box<dyn PendingFile>>,
    columns: Vec<Gathered>,
    rows: usize,
    text: usize,
}

/// The values of one column of a row group, those that are null left out.
struct Gathered {
    values: Values,
    /// 1 for a value, 0 for null.
    levels: Vec<i16>,
}

enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl ParquetFile {
    pub(super) fn create(place: &Location, columns: &'static [Column]) -> Result<Self> {
        let explain = || format!("Cannot begin {place}.");
        let fields: Vec<_> = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_>>().with_context(explain)?;
        let schema = Type::group_type_builder("row").with_fields(fields).build().with_context(explain)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = store_for(place)?.create(place)?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).with_context(explain)?;
        let columns = columns.iter().map(|column| Gathered { values: Values::of(column.kind), levels: Vec::new() });
        Ok(Self { place: place.clone(), writer, columns: columns.collect(), rows: 0, text: 0 })
    }

    fn end_group(&mut self) -> Result<()> {
        let Self { place, writer, columns, .. } = self;
        let mut write = || -> Result<()> {
            let mut group = writer.next_row_group()?;
            for column in &mut *columns {
                let mut writer = group.next_column()?.context("There are fewer columns than declared.")?;
                column.write(&mut writer)?;
                writer.close()?;
            }
            group.close()?;
            Ok(())
        };
        write().with_context(|| format!("Cannot write {place}."))?;
        (self.rows, self.text) = (0, 0);
        Ok(())
    }
}

impl RowFile for ParquetFile {
    fn row(&mut self, cells: Vec<Cell>) -> Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if let Cell::Text(text) = &cell {
                self.text += text.len();
            }
            column.push(cell);
        }
        self.rows += 1;
        if self.rows >= ROWS_PER_GROUP || self.text >= TEXT_PER_GROUP { self.end_group() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if self.rows > 0 {
            self.end_group()?;
        }
        let file = self.writer.into_inner().with_context(|| format!("Cannot finish {}.", self.place))?;
        file.commit()
    }
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        ColumnKind::Varchar(_) | ColumnKind::LongText => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Int | ColumnKind::Int11 => (Physical::INT32, None),
        ColumnKind::BigInt => (Physical::INT64, None),
        ColumnKind::TinyInt => (Physical::BOOLEAN, None),
        ColumnKind::Float => (Physical::FLOAT, None),
        ColumnKind::Double => (Physical::DOUBLE, None),
        ColumnKind::Date => (Physical::INT32, Some(LogicalType::Date)),
        // Without a zone, as the tables declare it; all times are UTC.
        ColumnKind::DateTime => (Physical::INT64, Some(LogicalType::timestamp(false, TimeUnit::MICROS))),
    };
    let repetition = if column.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    Ok(Type::primitive_type_builder(column.name, physical).with_logical_type(logical).with_repetition(repetition).build()?)
}

impl Values {
    fn of(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Varchar(_) | ColumnKind::LongText => Self::Text(Vec::new()),
            ColumnKind::Int | ColumnKind::Int11 | ColumnKind::Date => Self::Int32(Vec::new()),
            ColumnKind::BigInt | ColumnKind::DateTime => Self::Int64(Vec::new()),
            ColumnKind::TinyInt => Self::Boolean(Vec::new()),
            ColumnKind::Float => Self::Float(Vec::new()),
            ColumnKind::Double => Self::Double(Vec::new()),
        }
    }
}

impl Gathered {
    fn push(&mut self, cell: Cell) {
        self.levels.push(i16::from(cell != Cell::Null));
        match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => values.push(text.into_bytes().into()),
            (Values::Int32(values), Cell::Integer(number)) => values.push(i32::try_from(number).unwrap_or_default()),
            (Values::Int32(values), Cell::Date(day)) => {
                let days = day.signed_duration_since(NaiveDate::default()).num_days();
                values.push(i32::try_from(days).unwrap_or_default());
            }
            (Values::Int64(values), Cell::Integer(number)) => values.push(number),
            (Values::Int64(values), Cell::Time(time)) => values.push(time.and_utc().timestamp_micros()),
            (Values::Boolean(values), Cell::Boolean(value)) => values.push(value),
            #[allow(clippy::cast_possible_truncation, reason = "a column of single precision")]
            (Values::Float(values), Cell::Real(number)) => values.push(number as f32),
            (Values::Double(values), Cell::Real(number)) => values.push(number),
            // A cell is made for its column, so that nothing but null is left.
            _ => {}
        }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<()> {
        match &mut self.values {
            Values::Boolean(values) => batch(writer.typed::<BoolType>(), values, &self.levels),
            Values::Int32(values) => batch(writer.typed::<Int32Type>(), values, &self.levels),
            Values::Int64(values) => batch(writer.typed::<Int64Type>(), values, &self.levels),
            Values::Float(values) => batch(writer.typed::<FloatType>(), values, &self.levels),
            Values::Double(values) => batch(writer.typed::<DoubleType>(), values, &self.levels),
            Values::Text(values) => batch(writer.typed::<ByteArrayType>(), values, &self.levels),
        }?;
        self.levels.clear();
        Ok(())
    }
}

fn batch<T: DataType>(writer: &mut ColumnWriterImpl<'_, T>, values: &mut Vec<T::T>, levels: &[i16]) -> Result<()> {
    writer.write_batch(values, Some(levels), None)?;
    values.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;
    use crate::stores::table::{optional, required};

    #[test]
    fn a_file_has_the_declared_types_and_all_row_groups() {
        const COLUMNS: &[Column] = &[required("name", ColumnKind::Varchar(9)), optional("day", ColumnKind::Date)];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.parquet");
        let mut file = Box::new(ParquetFile::create(&Location::from_path(&path).unwrap(), COLUMNS).unwrap());
        let day = NaiveDate::from_ymd_opt(1970, 1, 3).unwrap();
        for number in 0..ROWS_PER_GROUP + 2 {
            let date = if number % 2 == 0 { Cell::Date(day) } else { Cell::Null };
            file.row(vec![Cell::Text(number.to_string()), date]).unwrap();
        }
        assert!(!path.exists(), "nothing is visible before the end");
        file.finish().unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        assert_eq!(
            reader.metadata().row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect::<Vec<_>>(),
            [100_000, 2]
        );
        let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows[..2], ["{name: \"0\", day: 1970-01-03}", "{name: \"1\", day: null}"]);
        assert_eq!(rows.len(), ROWS_PER_GROUP + 2);
    }
}
