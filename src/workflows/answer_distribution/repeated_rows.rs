//! Rows of answers that differ in nothing but their time, as one: most learners give one of a few answers to a part, and what the
//! mapper of `distribution` makes of such a row is the same each time.

use std::hash::BuildHasher;

use anyhow::Result;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::streaming::Output;
use crate::streaming::wire::encode;

/// More different rows are not remembered at a time. The rows of a problem lie beside each other.
const MOST_ROWS: usize = 1024;
/// Nor are more bytes of them.
const MOST_BYTES: usize = 1024 * 1024;

/// A row as it is remembered: course id, answer id and JSON, without its timestamp.
pub(crate) type Row<'l> = [&'l [u8]; 3];

/// What is to become of rows, at most so many; in the order in which they came first.
#[derive(Debug)]
pub(crate) struct RepeatedRows {
    rows: Vec<Repeated>,
    /// Their places in the list.
    places: HashTable<usize>,
    hasher: RandomState,
    bytes: usize,
    most_rows: usize,
    /// The timestamp of the row at hand, in wire form.
    timestamp: Vec<u8>,
}

/// Rows that differ in their timestamps only.
#[derive(Debug)]
struct Repeated {
    hash: u64,
    /// The row without its timestamp.
    row: [Vec<u8>; 3],
    /// The newest timestamp, in wire form, by which records are compared.
    timestamp: Vec<u8>,
    rows: i64,
    records: Records,
}

/// The records of a row.
#[derive(Debug)]
pub(crate) struct Records {
    /// What only the newest row of a part decides.
    pub latest: Untimed,
    /// The distinct answer, without its counts.
    pub value: Untimed,
    /// Whether the row is a first attempt, and not a last one.
    pub is_first: bool,
}

/// A record without the timestamp between its key and the rest, in wire form.
#[derive(Debug)]
pub(crate) struct Untimed {
    /// Its key.
    pub key: Vec<u8>,
    /// What follows the timestamp.
    pub rest: Vec<u8>,
}

impl Default for RepeatedRows {
    fn default() -> Self {
        Self::of_at_most(MOST_ROWS)
    }
}

impl RepeatedRows {
    /// Remembers so many rows.
    pub(crate) fn of_at_most(most_rows: usize) -> Self {
        let (hasher, places) = (RandomState::default(), HashTable::new());
        Self { rows: Vec::new(), places, hasher, bytes: 0, most_rows, timestamp: Vec::new() }
    }

