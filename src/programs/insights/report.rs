//! `insights report`: the HTML report of log files, or of a result store.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};
use clap::Args;

use super::Workflows;
use super::report_of_logs::{self, Request, number, report_of_logs};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::RunnerOptions;
use crate::print_line;
use crate::report::{ReportOptions, ReportSummary, check_ours, write_report};
use crate::storage::{Location, store_for};
use crate::stores::target::StorePlace;
use crate::tasks::MissingData;
use crate::tasks::store::ChosenStore;

/// Options of a report of a store: where one is given, `requires = "logs"` is not enforced, since logs conflict with it.
const OF_STORES: [&str; 4] = ["sqlite", "credentials", "database", "warehouse"];

/// Writes an HTML report of log files or of a result store: an overview, and a page for each course
#[derive(Args, Clone, Debug)]
pub(super) struct ReportCommand {
    /// Tracking logs: files, folders, globs, URLs (s3://…, hdfs://…), or - for standard input; without any the report is of a store. A
    /// report of logs reads no configuration and refuses --config
    #[arg(conflicts_with_all = ["sqlite", "credentials", "database"])]
    logs: Vec<String>,
    #[command(flatten)]
    store: ChosenStore,
    /// Warehouse with the roster: names and segments of learners; default: `warehouse_path` of [hive], if it can be read
    #[arg(long, value_name = "PATH", conflicts_with = "logs")]
    warehouse: Option<Location>,
    /// Folder or URL (s3://…) for the report; pages that are there are replaced. Of logs it also gets tables that name learners, readable
    /// by their owner only: --sqlite FOLDER/insights.sqlite --out DIR writes the pages alone
    #[arg(long, default_value = "insights-report")]
    out: Location,
    /// Days of the logs, such as 2024-05 or 2024-05-10-2024-05-20 (end excluded); default: those of the events
    #[arg(long, requires = "logs", conflicts_with_all = OF_STORES, value_parser = day::interval, allow_hyphen_values = true)]
    interval: Option<DateInterval>,
    /// Database of the form mmdb that tells countries of addresses; without one geography is left out
    #[arg(long, value_name = "FILE", requires = "logs", conflicts_with_all = OF_STORES)]
    geolocation: Option<Location>,
    /// Also name learners: the report then holds personal data
    #[arg(long)]
    learners: bool,
    /// Open the report in the browser when it is written
    #[arg(long)]
    open: bool,
}

impl ReportCommand {
    /// Whether it is to be made from logs.
    pub(super) fn is_of_logs(&self) -> bool {
        !self.logs.is_empty()
    }
}

/// Makes the tables of all workflows from logs, and writes the report.
pub(super) fn run_of_logs(command: &ReportCommand, workflows: Workflows, options: &RunnerOptions) -> Result<()> {
    let Some(folder) = command.out.as_local_path() else {
        bail!("A report of logs is made in a local folder, not at {}; copy the pages from there.", command.out);
    };
    let request = Request {
        logs: &command.logs,
        folder,
        interval: command.interval,
        geolocation: command.geolocation.as_ref(),
        pages: ReportOptions { learners: command.learners, progress: true, ..ReportOptions::default() },
    };
    let outcome = report_of_logs(&request, workflows, options)?;
    report_of_logs::tell(&outcome, workflows)?;
    tell(&outcome.pages)?;
    report_of_logs::tell_private(folder)?;
    ensure!(
        outcome.pages.has_courses(),
        MissingData("No event of these logs names a course, so the report is empty. See above what was not counted, and why.".to_owned())
    );
    if command.open { open(&outcome.pages.index) } else { Ok(()) }
}

/// Writes the report of a store and tells what is in it.
pub(super) fn run(command: &ReportCommand, settings: &Settings, temporary: &Path) -> Result<()> {
    let store = command.store.open(settings)?;
    if let StorePlace::Sqlite(file) = &store.place {
        ensure!(
            file.exists(),
            "There is no result store {}. Load it first, or name another one by --sqlite; or name logs to make a report of: insights report LOGS.",
            file.display()
        );
    }
    check_ours(&command.out)?;
    let of_logs = report_of_logs::beside(&store.place)?;
    let warehouse = match &of_logs {
        Some(beside) if command.warehouse.is_none() => Some(beside.warehouse.clone()),
        _ => warehouse(command, settings)?,
    };
    let options = ReportOptions {
        learners: command.learners,
        progress: true,
        logs: of_logs.as_ref().map(|beside| beside.days),
        without_events: of_logs.as_ref().map_or(&[], |beside| &beside.without_events),
        markers: Some(&store.markers),
        temporary: Some(temporary),
    };
    let summary = write_report(&store.place, warehouse.as_ref(), &options, &command.out)?;
    tell(&summary)?;
    if command.open { open(&summary.index) } else { Ok(()) }
}

/// The warehouse with the roster: the one that is named, or that of the configuration if it is there.
fn warehouse(command: &ReportCommand, settings: &Settings) -> Result<Option<Location>> {
    let is_there = |place: &Location| store_for(place)?.directory_exists(place);
    if let Some(named) = &command.warehouse {
        let named = named.directory_form();
        ensure!(is_there(&named)?, "There is no warehouse at {named}. Name another one with --warehouse.");
        return Ok(Some(named));
    }
    let configured = settings.get("hive", "warehouse_path").and_then(|place| place.trim().parse::<Location>().ok());
    Ok(configured.map(|place| place.directory_form()).filter(|place| is_there(place).unwrap_or(false)))
}

/// What the pages hold: how many courses each lens shows, and why it shows nothing of the others.
pub(super) fn tell(summary: &ReportSummary) -> Result<()> {
    let courses: Vec<_> = summary.pages.iter().filter(|page| page.file != "index.html").collect();
    print_line!("{}", number(courses.len() as u64, "course"))?;
    // Without courses the overview says why.
    let overview = summary.pages.iter().filter(|_| courses.is_empty()).flat_map(|page| &page.lenses);
    for reason in overview.filter_map(|lens| lens.empty.as_deref()) {
        print_line!("  {reason}")?;
    }
    if let Some(first) = courses.first() {
        for (place, lens) in first.lenses.iter().enumerate() {
            let lenses: Vec<_> = courses.iter().filter_map(|page| page.lenses.get(place)).collect();
            let up_to = lenses.iter().filter_map(|lens| lens.up_to.as_deref()).max();
            let shown = lenses.iter().filter(|lens| lens.empty.is_none()).count();
            let up_to = up_to.map(|day| format!(", up to {day}")).unwrap_or_default();
            print_line!("  {:<20} {}{up_to}", lens.title, number(shown as u64, "course"))?;
            if let Some(reason) = lenses.iter().find_map(|lens| lens.empty.as_deref()) {
                print_line!("  {:<20} {} without: {reason}", "", courses.len() - shown)?;
            }
        }
    }
    print_line!("Report: {}", summary.index)
}

fn open(index: &Location) -> Result<()> {
    let Some(path) = index.as_local_path() else {
        bail!("--open opens local reports only; this one is at {index}.");
    };
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started = Command::new(program).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match started {
        Ok(_) => Ok(()),
        Err(error) => bail!("The report is written, but {program} cannot be started ({error}). Open {index} in a browser."),
    }
}
