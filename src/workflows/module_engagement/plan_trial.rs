//! What tests of plans share.

use clap::{Args, FromArgMatches};

use crate::config::settings::{Settings, Sources};
use crate::engine::plan::{Action, Plan, State};
use crate::storage::Location;

/// A warehouse, and the configuration that names it with logs and further sections.
pub(super) fn scene(sections: &str) -> (tempfile::TempDir, Location, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Location::from_path(folder.path()).unwrap().join("w/");
    let text = format!("[hive]\nwarehouse_path = {warehouse}\n[event-logs]\nsource = [\"/logs\"]\npattern = [\".*\"]\n{sections}");
    std::fs::write(folder.path().join("override.cfg"), text).unwrap();
    let settings = Settings::load(&Sources { working_directory: folder.path().to_owned(), ..Sources::default() }).unwrap();
    (folder, warehouse, settings)
}

/// Options from words of a command line.
pub(super) fn parsed<O: Args + FromArgMatches>(words: &[&str]) -> O {
    let command = O::augment_args(clap::Command::new("x").no_binary_name(true));
    O::from_arg_matches(&command.get_matches_from(words)).unwrap()
}

/// Names of steps, those that are due.
pub(super) fn due(plan: &Plan) -> Vec<String> {
    plan.steps.iter().filter(|step| matches!(step.state, State::Due(_))).map(|step| step.name.clone()).collect()
}

/// Options of the first step of a job.
pub(super) fn job_options(plan: &Plan, job: &str) -> Vec<String> {
    let mut jobs = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Job(found) if found.job.shape().name == job => Some(found.options.clone()),
        _ => None,
    });
    jobs.next().unwrap()
}
