//! Job `course-csv`: one CSV file per course (rules 02, 5).
//!
//! Record: `course_id | the ten columns in an order-preserving form, CSV line`, and an empty field. The sort does the ordering of the
//! file, so the reducer holds one line.

use anyhow::Result;
use sha1::{Digest, Sha1};

use super::GROUP;
use super::answer::plain_text;
use crate::say;
use crate::streaming::sortable::sortable_float;
use crate::streaming::{Group, Job, Keys, Mapper, NoOptions, Output, Record, Reducer};
use crate::tracking::course_key::filename_safe;
use crate::tracking::json::{Kind, Tape, Value};
use crate::tracking::json_text::float;

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "course-csv", "One CSV file per course", |_, _| Ok(Box::new(CsvMapper::default())))
        .reduced(Keys::of(12, 1), |_, _| Ok(Box::new(CsvReducer)))
        .into_files();

/// What the instructor dashboard shows ends in this.
const ENDING: &str = "_answer_distribution.csv";
/// File systems and stores take names of 255 bytes, and copies in progress put something of their own before or behind.
const LONGEST_NAME: usize = 200;
/// Header of the file and sort order of its rows.
pub(crate) const COLUMNS: [&str; 10] = [
    "ModuleID",
    "PartID",
    "Correct Answer",
    "First Response Count",
    "Last Response Count",
    "ValueID",
    "AnswerValue",
    "Variant",
    "Problem Display Name",
    "Question",
];

#[derive(Default)]
struct CsvMapper {
    tape: Tape,
    sort_key: Vec<u8>,
    csv: String,
}

impl Mapper for CsvMapper {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Ok([course_id, json]) = Record::new(line).exactly::<2>() else {
            output.count(GROUP, "Discard Misaligned Row");
            return Ok(());
        };
        let Some(row) = std::str::from_utf8(json).ok().and_then(|json| self.tape.parse(json).ok()) else {
            output.count(GROUP, "Discard Unreadable Row");
            return Ok(());
        };
        self.sort_key.clear();
        self.csv.clear();
        for name in COLUMNS {
            if !self.csv.is_empty() || !self.sort_key.is_empty() {
                self.sort_key.push(b'\t');
                self.csv.push(',');
            }
            let value = row.get(name);
            write_sortable(value, &mut self.sort_key);
            write_csv_field(&value.map_or("None".into(), plain_text), &mut self.csv);
        }
        self.csv.push('\r');
        output.record().bytes(course_id).raw(&self.sort_key).text(&self.csv).text("").end()
    }
}

struct CsvReducer;

impl Reducer for CsvReducer {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let course_id = group.key().text(0)?;
        let path = path_of(&course_id);
        if !path.ends_with(&format!("/{}{ENDING}", filename_safe(&course_id))) {
            output.count(GROUP, "CSV Names Changed");
            say!("The CSV file of the course {course_id} is called {path}.");
        }
        let mut header = COLUMNS.join(",");
        header.push('\r');
        output.file_row(&path).raw(header.as_bytes()).end()?;
        while let Some(row) = group.next_row()? {
            let csv = row.text(1 + COLUMNS.len())?;
            output.file_row(&path).raw(csv.as_bytes()).end()?;
        }
        Ok(())
    }
}

/// The directory that the instructor dashboard looks into, and the file in it.
pub(crate) fn path_of(course_id: &str) -> String {
    let directory = hex::encode(Sha1::digest(course_id.as_bytes()));
    format!("{directory}/{}", file_name(course_id, &directory))
}

/// The name within the directory of the course, of at most [`LONGEST_NAME`] ASCII characters. A name that tools hide or skip, as those
/// do that begin with `.` or `_`, gets a prefix; one that is too long is cut, and told from its like by the directory's hash (rules
/// 10, 5). Ids that share a name stay apart: each has a directory of its own.
fn file_name(course_id: &str, hash: &str) -> String {
    let mut name = filename_safe(course_id) + ENDING;
    if name.starts_with(['.', '_']) {
        name.insert_str(0, "course-");
    }
    if name.len() > LONGEST_NAME {
        let behind = format!("-{hash}{ENDING}");
        name.truncate(LONGEST_NAME - behind.len());
        name.push_str(&behind);
    }
    name
}

