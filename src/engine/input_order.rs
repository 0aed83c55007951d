//! In which order workers take the inputs of a scan.
//!
//! Logs, and tables of few files, go by size, so that the last worker does not finish late. A table of many files, such as one of days,
//! goes by file names, and each worker takes a stretch of it: what a learner did on neighbouring days is folded into one record while
//! it is in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::storage::Entry;

/// Inputs that are read in the order of their names are so many times smaller than what one worker has to read: so much later the last
/// worker may finish.
const SMALL: u64 = 8;

/// An input that one worker takes.
#[derive(Clone)]
pub(crate) struct Split<'e> {
    /// Its number; part files of jobs without reducers are called by it.
    pub number: usize,
    /// The file; none stands for an empty split.
    pub file: Option<&'e Entry>,
    /// The jobs that read it, by number.
    pub jobs: Vec<usize>,
    /// Whether its lines may go to several workers: those of a log may, rows of a table are folded with their neighbours.
    pub lines_are_alone: bool,
}

/// Inputs that no worker has taken yet.
#[derive(Default)]
pub(super) struct InputOrder<'e> {
    /// By their places in the order.
    waiting: BTreeMap<usize, Split<'e>>,
    /// The stretches of those workers who have not begun yet; nothing if all take what comes first.
    stretches: Vec<Place>,
}

/// Where a worker is in the order.
#[derive(Debug)]
pub(crate) struct Place {
    /// It takes the first input from here on.
    next: usize,
    /// Here another worker begins. Who has read its stretch takes what comes last of all, far from where others are.
    end: usize,
}

impl<'e> InputOrder<'e> {
    /// The order of inputs, those of a table given in that of their locations, for so many workers.
    pub(super) fn of(mut splits: Vec<Split<'e>>, workers: usize) -> Self {
        let bytes: u64 = splits.iter().map(size).sum();
        let share = bytes / workers.max(1) as u64;
        let is_table_of_many = !splits.iter().any(|split| split.lines_are_alone)
            && splits.iter().map(size).max().is_some_and(|largest| largest <= share / SMALL);
        let mut begins = Vec::new();
        if is_table_of_many {
            // Parts of the same number may hold the same groups. The empty input is at the end.
            splits.sort_by_key(|split| (split.file.is_none(), split.file.and_then(|entry| entry.location.name())));
            let mut before = 0;
            for (place, split) in splits.iter().enumerate() {
                if begins.len() < workers && before >= share * begins.len() as u64 {
                    begins.push(place);
                }
                before += size(split);
            }
        } else {
            splits.sort_by_key(|split| (Reverse(split.file.map(|entry| entry.size)), split.number));
        }
        let ends = begins.iter().skip(1).copied().chain([usize::MAX]);
        let stretches = begins.iter().zip(ends).map(|(&next, end)| Place { next, end }).collect();
        Self { waiting: splits.into_iter().enumerate().collect(), stretches }
    }

    /// Where a worker begins; the stretches have about as many bytes.
    pub(super) fn begin(&mut self) -> Place {
        self.stretches.pop().unwrap_or(Place { next: 0, end: usize::MAX })
    }

    /// Takes what a worker reads next.
    pub(super) fn take(&mut self, place: &mut Place) -> Option<Split<'e>> {
        let number = *self.waiting.range(place.next..place.end).next().or_else(|| self.waiting.last_key_value())?.0;
        if number < place.end {
            place.next = number + 1;
        }
        self.waiting.remove(&number)
    }

    /// Takes all away.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

