//! Job `state`: the days that each learner was enrolled in each course (rules 03, 4), and a summary (rules 03, 5), in one pass.
//!
//! Record: `course_id, user_id | padded time, event_type, mode, time as it is written`. Equal times are thus ordered activated, deactivated, mode
//! changed, then by mode. The reducer looks one event ahead and keeps nothing else of a learner's events.

use std::borrow::Cow;

use anyhow::Result;
use chrono::NaiveDate;

use super::enrollment_event::{Act, EnrollmentEvent};
use super::events::{ACTIVATED, DEACTIVATED, DISCARD_LONG_MODE, MODE_CHANGED};
use super::summary::{Summary, column_text};
use crate::calendar::days::{day_text, next_day};
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME};
use crate::streaming::{Group, Job, Keys, Mapper, Output, Reducer};
use crate::tracking::EventTime;
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::warehouse::columns::columns;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "state", "Days enrolled and a summary for each learner and course", |_, _| Ok(Box::new(EventRows)))
        .reduced(Keys::of(6, 2), |Options { interval }, _| Ok(Box::new(StateReducer { end: interval.end() })))
        .into_files();

/// Rows `date, course_id, user_id, at_end, change, mode`.
pub(crate) const ENROLLMENT: &str = "course_enrollment/";

const GROUP: &str = "Course Enrollment";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Its end is the day behind the last one written
        #[arg(long)]
        pub interval: DateInterval,
    }
}

/// Reads the rows of day files, also of those that the original wrote.
pub(super) struct EventRows;

impl Mapper for EventRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Some([course_id, user_id, timestamp, event_type, mode]) = columns::<5>(line) else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        // Earlier versions wrote days with texts that no table can hold.
        for (column, discard) in [(course_id, DISCARD_LONG_COURSE_ID), (mode, DISCARD_LONG_MODE)] {
            if std::str::from_utf8(column).is_ok_and(is_too_long) {
                output.count(GROUP, discard);
                return Ok(());
            }
        }
        let known = [ACTIVATED, DEACTIVATED, MODE_CHANGED].iter().any(|known| known.as_bytes() == event_type);
        if !known || std::str::from_utf8(line).is_err() {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        }
        let Some(time) = std::str::from_utf8(timestamp).ok().and_then(EventTime::read_row) else {
            output.count(EVENT, MALFORMED_TIME);
            return Ok(());
        };
        let record = output.record().bytes(course_id).bytes(user_id).text(&time.sortable()).bytes(event_type).bytes(mode);
        record.text(&column_text(&time)).text("").end()
    }
}

struct StateReducer {
    end: NaiveDate,
}

impl Reducer for StateReducer {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let (course_id, user_id) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        let mut state = Enrolled { course_id: &course_id, user_id: &user_id, at_end: false, at_last_end: false, mode: None };
        let mut summary = Summary::default();
        let mut ahead = group.next_row()?.map(|row| EnrollmentEvent::of(&row)).transpose()?;
        if let Some(first) = &ahead {
            match first.act {
                Act::Activated => {}
                Act::Deactivated => output.count(GROUP, "Quality First Event Is Unenrollment"),
                Act::ModeChanged => output.count(GROUP, "Quality First Event Is Mode Change"),
            }
        }
        while let Some(event) = ahead {
            ahead = group.next_row()?.map(|row| EnrollmentEvent::of(&row)).transpose()?;
            state.apply(&event, output);
            summary.apply(&event, output);
            let next = ahead.as_ref().map_or(self.end, |next| next.day);
            if event.day != next {
                state.write_days(event.day, next, output)?;
            }
        }
        summary.write(&course_id, &user_id, self.end, output)
    }
}

/// The state of a learner in a course (rules 03, 4.1).
struct Enrolled<'k> {
    course_id: &'k str,
    user_id: &'k str,
    at_end: bool,
    at_last_end: bool,
    mode: Option<String>,
}

