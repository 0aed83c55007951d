//! The days by which log files are called (rules 10, 6).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use anyhow::Result;
use chrono::{Days, NaiveDate};

use super::logs::EventLogOptions;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::notice::Notice;
use crate::storage::Location;
use crate::warehouse::awaited::{Awaited, LogsSeen};
use crate::warehouse::selection::{DatesOfFiles, LogListings};

thread_local! {
    /// What the logs of each choice are called, while somebody makes plans that shall see the same.
    static SEEN: RefCell<Option<HashMap<String, Rc<LogDays>>>> = const { RefCell::new(None) };
}

/// The days by which the log files of a site are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogDays {
    /// The days.
    pub dated: BTreeSet<NaiveDate>,
    /// Some file has no date in its name: any day may have events.
    pub undated: bool,
    /// How many files each of the days has, if some day has several: then a day may lack one of them.
    pub numbers: LogsSeen,
    /// Files that lie beside their compressed, or their plain, form: events that both hold count twice.
    pub twice: Vec<Location>,
    /// Sources in a store elsewhere in which there is no file at all.
    pub empty_sources: Vec<Location>,
}

/// While it is there, the logs are listed once for all plans of this thread; one inside of another changes nothing.
#[derive(Debug)]
pub(crate) struct ListedOnce {
    is_first: bool,
}

impl ListedOnce {
    /// Begins.
    pub(crate) fn begin() -> Self {
        let is_first = SEEN.with_borrow_mut(|seen| seen.is_none().then(|| *seen = Some(HashMap::new())).is_some());
        Self { is_first }
    }
}

/// What the operator should know of sources of a plan's logs that were listed for it, and are in a store elsewhere: one that is not there
/// cannot be told from one that is still empty.
pub(crate) fn empty_sources_of(plan: &Plan) -> Option<Notice> {
    let sources: BTreeSet<_> = plan.due_log_sources().collect();
    let listed: Vec<Location> = SEEN.with_borrow(|seen| {
        let listed = seen.iter().flat_map(HashMap::values).flat_map(|days| &days.empty_sources);
        listed.filter(|source| sources.contains(source)).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    });
    (!listed.is_empty()).then(|| told_of_empty(&listed))
}

fn told_of_empty(sources: &[Location]) -> Notice {
    let listed: Vec<_> = sources.iter().map(Location::as_str).collect();
    Notice::warning(format!(
        "There is no file at all at {} (source of [event-logs], or --source). If there should be logs, correct the source, or bring them \
         there.",
        listed.join(", ")
    ))
}

impl Drop for ListedOnce {
    fn drop(&mut self) {
        if self.is_first {
            SEEN.set(None);
        }
    }
}

/// Days around a day that its events may be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// Days before it.
    pub before: u64,
    /// Days behind it: no more than nights read it again.
    pub behind: u64,
}

impl Around {
    /// For a task whose nights read a day so many times again.
    ///
    /// # Errors
    /// The setting of the expansion cannot be used.
    pub fn of(logs: &EventLogOptions, settings: &Settings, again: u64) -> Result<Self> {
        Ok(Self::within(u64::try_from(logs.expansion(settings)?.days()).unwrap_or(0), again))
    }

    /// Where files of so many days around a day are read for it.
    pub fn within(expand_days: u64, again: u64) -> Self {
        Self { before: expand_days, behind: expand_days.min(again) }
    }

    /// The days by which the files are called that a day's events may be read from.
    fn days(self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let first = day.checked_sub_days(Days::new(self.before)).unwrap_or(day);
        let last = day.checked_add_days(Days::new(self.behind)).unwrap_or(day);
        first.iter_days().take_while(move |day| *day <= last)
    }
}

impl LogDays {
    /// Of days with so many files.
    pub fn new(numbers: LogsSeen, undated: bool) -> Self {
        let dated = numbers.keys().copied().collect();
        let are_several = numbers.values().any(|number| *number > 1);
        let numbers = if are_several { numbers } else { LogsSeen::new() };
        Self { dated, undated, numbers, ..Self::default() }
    }

