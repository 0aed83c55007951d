//! Job `user-segments`: learners that are highly engaged or struggling (rules 07, 7).
//!
//! Record: `course_id | kind, username`: first the high ranges of the course, at most six, then its learners.

use anyhow::{Context, Result, ensure};

use super::metric::{METRICS, RATIO, SummaryRow};
use crate::streaming::{Group, InputTable, Job, Keys, Mapper, NoOptions, Output, Record, Reducer};
use crate::warehouse::columns::columns;

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "user-segments", "Learners that are highly engaged or struggling", |_, task| {
        Ok(Box::new(Inputs { table: task.input_table(&[SUMMARY, RANGES]) }))
    })
    .reduced(Keys::of(3, 1), |_, _| Ok(Box::new(Segments)));

const SUMMARY: &str = "module_engagement_summary";
const RANGES: &str = "module_engagement_metric_ranges";

/// The metrics that make segments, in the order in which reasons are given (rules 07, 6 and 7); attempts alone make none.
const REASONS: [&str; 5] = ["problems_attempted", "problems_completed", RATIO, "videos_viewed", "discussion_contributions"];

struct Inputs {
    table: InputTable<'static>,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.table.name()? == SUMMARY {
            let row = SummaryRow::read(line)?;
            let mut record = output.record().bytes(row.course_id).text("1").bytes(row.username).bytes(row.start_date).bytes(row.end_date);
            for value in row.values {
                record = record.text(&value.to_string());
            }
            return record.end();
        }
        let row = columns::<7>(line).context("A row of module_engagement_metric_ranges has not seven columns.")?;
        let [course_id, _, _, metric, range, low, high] = row;
        if range != b"high" {
            return Ok(());
        }
        output.record().bytes(course_id).text("0").bytes(metric).bytes(low).bytes(high).end()
    }
}

struct Segments;

/// Where the values of [`METRICS`] begin in a learner's record.
const FIRST_VALUE: usize = 5;

/// Where the high range of a metric begins and ends.
type High = Option<(f64, f64)>;

impl Reducer for Segments {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let course_id = group.key().text(0)?.into_owned();
        let mut highs: [High; 6] = [None; 6];
        let mut last_username: Option<String> = None;
        while let Some(record) = group.next_row()? {
            if record.raw(1)? == b"0" {
                let metric = record.text(2)?;
                // Ranges of other metrics decide nothing.
                if let Some((_, high)) = METRICS.iter().zip(&mut highs).find(|(known, _)| **known == metric) {
                    *high = Some((number(&record, 3)?, number(&record, 4)?));
                }
                continue;
            }
            let username = record.text(2)?.into_owned();
            ensure!(last_username.as_ref() != Some(&username), "The learner {username:?} has two summaries in the course {course_id}.");
            write(&record, &course_id, &highs, output)?;
            last_username = Some(username);
        }
        Ok(())
    }
}

fn number(record: &Record<'_>, index: usize) -> Result<f64> {
    record.text(index)?.parse().context("A range or value is no number.")
}

fn write(record: &Record<'_>, course_id: &str, highs: &[High; 6], output: &mut Output<'_>) -> Result<()> {
    let (mut engaged, mut struggling) = (Vec::new(), Vec::new());
    for reason in REASONS {
        let of_metric = METRICS.iter().zip(highs).zip(FIRST_VALUE..).find(|((metric, _), _)| **metric == reason);
        let Some(((_, Some((low, end))), index)) = of_metric else { continue };
        let value = number(record, index)?;
        #[allow(clippy::float_cmp)] // both infinite
        if *low <= value && (value < *end || (value.is_infinite() && value == *end)) {
            if reason == RATIO { &mut struggling } else { &mut engaged }.push(reason);
        }
    }
    for (segment, reasons) in [("highly_engaged", engaged), ("struggling", struggling)] {
        if !reasons.is_empty() {
            let row = output.row().text(course_id).text(&record.text(2)?).text(&record.text(3)?).text(&record.text(4)?);
            row.text(segment).text(&reasons.join(",")).end()?;
        }
    }
    Ok(())
}
