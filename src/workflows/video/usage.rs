//! Job `usage`: learners and views of each five seconds of a video (rules 06, 6), and the two result tables that follow from them
//! (rules 06, 7).
//!
//! Record: `course_id, module | user_id, first segment`, then last segment and duration. A viewing adds 1 behind its begin and takes it
//! away behind its end, so that its length costs nothing; a learner's viewings come in order of their begin, so that their union
//! needs no set.

use anyhow::{Context, Result};

use super::player_event::seconds_of;
use crate::job_options;
use crate::say;
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};
use crate::warehouse::columns::columns;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "usage", "Learners and views of each segment, and of each video", |_, _| Ok(Box::new(Rows)))
        .reduced(Keys::of(4, 2), reducer)
        .into_files();

/// One row for each watched segment.
pub(crate) const USAGE: &str = "video_usage/";
/// Its projection for the timeline.
pub(crate) const TIMELINE: &str = "video_timeline/";
/// One row for each video.
pub(crate) const VIDEO: &str = "video/";

const GROUP: &str = "Video Usage";
const SECONDS_PER_SEGMENT: i64 = 5;
/// A place behind this is no place in a video: a million segments bound what a row can cost. The job `viewing` writes none behind 36,000 s.
const LARGEST_PLACE: f64 = 4_999_999.0;
const LONGEST_ID: usize = 255;
const UNKNOWN: f64 = -1.0;

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// A segment with at most this part of the learners of the one before it is behind the end of a video of unknown length
        #[arg(long, default_value_t = 0.05, value_parser = share)]
        pub dropoff_threshold: f64,
    }
}

/// A share of learners, from none to all; not `nan`, which is a number elsewhere.
///
/// # Errors
/// It is none.
pub(crate) fn share(text: &str) -> Result<f64> {
    let share = text.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.with_context(|| format!("{text:?} is no share; write a number from 0 to 1, such as 0.05."))
}

#[allow(clippy::unnecessary_wraps)] // the signature of every reducer
fn reducer(Options { dropoff_threshold }: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    Ok(Box::new(Usage { dropoff_threshold }))
}

/// The segment of a place.
#[allow(clippy::cast_possible_truncation)] // saturates
fn segment_of(seconds: f64) -> i64 {
    (seconds.trunc() as i64).div_euclid(SECONDS_PER_SEGMENT)
}

struct Rows;

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<8>(line).filter(|_| std::str::from_utf8(line).is_ok());
        let row = row.and_then(|[user_id, course_id, module, duration, _, start, end, _]| {
            let number = |column: &[u8]| seconds_of(std::str::from_utf8(column).ok()?).filter(|number| number.is_finite());
            let place = |column: &[u8]| number(column).filter(|seconds| (0.0..=LARGEST_PLACE).contains(seconds));
            let (start, end) = (place(start)?, place(end)?);
            number(duration)?;
            Some((user_id, course_id, module, duration, segment_of(start), segment_of(end)))
        });
        let Some((user_id, course_id, module, duration, first, last)) = row else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let record = output.record().bytes(course_id).bytes(module).bytes(user_id).text(&format!("{first:06}"));
        record.integer(last).bytes(duration).end()
    }
}

/// What is added at one segment and taken away behind another.
#[derive(Clone, Copy, Default)]
struct Change {
    views: i64,
    users: i64,
}

/// Sums over the segments of one video; there are at most a million, 7,201 of viewings that the workflow itself made.
#[derive(Default)]
struct Segments {
    changes: Vec<Change>,
}

impl Segments {
    fn add(&mut self, first: i64, last: i64, what: Change) -> Result<()> {
        let index = |segment: i64| usize::try_from(segment).context("A segment has a negative number.");
        let (first, behind) = (index(first)?, index(last + 1)?);
        if self.changes.len() <= behind {
            self.changes.resize(behind + 1, Change::default());
        }
        for (at, sign) in [(first, 1), (behind, -1)] {
            let change = self.changes.get_mut(at).context("A segment lies behind the last.")?;
            change.views += sign * what.views;
            change.users += sign * what.users;
        }
        Ok(())
    }

