//! Names in the directories of the warehouse.

use chrono::NaiveDate;

pub use crate::storage::SUCCESS;

/// The partition key unless stated otherwise.
pub(crate) const DATE_KEY: &str = "dt";

/// Name of the file. It travels with the directory, so that it is never of another run than the rows.
pub(crate) const RECORD: &str = "_record";

/// What a process leaves beside the output of a job that other programs run: nobody holds the lock meanwhile.
pub(crate) const CLAIM: &str = ".claimed";

/// Whether readers of job output skip this name.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

/// The day of a directory `dt=DAY`. One that is spelled in another way, such as `dt=2014-5-1`, is none: globs of a cluster pass it over.
pub(crate) fn day_of_directory(name: &str) -> Option<NaiveDate> {
    let (_, text) = name.split_once('=').filter(|(key, _)| *key == DATE_KEY)?;
    text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(day_of_directory("dt=2014-05-01"), NaiveDate::from_ymd_opt(2014, 5, 1));
        for name in ["dt=2014-5-1", "dt=2014-02-30", "dt=+2014-05-01", "dt=2014-05-01 ", "day=2014-05-01", "dt", "2014-05-01"] {
            assert_eq!(day_of_directory(name), None, "{name}");
        }
    }
}