    /// Of the files of a choice.
    pub(crate) fn of_files(files: DatesOfFiles) -> Self {
        Self { twice: files.twice, empty_sources: files.empty_roots, ..Self::new(files.numbers, files.undated) }
    }

    /// Whether a day may have a file.
    pub fn has(&self, day: NaiveDate) -> bool {
        self.undated || self.dated.contains(&day)
    }

    /// Those of an interval.
    #[must_use]
    pub fn of(&self, interval: &DateInterval) -> Self {
        let dated = self.dated.iter().copied().filter(|day| interval.contains(*day)).collect();
        let numbers = self.numbers.iter().filter(|(day, _)| interval.contains(**day)).map(|(day, number)| (*day, *number)).collect();
        Self { dated, undated: self.undated, numbers, ..self.clone() }
    }

    /// How many files a day has; at most one where no day has several, or any day may have events.
    fn number(&self, day: NaiveDate) -> u32 {
        self.numbers.get(&day).copied().unwrap_or_else(|| u32::from(self.dated.contains(&day)))
    }

    /// Whether a file is there that a day has waited for.
    pub fn have_come(&self, day: NaiveDate, awaited: &Awaited) -> bool {
        awaited.of(day).any(|(log, seen)| self.number(log) > seen)
    }

    /// Completes what days wait for, of those whose record was kept. How many files a day had is written down only where some day had several:
    /// a record without numbers means one file for each day, and that is added here.
    pub fn add_single_files(&self, awaited: &mut Awaited, recorded: &BTreeSet<NaiveDate>, around: Around) {
        if self.undated || self.numbers.is_empty() {
            return;
        }
        for day in recorded {
            let mut logs: LogsSeen = awaited.of(*day).collect();
            if logs.values().all(|seen| *seen == 0) {
                for log in around.days(*day) {
                    logs.entry(log).or_insert(1);
                }
                awaited.add(*day, logs);
            }
        }
    }

    /// Whether a file has come that is called by the day itself.
    pub fn own_has_come(&self, day: NaiveDate, awaited: &Awaited) -> bool {
        awaited.seen(day, day).is_some_and(|seen| self.number(day) > seen)
    }

    /// Whether all files are there, up to its own, that a day was made from: if older ones were cleared away since, it would lose what it
    /// has. Where a file of its own has come, that is little beside what it gains.
    pub fn are_kept(&self, day: NaiveDate, awaited: &Awaited, days_before: u64) -> bool {
        if self.own_has_come(day, awaited) {
            return true;
        }
        let first = day.checked_sub_days(Days::new(days_before)).unwrap_or(day);
        let is_kept = |log: NaiveDate| self.undated || self.number(log) >= awaited.seen(day, log).unwrap_or(1);
        first.iter_days().take_while(|log| *log <= day).all(is_kept)
    }

    /// What days wait for that are made from these logs, and where days have several files, how many there are now.
    pub fn awaited(&self, interval: &DateInterval, around: Around) -> Awaited {
        let waits = |day: NaiveDate| {
            let known = around.days(day).filter(|log| !self.has(*log) || !self.numbers.is_empty() && !self.undated);
            (day, known.map(|log| (log, self.number(log))).collect())
        };
        interval.days().map(waits).collect()
    }
}

