//! Job `first-last`: the first and the last submission of each learner to each problem (rules 02, 3).
//!
//! Record: `course_id, problem_id, username | timestamp, "0" or "1" without a submission, facts…`; all facts travel as JSON. Only the
//! smallest and the largest record of a group count, and the timestamp stands first in them, so the combiner is the same fold.

use anyhow::Result;

use super::GROUP;
use super::attempt::{Attempt, FACTS, Facts};
use super::submission::Submission;
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::log_mapper::{EVENT, SeenLine, UNPARSEABLE};
use crate::streaming::wire::decode;
use crate::streaming::{EventFilter, EventTypes, Group, Job, JobArguments, Keys, LogMapper, Output, Record, Reducer, TypeFinder, record};
use crate::tracking::json::Tape;
use crate::tracking::{CourseKeyRules, PayloadParser};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_logs(super::NAME, "first-last", "First and last submission of each learner to each problem", mapper)
        // The rows of a problem, which are much alike, come together, at the price of larger parts where a site has few problems.
        .reduced(Keys::of(3, 3).spread_by(2), |_, _| Ok(Box::new(FirstLastReducer::default())))
        .combined(|_, _| Ok(Box::new(Extremes::default())));

/// The type of events that count.
const EVENT_TYPE: &str = "problem_check";
/// Their source.
const SOURCE: &str = "server";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Days whose submissions count; default: all
        #[arg(long)]
        pub interval: Option<DateInterval>,
        /// Which course ids count.
        #[command(flatten)]
        pub rules: CourseKeyRules,
    }
}

fn mapper(Options { interval, rules }: Options, _arguments: &JobArguments) -> Result<Box<dyn LogMapper>> {
    // The rule itself asks for the type in the raw line (rules 02, 3.1).
    let finder = TypeFinder::in_plain_letters(EventTypes::beginning(EVENT_TYPE).beside(SOURCE));
    let filter = EventFilter::new(finder, |event_type| event_type == EVENT_TYPE);
    Ok(Box::new(Submissions { payload: PayloadParser::default(), interval, rules, json: Vec::new(), filter }))
}

struct Submissions {
    payload: PayloadParser,
    interval: Option<DateInterval>,
    rules: CourseKeyRules,
    json: Vec<u8>,
    filter: EventFilter,
}

impl LogMapper for Submissions {
    fn filter(&self) -> Option<&EventFilter> {
        Some(&self.filter)
    }

    fn map_line(&mut self, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()> {
        let Some(event) = line.event() else {
            output.count(EVENT, UNPARSEABLE);
            return Ok(());
        };
        if !event.is("event_source", SOURCE) || !event.is("event_type", EVENT_TYPE) {
            return Ok(());
        }
        let Some(data) = event.data(&mut self.payload) else {
            output.count(GROUP, "Discard Missing Event Data");
            return Ok(());
        };
        match Submission::of(event, data, self.rules) {
            Ok(submission) if self.interval.is_some_and(|days| !submission.is_of(&days)) => Ok(()),
            Ok(submission) => {
                output.count(GROUP, "Submissions");
                submission.write(&mut self.json, output)
            }
            Err((group, discard)) => {
                output.count(group, discard);
                Ok(())
            }
        }
    }
}

/// The smallest and the largest record of a group, without the group's key.
#[derive(Default)]
struct Extremes {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Extremes {
    fn read(&mut self, group: &mut Group<'_, '_>) -> Result<()> {
        let key = group.key().line().len() + 1;
        self.first.clear();
        self.last.clear();
        let mut any = false;
        while let Some(row) = group.next_row()? {
            let rest = row.line().get(key..).unwrap_or_default();
            if !any || rest < self.first.as_slice() {
                rest.clone_into(&mut self.first);
            }
            if !any || rest > self.last.as_slice() {
                rest.clone_into(&mut self.last);
            }
            any = true;
        }
        Ok(())
    }
}

impl Reducer for Extremes {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        self.read(group)?;
        output.record().raw(group.key().line()).raw(&self.first).end()?;
        if self.first != self.last {
            output.record().raw(group.key().line()).raw(&self.last).end()?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct FirstLastReducer {
    extremes: Extremes,
    tapes: [Tape; 1 + FACTS],
    json: Vec<u8>,
}

impl Reducer for FirstLastReducer {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        self.extremes.read(group)?;
        let key = group.key();
        let (course_id, problem_id) = (key.text(0)?, key.text(1)?);
        let [problem_tape, fact_tapes @ ..] = &mut self.tapes;
        let Ok(problem_id) = problem_tape.parse(&problem_id) else { return Ok(()) };
        let Extremes { first, last } = &self.extremes;
        // Most learners submit once: what is the first and the last as well is read once.
        let attempts: &[_] = if first == last { &[(&["first", "last"][..], first)] } else { &[(&["first"], first), (&["last"], last)] };
        for (categories, line) in attempts {
            let [timestamp, _, facts @ ..] = Record::new(line).exactly::<{ 2 + FACTS }>()?;
            let timestamp = record::text(timestamp)?;
            let texts: Vec<_> = facts.iter().map(|fact| decode(fact)).collect::<Result<_>>()?;
            let mut values = [None; FACTS];
            for ((text, tape), value) in texts.iter().zip(&mut *fact_tapes).zip(&mut values) {
                if let Some(text) = text {
                    *value = tape.parse(std::str::from_utf8(text)?).ok();
                }
            }
            for category in *categories {
                let attempt = Attempt { problem_id, category, facts: Facts::of(&values) };
                attempt.write(&course_id, &timestamp, &mut self.json, output)?;
            }
        }
        Ok(())
    }
}
