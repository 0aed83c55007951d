//! `insights demo`: some weeks of made-up logs and LMS tables, all workflows over them, and what they found.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::report_of_logs::{self, Request, report_of_logs};
use super::{Workflows, report};
use crate::engine::RunnerOptions;
use crate::error_text::quoted;
use crate::generate::countries::country_database;
use crate::generate::{self, GenerateOptions};
use crate::print_line;
use crate::report::ReportOptions;
use crate::say;
use crate::storage::Location;
use crate::warehouse::RunId;
use crate::warehouse::lock::OutputLock;

/// The weeks of the demo.
const DAYS: &str = "2024-03-04-2024-04-01";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoOptions {
    /// Directory for everything the demo makes
    #[arg(long, default_value = "insights-demo")]
    directory: PathBuf,
    /// Number of log lines
    #[arg(long, default_value_t = 50_000)]
    events: u64,
    /// Number of courses
    #[arg(long, default_value_t = 6)]
    courses: usize,
    /// Number of learners
    #[arg(long, default_value_t = 600)]
    users: u32,
    /// Number that everything made up follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Generates, runs, and tells what came out.
pub(crate) fn run(options: &DemoOptions, workflows: Workflows, runner_options: &RunnerOptions) -> Result<()> {
    // Other options make other logs, so they get places of their own and nothing is mistaken for complete.
    let root =
        options.directory.join(format!("seed{}-{}events-{}courses-{}users", options.seed, options.events, options.courses, options.users));
    // Another demo may be at work there.
    let _lock = OutputLock::acquire(&Location::from_path(&root)?, &RunId::generate(), "demo")?;
    let (logs, folder, countries) = (root.join("logs"), root.join("report"), root.join("countries.mmdb"));
    fs::create_dir_all(&folder).with_context(|| format!("Cannot create {}. Choose another --directory.", folder.display()))?;
    let generated = generate::run(&generate_options(options, &logs)?)?;
    say!("Generated {}, {:.1} MB", generated.told(), megabytes(generated.bytes));
    move_tables(&logs, &folder.join("warehouse"))?;
    fs::write(&countries, country_database()).with_context(|| format!("Cannot write {}.", countries.display()))?;
    let request = Request {
        logs: &[logs.display().to_string()],
        folder: &folder,
        interval: Some(DAYS.parse()?),
        geolocation: Some(&Location::from_path(&countries)?),
        pages: ReportOptions { learners: true, progress: true, ..ReportOptions::default() },
    };
    let outcome = report_of_logs(&request, workflows, runner_options)?;
    report_of_logs::tell(&outcome, workflows)?;
    report::tell(&outcome.pages)?;
    let store = folder.join("insights.sqlite");
    print_line!("\nResult store   {}", store.display())?;
    print_line!("CSV files      {}", folder.join("csv").display())?;
    print_line!("Tracking logs  {}", logs.display())?;
    print_line!("Warehouse      {}", folder.join("warehouse").display())?;
    print_line!("\nLook into the store with: sqlite3 {} 'SELECT * FROM answer_distribution LIMIT 5'", quoted(&store.display().to_string()))
}

#[allow(clippy::cast_precision_loss)] // for people
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn generate_options(options: &DemoOptions, logs: &Path) -> Result<GenerateOptions> {
    let DemoOptions { seed, events, courses, users, .. } = options;
    let words = [("interval", DAYS.to_owned()), ("events", events.to_string()), ("seed", seed.to_string())];
    let more = [("courses", courses.to_string()), ("users", users.to_string()), ("hosts", "3".to_owned())];
    let words = words.into_iter().chain(more).chain([("out", logs.display().to_string())]);
    let words = words.map(|(name, value)| format!("--{name}={value}")).chain(["--gzip".to_owned(), "--tables".to_owned()]);
    let command = GenerateOptions::augment_args(clap::Command::new("demo").no_binary_name(true));
    Ok(clap::FromArgMatches::from_arg_matches(&command.try_get_matches_from(words)?)?)
}

/// Puts the LMS tables, which the generator writes beside the logs, where an import would put them.
fn move_tables(logs: &Path, warehouse: &Path) -> Result<()> {
    fs::create_dir_all(warehouse).with_context(|| format!("Cannot create {}.", warehouse.display()))?;
    for entry in fs::read_dir(logs).with_context(|| format!("Cannot read {}.", logs.display()))? {
        let from = entry?.path();
        let Some(name) = from.file_name().filter(|name| from.is_dir() && !name.to_string_lossy().starts_with("host")) else { continue };
        let to = warehouse.join(name);
        if to.exists() {
            fs::remove_dir_all(&to).with_context(|| format!("Cannot replace {}.", to.display()))?;
        }
        fs::rename(&from, &to).with_context(|| format!("Cannot move {} to {}.", from.display(), to.display()))?;
    }
    Ok(())
}
