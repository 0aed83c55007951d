//! The task `AnswerDistributionWorkflow`: its options and its plan (rules 02, 1 and 2).

use std::str::FromStr;

use anyhow::{Context, Result};

use super::tables::ANSWER_DISTRIBUTION;
use super::{VALID_RESPONSE_TYPES, course_csv, distribution, first_last, load};
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, LoadInput, LoadStep, Plan, State, Step, StepInput};
use crate::error_text::told_of;
use crate::notice::Notice;
use crate::storage::{Location, store_for};
use crate::stores::LoadMode;
use crate::stores::identity::update_id;
use crate::streaming::{Job, JobOptions, NoOptions};
use crate::tasks::course_keys::course_key_rules;
use crate::tasks::logs::refuse_empty;
use crate::tasks::options::reducers;
use crate::tasks::store::{StoreOptions, open_store};
use crate::tasks::workflow::Day;
use crate::warehouse::kept::files_come_since;
use crate::warehouse::marker::{has_marker, task_marker_directory};
use crate::warehouse::selection::PathSet;

/// Name that operators type.
pub(crate) const NAME: &str = "AnswerDistributionWorkflow";

/// Counts the distinct answers to every part of every problem: a CSV file per course and the table `answer_distribution`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// Name of the intermediate directories; the same name and --dest reuse what is there
    #[arg(long)]
    name: String,
    /// Roots of the tracking logs, a JSON list
    #[arg(long)]
    src: StringList,
    /// Root of the intermediate output
    #[arg(long)]
    dest: Location,
    /// Globs over the files below the roots, a JSON list
    #[arg(long, default_value = "[\"*\"]")]
    include: StringList,
    /// Input manifest: written if it is absent, else used as it is
    #[arg(long)]
    manifest: Option<Location>,
    /// JSON file with extra facts on answers
    #[arg(long)]
    answer_metadata: Option<Location>,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25, value_parser = reducers)]
    n_reduce_tasks: usize,
    /// Root of the CSV files
    #[arg(long)]
    output_root: Location,
    /// Directory for the marker that says that the CSV files are complete
    #[arg(long)]
    marker: Location,
    /// Directory in which the local runner keeps submissions of log files that do not change, so that the next run reads only the
    /// others; "none" for not at all
    #[arg(long, value_name = "URL", default_value = "none")]
    kept_submissions: KeptSubmissions,
    #[command(flatten)]
    old: OldOptions,
    #[command(flatten)]
    store: StoreOptions,
}

/// Where submissions are kept, if they are.
#[derive(Clone, Debug)]
struct KeptSubmissions(Option<Location>);

impl FromStr for KeptSubmissions {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "none" { Ok(Self(None)) } else { Ok(Self(Some(text.parse::<Location>()?.directory_form()))) }
    }
}

/// Options of old command lines that change nothing here; they are named once.
#[derive(clap::Args, Clone, Debug)]
struct OldOptions {
    /// The original did not pass it on; remove the results of a step to have it run again
    #[arg(long, hide = true)]
    overwrite: bool,
}

impl OldOptions {
    fn notices(&self) -> Vec<Notice> {
        let notice = self.overwrite.then(|| Notice::hint("Without effect in this run: --overwrite."));
        notice.into_iter().collect()
    }
}

impl Options {
    fn job<O: JobOptions>(&self, job: &'static Job<O>, options: &O, input: StepInput, output: JobOutput) -> JobStep {
        JobStep::new(job, options, input, output, self.n_reduce_tasks)
    }
}

/// What the task is told every day. Results are kept by name, so each day has a name of its own. Each reads all logs, so what does not change of
/// them is kept.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    let prefix = day.settings.get(NAME, "name").unwrap_or("daily");
    let mut words = vec!["--name".to_owned(), format!("{prefix}_{}", day.date)];
    let dest = day.settings.get(NAME, "dest").map(str::parse::<Location>);
    if let (None, Some(Ok(dest))) = (day.settings.get(NAME, "kept_submissions"), dest) {
        words.push(format!("--kept-submissions={}", dest.directory_form().join(&format!("kept_submissions_{prefix}/"))));
    }
    words
}

