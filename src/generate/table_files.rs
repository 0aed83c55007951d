//! LMS tables on disk: the files that the import writes (rules 09, 2 and 3), or SQL for an LMS database.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use serde::Serialize;

use super::GenerateReport;
use super::event::json_text;
use super::log_files::NewFile;
use super::tables::{Cell, Column, Lms, TABLES, Table};

/// Rows of one INSERT statement.
const ROWS_PER_INSERT: usize = 500;

/// Writes every table as a complete import of the day `date` below `directory`.
pub(super) fn write_imports(directory: &Path, date: NaiveDate, lms: &Lms<'_>) -> Result<GenerateReport> {
    let mut report = GenerateReport::default();
    for table in &TABLES {
        let partition = directory.join(table.name).join(format!("dt={date}"));
        let mut file = NewFile::create(&partition.join("part-m-00000"), false)?;
        let mut line = String::new();
        table.each_row(lms, &mut |cells| {
            line.clear();
            push_import_row(table, &cells, &mut line);
            file.write_all(line.as_bytes())
        })?;
        report.add_file(file.finish()?);
        let mut metadata = NewFile::create(&partition.join("_metadata"), false)?;
        metadata.write_all(metadata_text(table, date)?.as_bytes())?;
        report.add_file(metadata.finish()?);
        // The marker comes last: without it the partition counts as incomplete.
        report.add_file(NewFile::create(&partition.join("_SUCCESS"), false)?.finish()?);
    }
    Ok(report)
}

fn imported(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.imported)
}

fn push_import_row(table: &Table, cells: &[Cell], line: &mut String) {
    let cells = table.columns.iter().zip(cells).filter(|(column, _)| column.imported);
    for (at, (_, cell)) in cells.enumerate() {
        if at > 0 {
            line.push('\u{1}');
        }
        match cell {
            Cell::Null => line.push_str("\\N"),
            Cell::Integer(number) => push(line, format_args!("{number}")),
            Cell::Boolean(value) => push(line, format_args!("{value}")),
            Cell::Text(text) => line.extend(text.chars().map(|character| match character {
                '\n' | '\r' | '\u{1}' => ' ',
                other => other,
            })),
            Cell::Time(time) => {
                push(line, format_args!("{}", time.format("%Y-%m-%d %H:%M:%S.%6f")));
                // JDBC leaves zeros away, but for one digit.
                let kept = line.trim_end_matches('0').len();
                line.truncate(kept);
                if line.ends_with('.') {
                    line.push('0');
                }
            }
            Cell::Fraction(number) => push(line, format_args!("{number:?}")),
        }
    }
    line.push('\n');
}

/// Writing into a string cannot fail.
fn push(line: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
}

#[derive(Serialize)]
struct Metadata {
    start_time: String,
    end_time: String,
    source_database_type: &'static str,
    format: Format,
}

#[derive(Serialize)]
struct Format {
    table_name: &'static str,
    columns: Vec<&'static str>,
    null_string: &'static str,
    fields_terminated_by: &'static str,
    delimiter_replacement: &'static str,
    escaped_by: Option<&'static str>,
    optionally_enclosed_by: Option<&'static str>,
}

fn metadata_text(table: &Table, date: NaiveDate) -> Result<String> {
    json_text(&Metadata {
        start_time: format!("{date}T00:00:00"),
        end_time: format!("{date}T00:00:01"),
        source_database_type: "mysql",
        format: Format {
            table_name: table.name,
            columns: imported(table).map(|column| column.name).collect(),
            null_string: "\\\\N",
            fields_terminated_by: "\u{1}",
            delimiter_replacement: " ",
            escaped_by: None,
            optionally_enclosed_by: None,
        },
    })
}

/// Writes all tables, with the columns that are not imported too, as SQL for an empty LMS database.
pub(super) fn write_sql(path: &Path, lms: &Lms<'_>) -> Result<GenerateReport> {
    let mut file = NewFile::create(path, false)?;
    file.write_all(b"SET NAMES utf8mb4;\nSET sql_mode = '';\n")?;
    for table in &TABLES {
        write_sql_table(&mut file, table, lms).with_context(|| format!("Table {} of the SQL file.", table.name))?;
    }
    let mut report = GenerateReport::default();
    report.add_file(file.finish()?);
    Ok(report)
}

