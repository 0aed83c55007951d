//! The tables `course_catalog` and `program_course`, from the pulled course runs (rules 09, 6.3 and 6.4).

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::fields::{Column, Unfit, integer, required, text, time, title};
use super::pull::PARTNER;
use crate::engine::plan::{Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::storage::{Location, store_for};
use crate::stores::rejected::MaxRejected;
use crate::stores::shown::shown;
use crate::tracking::CourseKeyRules;
use crate::tracking::json::with_pairs_only;
use crate::warehouse::lock::OutputLock;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CatalogTable {
    /// One row for each course run.
    Courses,
    /// One row for each program of each course run.
    Programs,
}

/// Writes one table of a day.
#[derive(Clone, Debug)]
pub(crate) struct TableStep {
    /// Which.
    pub table: CatalogTable,
    /// The pulled course runs.
    pub runs: Location,
    /// The directory of the day.
    pub directory: Location,
    /// The file in it.
    pub file: Location,
    /// How course ids are read.
    pub rules: CourseKeyRules,
    /// Leaves out courses with a value that is too long, however many they are.
    pub skip_overlong: bool,
    /// How many courses may be left out for other reasons.
    pub max_rejected: MaxRejected,
}

impl CatalogTable {
    /// Its name in the warehouse.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Courses => "course_catalog",
            Self::Programs => "program_course",
        }
    }

    /// The rows that a course run gives.
    ///
    /// # Errors
    /// A value does not fit its column.
    pub(crate) fn rows(self, run: &Value, rules: CourseKeyRules) -> Result<Vec<Vec<Column<'_>>>, Unfit> {
        match self {
            Self::Courses => Ok(vec![course(run, rules)?]),
            Self::Programs => programs(run, rules),
        }
    }
}

fn org(run: &Value, rules: CourseKeyRules) -> Column<'_> {
    let key = run.get("key").and_then(Value::as_str).unwrap_or_default();
    let org = rules.parse(key).and_then(|key| key.org().map(str::to_owned));
    org.map(Into::into)
}

fn course(run: &Value, rules: CourseKeyRules) -> Result<Vec<Column<'_>>, Unfit> {
    Ok(vec![
        required(text(run, "key", 255)?, "key")?,
        required(text(run, "course", 255)?, "course")?,
        title(run, "title", 255)?,
        time(run, "start")?,
        time(run, "end")?,
        time(run, "enrollment_start")?,
        time(run, "enrollment_end")?,
        text(run, "content_language", 50)?,
        text(run, "pacing_type", 255)?,
        text(run, "level_type", 255)?,
        text(run, "availability", 255)?,
        org(run, rules),
        text(run, PARTNER, 8)?,
        text(run, "marketing_url", 1024)?,
        integer(run, "min_effort")?,
        integer(run, "max_effort")?,
        integer(run, "weeks_to_complete")?,
        time(run, "announcement")?,
        text(run, "reporting_type", 20)?,
    ])
}

fn programs<'v>(run: &'v Value, rules: CourseKeyRules) -> Result<Vec<Vec<Column<'v>>>, Unfit> {
    let programs = match run.get("programs") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(programs)) => programs,
        Some(_) => return Err(Unfit::Wrong("The member programs is no list.".to_owned())),
    };
    let row = |program: &'v Value| {
        Ok(vec![
            required(text(program, "uuid", 36)?, "uuid of a program")?,
            required(text(program, "type", 32)?, "type of a program")?,
            title(program, "title", 255)?,
            required(text(run, "course", 255)?, "course")?,
            title(run, "title", 255)?,
            required(text(run, "key", 255)?, "key")?,
            org(run, rules),
            text(run, PARTNER, 8)?,
            None,
        ])
    };
    programs.iter().map(row).collect()
}

impl Work for TableStep {
    fn describe(&self) -> Vec<String> {
        vec![format!("from {}", self.runs), format!("to {}", self.file)]
    }

    fn makes(&self) -> Vec<Location> {
        vec![self.directory.clone()]
    }

