//! `insights report LOGS…`: from log files to a report, without configuration.
//!
//! ```text
//! words ──[sources]─> files ──[engine::census]─> days of each ──[span]─> days of the report
//!                                     │                            │
//!              [reading], [known]: earlier calls                [plans] ──engine::together──> store, warehouse, CSV ──> pages
//! ```

mod known;
mod packed;
mod plans;
mod private;
mod reading;
mod sources;
mod span;
mod told;
mod without_events;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

pub(super) use self::known::Known;
use self::plans::{Due, Folder};
use self::private::{OwnerOnly, ReportFolder};
use self::reading::Reading;
pub(super) use self::told::{number, tell, tell_private};
use self::without_events::days_without_events;
use crate::calendar::interval::DateInterval;
use crate::engine::RunnerOptions;
use crate::engine::ledger::{Entries, Ledger};
use crate::engine::plan::Runner;
use crate::engine::together::run_together;
use crate::error_text::error_text;
use crate::report::{ReportOptions, ReportSummary, check_ours, write_report};
use crate::say;
use crate::storage::{Location, SyncsAtEnd, local_copy};
use crate::stores::target::StorePlace;
use crate::tasks::MissingData;
use crate::tasks::workflow::Workflow;
use crate::workflows::location::geolocation::GeolocationDatabase;
use crate::wrong_usage::wrong_usage;

/// The largest number of reducers of a job: each writes a file of its own into each day.
const REDUCERS: usize = 4;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    /// The words that name logs.
    pub logs: &'r [String],
    /// Where the report and everything behind it goes.
    pub folder: &'r Path,
    /// The days, if not those of the events.
    pub interval: Option<DateInterval>,
    /// Geolocation database.
    pub geolocation: Option<&'r Location>,
    /// What the pages show.
    pub pages: ReportOptions<'r>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// All files that are in the report.
    pub known: Known,
    /// How many of them are new.
    pub added: usize,
    /// Files that are no logs, and why.
    pub left_out: Vec<(String, String)>,
    /// Files that were named beside one of the same text, and that one.
    pub copies: Vec<(String, String)>,
    /// Files of this machine that earlier calls have read, and that are not there any more as they were.
    pub gone: Vec<String>,
    /// Days with events that are not reported, and those events.
    pub strays: Vec<(NaiveDate, u64)>,
    /// The days that are.
    pub span: DateInterval,
    /// Those of them without events, but for stray ones.
    pub without_events: Vec<NaiveDate>,
    /// What the steps did.
    pub entries: Entries,
    /// The pages.
    pub pages: ReportSummary,
}