impl Enrolled<'_> {
    fn apply(&mut self, event: &EnrollmentEvent, output: &mut Output<'_>) {
        let same_mode = self.mode.as_deref().map_or(event.mode == "unknown", |mode| mode == event.mode);
        let counters: &[&'static str] = match (self.at_end, event.act) {
            (false, Act::Activated) => &["Subset Enrollment"],
            (true, Act::Deactivated) => &["Subset Unenrollment"],
            (_, Act::ModeChanged) if same_mode => &["Subset Unchanged", "Subset Unchanged Mode"],
            (_, Act::ModeChanged) => &["Subset Mode Change"],
            (true, Act::Activated) => &["Subset Unchanged", "Subset Unchanged Already Enrolled"],
            (false, Act::Deactivated) => &["Subset Unchanged", "Subset Unchanged Already Unenrolled"],
        };
        for counter in counters {
            output.count(GROUP, counter);
        }
        match event.act {
            Act::Activated => self.at_end = true,
            Act::Deactivated => self.at_end = false,
            Act::ModeChanged => {}
        }
        // The mode is that of the last event, whatever it does.
        self.mode = Some(event.mode.clone());
    }

    /// The rows of the days from that of an event to the next one's.
    fn write_days(&mut self, first: NaiveDate, end: NaiveDate, output: &mut Output<'_>) -> Result<()> {
        let mut change = i64::from(self.at_end) - i64::from(self.at_last_end);
        let mode = self.mode.as_deref().map_or(Cow::Borrowed("unknown"), Cow::Borrowed);
        let mut day = first;
        while day < end {
            output
                .file_row(ENROLLMENT)
                .raw(&day_text(day))
                .text(self.course_id)
                .text(self.user_id)
                .integer(i64::from(self.at_end))
                .integer(change)
                .text(&mode)
                .end()?;
            change = 0;
            let next = next_day(day);
            if next == day {
                break;
            }
            day = next;
        }
        self.at_last_end = self.at_end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::run_job;

    fn rows(interval: &str, events: &str) -> Vec<String> {
        let input = events.split("; ").map(|event| {
            let [time, act, mode] = event.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let event_type = [ACTIVATED, DEACTIVATED, MODE_CHANGED]["ADM".find(act).unwrap()];
            format!("c\t7\t2024-{time}\t{event_type}\t{mode}")
        });
        let input: Vec<_> = input.collect();
        let input: Vec<_> = input.iter().map(String::as_str).collect();
        let (rows, _) = run_job(&JOB, &["--interval", interval], &input);
        let texts = rows.into_iter().map(|row| row.replace("\\t", " "));
        let short = |row: String| row.replace("course_enrollment/\t2024-", "").replace("course_enrollment_summary/\t", "summary ");
        texts.map(short).map(|row| row.replace(" c 7", "")).collect()
    }

    #[test]
    fn examples_of_the_specification() {
        let example = rows(
            "2024-03-01-2024-03-06",
            "03-02T08:00:00.000000 A audit; 03-02T09:30:00.250000 M verified; 03-04T10:00:00.000000 D verified",
        );
        assert_eq!(example[..4], ["03-02 1 1 verified", "03-03 1 0 verified", "03-04 0 -1 verified", "03-05 0 0 verified"]);
        assert_eq!(
            example[4],
            "summary verified 0 audit 2024-03-02 08:00:00.000000 2024-03-04 10:00:00.000000 2024-03-02 09:30:00.250000 \\\\N 2024-03-06 00:00:00.000000"
        );
        let tie = rows("2024-03-01-2024-03-03", "03-01T08:00:00 D audit; 03-01T08:00:00 A audit");
        assert_eq!(tie[..2], ["03-01 0 0 audit", "03-02 0 0 audit"]);
        assert_eq!(
            rows("2024-03-01-2024-03-04", "03-01T08:00:00 M verified"),
            ["03-01 0 0 verified", "03-02 0 0 verified", "03-03 0 0 verified"]
        );
        let twice = rows("2024-03-01-2024-03-04", "03-01T08:00:00 M verified; 03-02T08:00:00 A audit; 03-02T09:00:00 A audit");
        assert_eq!(twice[..3], ["03-01 0 0 verified", "03-02 1 1 audit", "03-03 1 0 audit"]);
        let many = rows(
            "2024-03-01-2024-03-05",
            "03-01T08:00:00 A honor; 03-02T09:00:00 D honor; 03-02T10:00:00 A verified; 03-03T09:00:00 D honor; 03-03T09:00:01 M credit",
        );
        assert_eq!(many[..4], ["03-01 1 1 honor", "03-02 1 0 verified", "03-03 0 -1 credit", "03-04 0 0 credit"]);
        assert!(many[4].starts_with("summary verified 0 honor 2024-03-01 08:00:00.000000 2024-03-03 09:00:00.000000 2024-03-02 10:00:00"));
    }

    #[test]
    fn days_of_earlier_versions_may_hold_what_no_table_does() {
        let row = |course_id: &str, mode: &str| format!("{course_id}\t7\t2024-03-01T08:00:00.000000\t{ACTIVATED}\t{mode}");
        let lines = [row("c", "audit"), row("c", &"m".repeat(256)), row(&"c".repeat(256), "audit"), row("d", &"é".repeat(255))];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let (rows, counters) = run_job(&JOB, &["--interval", "2024-03-01-2024-03-02"], &lines);
        let days = rows.iter().filter(|row| row.starts_with(ENROLLMENT)).count();
        assert_eq!((days, counters.get(GROUP, DISCARD_LONG_MODE), counters.get(GROUP, DISCARD_LONG_COURSE_ID)), (2, 1, 1), "{rows:?}");
    }

    #[test]
    fn learners_of_the_summary_are_integers_of_any_form() {
        let row = |user_id: &str| format!("c\t{user_id}\t2024-03-01T08:00:00.000000\t{ACTIVATED}\taudit");
        let lines = ["7", " +8 ", "1_0", "12345678901234567890", "x", "9.0", ""].map(row);
        let (rows, counters) = run_job(&JOB, &["--interval", "2024-03-01-2024-03-02"], &lines.each_ref().map(String::as_str));
        let mut learners: Vec<_> = rows.iter().filter(|row| row.starts_with("course_enrollment_summary/")).collect();
        learners.sort_unstable();
        let learners: Vec<_> = learners.into_iter().filter_map(|row| row.split("\\t").nth(1)).collect();
        assert_eq!(learners, ["10", "12345678901234567890", "7", "8"], "{rows:?}");
        assert_eq!(counters.get("Enrollment Summary", "Discard Malformed user_id"), 3);
    }

    #[test]
    fn a_redundant_activation_sets_no_verified_time() {
        let summary =
            rows("2024-03-01-2024-03-02", "03-01T08:00:00 A honor; 03-01T09:00:00 A verified; 03-01T10:00:00 M verified").pop().unwrap();
        assert!(summary.contains("verified 1 honor 2024-03-01 08:00:00.000000 \\\\N 2024-03-01 10:00:00.000000 \\\\N"), "{summary}");
    }
}
