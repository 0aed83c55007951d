//! What the files of a call hold, together with those of earlier calls. A file is known by its text: packed, renamed or moved it is the
//! same, and a second one of the same text counts nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::known::{File, Known};
use super::sources::Found;
use super::told::{self, number};
use crate::calendar::interval::DateInterval;
use crate::engine::RunnerOptions;
use crate::engine::census::{Census, census};
use crate::say;
use crate::storage::{Entry, Location, store_for};
use crate::tasks::MissingData;

/// What is known after the files of a call were looked through.
pub(super) struct Reading {
    /// What earlier calls knew.
    pub before: Known,
    /// What is known now.
    pub known: Known,
    /// Names of files that are new, or have changed.
    pub added: BTreeSet<String>,
    /// Files that are no logs, and why.
    pub left_out: Vec<(String, String)>,
    /// Days of events in new files, and in what they replace.
    days: BTreeSet<NaiveDate>,
    /// The files of this call, and their sizes.
    named: BTreeMap<String, u64>,
    lines: u64,
}

impl Reading {
    /// Looks through the files that are not known by name and size.
    ///
    /// # Errors
    /// A file cannot be read to its end; a store cannot be asked for a file.
    pub(super) fn of(found: Found, before: Known, options: &RunnerOptions) -> Result<Self> {
        let Found { files, left_out } = found;
        let named = files.iter().map(|file| (file.location.as_str().to_owned(), file.size)).collect();
        let new: Vec<Entry> = files.into_iter().filter(|file| !before.has(file)).collect();
        let bytes: u64 = new.iter().map(|file| file.size).sum();
        let mut reading = Self { known: before.clone(), before, added: BTreeSet::new(), days: BTreeSet::new(), left_out, named, lines: 0 };
        say!("insights: {}, {} of them new, {}", number(reading.named.len() as u64, "file"), new.len(), told::size(bytes));
        let censuses = census(&new, options)?;
        reading.take_in(&new, censuses)?;
        Ok(reading)
    }

    fn take_in(&mut self, new: &[Entry], censuses: Vec<Census>) -> Result<()> {
        // Where logs rotate, each name stands for what another one was: texts are looked for before a name counts as replaced.
        let mut loose = BTreeMap::new();
        for name in new.iter().map(|file| file.location.as_str()) {
            loose.extend(self.known.take_out(name).map(|file| (name.to_owned(), file)));
        }
        for (file, census) in new.iter().zip(censuses) {
            self.lines += census.lines;
            let name = file.location.as_str();
            if census.events() > 0 {
                self.take(file, census, &mut loose)?;
                continue;
            }
            let earlier = loose.remove(name);
            let kept = earlier.as_ref().map_or("", |_| " What an earlier call has read of it is still in the report.");
            self.left_out.push((name.to_owned(), told::no_log(&file.location, &census) + kept));
            self.known.files.extend(earlier.map(|file| (name.to_owned(), file)));
        }
        loose.into_iter().try_for_each(|(name, file)| self.leave(&name, file))
    }

    /// Takes in a file with events.
    fn take(&mut self, file: &Entry, census: Census, loose: &mut BTreeMap<String, File>) -> Result<()> {
        let name = file.location.as_str();
        if let Some(twin) = self.known.twin(&census) {
            if self.is_there(&twin)? {
                self.known.add_copy(&twin, file);
            } else {
                self.known.rename(&twin, name, file.size);
            }
            return Ok(());
        }
        let was = loose.iter().find(|(_, known)| known.census.is_of_same_text(&census)).map(|(was, _)| was.clone());
        if let Some(found) = was.and_then(|was| loose.remove(&was)) {
            self.known.files.insert(name.to_owned(), File { size: file.size, ..found });
            return Ok(());
        }
        self.days.extend(census.days.keys());
        self.known.add(file, census);
        self.added.insert(name.to_owned());
        Ok(())
    }

    /// Decides on a text that no file of this call holds, and whose name has another one now.
    fn leave(&mut self, name: &str, file: File) -> Result<()> {
        for (copy, size) in &file.copies {
            if self.has_size(copy, *size)? {
                let (copy, size) = (copy.clone(), *size);
                self.known.files.insert(name.to_owned(), file);
                self.known.rename(name, &copy, size);
                return Ok(());
            }
        }
        if self.added.contains(name) {
            // It has grown, or was mended.
            self.days.extend(file.census.days.keys());
        } else {
            // The name went to another known file, as logs rotate: the text is gone, and stays in the report.
            let digest = file.census.digest.get(..8).unwrap_or_default();
            self.known.files.insert(format!("{name}.was-{digest}"), file);
        }
        Ok(())
    }

    /// Whether a known file is there with the size that is known.
    fn is_there(&self, name: &str) -> Result<bool> {
        self.known.files.get(name).map_or(Ok(false), |file| self.has_size(name, file.size))
    }