fn write_sql_table(file: &mut NewFile, table: &Table, lms: &Lms<'_>) -> Result<()> {
    let declarations: Vec<String> = table.columns.iter().map(|column| format!("  `{}` {}", column.name, column.sql_type)).collect();
    let create = format!("CREATE TABLE `{}` (\n{}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n", table.name, declarations.join(",\n"));
    file.write_all(create.as_bytes())?;
    let names: Vec<String> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let insert = format!("INSERT INTO `{}` ({}) VALUES\n", table.name, names.join(", "));
    let mut rows = 0;
    let mut line = String::new();
    table.each_row(lms, &mut |cells| {
        line.clear();
        line.push_str(match rows {
            0 => &insert,
            rows if rows % ROWS_PER_INSERT == 0 => ";\n",
            _ => ",\n",
        });
        if rows > 0 && rows % ROWS_PER_INSERT == 0 {
            line.push_str(&insert);
        }
        rows += 1;
        push_sql_row(&cells, &mut line);
        file.write_all(line.as_bytes())
    })?;
    if rows > 0 {
        file.write_all(b";\n")?;
    }
    Ok(())
}

fn push_sql_row(cells: &[Cell], line: &mut String) {
    for (at, cell) in cells.iter().enumerate() {
        line.push_str(if at == 0 { "(" } else { ", " });
        match cell {
            Cell::Null => line.push_str("NULL"),
            Cell::Integer(number) => push(line, format_args!("{number}")),
            Cell::Boolean(value) => push(line, format_args!("{}", i32::from(*value))),
            Cell::Text(text) => push_sql_text(text, line),
            Cell::Time(time) => push(line, format_args!("'{}'", time.format("%Y-%m-%d %H:%M:%S.%6f"))),
            Cell::Fraction(number) => push(line, format_args!("{number:?}")),
        }
    }
    line.push(')');
}

fn push_sql_text(text: &str, line: &mut String) {
    line.push('\'');
    for character in text.chars() {
        match character {
            '\'' => line.push_str("\\'"),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            other => line.push(other),
        }
    }
    line.push('\'');
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn time(text: &str) -> Cell {
        Cell::Time(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap())
    }

    #[test]
    fn import_row_has_the_forms_of_the_import() {
        let cells = [
            Cell::Integer(1),
            Cell::Integer(-1),
            Cell::Text("a\nb\r\u{1}c\td\\".to_owned()),
            time("2014-06-27 16:02:38"),
            Cell::Boolean(true),
            Cell::Null,
        ];
        let mut line = String::new();
        push_import_row(&TABLES[0], &cells, &mut line);
        assert_eq!(line, "1\u{1}-1\u{1}a b  c\td\\\u{1}2014-06-27 16:02:38.0\u{1}true\u{1}\\N\n");
        let mut line = String::new();
        push_import_row(&TABLES[0], &[time("2014-06-27 16:02:38.25"), Cell::Fraction(0.7)], &mut line);
        assert_eq!(line, "2014-06-27 16:02:38.25\u{1}0.7\n");
    }

    #[test]
    fn sql_row_is_escaped() {
        let mut line = String::new();
        push_sql_row(&[Cell::Text("O'N\\\n\"é".to_owned()), Cell::Null, Cell::Boolean(false), Cell::Fraction(1.0)], &mut line);
        assert_eq!(line, "('O\\'N\\\\\\n\"é', NULL, 0, 1.0)");
    }

    #[test]
    fn imported_columns_are_those_of_the_import() {
        let counts: Vec<usize> = TABLES.iter().map(|table| imported(table).count()).collect();
        assert_eq!(counts, [6, 8, 11, 11, 4, 2]);
    }

    #[test]
    fn metadata_names_the_columns() {
        let date = NaiveDate::from_ymd_opt(2014, 5, 8).unwrap();
        let text = metadata_text(&TABLES[5], date).unwrap();
        assert!(text.contains(r#""columns": ["courseusergroup_id", "user_id"], "null_string": "\\\\N""#), "{text}");
        assert!(text.contains(r#""fields_terminated_by": "\u0001""#), "{text}");
    }
}