    /// The watched segments in order: number, users, views.
    fn watched(&self) -> Vec<(i64, i64, i64)> {
        let sums = self.changes.iter().scan(Change::default(), |sum, change| {
            sum.views += change.views;
            sum.users += change.users;
            Some(*sum)
        });
        (0..).zip(sums).filter(|(_, sum)| sum.views > 0).map(|(segment, sum)| (segment, sum.users, sum.views)).collect()
    }
}

/// The segments that a learner has seen, as far as they have come.
struct Seen {
    user_id: Vec<u8>,
    first: i64,
    last: i64,
}

struct Usage {
    dropoff_threshold: f64,
}

impl Reducer for Usage {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut segments = Segments::default();
        let mut duration = 0.0_f64;
        let mut seen: Option<Seen> = None;
        let user = |seen: &Seen, segments: &mut Segments| segments.add(seen.first, seen.last, Change { views: 0, users: 1 });
        let (course_id, module) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        while let Some(record) = group.next_row()? {
            let (first, last) = (record.integer(3)?, record.integer(4)?);
            duration = longer(duration, &record)?;
            if last < first {
                continue; // it tells how long the video is, no more
            }
            segments.add(first, last, Change { views: 1, users: 0 })?;
            match &mut seen {
                Some(seen) if seen.user_id == record.raw(2)? && first <= seen.last + 1 => seen.last = seen.last.max(last),
                _ => {
                    if let Some(seen) = seen.replace(Seen { user_id: record.raw(2)?.to_vec(), first, last }) {
                        user(&seen, &mut segments)?;
                    }
                }
            }
        }
        if let Some(seen) = &seen {
            user(seen, &mut segments)?;
        }
        let watched = segments.watched();
        if watched.is_empty() {
            return Ok(()); // the tables of videos follow from rows of segments (rules 06, 7)
        }
        self.write(&course_id, &module, duration, &watched, output)
    }
}

/// One viewing of unknown length makes the length of the whole video unknown.
#[allow(clippy::float_cmp)] // exactly -1 stands for unknown
fn longer(duration: f64, record: &Record<'_>) -> Result<f64> {
    let of_viewing = seconds_of(&record.text(5)?).context("A duration is no number.")?;
    Ok(if duration == UNKNOWN || of_viewing == UNKNOWN { UNKNOWN } else { duration.max(of_viewing) })
}

impl Usage {
    #[allow(clippy::float_cmp, clippy::cast_precision_loss)] // exactly -1 stands for unknown; numbers of segments are small
    fn write(&self, course_id: &str, module: &str, duration: f64, watched: &[(i64, i64, i64)], output: &mut Output<'_>) -> Result<()> {
        let video_id = format!("{course_id}|{module}");
        if video_id.len() > LONGEST_ID {
            output.count(GROUP, "Discard ID Too Long");
            let bytes = video_id.len();
            say!("The video {video_id} is left out: its id has {bytes} bytes, and the tables hold at most {LONGEST_ID}.");
            return Ok(());
        }
        let (duration, last) = if duration == UNKNOWN {
            let last = self.final_segment(watched);
            (((last + 1) * SECONDS_PER_SEGMENT - 1) as f64, last)
        } else {
            (duration, segment_of(duration))
        };
        let users_of = |segment: i64| watched.iter().find(|(number, ..)| *number == segment).map_or(0, |(_, users, _)| *users);
        let credits = f64::max(duration - 30.0, duration * 0.95);
        let (at_start, at_end) = (users_of(0), users_of(segment_of(credits)));
        let length = format!("{:.0}", duration.trunc());
        // Only the final segment itself stops: if nobody watched it, later ones are there too.
        let shown = watched.iter().position(|(segment, ..)| *segment == last).map_or(watched.len(), |at| at + 1);
        let mut views_shown = 0;
        for (segment, users, views) in watched.iter().take(shown) {
            views_shown += views;
            let row = output.file_row(USAGE).text(&video_id).text(course_id).text(module).text(&length).integer(SECONDS_PER_SEGMENT);
            row.integer(at_start).integer(at_end).integer(*segment).integer(*users).integer(*views).end()?;
            output.file_row(TIMELINE).text(&video_id).integer(*segment).integer(*users).integer(*views).end()?;
        }
        let row = output.file_row(VIDEO).text(&video_id).text(course_id).text(module).text(&length).integer(SECONDS_PER_SEGMENT);
        row.integer(at_start).integer(at_end).integer(views_shown * SECONDS_PER_SEGMENT).end()
    }

