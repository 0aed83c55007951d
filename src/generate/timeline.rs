//! From visits to log lines in order of arrival, a slice of time after the other, so that memory stays small.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;

use super::activity::Activity;
use super::attendance::Attendance;
use super::damage::{self, damaged};
use super::event::write_json;
use super::log_files::LogFiles;
use super::random::Random;
use super::rhythm::Rhythm;
use super::visits;
use crate::calendar::interval::DateInterval;

/// Events made before they are sorted and written; about a kilobyte each.
const EVENTS_PER_SLICE: u64 = 20_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Visits begin up to so long before the first and after the last day, as the logs of a day hold them.
const MARGIN: i64 = 1_800_000_000;

/// How many events there are to be, and when.
pub(super) struct Timeline {
    pub(super) seed: u64,
    pub(super) days: DateInterval,
    pub(super) events: u64,
    /// Share of damaged lines, 0 to 1.
    pub(super) dirty: f64,
    /// Log files per day.
    pub(super) hosts: usize,
}

struct Line {
    arrival: i64,
    host: usize,
    bytes: Box<[u8]>,
}

impl Timeline {
    /// Writes exactly the asked number of events to all outputs, in order of arrival.
    pub(super) fn write(&self, activity: &mut Activity<'_>, outputs: &mut [LogFiles]) -> Result<()> {
        let start = micros_of(self.days.start())? - MARGIN;
        let span = micros_of(self.days.end())? + MARGIN - start;
        let rhythm = Rhythm::new(start, span);
        let attendance = Attendance::new(self.seed, activity.courses, activity.learners, start, span);
        let mut lines = Lines::new(self, span);
        let slices = self.events / EVENTS_PER_SLICE + 1;
        for slice in 0..slices {
            let target = share(self.events, slice + 1, slices);
            let first = lines.made;
            let (from, to) = (part(span, slice, slices), part(span, slice + 1, slices));
            while lines.made < target {
                // The events made so far move the clock, so that visits begin in order of time.
                let done = (lines.made.saturating_sub(first), target.saturating_sub(first).max(1));
                let step = part(to - from, 1, done.1);
                let begin = from + part(to - from, done.0, done.1) + activity.random.between(0, step.max(1) - 1);
                lines.add_visit(activity, &attendance, rhythm.moment(begin))?;
            }
            lines.deliver_before(rhythm.moment(to), outputs)?;
            activity.forget_times_before(rhythm.moment(to));
        }
        lines.deliver_before(i64::MAX, outputs)
    }
}

/// The lines that wait for their time.
struct Lines<'t> {
    timeline: &'t Timeline,
    /// Chances of what happens to a line after the event: damage, delay, host.
    random: Random,
    /// Mean time between two events.
    gap: i64,
    waiting: Vec<Line>,
    made: u64,
    scratch: Vec<u8>,
}

impl<'t> Lines<'t> {
    fn new(timeline: &'t Timeline, span: i64) -> Self {
        let random = Random::for_part(timeline.seed, "lines", 0);
        let gap = part(span, 1, timeline.events.max(1));
        Self { timeline, random, gap, waiting: Vec::new(), made: 0, scratch: Vec::new() }
    }

    fn add_visit(&mut self, activity: &mut Activity<'_>, attendance: &Attendance, begin: i64) -> Result<()> {
        for event in visits::events(activity, attendance, begin)? {
            if self.made == self.timeline.events {
                break;
            }
            self.made += 1;
            self.scratch.clear();
            write_json(&event, &mut self.scratch)?;
            let mut bytes = self.scratch.as_slice().into();
            if self.random.fraction() < self.timeline.dirty {
                let line = str::from_utf8(&self.scratch).context("A generated line is not UTF-8; please report this.")?;
                let kind = self.random.pick(damage::ALL);
                bytes = damaged(kind, line, &mut self.random)?.into_boxed_slice();
            }
            // One line in fifty comes late, behind up to 200 others.
            let delay = if self.random.percent(2) { self.random.between(1, 200) } else { 0 };
            let arrival = event.micros.saturating_add(delay.saturating_mul(self.gap));
            let host = self.random.index(self.timeline.hosts);
            self.waiting.push(Line { arrival, host, bytes });
        }
        Ok(())
    }

    fn deliver_before(&mut self, limit: i64, outputs: &mut [LogFiles]) -> Result<()> {
        self.waiting.sort_by_key(|line| line.arrival);
        let due = self.waiting.partition_point(|line| line.arrival < limit);
        for line in self.waiting.drain(..due) {
            for output in outputs.iter_mut() {
                output.write(line.arrival, line.host, &line.bytes)?;
            }
        }
        Ok(())
    }
}

/// When a day begins, in microseconds since 1970.
pub(super) fn micros_of(day: NaiveDate) -> Result<i64> {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    days.checked_mul(MICROS_PER_DAY).with_context(|| format!("The day {day} is too far from 1970."))
}

/// `whole * number / count` without overflow.
fn share(whole: u64, number: u64, count: u64) -> u64 {
    let product = u128::from(whole) * u128::from(number) / u128::from(count.max(1));
    u64::try_from(product).unwrap_or(whole)
}

fn part(whole: i64, number: u64, count: u64) -> i64 {
    i64::try_from(share(whole.unsigned_abs(), number, count)).unwrap_or(whole)
}