/// Appends a field whose bytes sort as the values do: null, then numbers by size, objects, lists, and texts by code point.
fn write_sortable(value: Option<Value<'_>>, out: &mut Vec<u8>) {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        out.push(b'0');
        return;
    };
    let rank = match value.kind() {
        Kind::True => return write_sortable_number(1.0, 0, out),
        Kind::False => return write_sortable_number(0.0, 0, out),
        Kind::Number => match float(value.raw()) {
            Some(number) => return write_sortable_number(number, beyond_float(value.raw(), number), out),
            None => b'4',
        },
        Kind::Object => b'2',
        Kind::Array => b'3',
        _ => b'4',
    };
    out.push(rank);
    write_sortable_text(&plain_text(value), out);
}

/// What a large integer is more than its nearest float; 0 for all other numbers, and for those of more digits than an `i128` has.
#[allow(clippy::cast_possible_truncation)] // saturates
fn beyond_float(digits: &str, nearest: f64) -> i128 {
    digits.parse::<i128>().map_or(0, |exact| exact.saturating_sub(nearest as i128))
}

#[allow(clippy::cast_precision_loss)] // only the size of what is beyond matters
fn write_sortable_number(number: f64, beyond: i128, out: &mut Vec<u8>) {
    out.push(b'1');
    // A zero has no sign here: equal numbers leave the order to the next column.
    out.extend_from_slice(sortable_float(number + 0.0).as_bytes());
    out.extend_from_slice(sortable_float(beyond as f64).as_bytes());
}

/// Bytes that the wire form would escape out of order, and blanks, become two bytes that keep their place.
fn write_sortable_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            0..=b'!' => out.extend_from_slice(&[b'!', byte + b'@']),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ => out.push(byte),
        }
    }
}

/// Quotes only what a comma, a quote or a line break would break.
fn write_csv_field(text: &str, out: &mut String) {
    if text.contains([',', '"', '\r', '\n']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths() {
        assert_eq!(path_of("course-v1:A+B+C"), "1ae063caf09cbc67fd4a9da30ed188fc672235e8/A_B_C_answer_distribution.csv");
        assert_eq!(path_of("A/B/C"), "e35edf2211949805732c9c74d06c3bfe07efb280/A_B_C_answer_distribution.csv");
    }

    #[test]
    fn names_that_would_be_hidden_or_too_long() {
        let name = |id: &str| path_of(id).split_once('/').unwrap().1.to_owned();
        assert_eq!(name("course-v1:Универ+b+c"), "course-_______b_c_answer_distribution.csv");
        assert_eq!(name("../../etc"), "course-.._.._etc_answer_distribution.csv");
        assert_eq!(name("a/b/"), "course-_answer_distribution.csv");
        let long = |end: &str| format!("course-v1:{}+b+{end}", "a".repeat(170));
        let fits = long("c");
        assert_eq!(name(&fits), format!("{}_b_c_answer_distribution.csv", "a".repeat(170)));
        let (one, other) = (long("ccc"), long("ccd"));
        assert_eq!([name(&one).len(), name(&other).len()], [LONGEST_NAME; 2]);
        assert_ne!(name(&one), name(&other));
        assert!(name(&one).starts_with(&"a".repeat(130)) && name(&one).ends_with(ENDING));
    }

    #[test]
    fn quoting() {
        for (text, expected) in [("a,\"b\"\nc", "\"a,\"\"b\"\"\nc\""), (" lead", " lead"), ("", ""), ("a\tb", "a\tb")] {
            let mut out = String::new();
            write_csv_field(text, &mut out);
            assert_eq!(out, expected);
        }
    }

    fn sortable(json: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_sortable(Tape::default().parse(json).ok(), &mut out);
        out
    }

    #[test]
    fn order_of_mixed_values() {
        let ordered = [
            "null",
            "-10",
            "-2.5",
            "0",
            "2",
            "7",
            "10",
            "9007199254740992",
            "9007199254740993",
            "9007199254740994",
            "{}",
            "[1]",
            "\"\"",
            "\"\\n\"",
            "\" \"",
            "\"3\"",
            "\"a\"",
            "\"a b\"",
            "\"ab\"",
            "\"é\"",
        ];
        for pair in ordered.windows(2) {
            assert!(sortable(pair[0]) < sortable(pair[1]), "{pair:?}");
        }
        for (one, other) in [("1", "1.0"), ("true", "1"), ("-0.0", "0"), ("1e2", "100")] {
            assert_eq!(sortable(one), sortable(other), "{one} and {other}");
        }
    }

    proptest! {
        #[test]
        fn texts_sort_by_code_point(left in any::<String>(), right in any::<String>()) {
            let key = |text: &str| { let mut out = Vec::new(); write_sortable_text(text, &mut out); out.push(b'\t'); out };
            prop_assert_eq!(key(&left).cmp(&key(&right)), left.cmp(&right));
        }
    }
}
