//! Rows of the table `answer_distribution` out of the distribution job's lines (rules 02, 6).

use std::borrow::Cow;

use anyhow::{Context, Result};

use super::answer::plain_text;
use crate::stores::fit::{ColumnLimits, Misfit, fitted};
use crate::stores::row::{Row, is_null_text};
use crate::stores::rows::read_tsv;
use crate::stores::shown::shown;
use crate::stores::table::{Column, ColumnKind, optional};
use crate::streaming::Record;
use crate::tracking::json::{Tape, Value};

/// The table's limit for value ids; longer ones are cut instead of failing the load (rules 02, 6).
const LONGEST_VALUE_ID: usize = 255;

/// The column of the variant.
pub(super) const VARIANT: Column = optional("variant", ColumnKind::Int11);

/// Turns one line into the values of the table's columns.
pub(crate) fn read_row(line: &[u8], row: &mut Row) -> Result<()> {
    let [course_id, json] = Record::new(line).exactly::<2>()?;
    let mut tape = Tape::default();
    let entry = tape.parse(std::str::from_utf8(json)?).ok().filter(Value::is_object).context("The line holds no JSON object.")?;
    let text =
        |name: &str| entry.get(name).map_or(Cow::Borrowed(""), |value| if value.is_null() { Cow::Borrowed("") } else { plain_text(value) });
    row.push(course_id);
    for name in ["ModuleID", "PartID", "Correct Answer", "First Response Count", "Last Response Count"] {
        row.push(text(name).as_bytes());
    }
    let value_id = text("ValueID");
    if value_id.is_empty() {
        row.push_null();
    } else {
        row.push_cut(&value_id, LONGEST_VALUE_ID);
    }
    let answer = text("AnswerValue");
    push_unless_empty(&answer, row);
    match number(&answer) {
        Some(number) => row.push(number.as_bytes()),
        None => row.push_null(),
    }
    for name in ["Variant", "Problem Display Name", "Question"] {
        push_unless_empty(&text(name), row);
    }
    if let Some((misfit, told)) = misfit_of_variant(&text("Variant")) {
        row.leave_out(misfit, told);
    }
    Ok(())
}

/// Why the column cannot hold a variant: it is whatever the event says, and one event may give it to many parts.
fn misfit_of_variant(variant: &str) -> Option<(Misfit, String)> {
    let value = variant.as_bytes();
    if value.is_empty() || is_null_text(value, &VARIANT) {
        return None;
    }
    let misfit = fitted(ColumnLimits::of(&VARIANT), Some(value)).err()?;
    Some((misfit, format!("{} ({}) {}", VARIANT.name, VARIANT.kind.sql(), shown(value))))
}

/// As [`read_row`]; a line of another number of fields holds the columns themselves.
pub(crate) fn read_row_of_either_form(line: &[u8], row: &mut Row) -> Result<()> {
    if Record::new(line).exactly::<2>().is_ok() { read_row(line, row) } else { read_tsv(line, row) }
}

fn push_unless_empty(text: &str, row: &mut Row) {
    if text.is_empty() { row.push_null() } else { row.push(text.as_bytes()) }
}

/// An answer as a number: sign, digits with an optional point, optional exponent, white space around; finite.
fn number(text: &str) -> Option<String> {
    let text = super::answer::trim(text);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let value: f64 = text.parse().ok().filter(|value: &f64| plain && value.is_finite())?;
    Some(format!("{value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("5", Some("5.0")),
            (" .5 ", Some("0.5")),
            ("5.", Some("5.0")),
            ("-1e3", Some("-1000.0")),
            ("+2", Some("2.0")),
            ("", None),
            ("1e400", None),
            ("nan", None),
            ("inf", None),
            ("0x10", None),
            ("1_0", None),
            ("1,000", None),
            ("5L", None),
            ("e", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn rows() {
        let json = r#"{"ModuleID":"p","PartID":"p_2_1","Correct Answer":"1","First Response Count":2,"Last Response Count":1,"ValueID":"","AnswerValue":"7","Variant":3,"Problem Display Name":"","Question":null}"#;
        let mut row = Row::default();
        read_row(format!("a/b/c\t{json}").as_bytes(), &mut row).unwrap();
        let values: Vec<_> = row.values().map(|value| value.map(|value| String::from_utf8_lossy(value).into_owned())).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            values,
            [some("a/b/c"), some("p"), some("p_2_1"), some("1"), some("2"), some("1"), None, some("7"), some("7.0"), some("3"), None, None]
        );
        assert!(read_row(b"a/b/c", &mut row).is_err());
    }

    #[test]
    fn variants_that_are_no_integers_leave_the_row_out() {
        for (variant, is_left_out) in
            [("17", false), ("\"17\"", false), ("\"\"", false), ("\"None\"", false), ("\"x\"", true), ("99999999999", true), ("[1]", true)]
        {
            let mut row = Row::default();
            read_row(format!("a/b/c\t{{\"Variant\":{variant}}}").as_bytes(), &mut row).unwrap();
            assert_eq!(row.misfit().is_some(), is_left_out, "{variant}");
        }
    }

    #[test]
    fn long_value_ids_are_cut() {
        let mut row = Row::default();
        read_row(format!("a/b/c\t{{\"ValueID\":\"{}\"}}", "é".repeat(300)).as_bytes(), &mut row).unwrap();
        assert_eq!(row.values().nth(6).unwrap().unwrap().len(), 2 * LONGEST_VALUE_ID);
        assert_eq!(row.take_cut(), 1);
        row.clear();
        read_row(format!("a/b/c\t{{\"ValueID\":\"{}\"}}", "é".repeat(LONGEST_VALUE_ID)).as_bytes(), &mut row).unwrap();
        assert_eq!(row.values().nth(6).unwrap().unwrap().len(), 2 * LONGEST_VALUE_ID);
        assert_eq!(row.take_cut(), 0);
    }
}
