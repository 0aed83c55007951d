//! Files of a table with a directory for each day (rules 01, 4.2: how jobs read history again).
use super::{InputSelection, PathSelectionByDateInterval};
use crate::calendar::interval::DateInterval;
use crate::storage::{Location, is_not_found};
use crate::warehouse::names::DATE_KEY;
use anyhow::Result;
use chrono::{Datelike, Days, Months, NaiveDate};

/// The files of a table's days, as found; a day that is missing has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFiles {
    /// The table's directory.
    pub root: Location,
    /// The days.
    pub days: DateInterval,
    /// A file is called by this and its day.
    pub file_stem: String,
}

impl DayFiles {
    /// The files that are there now; a table that does not exist has none.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub fn select(&self) -> Result<InputSelection> {
        let pattern = format!(".*?{}(?P<date>\\d{{4}}-\\d{{2}}-\\d{{2}})", self.file_stem);
        let days = (self.days.start(), self.days.end());
        let selection = PathSelectionByDateInterval::new(vec![self.root.clone()], days, 0, &[pattern], "%Y-%m-%d")?;
        match selection.select() {
            Err(error) if is_not_found(&error) => Ok(InputSelection::default()),
            selection => selection,
        }
    }

    /// Globs for the names of the days' directories below the root: one for each whole year, each whole month of the others, and each
    /// further day, because a look-up of each day of ten years would take minutes on some stores.
    pub fn directory_globs(&self) -> Vec<String> {
        let mut globs = Vec::new();
        let mut day = self.days.start();
        while day < self.days.end() {
            let is_whole = |months| next(day, months).filter(|end| *end <= self.days.end());
            let (glob, end) = match (is_whole(12).filter(|_| day.ordinal() == 1), is_whole(1).filter(|_| day.day() == 1)) {
                (Some(end), _) => (format!("{DATE_KEY}={}-*", day.format("%Y")), Some(end)),
                (None, Some(end)) => (format!("{DATE_KEY}={}-*", day.format("%Y-%m")), Some(end)),
                (None, None) => (format!("{DATE_KEY}={day}"), day.checked_add_days(Days::new(1))),
            };
            globs.push(glob);
            let Some(end) = end else { break };
            day = end;
        }
        globs
    }
}

fn next(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(months))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(days: &str) -> Vec<String> {
        let root = "s3://b/w/t/".parse().unwrap();
        DayFiles { root, days: days.parse().unwrap(), file_stem: "t_".to_owned() }.directory_globs()
    }

    #[test]
    fn globs_cover_whole_years_and_months() {
        assert_eq!(
            globs("2014-12-30-2016-03-02"),
            ["dt=2014-12-30", "dt=2014-12-31", "dt=2015-*", "dt=2016-01-*", "dt=2016-02-*", "dt=2016-03-01"]
        );
        assert_eq!(globs("2014-02-01-2014-03-01"), ["dt=2014-02-*"]);
        assert_eq!(globs("2014-05-02-2014-05-02"), [""; 0]);
        assert_eq!(globs("2014"), ["dt=2014-*"]);
    }
}
