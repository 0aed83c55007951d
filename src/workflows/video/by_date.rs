//! Job `by-date`: viewings by the day of their start (spec 06, 5). Record: `date | row`.

use anyhow::{Context, Result};

use crate::streaming::record::decode;
use crate::streaming::{Group, Job, MapSide, Mapper, Output, Reducer, TaskArguments};
use crate::warehouse::columns::columns;
use crate::warehouse::interval::DateInterval;

/// The job.
pub const JOB: Job = Job { name: "by-date", mapper: MapSide::Lines(mapper), reducer: Some(reducer), combiner: None };

/// The file of a day is called by this and the day.
pub const FILE_STEM: &str = "video_viewing_";

const GROUP: &str = "Video Events";

/// Options of the job.
#[derive(clap::Args, Clone, Copy, Debug)]
struct Options {
    /// Days whose viewings are kept
    #[arg(long)]
    interval: DateInterval,
}

fn mapper(arguments: &TaskArguments) -> Result<Box<dyn Mapper>> {
    let Options { interval } = arguments.parse()?;
    Ok(Box::new(Rows { interval }))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(DayWriter))
}

struct Rows {
    interval: DateInterval,
}

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Some([_, _, _, _, start, ..]) = columns::<8>(line) else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let day = start.split(|byte| *byte == b'T').next().unwrap_or_default();
        if !self.interval.contains_text(day) {
            return Ok(());
        }
        output.record().bytes(day).bytes(line).text("").end()
    }
}

struct DayWriter;

impl Reducer for DayWriter {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let day = group.key().text(0)?.into_owned();
        let path = format!("dt={day}/{FILE_STEM}{day}");
        while let Some(record) = group.next_row()? {
            let row = decode(record.raw(1)?)?.context("A viewing is null.")?;
            output.file_row(&path).raw(&row).end()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Counters;

    #[test]
    fn a_viewing_goes_unchanged_to_the_day_of_its_start() {
        let (mut records, mut counters) = (Vec::new(), Counters::default());
        let mut mapper = mapper(&TaskArguments::new(["--interval", "2014-05-02-2014-05-04"])).unwrap();
        let mut output = Output::new(&mut records, &mut counters);
        for start in ["2014-05-01T23:59:59.999999", "2014-05-02T00:00:00", "2014-05-03T23:59:59+00:00", "2014-05-04T00:00:00"] {
            let row = format!("7\tc/o/r\tm\t-1\t{start}\t0.0\t5.0\tseek_video");
            mapper.map(row.as_bytes(), &mut output).unwrap();
        }
        mapper.map(b"7\tc/o/r\tm\t-1\t2014-05-02T00:00:00\t0.0\t5.0", &mut output).unwrap();
        let days: Vec<_> = records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect();
        assert_eq!(days.len(), 2, "{days:?}");
        assert!(days[0].starts_with("2014-05-02\t7\\tc/o/r\\tm\\t-1\\t2014-05-02T00:00:00\\t0.0\\t5.0\\tseek_video"), "{days:?}");
        assert!(days[1].starts_with("2014-05-03\t"), "{days:?}");
        assert_eq!(counters.get(GROUP, "Discard Malformed Row"), 1);
    }
}