/// The steps, latest results first looked at: a complete distribution does not need the submissions.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let types = settings.get("answer-distribution", "valid_response_types").unwrap_or(VALID_RESPONSE_TYPES);
    let submissions = options.dest.join(&format!("problem_check_events_{}/", options.name));
    let distribution_directory = options.dest.join(&format!("answer_distribution_per_course_{}/", options.name));
    let marker = task_marker_directory(&options.marker, &identity(options));
    let distribution_state = directory_state(&distribution_directory)?;
    refuse_empty(&options.include, "--include")?;
    let logs = PathSet { roots: roots(&options.src)?, include: options.include.0.clone(), manifest: options.manifest.clone() };
    let mut notices = options.old.notices();
    let come = match (&distribution_state, &options.kept_submissions.0) {
        // What is complete needs no logs: that they cannot be listed is told by whoever does.
        (State::Complete(_), Some(kept)) => match logs.look_up() {
            Ok((there, _)) => files_come_since(kept, &submissions, there.files)?,
            Err(_) => Vec::new(),
        },
        _ => Vec::new(),
    };
    let anew = come.first().map(|first| {
        notices.push(Notice::hint(format!(
            "The answers of {} are made anew: {} since, such as {}.",
            options.name,
            told_of(come.len(), "log file has come", "log files have come"),
            first.location
        )));
        State::Due("log files have come since".to_owned())
    });
    let distribution_state = anew.clone().unwrap_or(distribution_state);
    let submissions_state = match &distribution_state {
        State::Complete(_) => State::Complete("the distribution made from it is there".to_owned()),
        State::Due(_) => anew.clone().map_or_else(|| directory_state(&submissions), Ok)?,
    };
    let of_first_last = first_last::Options { interval: None, rules: course_key_rules(settings)? };
    let of_distribution = distribution::Options {
        answer_metadata: options.answer_metadata.as_ref().map(ToString::to_string),
        valid_response_types: types.to_owned(),
    };
    let from = |directory: &Location| StepInput::Directories(vec![directory.clone()]);
    let csv = JobOutput::Files { root: options.output_root.clone(), marker: marker.clone() };
    let csv_state = match anew {
        Some(anew) => anew,
        None if has_marker(&marker)? => State::Complete(format!("the marker {marker} is there")),
        None => State::Due(format!("there is no marker {marker}")),
    };
    let first_last = options
        .job(&first_last::JOB, &of_first_last, StepInput::Logs(logs), JobOutput::Directory(submissions.clone()))
        .keeping(options.kept_submissions.0.clone());
    let per_part = JobOutput::Directory(distribution_directory.clone());
    let per_part = options.job(&distribution::JOB, &of_distribution, from(&submissions), per_part);
    let files = options.job(&course_csv::JOB, &NoOptions {}, from(&distribution_directory), csv);
    let steps = vec![
        Step::job("First and last submissions", first_last, submissions_state),
        Step::job("Distribution per part", per_part, distribution_state),
        Step::job("CSV files", files, csv_state),
        load_step(options, settings, &distribution_directory)?,
    ];
    Ok(Plan { task: NAME.to_owned(), steps, notices, ..Plan::default() })
}

fn load_step(options: &Options, settings: &Settings, distribution: &Location) -> Result<Step> {
    let store = open_store(&options.store, settings)?;
    let mode = if options.store.use_temp_table_for_overwrite { LoadMode::OverwriteBySwap } else { LoadMode::Overwrite };
    let id = update_id(&[("dest", options.dest.as_str()), ("name", &options.name), ("store", &store.name)], NAME);
    let load = LoadStep {
        reader: load::read_row,
        mode,
        insert_chunk_size: options.store.insert_chunk_size,
        ..LoadStep::new(&ANSWER_DISTRIBUTION, LoadInput::Directory(distribution.clone()), id, store)
    };
    let state = State::Due("the table is always replaced".to_owned());
    Ok(Step { name: "Table answer_distribution".to_owned(), action: Action::Load(load), state })
}

/// Renamed into place on success, so that existence means success (rules 01, 6.2).
fn directory_state(directory: &Location) -> Result<State> {
    Ok(if store_for(directory)?.directory_exists(directory)? {
        State::Complete(format!("{directory} is there"))
    } else {
        State::Due(format!("{directory} is not there"))
    })
}

fn roots(list: &StringList) -> Result<Vec<Location>> {
    refuse_empty(list, "--src")?;
    list.0.iter().map(|root| root.parse().with_context(|| format!("{root:?} in --src cannot be used."))).collect()
}

/// What makes one run's CSV files different from another's.
fn identity(options: &Options) -> String {
    let lists = [("src", &options.src), ("include", &options.include)].map(|(name, list)| format!("{name}={:?}", list.0));
    let optional = |location: &Option<Location>| location.as_ref().map(ToString::to_string).unwrap_or_default();
    let texts = [
        ("name", options.name.clone()),
        ("dest", options.dest.to_string()),
        ("output_root", options.output_root.to_string()),
        ("manifest", optional(&options.manifest)),
        ("answer_metadata", optional(&options.answer_metadata)),
    ];
    let texts = texts.into_iter().map(|(name, text)| format!("{name}={text}"));
    format!("{NAME}({})", lists.into_iter().chain(texts).collect::<Vec<_>>().join(","))
}
