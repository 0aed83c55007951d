//! Files of a table with a directory for each day (rules 01, 4.2: how jobs read history again).

use anyhow::Result;
use chrono::{Datelike, Days, Months, NaiveDate};

use super::{InputSelection, PathSelectionByDateInterval};
use crate::calendar::interval::DateInterval;
use crate::storage::{Location, is_not_found, store_for};
use crate::warehouse::names::{DATE_KEY, day_of_directory, is_hidden_name};

/// The files of a table's days, as found; a day that is missing has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFiles {
    /// The table's directory.
    pub root: Location,
    /// The days.
    pub days: DateInterval,
    /// How their files are known.
    pub names: DayNames,
}

/// How the files of a day are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayNames {
    /// By this and the day, in the name of the file or before it (rules 03, 3.3; rules 04, 3).
    Stem(String),
    /// All that lies in the directory of the day, however it is called (rules 05, 4; rules 06, 5).
    Directory,
}

impl DayFiles {
    /// The files that are there now; a table that does not exist has none.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub fn select(&self) -> Result<InputSelection> {
        let mut selection = match self.found() {
            Err(error) if is_not_found(&error) => return Ok(InputSelection::default()),
            selection => selection?,
        };
        selection.files.retain(|file| self.is_data(&file.location));
        Ok(selection)
    }

    fn found(&self) -> Result<InputSelection> {
        match &self.names {
            DayNames::Stem(stem) => {
                let pattern = format!(".*?{stem}(?P<date>\\d{{4}}-\\d{{2}}-\\d{{2}})");
                let days = (self.days.start(), self.days.end());
                PathSelectionByDateInterval::new(vec![self.root.clone()], days, 0, &[pattern], "%Y-%m-%d")?.select()
            }
            DayNames::Directory => {
                let root = self.root.directory_form();
                let skips_empty = root.scheme().starts_with("s3");
                let mut files = store_for(&root)?.list(&root)?;
                let examined = files.len();
                files.retain(|file| {
                    self.is_in_a_day(file.location.relative_to(&root).unwrap_or_default()) && !(skips_empty && file.size == 0)
                });
                Ok(InputSelection { files, examined })
            }
        }
    }

    /// Whether a path leads into the directory of one of the days.
    fn is_in_a_day(&self, relative: &str) -> bool {
        let day = relative.split_once('/').and_then(|(directory, _)| day_of_directory(directory));
        day.is_some_and(|day| self.days.contains(day))
    }

    /// Not what a run stages or has moved aside, nor what it left there when it was killed.
    fn is_data(&self, file: &Location) -> bool {
        let root = self.root.directory_form();
        file.relative_to(&root).is_some_and(|relative| !relative.split('/').any(is_hidden_name))
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
    use crate::storage::write_bytes;

    fn globs(days: &str) -> Vec<String> {
        let root = "s3://b/w/t/".parse().unwrap();
        DayFiles { root, days: days.parse().unwrap(), names: DayNames::Stem("t_".to_owned()) }.directory_globs()
    }

    #[test]
    fn leftovers_of_runs_are_no_data() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("w/t/");
        let run = "20240303T000000Z-1-0123456789abcdef";
        let hidden =
            ["directories.replaced-", "files.staging-", "files.replaced-"].map(|infix| format!(".{infix}{run}/dt=2024-03-02/t_2024-03-02"));
        let others = ["_temporary/0/t_2024-03-02", "dt=2024-03-02/.t_2024-03-02.crc", "dt=2024-03-01/t_2024-03-01"].map(str::to_owned);
        for name in hidden.iter().chain(&others).map(String::as_str).chain(["dt=2024-03-02/t_2024-03-02", "t_2024-03-03"]) {
            write_bytes(&root.join(name), b"x\n").unwrap();
        }
        for place in ["w/t/", "w/t"].map(|name| Location::from_path(directory.path()).unwrap().join(name)) {
            let files = DayFiles { root: place, days: "2024-03-02-2024-03-04".parse().unwrap(), names: DayNames::Stem("t_".to_owned()) };
            let found: Vec<_> = files.select().unwrap().locations().map(|file| file.relative_to(&root).unwrap().to_owned()).collect();
            assert_eq!(found, ["dt=2024-03-02/t_2024-03-02", "t_2024-03-03"]);
        }
    }

    #[test]
    fn a_day_is_all_that_lies_in_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("2024-03-02 (w)/t/");
        for name in [
            "dt=2024-03-01/part-00000",
            "dt=2024-03-02/part-00001",
            "dt=2024-03-02/t_2024-03-02",
            "dt=2024-03-02/_SUCCESS",
            "dt=2024-03-45/y",
            "dt=2024-3-2/y",
            "x/dt=2024-03-02/y",
        ] {
            write_bytes(&root.join(name), b"x\n").unwrap();
        }
        let files = DayFiles { root: root.clone(), days: "2024-03-02-2024-03-04".parse().unwrap(), names: DayNames::Directory };
        let found: Vec<_> = files.select().unwrap().locations().map(|file| file.relative_to(&root).unwrap().to_owned()).collect();
        assert_eq!(found, ["dt=2024-03-02/part-00001", "dt=2024-03-02/t_2024-03-02"]);
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
