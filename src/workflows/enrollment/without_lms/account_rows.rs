//! Job `account-rows`: the last user name of each learner, as the first columns of `auth_user` (rules 10, 8).
//!
//! Record: `user_id | padded time, username`; the last record of a learner counts.

use anyhow::Result;

use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME};
use crate::streaming::record::text;
use crate::streaming::{Job, Keys, Mapper, NoOptions, Output, Record};
use crate::tracking::EventTime;
use crate::warehouse::columns::{columns, integer};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::super::NAME, "account-rows", "Last user name of each learner", |_, _| Ok(Box::new(Names))).latest(
        Keys::of(3, 1),
        1,
        write,
    );

const GROUP: &str = "Accounts";

struct Names;

impl Mapper for Names {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row =
            columns::<3>(line).and_then(|[user_id, username, time]| Some((integer(user_id)?, username, std::str::from_utf8(time).ok()?)));
        let Some((user_id, username, time)) = row else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let Some(time) = EventTime::read_row(time) else {
            output.count(EVENT, MALFORMED_TIME);
            return Ok(());
        };
        output.record().integer(user_id).text(&time.sortable()).bytes(username).text("").end()
    }
}

fn write(_: &NoOptions, last: &Record<'_>, output: &mut Output<'_>) -> Result<()> {
    let [user_id, _, username, _] = last.exactly()?;
    output.row().raw(user_id).text(&text(username)?).end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::run_job;

    #[test]
    fn a_renamed_account_has_its_last_name() {
        let lines = [
            "7\tann\t2014-05-20T10:00:00.000000",
            "7\tanna\t2014-05-21T10:00:00.5",
            "7\tan\t2014-05-21T10:00:00.123456",
            "8\tbob\t2014-05-20T10:00:00.000000",
            "x\tbob\t2014-05-20T10:00:00.000000",
            "9\tbob\tyesterday",
        ];
        let (rows, counters) = run_job(&JOB, &[], &lines);
        assert_eq!(rows, ["7\tanna", "8\tbob"]);
        assert_eq!((counters.get(GROUP, "Discard Malformed Row"), counters.get(EVENT, MALFORMED_TIME)), (1, 1));
    }
}
