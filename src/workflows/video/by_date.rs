//! Job `by-date`: viewings by the day of their start (rules 06, 5). Record: `date | the columns`.
//!
//! A row with a ninth column waits for the duration of the video with that id on `YouTube`: with it, it is a viewing like any other,
//! unless it ends behind the end of the video (rules 06, 4.3 and 4.5).

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context, Result};

use super::durations::{Durations, read_local};
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME};
use crate::streaming::wire::decode;
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Reducer};
use crate::tracking::{CourseKeyRules, EventTime};
use crate::warehouse::columns::columns;

/// The job.
pub(crate) const JOB: Job<Options> = Job::over_rows(super::NAME, "by-date", "Viewings by the day of their start", mapper)
    .reduced(Keys::of(9, 1), |_, _| Ok(Box::new(DayWriter)))
    .into_files()
    .with_file_options(&["--durations"]);

/// The file of a day is called by this and the day.
pub(crate) const FILE_STEM: &str = "video_viewing_";

const GROUP: &str = "Video Events";

job_options! {
    /// Options of the job.
    pub(crate) struct Options {
        /// Days whose viewings are kept
        #[arg(long)]
        pub interval: DateInterval,
        /// The file of known durations
        #[arg(long)]
        pub durations: Option<String>,
        /// Under which the viewings were made; kept with the days.
        #[command(flatten)]
        pub rules: CourseKeyRules,
    }
}

fn mapper(Options { interval, durations, .. }: Options, _arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    let durations = durations.map_or_else(|| Ok(Durations::new()), |file| read_local(Path::new(&file)))?;
    Ok(Box::new(Rows { interval, durations }))
}

struct Rows {
    interval: DateInterval,
    durations: Durations,
}

impl Rows {
    /// The eight columns of a row that may have the id of a video as ninth; none if it ends behind the end of that video.
    #[allow(clippy::cast_precision_loss)] // no video is that long
    fn completed<'l>(&self, line: &'l [u8], output: &mut Output<'_>) -> Option<Cow<'l, [u8]>> {
        let Some([user_id, course_id, module, unknown, start, from, to, ending, id]) = columns::<9>(line) else { return Some(line.into()) };
        let seconds = std::str::from_utf8(id).ok().and_then(|id| self.durations.get(id)).copied();
        let end: Option<f64> = std::str::from_utf8(to).ok().and_then(|end| end.parse().ok());
        if seconds.zip(end).is_some_and(|(seconds, end)| end > seconds as f64 + 1.0) {
            output.count(GROUP, "Discard Viewing Behind End");
            return None;
        }
        let duration = seconds.map_or_else(|| unknown.to_vec(), |seconds| seconds.to_string().into_bytes());
        Some([user_id, course_id, module, &duration, start, from, to, ending].join(&b'\t').into())
    }
}

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Some(line) = self.completed(line, output) else { return Ok(()) };
        let Some(columns @ [_, _, _, _, start, ..]) = columns::<8>(&line) else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let Some(time) = std::str::from_utf8(start).ok().and_then(EventTime::read_row) else {
            output.count(EVENT, MALFORMED_TIME);
            return Ok(());
        };
        let day = time.date().as_bytes();
        if !self.interval.contains_text(day) {
            return Ok(());
        }
        // A field each, so that lines are sorted as they read.
        columns.iter().fold(output.record().bytes(day), |record, column| record.bytes(column)).text("").end()
    }
}

struct DayWriter;

impl Reducer for DayWriter {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        while let Some(record) = group.next_row()? {
            let [day, columns @ .., _] = record.exactly::<10>()?;
            let mut row = output.day_row(FILE_STEM, day);
            for column in columns {
                row = row.raw(&decode(column)?.context("A column of a viewing is null.")?);
            }
            row.end()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Counters};

    #[test]
    fn a_viewing_goes_unchanged_to_the_day_of_its_start() {
        let (mut records, mut counters) = (Vec::new(), Counters::default());
        let mut mapper = JOB.mapper(&JobArguments::new(["--interval", "2014-05-02-2014-05-04"])).unwrap();
        let mut output = Output::new(&mut records, &mut counters);
        for start in ["2014-05-01T23:59:59.999999", "2014-05-02T00:00:00", "2014-05-03T23:59:59+00:00", "2014-05-04T00:00:00", "2014-05-02"]
        {
            let row = format!("7\tc/o/r\tm\t-1\t{start}\t0.0\t5.0\tseek_video");
            mapper.map(row.as_bytes(), &mut output).unwrap();
        }
        mapper.map(b"7\tc/o/r\tm\t-1\t2014-05-02T00:00:00\t0.0\t5.0", &mut output).unwrap();
        let days: Vec<_> = records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect();
        assert_eq!(days.len(), 2, "{days:?}");
        assert!(days[0].starts_with("2014-05-02\t7\tc/o/r\tm\t-1\t2014-05-02T00:00:00\t0.0\t5.0\tseek_video\t"), "{days:?}");
        assert!(days[1].starts_with("2014-05-03\t"), "{days:?}");
        assert_eq!((counters.get(GROUP, "Discard Malformed Row"), counters.get(EVENT, MALFORMED_TIME)), (1, 1));
    }
}
