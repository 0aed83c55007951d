//! Job `distribution`: how often each distinct answer to a part was given (rules 02, 4).
//!
//! Rows that differ in their time only are one to the mapper (`RepeatedRows`). Records: `course_id, answer_id | "0", "" …` carry
//! what only the newest value of a part decides, `… | "1", grouping key …` one value (folded: the newest value and both counts)
//! of one distinct answer. The "0" records come first, so the reducer knows the newest value before it sees the answers, and
//! needs to hold only one answer at a time.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};

use super::GROUP;
use super::answer::grouping_key;
use super::entry::{Latest, MEMBERS, optional};
use super::metadata::{AnswerMetadata, Members, with_value};
use super::repeated_rows::{Records, RepeatedRows, Row, Untimed};
use crate::job_options;
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Record, Reducer, record};
use crate::tracking::json::{Tape, Value};

/// The job.
pub(crate) const JOB: Job<Options> = Job::over_rows(super::NAME, "distribution", "Counts of each distinct answer to each part", mapper)
    .reduced(Keys::of(4, 2), reducer)
    .combined(|_, _| Ok(Box::new(Combiner)))
    .with_file_options(&["--answer-metadata"]);

const LATEST: &[u8] = b"0";
const VALUE: &[u8] = b"1";
/// A value id of the row itself, and one that only metadata has given it.
const KEPT_ID: &[u8] = b"0";
const ADDED_ID: &[u8] = b"3";
/// Members of an answer that only the newest of a part decides on, in the order of the record; the value id stands before them.
const FACTS: [&str; 3] = ["problem_display_name", "response_type", "problem_id"];

/// Members that make an answer the same as another.
const GROUPING: [&str; 3] = ["answer_value_id", "answer", "variant"];

job_options! {
    /// Options of the job.
    pub(crate) struct Options {
        /// JSON file with extra facts on answers; the mapper applies it, the reducer takes it without effect
        #[arg(long)]
        pub answer_metadata: Option<String>,
        /// Response types that are counted, joined by commas; the reducer counts, the mapper takes them without effect
        #[arg(long, default_value = super::VALID_RESPONSE_TYPES)]
        pub valid_response_types: String,
    }
}

fn mapper(options: Options, _arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    let metadata = match &options.answer_metadata {
        Some(file) => {
            let unusable = || format!("{file} cannot be used as --answer-metadata.");
            let text = std::fs::read_to_string(file).with_context(unusable)?;
            AnswerMetadata::parse(&text).with_context(unusable)?
        }
        None => AnswerMetadata::default(),
    };
    Ok(Box::new(DistributionMapper::new(metadata, RepeatedRows::default())))
}

fn reducer(options: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    let types = options.valid_response_types.split(',').map(str::to_owned).collect();
    Ok(Box::new(DistributionReducer { valid_response_types: types, json: Vec::new() }))
}

pub(super) struct DistributionMapper {
    reader: RowReader,
    repeated: RepeatedRows,
}

/// Makes records of rows.
struct RowReader {
    metadata: AnswerMetadata,
    tape: Tape,
    /// Tapes of what is grouped by.
    grouping: [Tape; GROUPING.len()],
}

impl DistributionMapper {
    pub(super) fn new(metadata: AnswerMetadata, repeated: RepeatedRows) -> Self {
        Self { reader: RowReader { metadata, tape: Tape::default(), grouping: Default::default() }, repeated }
    }
}

impl Mapper for DistributionMapper {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Ok([course_id, answer_id, timestamp, json]) = Record::new(line).exactly::<4>() else {
            output.count(GROUP, "Discard Misaligned Row");
            return Ok(());
        };
        let row = [course_id, answer_id, json];
        self.repeated.take(row, timestamp, output, |output| self.reader.read(row, output))
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<()> {
        self.repeated.hand_on(output)
    }
}