fn size(split: &Split<'_>) -> u64 {
    split.file.map_or(0, |entry| entry.size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Location;
    use proptest::prelude::*;
    use std::path::Path;

    /// Files of these names and sizes, in the order of their names.
    fn files(named: &[(String, u64)]) -> Vec<Entry> {
        let entry =
            |(name, size): &(String, u64)| Entry { location: Location::from_path(Path::new(&format!("/t/{name}"))).unwrap(), size: *size };
        let mut files: Vec<_> = named.iter().map(entry).collect();
        files.sort_by(|one, other| one.location.as_str().cmp(other.location.as_str()));
        files
    }

    /// The files that workers take, who take turns, and the empty input.
    fn taken(files: &[Entry], workers: usize, lines_are_alone: bool) -> Vec<Vec<&str>> {
        let split = |(number, file)| Split { number, file, jobs: Vec::new(), lines_are_alone: lines_are_alone && file.is_some() };
        let splits = files.iter().map(Some).chain([None]).enumerate().map(split).collect();
        let mut order = InputOrder::of(splits, workers);
        let mut places: Vec<_> = (0..workers).map(|_| (order.begin(), Vec::new())).collect();
        for turn in 0.. {
            let (place, of_worker) = &mut places[turn % workers];
            let Some(split) = order.take(place) else { break };
            of_worker.push(split.file.map_or("", |file| file.location.as_str().strip_prefix("/t/").unwrap()));
        }
        places.into_iter().map(|(_, of_worker)| of_worker).collect()
    }

    fn days(sizes: impl Fn(usize) -> u64) -> Vec<(String, u64)> {
        (0..24).map(|number| (format!("dt={:02}/part-{}", number / 2, number % 2), sizes(number))).collect()
    }

    #[test]
    fn neighbouring_days_of_a_part_go_to_one_worker() {
        let files = files(&days(|_| 5));
        let mut taken = taken(&files, 2, false);
        taken.sort_by_key(|of_worker| of_worker.first().copied());
        let part = |number: usize| (0..12).map(|day| format!("dt={day:02}/part-{number}")).collect::<Vec<_>>();
        assert_eq!(taken[0], part(0));
        assert_eq!(taken[1], [part(1), vec![String::new()]].concat());
    }

    #[test]
    fn who_has_read_a_stretch_goes_on_far_from_the_others() {
        let files = files(&days(|_| 5));
        let split = |(number, file)| Split { number, file: Some(file), jobs: Vec::new(), lines_are_alone: false };
        let mut order = InputOrder::of(files.iter().enumerate().map(split).collect(), 3);
        let (mut last, mut middle, mut first) = (order.begin(), order.begin(), order.begin());
        let mut take = |place: &mut Place| order.take(place).map(|split| split.file.unwrap().location.as_str().to_owned());
        assert_eq!(take(&mut last).as_deref(), Some("/t/dt=04/part-1"));
        assert_eq!(take(&mut middle).as_deref(), Some("/t/dt=08/part-0"));
        for _ in 0..8 {
            take(&mut first);
        }
        assert_eq!(take(&mut first).as_deref(), Some("/t/dt=11/part-1"));
        assert_eq!(take(&mut last).as_deref(), Some("/t/dt=05/part-1"));
        assert_eq!(take(&mut middle).as_deref(), Some("/t/dt=09/part-0"));
    }

    #[test]
    fn logs_and_few_files_go_by_size() {
        let of_days = files(&days(|number| 5 + number as u64 % 2));
        let largest = |taken: &[Vec<&str>]| taken.iter().flat_map(|of_worker| of_worker.iter().take(6)).all(|name| name.ends_with("-1"));
        assert!(largest(&taken(&of_days, 2, true)) && !largest(&taken(&of_days, 2, false)));
        let few = files(&days(|number| if number == 7 { 60 } else { 5 }));
        assert_eq!(taken(&few, 2, false)[0][0], "dt=03/part-1");
    }

    proptest! {
        #[test]
        fn each_input_is_taken_once(sizes in prop::collection::vec(0_u64..20, 0..60), workers in 1_usize..6, alone in any::<bool>()) {
            let named: Vec<_> = sizes.iter().enumerate().map(|(number, size)| (format!("{number:02}"), *size)).collect();
            let files = files(&named);
            let mut all = taken(&files, workers, alone).concat();
            all.sort_unstable();
            let expected: Vec<_> = std::iter::once("").chain(named.iter().map(|(name, _)| name.as_str())).collect();
            prop_assert_eq!(all, expected);
        }
    }
}