    fn has_size(&self, name: &str, size: u64) -> Result<bool> {
        if let Some(named) = self.named.get(name) {
            return Ok(*named == size);
        }
        let place: Location = name.parse()?;
        Ok(store_for(&place)?.entry(&place)?.is_some_and(|found| found.size == size))
    }

    /// Files of this call that hold the text of another one of it.
    pub(super) fn copies(&self) -> Vec<(String, String)> {
        let is_named = |name: &str, size: u64| self.named.get(name) == Some(&size);
        let files = self.known.files.iter().filter(|(name, file)| is_named(name, file.size));
        let copies = files.flat_map(|(name, file)| file.copies.iter().map(move |(copy, size)| (copy, *size, name)));
        copies.filter(|(copy, size, _)| is_named(copy, *size)).map(|(copy, _, name)| (copy.clone(), name.clone())).collect()
    }

    /// Files of this machine that earlier calls have read, that this one does not name, and of which nothing is there any more, or nothing
    /// that may be looked at. What their events were is in the report until days of theirs are to be read again.
    pub(super) fn gone(&self) -> Vec<String> {
        // To ask a remote store for each file of a long history would take longer than the call.
        let is_local = |name: &str| name.parse::<Location>().is_ok_and(|place| place.as_local_path().is_some());
        let is_there = |name: &str, size: u64| self.has_size(name, size).unwrap_or(false);
        let others = self.known.files.iter().filter(|(name, _)| !self.named.contains_key(*name) && is_local(name));
        let gone =
            others.filter(|(name, file)| !is_there(name, file.size) && !file.copies.iter().any(|(copy, size)| is_there(copy, *size)));
        gone.map(|(name, _)| name.clone()).collect()
    }

    /// Why there is no report.
    pub(super) fn nothing_found(&self) -> String {
        let shown: Vec<_> = self.left_out.iter().take(3).map(|(name, reason)| format!("{name}: {reason}")).collect();
        format!(
            "There is no tracking log among {} with {}. {} Name the files that the LMS calls tracking.log.",
            number(self.left_out.len() as u64, "file"),
            number(self.lines, "line"),
            shown.join(" ")
        )
    }

    /// Days that are named must be days of the logs.
    ///
    /// # Errors
    /// [`MissingData`] if none is.
    pub(super) fn check_days(&self, span: DateInterval) -> Result<()> {
        let days = self.known.events_by_day();
        if let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value())
            && !days.keys().any(|day| span.contains(*day))
        {
            bail!(MissingData(format!(
                "No event lies in the interval {} to {}: those of the logs are from {first} to {last}. Name some of these days by --interval, \
                 or leave it out.",
                span.start(),
                told::last(span)
            )));
        }
        Ok(())
    }

    /// The first day that is to be made from the logs; none if all is there.
    pub(super) fn due_from(&self, span: DateInterval, geolocation: Option<&str>) -> Option<NaiveDate> {
        let before = &self.before;
        let Some((start, end)) = before.days.filter(|(start, _)| *start == span.start()) else { return Some(span.start()) };
        if before.version != env!("CARGO_PKG_VERSION") || before.geolocation.as_deref() != geolocation {
            return Some(start);
        }
        let first = self.days.iter().find(|day| span.contains(**day)).copied();
        let behind = (end != span.end()).then_some(end.min(span.end()));
        let first = first.into_iter().chain(behind).min()?;
        Some(first.max(start))
    }

    /// Finds the files of days that are read again: those of earlier calls, too, under the name of a copy where the file itself is gone.
    ///
    /// # Errors
    /// [`MissingData`] names those that are nowhere, or are no logs any more.
    pub(super) fn find_again(&mut self, days: (NaiveDate, NaiveDate)) -> Result<()> {
        let mut lost = Vec::new();
        let names: Vec<String> =
            self.known.files.iter().filter(|(_, file)| file.census.has_days(days)).map(|(name, _)| name.clone()).collect();
        for name in names {
            if self.is_there(&name)? {
                continue;
            }
            let copies = self.known.files.get(&name).map(|file| file.copies.clone()).unwrap_or_default();
            let mut found = None;
            for (copy, size) in copies {
                if found.is_none() && self.has_size(&copy, size)? {
                    found = Some((copy, size));
                }
            }
            match found {
                Some((copy, size)) => self.known.rename(&name, &copy, size),
                None if self.named.contains_key(&name) => lost.push(format!("{name} is no log any more")),
                None => lost.push(format!("{name} is gone or has changed")),
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        bail!(MissingData(format!(
            "What is new needs {} that earlier calls have read, or its events would be lost: {}. Put the lines back, packed by gzip, bzip2 or \
             zstd or not, and name the file again, whatever it is called; or choose another --out.",
            number(lost.len() as u64, "file"),
            lost.join(", ")
        )));
    }
}