impl RowReader {
    fn read(&mut self, [course_id, answer_id, json]: Row<'_>, output: &mut Output<'_>) -> Result<Option<Records>> {
        let value = std::str::from_utf8(json).ok().and_then(|json| self.tape.parse(json).ok()).filter(Value::is_object);
        let (Some(value), Ok(part)) = (value, std::str::from_utf8(answer_id)) else {
            output.count(GROUP, "Discard Unreadable Row");
            return Ok(None);
        };
        let mut members = Members::of(value, MEMBERS.into_iter().chain(FACTS));
        let given_id = members.get("answer_value_id").map(str::to_owned);
        self.metadata.apply(part, &mut members);
        let is_first = match value.get("attempt_category").and_then(|category| category.text()).as_deref() {
            Some("first") => true,
            Some("last") => false,
            Some(other) => bail!("A row of the first-last job has the attempt category \"{other}\" instead of \"first\" or \"last\"."),
            None => bail!("A row of the first-last job has no attempt category, which must be \"first\" or \"last\"."),
        };
        let mut lines = Vec::with_capacity(4);
        let mut wire = Output::new(&mut lines, output.counters);
        wire.record().bytes(course_id).bytes(answer_id).raw(LATEST).raw(b"").end()?;
        let id_field = id_field(given_id.is_some(), members.get("answer_value_id").is_some());
        let latest = wire.record().raw(id_field).optional(given_id.as_deref());
        FACTS.iter().fold(latest, |record, name| record.optional(members.get(name))).end()?;
        let group = grouping_key_of(&members, &mut self.grouping)?;
        wire.record().bytes(course_id).bytes(answer_id).raw(VALUE).text(&group).end()?;
        let value = wire.record();
        MEMBERS.iter().fold(value, |record, name| record.optional(members.get(name))).end()?;
        let [key, rest, value_key, value_rest] = lines.try_into().ok().context("A row was not written as two records of two parts.")?;
        let (latest, value) = (Untimed { key, rest }, Untimed { key: value_key, rest: value_rest });
        Ok(Some(Records { latest, value, is_first }))
    }
}

/// Whether a row had a value id, and whether it has one once metadata has completed it. Of equal times the latest row is the one with the
/// greatest field: what had none comes last.
fn id_field(was_given: bool, is_left: bool) -> &'static [u8] {
    match (was_given, is_left) {
        (true, true) => KEPT_ID,
        (true, false) => b"1",
        (false, false) => b"2",
        (false, true) => ADDED_ID,
    }
}

fn grouping_key_of(members: &Members, tapes: &mut [Tape; GROUPING.len()]) -> Result<String> {
    let mut values = [None; GROUPING.len()];
    for ((name, tape), value) in GROUPING.iter().zip(tapes).zip(&mut values) {
        if let Some(json) = members.get(name) {
            *value = Some(tape.parse(json).ok().context("An answer is no JSON any more.")?);
        }
    }
    let [answer_value_id, answer, variant] = values;
    Ok(grouping_key(answer_value_id, answer, variant))
}

/// Values of one distinct answer folded into one: the newest of them and the counts of all.
#[derive(Default)]
struct Folded {
    /// `kind, grouping key`; empty if nothing was folded yet.
    key: Vec<u8>,
    /// From the timestamp to the last member, or to the end of a "0" record.
    newest: Vec<u8>,
    first: i64,
    last: i64,
}

/// A record behind the group's key, cut into `kind, grouping key`, what decides the newest, and the counts.
struct Cut<'l> {
    key: &'l [u8],
    newest: &'l [u8],
    first: i64,
    last: i64,
}

impl<'l> Cut<'l> {
    fn of(rest: &'l [u8]) -> Result<Self> {
        let key = record::prefix(rest, 2);
        let newest = rest.get(key.len() + 1..).context("A record ends behind its key.")?;
        if key.starts_with(LATEST) {
            return Ok(Self { key, newest, first: 0, last: 0 });
        }
        let facts = record::prefix(newest, 1 + MEMBERS.len());
        let counts = Record::new(newest.get(facts.len() + 1..).context("A record has no counts.")?);
        Ok(Self { key, newest: facts, first: counts.integer(0)?, last: counts.integer(1)? })
    }
}

impl Folded {
    /// Takes the record in, or says that it belongs to another answer.
    fn fold(&mut self, cut: &Cut<'_>) -> bool {
        if self.key.is_empty() {
            cut.key.clone_into(&mut self.key);
        } else if self.key != cut.key {
            return false;
        }
        if cut.newest > self.newest.as_slice() {
            cut.newest.clone_into(&mut self.newest);
        }
        self.first += cut.first;
        self.last += cut.last;
        true
    }
}

/// Folds the records of a group and hands each finished fold on.
fn fold_group(group: &mut Group<'_, '_>, mut finished: impl FnMut(&Folded) -> Result<()>) -> Result<()> {
    let key = group.key().line().len() + 1;
    let mut folded = Folded::default();
    while let Some(row) = group.next_row()? {
        let cut = Cut::of(row.line().get(key..).unwrap_or_default())?;
        if !folded.fold(&cut) {
            finished(&folded)?;
            folded = Folded::default();
            folded.fold(&cut);
        }
    }
    finished(&folded)
}

struct Combiner;

impl Reducer for Combiner {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let group_key = group.key().line().to_vec();
        fold_group(group, |folded| {
            let record = output.record().raw(&group_key).raw(&folded.key).raw(&folded.newest);
            if folded.key.starts_with(LATEST) { record.end() } else { record.integer(folded.first).integer(folded.last).end() }
        })
    }
}