    /// Counts a row that is remembered, else remembers what `read` makes of it, if anything. Hands all on when there are many.
    ///
    /// # Errors
    /// The row cannot be read, or the output fails.
    pub(crate) fn take(
        &mut self,
        row: Row<'_>,
        timestamp: &[u8],
        output: &mut Output<'_>,
        read: impl FnOnce(&mut Output<'_>) -> Result<Option<Records>>,
    ) -> Result<()> {
        self.timestamp.clear();
        encode(timestamp, &mut self.timestamp);
        let hash = self.hasher.hash_one(row);
        let is_it = |&place: &usize| self.rows.get(place).is_some_and(|known| known.hash == hash && known.row == row);
        if let Some(known) = self.places.find(hash, is_it).and_then(|&place| self.rows.get_mut(place)) {
            known.rows += 1;
            if self.timestamp > known.timestamp {
                self.bytes += self.timestamp.len().saturating_sub(known.timestamp.len());
                self.timestamp.clone_into(&mut known.timestamp);
            }
            return self.hand_on_if_full(output);
        }
        let Some(records) = read(output)? else { return Ok(()) };
        let parts = [&records.latest, &records.value].into_iter().flat_map(|record| [&record.key, &record.rest]);
        let parts = parts.chain([&self.timestamp]).map(Vec::len);
        self.bytes += row.iter().map(|field| field.len()).chain(parts).sum::<usize>();
        let place = self.rows.len();
        self.rows.push(Repeated { hash, row: row.map(<[u8]>::to_vec), timestamp: self.timestamp.clone(), rows: 1, records });
        let rows = &self.rows;
        self.places.insert_unique(hash, place, |&place| rows.get(place).map_or(0, |row| row.hash));
        self.hand_on_if_full(output)
    }

    fn hand_on_if_full(&mut self, output: &mut Output<'_>) -> Result<()> {
        if self.rows.len() >= self.most_rows || self.bytes >= MOST_BYTES { self.hand_on(output) } else { Ok(()) }
    }

    /// Hands the records of all rows on, and forgets them.
    ///
    /// # Errors
    /// The output fails.
    pub(crate) fn hand_on(&mut self, output: &mut Output<'_>) -> Result<()> {
        self.places.clear();
        self.bytes = 0;
        for Repeated { timestamp, rows, records, .. } in self.rows.drain(..) {
            let Records { latest, value, is_first } = records;
            let (first, last) = if is_first { (rows, 0) } else { (0, rows) };
            output.record().raw(&latest.key).raw(&timestamp).raw(&latest.rest).end()?;
            output.record().raw(&value.key).raw(&timestamp).raw(&value.rest).integer(first).integer(last).end()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::distribution::{DistributionMapper, JOB};
    use super::super::metadata::AnswerMetadata;
    use super::*;
    use crate::streaming::Counters;
    use crate::streaming::job_trial::{run_job, run_job_with};
    use proptest::prelude::*;

    const ROW: Row<'_> = [b"c", b"p", b"{}"];

    /// What is handed on of rows that are taken one after the other.
    fn handed_on(mut rows: RepeatedRows, taken: &[(Row<'_>, &str)]) -> Vec<String> {
        let (mut lines, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        let mut output = Output::new(&mut lines, &mut counters);
        let record = |kind: &str| Untimed { key: kind.into(), rest: "rest".into() };
        for &(row, timestamp) in taken {
            let records = Records { latest: record("0"), value: record("1"), is_first: row[2] == b"{}" };
            rows.take(row, timestamp.as_bytes(), &mut output, |_| Ok(Some(records))).unwrap();
        }
        rows.hand_on(&mut output).unwrap();
        rows.hand_on(&mut output).unwrap();
        lines.into_iter().map(|line| String::from_utf8(line).unwrap().replace('\t', " ")).collect()
    }

    #[test]
    fn the_newest_time_and_the_number_of_rows_are_handed_on() {
        let other: Row<'_> = [b"c", b"p", b"[]"];
        let taken = [(ROW, "2"), (other, "5"), (ROW, "20"), (ROW, "1"), (other, "5")];
        assert_eq!(handed_on(RepeatedRows::default(), &taken), ["0 20 rest", "1 20 rest 3 0", "0 5 rest", "1 5 rest 0 2"]);
        assert_eq!(handed_on(RepeatedRows::of_at_most(1), &taken[2..4]), ["0 20 rest", "1 20 rest 1 0", "0 1 rest", "1 1 rest 1 0"]);
    }

    #[test]
    fn times_are_compared_as_records_are() {
        // A carriage return is `\\r` there, which sorts behind a digit.
        assert_eq!(handed_on(RepeatedRows::default(), &[(ROW, "\r"), (ROW, "2")]), ["0 \\r rest", "1 \\r rest 2 0"]);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let long = "2".repeat(MOST_BYTES);
        let handed_on = handed_on(RepeatedRows::default(), &[(ROW, "2"), (ROW, &long), (ROW, "2")]);
        assert_eq!((handed_on.len(), handed_on[3].as_str()), (4, "1 2 rest 1 0"));
        assert!(handed_on[1].ends_with("2 rest 2 0"));
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let rows: [Row<'_>; 2] = [[b"c", b"pp", b"{}"], [b"cp", b"p", b"{}"]];
        assert_eq!(handed_on(RepeatedRows::default(), &rows.map(|row| (row, "1"))).len(), 4);
    }

    proptest! {
        #[test]
        fn no_row_changes_by_how_many_are_remembered(
            rows in prop::collection::vec(("[cd]", "[pq]", "201[34]", 0_usize..8, "(first|last)"), 0..60),
            most in 1_usize..6,
        ) {
            const ANSWERS: [&str; 8] = [
                r#""answer":"a","response_type":"stringresponse","problem_id":"1""#,
                r#""answer":"b","response_type":"stringresponse","problem_id":"1","correct":true"#,
                r#""answer":"b","response_type":"stringresponse","problem_id":"2","question":"q""#,
                r#""answer_value_id":["a"],"answer":["A"],"response_type":"choiceresponse","problem_id":"1""#,
                r#""answer_value_id":["a"],"answer":["B"],"response_type":"choiceresponse","problem_id":"1""#,
                r#""answer":"a","variant":3,"response_type":"numericalresponse","problem_display_name":"d""#,
                r#""answer":"a","response_type":"other""#,
                r#""answer""#,
            ];
            let lines: Vec<_> = rows
                .iter()
                .map(|(course, part, time, answer, category)| {
                    format!("{course}\t{part}\t{time}\t{{{},\"attempt_category\":\"{category}\"}}", ANSWERS[*answer])
                })
                .collect();
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let (all, counters) = run_job(&JOB, &[], &lines);
            for most in [1, most] {
                let mapper = Box::new(DistributionMapper::new(AnswerMetadata::default(), RepeatedRows::of_at_most(most)));
                let (some, counted) = run_job_with(&JOB, mapper, &[], &lines);
                prop_assert_eq!(&some, &all);
                prop_assert_eq!(counted.iter().collect::<Vec<_>>(), counters.iter().collect::<Vec<_>>());
            }
        }
    }
}
