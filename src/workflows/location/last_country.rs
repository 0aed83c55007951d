//! Job `last-country`: the country of each learner's last address (spec 04, 3).
//!
//! Record: `user_id | timestamp, ip`; the last record of a learner counts.

use anyhow::Result;

use super::geolocation::GeolocationDatabase;
use crate::storage::Location;
use crate::streaming::{Group, Job, MapSide, Mapper, Output, Reducer, TaskArguments};
use crate::warehouse::columns::{columns, integer, not_null};

/// The job.
pub const JOB: Job = Job { name: "last-country", mapper: MapSide::Lines(mapper), reducer: Some(reducer), combiner: Some(combiner) };

const GROUP: &str = "User Location";

/// Options of the job.
#[derive(clap::Args, Clone, Debug)]
struct Options {
    /// Country or city database of the form mmdb
    #[arg(long)]
    geolocation_data: Location,
}

fn mapper(arguments: &TaskArguments) -> Result<Box<dyn Mapper>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(DayRows))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    let Options { geolocation_data } = arguments.parse()?;
    Ok(Box::new(LastCountry { database: GeolocationDatabase::open(&geolocation_data)? }))
}

fn combiner(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(LastAddress))
}

struct DayRows;

impl Mapper for DayRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<4>(line).filter(|_| std::str::from_utf8(line).is_ok());
        let row = row.and_then(|[timestamp, ip, user_id, _]| Some((timestamp, ip, integer(user_id)?)));
        let Some((timestamp, ip, user_id)) = row else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        // No address and an empty one are the same, and lose against any other of the same time.
        output.record().integer(user_id).bytes(timestamp).bytes(not_null(ip).unwrap_or_default()).text("").end()
    }
}

struct LastAddress;

impl Reducer for LastAddress {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut last = Vec::new();
        while let Some(record) = group.next_row()? {
            last.clear();
            last.extend_from_slice(record.line());
        }
        output.line(&last)
    }
}

struct LastCountry {
    database: GeolocationDatabase,
}

impl Reducer for LastCountry {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = group.key().integer(0)?;
        let mut ip = String::new();
        while let Some(record) = group.next_row()? {
            ip.clear();
            ip.push_str(&record.text(2)?);
        }
        if ip.is_empty() {
            return Ok(());
        }
        let country = self.database.country(&ip);
        output.row().text(&country.name).text(&country.code).integer(user_id).end()
    }
}