    /// Where the learners of a video of unknown length stop (rules 06, 6.3).
    #[allow(clippy::cast_precision_loss)] // numbers of learners are small enough
    fn final_segment(&self, watched: &[(i64, i64, i64)]) -> i64 {
        let pairs = watched.iter().zip(watched.iter().skip(1)).rev();
        let mut drops = pairs.filter(|((_, earlier, _), (_, later, _))| *later as f64 <= *earlier as f64 * self.dropoff_threshold);
        drops.next().map(|((segment, ..), _)| *segment).or_else(|| watched.last().map(|(segment, ..)| *segment)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::{Lines, run_job};
    use crate::streaming::sides::run_reducer;
    use crate::streaming::{AnyJob, Counters};

    /// Rows of the usage table: duration, users at start and end, segment, users, views.
    fn usage(viewings: &[(u32, &str, &str, &str)]) -> Vec<String> {
        let rows = viewings
            .iter()
            .map(|(user, start, end, duration)| format!("{user}\tc/o/r\tm\t{duration}\t2014-05-02T10:00:00\t{start}\t{end}\tpause_video"));
        let rows: Vec<_> = rows.collect();
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        let (written, _) = run_job(&JOB, &[], &rows);
        let usage = written.iter().filter_map(|row| Some(row.strip_prefix("video_usage/\tc/o/r|m\\tc/o/r\\tm\\t")?.replace("\\t", " ")));
        usage.map(|row| row.replacen(" 5 ", " ", 1)).collect()
    }

    #[test]
    fn examples_of_the_specification() {
        assert_eq!(usage(&[(1, "10.0", "10.4", "9.5"), (1, "0.0", "3.0", "9.5")]), ["9 1 0 0 1 1", "9 1 0 2 1 1"]);
        assert_eq!(usage(&[(1, "0.0", "10.4", "9.5")]), ["9 1 1 0 1 1", "9 1 1 1 1 1"]);
        assert_eq!(usage(&[(1, "0.0", "10.4", "60"), (2, "0.0", "3.0", "-1")]), ["14 2 1 0 2 2", "14 2 1 1 1 1", "14 2 1 2 1 1"]);
        let many = |users: u32| (0..users).map(|user| (user, "0.0", "4.0", "-1")).chain([(99, "7.0", "8.0", "-1")]).collect::<Vec<_>>();
        assert_eq!(usage(&many(20)), ["4 20 20 0 20 20"]);
        assert_eq!(usage(&many(19)), ["9 19 1 0 19 19", "9 19 1 1 1 1"]);
        assert_eq!(usage(&[(1, "5.0", "10.0", "-1")]), ["14 0 1 1 1 1", "14 0 1 2 1 1"]);
        assert_eq!(usage(&[(1, "0.0", "0.5", "0")]), ["0 1 1 0 1 1"]);
    }

    #[test]
    fn a_viewing_that_ends_before_its_start_tells_a_duration() {
        assert_eq!(usage(&[(1, "4.0", "2.0", "60")]), ["60 1 0 0 1 1"], "one segment has both");
        assert_eq!(usage(&[(1, "0.0", "3.0", "60"), (2, "12.0", "2.0", "600")]), ["600 1 0 0 1 1"]);
        assert_eq!(usage(&[(1, "0.0", "3.0", "60"), (2, "12.0", "2.0", "-1")]), ["4 1 1 0 1 1"]);
        let backwards = ["1\tc/o/r\tm\t60\t2014-05-02T10:00:00\t12.0\t2.0\tpause_video"];
        assert!(run_job(&JOB, &[], &backwards).0.is_empty(), "no row of a segment, and none of the video");
    }

    #[test]
    fn a_learner_counts_once_in_a_segment() {
        let rows = usage(&[(1, "0.0", "14.0", "60"), (1, "3.0", "4.0", "60"), (1, "20.0", "24.0", "60"), (2, "12.0", "21.0", "60")]);
        assert_eq!(rows, ["60 1 0 0 1 2", "60 1 0 1 1 1", "60 1 0 2 2 2", "60 1 0 3 1 1", "60 1 0 4 2 2"]);
    }

    #[test]
    fn durations_unknown_negative_and_very_large() {
        assert_eq!(usage(&[(1, "0.0", "4.0", "-1.0"), (2, "0.0", "3.0", "900")]), ["4 2 2 0 2 2"], "-1.0 is unknown, too");
        assert_eq!(usage(&[(1, "0.0", "4.0", "900"), (2, "0.0", "3.0", "-1")]), ["4 2 2 0 2 2"], "once unknown, always unknown");
        assert_eq!(usage(&[(1, "0.0", "4.0", "-7")]), ["0 1 1 0 1 1"], "no length is below 0");
        assert_eq!(usage(&[(1, "0.0", "12.0", "1e+15")]).last().unwrap(), "1000000000000000 1 0 2 1 1");
        assert_eq!(usage(&[(1, "0.0", "4.9", "99.9"), (1, "95.0", "99.0", "100.0")]).first().unwrap(), "100 1 1 0 1 1");
        // The users at the end are those of the segment 30 s or 5 % before it, whichever is later.
        for (duration, segment) in [("10", 1_u32), ("100", 19), ("650", 124), ("4", 0)] {
            let at = format!("{}.0", segment * 5);
            let rows = usage(&[(1, &at, &at, duration)]);
            assert!(rows[0].starts_with(&format!("{duration} {} 1 {segment} ", u32::from(segment == 0))), "{rows:?}");
        }
        for duration in ["", "long", "nan", "inf", "-inf", "1e400"] {
            assert!(usage(&[(1, "0.0", "4.0", duration)]).is_empty(), "{duration}");
        }
    }

    #[test]
    fn videos_with_too_long_ids_are_left_out_and_counted() {
        for (length, found) in [(253_usize, 1), (254, 0)] {
            // Counted in bytes: each é has two of them.
            let module = format!("{}{}", "é".repeat(60), "m".repeat(length - 120));
            let (mut written, mut counters) = (Vec::new(), Counters::default());
            let record = format!("c\t{module}\t7\t00000\t0\t-1").into_bytes();
            let mut output = Output::new(&mut written, &mut counters);
            let mut made = JOB.reducer(&JobArguments::default()).unwrap();
            run_reducer(made.as_mut(), &mut Lines::new(vec![record]), 2, &mut output).unwrap();
            assert_eq!((written.len(), counters.get(GROUP, "Discard ID Too Long")), (3 * found, 1 - found as u64), "{length}");
        }
    }

    #[test]
    fn ten_hours_have_7201_segments() {
        assert_eq!(usage(&[(1, "0.0", "36000.0", "36000")]).len(), 7_201);
        assert!(usage(&[(1, "0.0", "5000000.5", "-1"), (1, "-1.0", "5.0", "-1"), (1, "nan", "5.0", "-1")]).is_empty());
    }

    /// Only the job `viewing` limits places to ten hours (rules 06, 6.2).
    #[test]
    fn rows_from_elsewhere_may_lie_behind_ten_hours() {
        let rows = usage(&[(1, "49990.0", "50004.0", "60000"), (1, "499990.0", "500004.0", "-1"), (1, "10.0", "12.0", "-1")]);
        let segments: Vec<_> = rows.iter().filter_map(|row| row.split(' ').nth(3)).collect();
        assert_eq!(segments, ["2", "9998", "9999", "10000", "99998", "99999", "100000"]);
    }
}
