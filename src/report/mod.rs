//! The HTML report of a result store: an overview of the site, and a page for each course. Pages are opened from a disk as well as from a
//! web server, and load nothing but the files beside them.
//!
//! ```text
//! result store ──[course]─> rows of one course ──[lenses]─> tables and charts ──[page, lens_markup]─> courses/NAME.html
//!                                              └─> its summary ──[site]──────────────────────────────> index.html
//! ```
//!
//! A chart has no numbers of its own: the page's script (`assets/report.js`) draws it from the table below it. All texts are in [`texts`].

pub(crate) mod assets;
pub(crate) mod cell;
mod counted_week;
pub(crate) mod course;
mod destination;
mod file_names;
pub(crate) mod lens;
mod lens_markup;
mod lenses;
mod page;
mod room;
pub(crate) mod roster;
mod shown_rows;
mod site;
mod site_days;
pub(crate) mod texts;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, ensure};
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};

use self::course::{Course, Source, Summary};
pub(crate) use self::destination::check_ours;
use self::destination::{Destination, INDEX};
use self::file_names::page_name;
use self::lens::{Lens, Reason};
use self::page::{Frame, Page};
use self::room::Room;
use self::roster::Roster;
use self::site_days::SiteDays;
use crate::calendar::interval::DateInterval;
use crate::storage::Location;
use crate::stores::marker_table::MarkerTable;
use crate::stores::target::StorePlace;
use crate::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use crate::workflows::enrollment::tables::{COURSE_ENROLLMENT_DAILY, COURSE_META_SUMMARY_ENROLLMENT};
use crate::workflows::location::tables::COURSE_ENROLLMENT_LOCATION_CURRENT;
use crate::workflows::module_engagement::tables::MODULE_ENGAGEMENT_METRIC_RANGES;
use crate::workflows::user_activity::tables::COURSE_ACTIVITY;
use crate::workflows::video::tables::VIDEO;

/// Tables that tell which courses there are: each small enough to be read for their names alone.
const NAMING: [&crate::stores::table::Table; 7] = [
    &COURSE_ENROLLMENT_DAILY,
    &COURSE_META_SUMMARY_ENROLLMENT,
    &COURSE_ENROLLMENT_LOCATION_CURRENT,
    &COURSE_ACTIVITY,
    &VIDEO,
    &ANSWER_DISTRIBUTION,
    &MODULE_ENGAGEMENT_METRIC_RANGES,
];

/// Largest page, in bytes.
const PAGE_BYTES: usize = 1_500_000;

/// What the report shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions<'o> {
    /// Also name learners: the report then holds personal data.
    pub learners: bool,
    /// Show on a terminal how many pages are written.
    pub progress: bool,
    /// The days of the logs, where one run has made all tables from them alone: rows of videos and answers do not tell them themselves.
    pub logs: Option<DateInterval>,
    /// Those of them without events, in order: what happened then is not known.
    pub without_events: &'o [NaiveDate],
    /// Where a store that workflows fill notes its loads: they tell the last day of videos and answers.
    pub markers: Option<&'o MarkerTable>,
    /// Directory for temporary files; that of the system if none is named.
    pub temporary: Option<&'o Path>,
}

/// What a report holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportSummary {
    /// The page to open.
    pub index: Location,
    /// The overview, then the courses by name.
    pub pages: Vec<PageSummary>,
}

impl ReportSummary {
    /// Whether there is anything to look at.
    pub fn has_courses(&self) -> bool {
        self.pages.len() > 1
    }
}

/// What a page holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSummary {
    /// Path within the report.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Its size.
    pub bytes: usize,
    /// Its lenses.
    pub lenses: Vec<LensSummary>,
}

/// What a lens holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LensSummary {
    /// Its name.
    pub title: &'static str,
    /// Rows of its tables.
    pub rows: usize,
    /// The day it goes up to.
    pub up_to: Option<String>,
    /// Why it shows nothing, and what to do about it.
    pub empty: Option<String>,
}

impl LensSummary {
    fn of(lens: &Lens) -> Self {
        Self { title: lens.title, rows: lens.rows(), up_to: lens.up_to.clone(), empty: lens.empty.as_ref().map(Reason::in_full) }
    }
}

/// Writes the report of a store, and of the roster in a warehouse if one is given, into a folder or under a prefix of an object store.
///
/// Each file is replaced by one rename, the overview last: readers see whole pages at any time. Pages of courses that the store no longer
/// has are removed.
///
/// # Errors
/// The store or the warehouse cannot be read, the store holds no result table, or a page cannot be written. Pages that were written stay.
pub fn write_report(
    store: &StorePlace,
    warehouse: Option<&Location>,
    options: &ReportOptions<'_>,
    destination: &Location,
) -> Result<ReportSummary> {
    let mut first = Source::new(store.read()?, options.logs.is_some())?;
    ensure!(first.has_tables(), "The store holds no result table. Run a workflow that loads it, or name another store.");
    let courses = course_ids(&mut first)?;
    let days = SiteDays::read(&mut first, options)?;
    let (last, temporary) = (days.last.filter(|_| options.logs.is_some()), std::env::temp_dir());
    let roster = warehouse
        .map(|warehouse| Roster::read(warehouse, options.learners, last, options.temporary.unwrap_or(&temporary)))
        .transpose()?
        .flatten();
    let frame =
        Frame { assets: assets::Assets::new(), made: chrono::Utc::now().format("%Y-%m-%d %H:%M").to_string(), personal: options.learners };
    let report = Report { store, roster, options: *options, days, frame, destination: Destination::new(destination.clone()) };
    for asset in report.frame.assets.all() {
        report.destination.write(&format!("assets/{}", asset.name), &asset.bytes)?;
    }
    let mut written = report.courses(&courses, first)?;
    written.sort_by(|(one, _), (other, _)| (one.name(), &one.id).cmp(&(other.name(), &other.id)));
    let (summaries, mut pages): (Vec<Summary>, Vec<PageSummary>) = written.into_iter().unzip();
    pages.insert(0, report.overview(&summaries)?);
    let assets = report.frame.assets.all().map(|asset| format!("assets/{}", asset.name));
    let files: Vec<String> = pages.iter().map(|page| page.file.clone()).chain(assets).collect();
    report.destination.sweep(&files)?;
    Ok(ReportSummary { index: report.destination.place(INDEX), pages })
}