impl EventLogOptions {
    /// The days by which all files of this choice are called.
    ///
    /// # Errors
    /// A setting is missing or cannot be used, or the logs cannot be listed.
    pub fn log_days(&self, settings: &Settings) -> Result<Rc<LogDays>> {
        let key = format!("{:?}", self.identity(settings)?);
        if let Some(days) = SEEN.with_borrow(|seen| seen.as_ref()?.get(&key).cloned()) {
            return Ok(days);
        }
        let any = DateInterval::of_day(NaiveDate::default());
        let days = Rc::new(LogDays::of_files(self.selection(settings, &any)?.all_dates_from(&LogListings::default())?));
        SEEN.with_borrow_mut(|seen| seen.iter_mut().for_each(|seen| drop(seen.insert(key.clone(), Rc::clone(&days)))));
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_waits_for_files_around_it_that_are_not_there() {
        let day = |text: &str| format!("2014-05-{text}").parse().unwrap();
        let logs = LogDays { dated: ["06", "07", "09"].map(day).into(), undated: false, ..LogDays::default() };
        let words = |interval: &str, before, behind| {
            logs.awaited(&interval.parse().unwrap(), Around { before, behind }).words().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("2014-05-07", 1, 0), "");
        assert_eq!(words("2014-05-07-2014-05-10", 0, 1), "2014-05-07=2014-05-08 2014-05-08=2014-05-08 2014-05-09=2014-05-10");
        assert_eq!(words("2014-05-09", 2, 2), "2014-05-09=2014-05-08,2014-05-10,2014-05-11");
        let awaited = Awaited::from(["2014-05-09=2014-05-08,2014-05-10", "2014-05-07=2014-05-06"].map(str::to_owned).to_vec());
        let found = |day| (logs.have_come(day, &awaited), logs.are_kept(day, &awaited, 1));
        assert_eq!(["06", "07", "09"].map(|number| found(day(number))), [(false, false), (true, true), (false, true)]);
        let any = LogDays { undated: true, ..LogDays::default() };
        assert!(any.awaited(&"2014".parse().unwrap(), Around { before: 2, behind: 2 }).is_empty());
    }

    #[test]
    fn a_day_waits_for_one_of_several_files() {
        let day = |text: &str| format!("2014-05-{text}").parse::<NaiveDate>().unwrap();
        let logs = |numbers: [u32; 3]| {
            LogDays::new(["06", "07", "08"].map(day).into_iter().zip(numbers).filter(|(_, number)| *number > 0).collect(), false)
        };
        let awaited = |numbers| logs(numbers).awaited(&"2014-05-07".parse().unwrap(), Around { before: 1, behind: 1 });
        assert_eq!(awaited([1, 1, 1]).words().next(), None, "where no day has several, none is counted");
        let have_come = |now, made, recorded: &[&str]| {
            let (now, mut awaited) = (logs(now), awaited(made));
            now.add_single_files(&mut awaited, &recorded.iter().map(|text| day(text)).collect(), Around { before: 1, behind: 1 });
            (now.have_come(day("07"), &awaited), now.are_kept(day("07"), &awaited, 1))
        };
        assert_eq!([have_come([1, 2, 1], [1, 1, 1], &["07"]), have_come([2, 1, 1], [1, 1, 0], &["07"])], [(true, true); 2]);
        assert_eq!(have_come([0, 2, 1], [1, 1, 1], &["07"]), (true, true), "its own is worth more than what older ones had of it");
        assert_eq!(have_come([1, 2, 1], [1, 1, 1], &[]), (false, true), "of another hand");
        assert_eq!(have_come([1, 1, 1], [1, 1, 1], &["07"]), (false, true));
        assert_eq!(have_come([2, 3, 1], [2, 3, 1], &["07"]), (false, true), "it was counted");
        assert_eq!(awaited([2, 1, 0]).words().collect::<Vec<_>>(), ["2014-05-07=2014-05-06:2,2014-05-07:1,2014-05-08"]);
        let found = |now: [u32; 3]| {
            let (now, made) = (logs(now), awaited([2, 1, 0]));
            (now.have_come(day("07"), &made), now.are_kept(day("07"), &made, 1))
        };
        assert_eq!(found([2, 1, 0]), (false, true));
        assert_eq!(found([2, 2, 0]), (true, true));
        assert_eq!(found([1, 1, 2]), (true, false));
    }
}