/// Reads what is new of the logs, makes the tables of all workflows, and writes the pages.
///
/// # Errors
/// [`MissingData`] if there is no log; the geolocation database cannot be used; another call is at work in the folder; a file cannot be read to its end; a task failed.
pub(super) fn report_of_logs(request: &Request<'_>, workflows: &'static [Workflow], options: &RunnerOptions) -> Result<Outcome> {
    let on_disk = || format!("{} cannot be brought to the disk.", request.folder.display());
    if let Some(database) = request.geolocation {
        check_geolocation(database)?;
    }
    check_ours(&Location::from_path(request.folder)?)?;
    sources::check_out(request.logs, request.folder)?;
    say!("insights: looking for logs in {}", request.logs.join(" "));
    let mut place = ReportFolder::open(request.folder)?;
    let path = place.path.clone();
    let folder = Folder::new(&path)?;
    let owner_only = OwnerOnly::begin();
    place.lock()?;
    private::close(&path)?;
    let found = sources::files(request.logs, &path)?;
    let before = Known::read(&path)?;
    let mut reading = Reading::of(found, before, options)?;
    let Some(span) = request.interval.or_else(|| span::span(&reading.known.events_by_day())) else {
        bail!(MissingData(reading.nothing_found()));
    };
    reading.check_days(span)?;
    let geolocation = request.geolocation.map(Location::as_str).or(reading.before.geolocation.as_deref()).map(str::to_owned);
    let ledger = Arc::new(Ledger::default());
    if let Some(from) = reading.due_from(span, geolocation.as_deref()) {
        reading.find_again((span.start(), span.end()))?;
        if let Some(earlier) = geolocation.as_deref().filter(|_| request.geolocation.is_none()) {
            check_geolocation(&earlier.parse()?)?;
        }
        let known = &mut reading.known;
        known.runs += 1;
        known.days = Some((span.start(), span.end()));
        known.geolocation = geolocation;
        env!("CARGO_PKG_VERSION").clone_into(&mut known.version);
        let due = Due { span, from, geolocation: known.geolocation.as_deref(), run: known.runs, reducers: options.threads.min(REDUCERS) };
        place.keep();
        reading.before.while_running(known.runs).write(&path)?;
        let syncs = SyncsAtEnd::begin();
        let plans = folder.plans(workflows, &due, known)?;
        say!("insights: {} over the days {} to {}", number(plans.len() as u64, "workflow"), from.max(span.start()), told::last(span));
        let options = RunnerOptions { ledger: Some(Arc::clone(&ledger)), ..options.clone() };
        super::worst(run_together(plans, Runner::Local, &options).into_iter().filter_map(|report| report.error).collect())?;
        syncs.end(&path).with_context(on_disk)?;
        known.write(&path)?;
        folder.sweep(known.runs);
    } else if reading.known != reading.before {
        // Files have other names, or copies.
        reading.known.write(&path)?;
    }
    // The pages are for everybody.
    drop(owner_only);
    let without_events = days_without_events(span, &reading.known.events_by_day());
    let options = ReportOptions { logs: Some(span), without_events: &without_events, temporary: Some(&options.temporary), ..request.pages };
    let syncs = SyncsAtEnd::begin();
    let pages = write_report(&StorePlace::Sqlite(folder.store.clone().into()), Some(&folder.warehouse), &options, &folder.root)?;
    syncs.end(&path).with_context(on_disk)?;
    let strays = reading.known.events_by_day().into_iter().filter(|(day, _)| !span.contains(*day)).collect();
    let (copies, gone) = (reading.copies(), reading.gone());
    let Reading { known, added, left_out, .. } = reading;
    Ok(Outcome { known, added: added.len(), left_out, copies, gone, strays, span, without_events, entries: ledger.so_far(), pages })
}

/// Opens the geolocation database, before anything is made.
fn check_geolocation(place: &Location) -> Result<()> {
    let opened = local_copy(place).and_then(|copy| GeolocationDatabase::open_named(copy.path(), "--geolocation"));
    opened.map(drop).map_err(|error| wrong_usage(format!("The file of --geolocation cannot be used. {}", error_text(&error))))
}

/// A report of logs that lies beside its result store.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    /// Its days.
    pub days: DateInterval,
    /// Those of them without events, but for stray ones.
    pub without_events: Vec<NaiveDate>,
    /// Its warehouse.
    pub warehouse: Location,
}

/// The report of logs whose result store this is: the pages that are made of it alone are those that are beside it.
///
/// # Errors
/// The record beside the store cannot be used.
pub(super) fn beside(store: &StorePlace) -> Result<Option<Beside>> {
    let StorePlace::Sqlite(file) = store else { return Ok(None) };
    let Some(root) = file.parent().filter(|_| file.ends_with(plans::STORE)).and_then(|folder| folder.canonicalize().ok()) else {
        return Ok(None);
    };
    let known = Known::read(&root)?;
    let Some((start, end)) = known.days else { return Ok(None) };
    let days = DateInterval::new(start, end);
    let without_events = days_without_events(days, &known.events_by_day());
    Ok(Some(Beside { days, without_events, warehouse: Folder::new(&root)?.warehouse }))
}
