//! Job `last-country`: the country of each learner's last address (rules 04, 3).
//!
//! Record: `user_id | padded time, ip`; the last record of a learner counts.

use std::path::Path;

use anyhow::Result;

use super::geolocation::GeolocationDatabase;
use crate::job_options;
use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME};
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Reducer};
use crate::tracking::EventTime;
use crate::tracking::scalar_text::integer_of_text;
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "last-country", "Country of the last address of each learner", |_, _| Ok(Box::new(DayRows)))
        .reduced(Keys::of(3, 1), reducer)
        .combined_by_latest(1)
        .with_file_options(&["--geolocation-data"]);

const GROUP: &str = "User Location";

job_options! {
    /// Options of the job.
    pub(crate) struct Options {
        /// Country or city database of the form mmdb
        #[arg(long)]
        pub geolocation_data: String,
    }
}

fn reducer(Options { geolocation_data }: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    Ok(Box::new(LastCountry { database: GeolocationDatabase::open(Path::new(&geolocation_data))? }))
}

struct DayRows;

impl Mapper for DayRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<4>(line).filter(|_| std::str::from_utf8(line).is_ok());
        let row = row.and_then(|[timestamp, ip, user_id, _]| Some((timestamp, ip, integer_of_text(std::str::from_utf8(user_id).ok()?)?)));
        let Some((timestamp, ip, user_id)) = row else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        // Without a time a row loses against any other, and is none by itself (rules 04, 3: strictly greater than the empty text).
        if not_null(timestamp).unwrap_or_default().is_empty() {
            return Ok(());
        }
        // No address and an empty one are the same, and lose against any other of the same time.
        let Some(time) = std::str::from_utf8(timestamp).ok().and_then(EventTime::read_row) else {
            output.count(EVENT, MALFORMED_TIME);
            return Ok(());
        };
        output.record().integer(user_id).text(&time.sortable()).bytes(not_null(ip).unwrap_or_default()).text("").end()
    }
}

struct LastCountry {
    database: GeolocationDatabase,
}

impl Reducer for LastCountry {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = group.key().text(0)?.into_owned();
        let mut ip = String::new();
        while let Some(record) = group.next_row()? {
            ip.clear();
            ip.push_str(&record.text(2)?);
        }
        if ip.is_empty() {
            return Ok(());
        }
        let country = self.database.country(&ip);
        output.row().text(&country.name).text(&country.code).text(&user_id).end()
    }
}

#[cfg(test)]
mod tests {
    use crate::streaming::job_trial::run_job;

    fn countries(rows: &[&str]) -> Vec<String> {
        let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/common/mixed-1.geo.mmdb");
        run_job(&super::JOB, &["--geolocation-data", database], rows).0
    }

    #[test]
    fn rows_without_a_time_lose() {
        assert!(countries(&["\t10.0.0.1\t1\ta/b/c", "\\N\t10.0.0.1\t2\ta/b/c"]).is_empty());
        let rows = countries(&["\\N\t10.0.0.1\t2\ta/b/c", "2014-05-02T10:00:00.5\t10.0.0.2\t2\t\\N"]);
        assert_eq!(rows, ["UNKNOWN\tUNKNOWN\t2"]);
    }

    #[test]
    fn learners_are_integers_of_any_size_and_form() {
        let ids = ["7", "07", "+7", " 7 ", "1_3", "12345678901234567890", "x", "7.0", "\\N"];
        let rows: Vec<_> = ids.iter().map(|id| format!("2014-05-02T10:00:00.5\t10.0.0.1\t{id}\ta/b/c")).collect();
        let found = countries(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let learners: Vec<_> = found.iter().filter_map(|row| row.rsplit('\t').next()).collect();
        assert_eq!(learners, ["12345678901234567890", "13", "7"]);
    }
}