/// All courses that the store knows, by id.
fn course_ids(source: &mut Source) -> Result<Vec<String>> {
    let mut ids = std::collections::BTreeSet::new();
    for table in NAMING {
        let rows = source.rows(table, &format!("SELECT DISTINCT course_id FROM `{}`", table.name), &[])?;
        ids.extend(rows.iter().filter_map(|row| row.text(0)));
    }
    Ok(ids.into_iter().collect())
}

/// A bar on a terminal; nothing in a pipe.
fn progress_bar(options: ReportOptions<'_>, pages: usize) -> ProgressBar {
    if !options.progress || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("report {bar:30} {pos}/{len} pages ETA {eta}");
    ProgressBar::new(pages as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

struct Report<'a> {
    store: &'a StorePlace,
    roster: Option<Roster>,
    options: ReportOptions<'a>,
    days: SiteDays,
    frame: Frame,
    destination: Destination,
}

impl Report<'_> {
    /// Writes the pages of all courses, several at a time.
    fn courses(&self, ids: &[String], first: Source) -> Result<Vec<(Summary, PageSummary)>> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8).min(ids.len().max(1));
        let mut sources = vec![first];
        while sources.len() < threads {
            sources.push(Source::new(self.store.read()?, self.options.logs.is_some())?);
        }
        let bar = progress_bar(self.options, ids.len());
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(ids.len()));
        let work = |mut source: Source| -> Result<()> {
            while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                let page = self.course(&mut source, id).with_context(|| format!("The page of the course {id:?} cannot be made."))?;
                done.lock().map_err(|_| anyhow!("A thread that writes pages panicked."))?.push(page);
                bar.inc(1);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = sources.into_iter().map(|source| scope.spawn(|| work(source))).collect();
            let ended =
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("A thread that writes pages panicked."))));
            ended.collect::<Result<Vec<()>>>()
        })?;
        bar.finish_and_clear();
        done.into_inner().map_err(|_| anyhow!("A thread that writes pages panicked."))
    }

    fn course(&self, source: &mut Source, id: &str) -> Result<(Summary, PageSummary)> {
        let Course { summary, lenses } = lenses::read_course(source, self.roster.as_ref(), id, self.options, &self.days)?;
        let file = page_name(id);
        let page = Page {
            title: summary.name(),
            subtitle: summary.title.is_some().then_some(id),
            figures: site::course_figures(&summary, self.days.week()),
            notes: self.without_events().into_iter().collect(),
            lenses: &lenses,
            name: file.strip_suffix(".html"),
            up: "../",
            with_map: lenses.iter().any(|lens| lens.id == lenses::geography::ID && lens.empty.is_none()),
        };
        let written = self.write(&format!("courses/{file}"), &page)?;
        Ok((summary, written))
    }

    fn overview(&self, courses: &[Summary]) -> Result<PageSummary> {
        let lenses = site::site_lenses(courses, &self.days, self.options.logs.is_some());
        let page = Page {
            title: texts::site::TITLE,
            subtitle: None,
            figures: site::site_figures(courses, self.days.week()),
            notes: self.days.enrollments_from.map(texts::enrollment::since).into_iter().chain(self.without_events()).collect(),
            lenses: &lenses,
            name: None,
            up: "",
            with_map: false,
        };
        self.write(INDEX, &page)
    }

    /// The note about days without events, which is one of all lenses.
    fn without_events(&self) -> Option<String> {
        texts::weeks::without_events(&self.days.without_events, self.options.logs.is_some())
    }

    /// Writes a page, with as many rows in its tables as fit.
    fn write(&self, file: &str, page: &Page<'_>) -> Result<PageSummary> {
        let mut room = Room::default();
        let mut text = page::page(&self.frame, page, &room);
        let pieces = |room: &Room| page.lenses.iter().flat_map(|lens| lens_markup::pieces(lens, room)).collect::<Vec<_>>();
        while text.len() > PAGE_BYTES && room.shrink(pieces(&room).into_iter()) {
            text = page::page(&self.frame, page, &room);
        }
        self.destination.write(file, text.as_bytes())?;
        let lenses = page.lenses.iter().map(LensSummary::of).collect();
        Ok(PageSummary { file: file.to_owned(), title: page.title.to_owned(), bytes: text.len(), lenses })
    }
}