    fn program(&self) -> Result<Option<Program>> {
        let program = Program::new("course-catalog").word("table").word(self.table.name());
        let program = program.option_place("--runs", &self.runs).option_place("--destination", &self.file);
        let program = program.flag("--no-ccx", !self.rules.ccx).flag("--skip-overlong-courses", self.skip_overlong);
        let is_usual = self.max_rejected == MaxRejected::default();
        Ok(Some(if is_usual { program } else { program.option("--max-rejected", &self.max_rejected) }))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        let _lock = OutputLock::acquire(&self.directory, context.run_id, context.task)?;
        let store = store_for(&self.file)?;
        store.sweep_pending(&self.directory)?;
        let mut file = store.create(&self.file)?;
        let (mut written, mut skipped, mut unfit, mut read) = (0_usize, Vec::new(), Vec::new(), 0);
        for (number, line) in (1_usize..).zip(BufReader::new(store.open(&self.runs)?).lines()) {
            let place = || format!("Line {number} of {} cannot be used; remove the file to pull it again.", self.runs);
            let run = line.map_err(anyhow::Error::from).and_then(|line| Ok(serde_json::from_slice(&with_pairs_only(line.as_bytes()))?));
            let run: Value = run.with_context(place)?;
            ensure!(run.is_object(), "{}", place());
            let name = run.get("key").and_then(Value::as_str).map_or_else(|| format!("in line {number} of {}", self.runs), str::to_owned);
            read += 1;
            match self.table.rows(&run, self.rules) {
                Ok(rows) => {
                    written += rows.len();
                    rows.iter()
                        .try_for_each(|row| file.write_all(line_of(row).as_bytes()))
                        .with_context(|| format!("Cannot write {}.", self.file))?;
                }
                Err(Unfit::TooLong(_)) if self.skip_overlong => skipped.push(name),
                // One course never keeps the others out (rules 10, 4).
                Err(why) => unfit.push(format!("the course {} does not fit: {}", shown(name.as_bytes()), why.to_string().escape_debug())),
            }
        }
        let first = unfit.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; ");
        // If none fits, it is not some courses that are wrong, but what was pulled.
        ensure!(
            self.max_rejected.permits(unfit.len() as u64, read) && (unfit.is_empty() || (unfit.len() as u64) < read),
            "{} of {read} courses do not fit the table {}: {first}. Those with a text that is too long are left out with \
             --skip-overlong-courses; what was pulled is {}, remove it to pull it again.",
            unfit.len(),
            self.table.name(),
            self.runs
        );
        file.commit()?;
        let mut told = format!("{written} rows");
        if !skipped.is_empty() {
            let _ = write!(told, "; left out, as a value is too long: {}", skipped.join(", "));
        }
        if !unfit.is_empty() {
            let _ = write!(told, "; {} of {read} courses were left out: {first}", unfit.len());
        }
        Ok(Worked::Done(told))
    }
}

fn line_of(row: &[Column<'_>]) -> String {
    let mut line = row.iter().map(|column| column.as_deref().unwrap_or("\\N")).collect::<Vec<_>>().join("\t");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(table: CatalogTable, run: &Value) -> Result<Vec<String>, Unfit> {
        Ok(table.rows(run, CourseKeyRules::default())?.iter().map(|row| line_of(row).trim_end().replace('\t', "|")).collect())
    }

    #[test]
    fn the_example_of_the_specification() {
        let run = json!({"key": "edX/DemoX/T1", "course": "edX+DemoX", "title": "Demo  course", "start": "2016-09-01T00:00:00Z",
            "end": null, "pacing_type": "instructor_paced", "availability": "Current", "weeks_to_complete": 15,
            "partner_short_code": "openedx"});
        let row = "edX/DemoX/T1|edX+DemoX|Demo course|2016-09-01 00:00:00.000000|\\N|\\N|\\N|\\N|instructor_paced|\\N|Current|edX|openedx|\
                   \\N|\\N|\\N|15|\\N|\\N";
        assert_eq!(lines(CatalogTable::Courses, &run).unwrap(), [row]);
        assert!(lines(CatalogTable::Programs, &run).unwrap().is_empty());
    }

    #[test]
    fn each_program_is_a_row() {
        let run = json!({"key": "course-v1:a+b+c", "course": "a+b", "title": "T", "partner_short_code": "p", "programs": [
            {"uuid": "u1", "type": "XSeries", "title": "One\n two"}, {"uuid": "u2", "type": "MicroMasters"}]});
        let expected = ["u1|XSeries|One two|a+b|T|course-v1:a+b+c|a|p|\\N", "u2|MicroMasters|\\N|a+b|T|course-v1:a+b+c|a|p|\\N"];
        assert_eq!(lines(CatalogTable::Programs, &run).unwrap(), expected);
        for programs in [json!({}), json!([{"uuid": "u", "type": null}]), json!([{"type": "x"}]), json!(["u"])] {
            let run = json!({"key": "a/b/c", "course": "a+b", "programs": programs});
            assert!(matches!(lines(CatalogTable::Programs, &run), Err(Unfit::Wrong(_))), "{run}");
        }
    }

    #[test]
    fn bounds_of_every_text() {
        for (name, longest) in [
            ("key", 255),
            ("course", 255),
            ("title", 255),
            ("content_language", 50),
            ("pacing_type", 255),
            ("level_type", 255),
            ("availability", 255),
            ("partner_short_code", 8),
            ("marketing_url", 1024),
            ("reporting_type", 20),
        ] {
            let mut run = json!({"key": "k", "course": "c"});
            run[name] = Value::String("é".repeat(longest));
            assert_eq!(lines(CatalogTable::Courses, &run).unwrap().len(), 1, "{name}");
            run[name] = Value::String("é".repeat(longest + 1));
            assert!(matches!(lines(CatalogTable::Courses, &run), Err(Unfit::TooLong(why)) if why.contains(name)), "{name}");
        }
        assert!(lines(CatalogTable::Courses, &json!({"key": "k"})).is_err());
        assert!(lines(CatalogTable::Courses, &json!({"course": "c", "key": null})).is_err());
    }
}
