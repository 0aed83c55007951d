//! `insights demo`: a day of logs for a few courses, all workflows over it, and what they found.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use rusqlite::Connection;

use crate::config::settings::{Settings, Sources};
use crate::engine::RunnerOptions;
use crate::engine::plan::Runner;
use crate::generate::{self, GenerateOptions};
use crate::print_line;
use crate::say;
use crate::workflows::answer_distribution::task as answer_distribution;

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub struct DemoOptions {
    /// Directory for everything the demo makes
    #[arg(long, default_value = "insights-demo")]
    directory: PathBuf,
    /// Number of log lines
    #[arg(long, default_value_t = 50_000)]
    events: u64,
    /// Number of courses
    #[arg(long, default_value_t = 4)]
    courses: usize,
    /// Number of learners
    #[arg(long, default_value_t = 500)]
    users: u32,
    /// Number that everything made up follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Where the demo puts things.
struct Places {
    logs: PathBuf,
    work: PathBuf,
    csv: PathBuf,
    marker: PathBuf,
    store: PathBuf,
}

/// Generates, runs, and tells what came out.
pub fn run(options: &DemoOptions, runner: Runner, runner_options: &RunnerOptions) -> Result<()> {
    // Other options make other logs, so they get places of their own and nothing is mistaken for complete.
    let root =
        options.directory.join(format!("seed{}-{}events-{}courses-{}users", options.seed, options.events, options.courses, options.users));
    let places = Places {
        logs: root.join("logs"),
        work: root.join("work"),
        csv: root.join("csv"),
        marker: root.join("marker"),
        store: root.join("insights.sqlite"),
    };
    std::fs::create_dir_all(&root).with_context(|| format!("Cannot create {}. Choose another --directory.", root.display()))?;
    let events = options.events.to_string();
    let generated = generate::run(&generate_options(options, &places.logs, &events)?)?;
    say!("Generated {} events in {} files, {:.1} MB", generated.events, generated.files, megabytes(generated.bytes));

    let plan = answer_distribution::plan(&task_options(&places)?, &Settings::load(&Sources::default())?)?;
    plan.run(runner, runner_options)?;
    tell(&places)
}

#[allow(clippy::cast_precision_loss)] // for people
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn parsed<T: Args>(words: Vec<String>) -> Result<T> {
    let command = T::augment_args(clap::Command::new("demo").no_binary_name(true));
    Ok(T::from_arg_matches(&command.try_get_matches_from(words)?)?)
}

fn generate_options(options: &DemoOptions, logs: &Path, events: &str) -> Result<GenerateOptions> {
    let numbers = [options.seed.to_string(), options.courses.to_string(), options.users.to_string()];
    let [seed, courses, users] = &numbers;
    let words = [
        ["--interval", "2024-03-04-2024-03-05"],
        ["--events", events],
        ["--seed", seed],
        ["--courses", courses],
        ["--users", users],
        ["--hosts", "3"],
    ];
    let words = words.into_iter().flatten().map(str::to_owned).chain(["--gzip".to_owned(), "--tables".to_owned()]);
    parsed(words.chain(["--out".to_owned(), logs.display().to_string()]).collect())
}

fn task_options(places: &Places) -> Result<answer_distribution::Options> {
    let text = |path: &Path| path.display().to_string();
    let sources = serde_json::to_string(&[text(&places.logs)])?;
    let words = [
        ("--name", "demo".to_owned()),
        ("--src", sources),
        ("--include", "[\"*tracking.log*\"]".to_owned()),
        ("--dest", text(&places.work)),
        ("--output-root", text(&places.csv)),
        ("--marker", text(&places.marker)),
        ("--sqlite", text(&places.store)),
        ("--n-reduce-tasks", "4".to_owned()),
    ];
    parsed(words.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect())
}

/// A table of what is in the result store, and where everything is.
fn tell(places: &Places) -> Result<()> {
    let store = Connection::open(&places.store).with_context(|| format!("Cannot open {}.", places.store.display()))?;
    let mut query = store.prepare(
        "SELECT course_id, COUNT(DISTINCT module_id), COUNT(DISTINCT part_id), COUNT(*), SUM(first_response_count), \
         SUM(last_response_count), SUM(CASE WHEN correct THEN last_response_count ELSE 0 END) \
         FROM answer_distribution GROUP BY course_id ORDER BY course_id",
    )?;
    print_line!("\nTable answer_distribution\n")?;
    print_line!("{:<44} {:>8} {:>6} {:>8} {:>8} {:>8} {:>8}", "course", "problems", "parts", "answers", "first", "last", "correct")?;
    let rows = query.query_map([], |row| {
        let counts: [i64; 6] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
        Ok((row.get::<_, String>(0)?, counts))
    })?;
    for row in rows {
        let (course, [problems, parts, answers, first, last, correct]) = row?;
        let share = if last > 0 { 100 * correct / last } else { 0 };
        print_line!("{course:<44} {problems:>8} {parts:>6} {answers:>8} {first:>8} {last:>8} {share:>7}%")?;
    }
    print_line!("\nResult store   {}", places.store.display())?;
    print_line!("CSV files      {}", places.csv.display())?;
    print_line!("Tracking logs  {}", places.logs.display())?;
    print_line!("Warehouse      {}", places.work.display())?;
    print_line!("\nLook into the store with: sqlite3 {} 'SELECT * FROM answer_distribution LIMIT 5'", places.store.display())?;
    Ok(())
}