struct DistributionReducer {
    valid_response_types: Vec<String>,
    json: Vec<u8>,
}

impl Reducer for DistributionReducer {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let key = group.key();
        let (course_id, part_id) = (key.text(0)?.into_owned(), key.text(1)?.into_owned());
        let mut latest = None;
        fold_group(group, |folded| {
            if folded.key.starts_with(LATEST) {
                latest = self.latest(&folded.newest)?;
                if latest.is_none() {
                    output.count(GROUP, "Discard Part With Other Response Type");
                }
                return Ok(());
            }
            let Some(latest) = &latest else { return Ok(()) };
            self.json.clear();
            latest.write_entry(&part_id, &folded.newest, [folded.first, folded.last], &mut self.json)?;
            output.row().text(&course_id).raw(&self.json).end()
        })
    }
}

impl DistributionReducer {
    /// The inclusion test; none drops the part.
    fn latest(&self, newest: &[u8]) -> Result<Option<Latest>> {
        let [_, uses_id, _, display_name, response_type, problem_id] = Record::new(newest).exactly::<6>()?;
        let as_text = |field| -> Result<String> { Ok(optional(field)?.map_or_else(|| "null".to_owned(), Cow::into_owned)) };
        let response_type = with_value(&as_text(response_type)?, |value| value.text().map(Cow::into_owned)).flatten();
        let valid = response_type.is_some_and(|response_type| self.valid_response_types.contains(&response_type));
        let latest = Latest {
            uses_id: [KEPT_ID, ADDED_ID].contains(&uses_id),
            problem_id: as_text(problem_id)?,
            display_name: as_text(display_name)?,
        };
        Ok(valid.then_some(latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::{run_job, run_job_with};

    #[test]
    fn of_equal_times_the_latest_is_one_without_a_value_id() {
        let row = |time: &str, rest: &str| {
            format!(r#"c	p	{time}	{{"attempt_category":"first","problem_id":"m","problem_display_name":"P",{rest}}}"#)
        };
        let old = row("2014-05-01T10:00:00", r#""answer_value_id":"a""#);
        let new = row("2014-05-01T10:00:00", r#""answer":"a","response_type":"stringresponse""#);
        let with_id = row("2014-05-01T10:00:00", r#""answer":"A","answer_value_id":"a","response_type":"choiceresponse""#);
        let number = |lines: &[&str]| run_job(&JOB, &[], lines).0.len();
        assert_eq!((number(&[&old]), number(&[&new]), number(&[&old, &new]), number(&[&new, &old])), (0, 1, 1, 1));
        assert_eq!(number(&[&new, &row("2014-05-01T10:00:01", r#""answer_value_id":"a""#)]), 0, "a later one decides");
        let (rows, _) = run_job(&JOB, &[], &[&with_id, &new]);
        assert!(rows.len() == 1 && rows[0].contains(r#""ValueID":"","AnswerValue":"a""#), "{rows:?}");
        // Of two with one the greater id, whatever else they say.
        let other = row("2014-05-01T10:00:00", r#""answer":"B","answer_value_id":"b","response_type":"choiceresponse""#);
        assert_eq!((number(&[&old, &other]), number(&[&other, &old])), (2, 2));
    }
    #[test]
    fn metadata_may_add_the_value_id_or_take_it() {
        let row = |rest: &str| format!(r#"c	p	2014-05-01T10:00:00	{{"attempt_category":"first",{rest}}}"#);
        let rows = |metadata: &str, lines: &[&str]| {
            let mapper = Box::new(DistributionMapper::new(AnswerMetadata::parse(metadata).unwrap(), RepeatedRows::default()));
            run_job_with(&JOB, mapper, &[], lines).0.concat()
        };
        let added = rows(
            r#"{"p":{"answer_value_id":"m","response_type":"choiceresponse"}}"#,
            &[&row(r#""answer":"x <b>y</b>""#), &row(r#""answer":"x <b>y</b>","answer_value_id":"m""#)],
        );
        assert!(added.contains(r#""First Response Count":2"#) && added.contains(r#""ValueID":"m","AnswerValue":"x y""#), "{added}");
        let taken = rows(r#"{"p":{"response_type":"stringresponse"}}"#, &[&row(r#""answer_value_id":"b""#), &row(r#""answer":"a""#)]);
        assert!(taken.contains(r#""ValueID":"","AnswerValue":"a""#) && taken.contains(r#""ValueID":"","AnswerValue":"b""#), "{taken}");
    }
}
