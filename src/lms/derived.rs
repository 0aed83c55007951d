//! Imports of a site without LMS database: rows derived from the logs, or none, in the form of an import (rules 10, 8).
//!
//! `_metadata` tells them apart, together with the run's id in the marker: whoever puts a real import into the same place leaves neither
//! as it was.

use std::io::{BufRead, BufReader, BufWriter, Write};

use anyhow::{Context, Result, ensure};
use chrono::{NaiveDate, Utc};

use super::import::{metadata, not_written};
use super::provenance::{DERIVED_BY, is_derived};
use super::rows::SEPARATOR;
use super::tables::LmsTable;
use crate::storage::{Location, store_for};
use crate::warehouse::RunId;
use crate::warehouse::commit::{StagedDirectory, SuccessMarker};
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::record::{Record, RecordedInput};
use crate::warehouse::selection::job_output_files;

/// What the rows are from, in place of the kind of a database.
const LOGS: &str = "tracking logs";

/// What to derive, and from what.
#[derive(Clone, Debug)]
pub(crate) struct DerivedImport {
    /// The table.
    pub table: &'static LmsTable,
    /// Where `<table>/dt=<date>/` lies.
    pub destination: Location,
    /// Date of the partition.
    pub date: NaiveDate,
    /// A directory of rows whose columns, separated by TAB, are the first ones of the table; none for an empty import.
    pub rows: Option<Location>,
}

impl DerivedImport {
    /// Where it goes.
    ///
    /// # Errors
    /// The table's name cannot be one of a directory.
    pub(crate) fn partition(&self) -> Result<Partition> {
        Ok(Dataset::new(&self.destination, self.table.name)?.day(self.date))
    }

    /// What it is made from now.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn record(&self) -> Result<Record> {
        let inputs = self.rows.iter().map(RecordedInput::directory).collect::<Result<_>>()?;
        Ok(Record { job: format!("lms-import/derived {}", self.table.name), rules: 1, options: Vec::new(), inputs, ..Record::default() })
    }

    /// Writes it, and gives the number of rows. A real import is never replaced.
    ///
    /// # Errors
    /// There is a real import, the rows are not complete, or the warehouse cannot be read or written.
    pub(crate) fn run(&self, run_id: &RunId, task: &str) -> Result<u64> {
        let started = Utc::now();
        let partition = self.partition()?;
        let lock = OutputLock::acquire(partition.directory(), run_id, task)?.with_record(&self.record()?.text()?);
        ensure!(
            !partition.is_complete(&Completeness::SuccessMarker)? || is_derived(&partition)?,
            "There is an import of {} at {}; it is not replaced by one that is derived from logs.",
            self.table.name,
            partition.directory()
        );
        let staged = StagedDirectory::begin(partition.directory(), &lock)?;
        let mut file = BufWriter::with_capacity(256 * 1024, staged.create("part-m-00000")?);
        let mut rows = 0;
        if let Some(directory) = &self.rows {
            for entry in job_output_files(directory)? {
                let source = store_for(&entry.location)?.open(&entry.location)?;
                rows += self
                    .copy(BufReader::with_capacity(256 * 1024, source), &mut file)
                    .with_context(|| format!("{} failed.", entry.location))?;
            }
        }
        file.into_inner().map_err(|error| not_written(error.into_error()))?.commit()?;
        let mut metadata = metadata(self.table, LOGS, started);
        if let Some(members) = metadata.as_object_mut() {
            members.insert(DERIVED_BY.to_owned(), run_id.as_str().into());
        }
        let mut file = staged.create("_metadata")?;
        file.write_all(metadata.to_string().as_bytes())?;
        file.commit()?;
        staged.commit(SuccessMarker::Write)?;
        Ok(rows)
    }

    /// Rows in the form of an import; columns that the logs do not tell are null.
    fn copy(&self, mut rows: impl BufRead, file: &mut impl Write) -> Result<u64> {
        let (mut number, mut row, mut line) = (0, Vec::new(), Vec::new());
        loop {
            row.clear();
            if rows.read_until(b'\n', &mut row)? == 0 {
                return Ok(number);
            }
            let known = row.strip_suffix(b"\n").unwrap_or(&row).split(|byte| *byte == b'\t');
            let columns = known.chain(std::iter::repeat(&b"\\N"[..])).take(self.table.columns.len());
            line.clear();
            for column in columns {
                line.extend(column.iter().map(|byte| if matches!(*byte, b'\r' | SEPARATOR) { b' ' } else { *byte }));
                line.push(SEPARATOR);
            }
            line.pop();
            line.push(b'\n');
            file.write_all(&line).map_err(not_written)?;
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lms::import::is_complete;
    use crate::lms::tables::table;
    use crate::storage::{read_to_string, write_bytes};

    #[test]
    fn rows_become_an_import_that_a_real_one_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap().directory_form();
        let rows = root.join("rows/dt=2014-05-21/");
        write_bytes(&rows.join("part-00000"), b"7\tann\n").unwrap();
        write_bytes(&rows.join("part-00001"), b"8\tb\x01o\\b\n").unwrap();
        write_bytes(&rows.join("_SUCCESS"), b"").unwrap();
        let date = "2014-05-21".parse().unwrap();
        let import = DerivedImport { table: table("auth_user").unwrap(), destination: root.clone(), date, rows: Some(rows) };
        let partition = import.partition().unwrap();
        assert!(!is_derived(&partition).unwrap());
        for _ in 0..2 {
            assert_eq!(import.run(&RunId::generate(), "test").unwrap(), 2);
        }
        let part = partition.directory().join("part-m-00000");
        let nulls = "\x01\\N".repeat(6);
        assert_eq!(read_to_string(&part).unwrap(), format!("7\x01ann{nulls}\n8\x01b o\\b{nulls}\n"));
        assert!(is_derived(&partition).unwrap());
        assert!(!is_complete(&partition).unwrap(), "where the LMS database is configured it is imported");
        assert_eq!(Record::read(partition.directory()).unwrap().unwrap(), import.record().unwrap());
        // Another hand puts its files over ours.
        write_bytes(&part, b"9\x01eve\n").unwrap();
        write_bytes(&partition.directory().join("_SUCCESS"), b"").unwrap();
        assert!(!is_derived(&partition).unwrap());
        let error = import.run(&RunId::generate(), "test").unwrap_err().to_string();
        assert!(error.contains("not replaced"), "{error}");
        assert_eq!(read_to_string(&part).unwrap(), "9\x01eve\n");
    }

    #[test]
    fn without_rows_it_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap().directory_form();
        let date = "2014-05-21".parse().unwrap();
        let import = DerivedImport { table: table("auth_userprofile").unwrap(), destination: root, date, rows: None };
        assert_eq!(import.run(&RunId::generate(), "test").unwrap(), 0);
        let partition = import.partition().unwrap();
        assert!(is_derived(&partition).unwrap());
        assert_eq!(read_to_string(&partition.directory().join("part-m-00000")).unwrap(), "");
    }
}
