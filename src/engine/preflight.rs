//! What a plan needs and cannot make, looked at before the logs are read: stores, servers, files, results of other tasks.
//!
//! Nothing is created or changed by looking. Different things are looked at at the same time, each with a short patience, and the same
//! thing is looked at once for all plans of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::thread;

use anyhow::Error;

use super::check::{Check, PATIENCE};
use super::local_options::LocalOptions;
use super::log_sources;
use super::plan::{Action, JobStep, LoadStep, Plan, State, Step};
use crate::error_text::error_text;
use crate::storage::{Location, is_not_found};
use crate::stores::LoadMode;
use crate::streaming::JobArguments;
use crate::wrong_usage::WrongUsage;

/// What kind of thing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An option or a setting names what cannot be: wrong usage (rules 01, 9).
    Wrong,
    /// A file or a result of another task: the run ends as `missing_data` (rules 01, 9).
    Input,
    /// A server or store that cannot be reached or used.
    Unusable,
}

impl Kind {
    fn of(error: &Error) -> Self {
        if error.chain().any(|cause| cause.is::<WrongUsage>() || cause.is::<clap::Error>()) {
            Self::Wrong
        } else if is_not_found(error) {
            Self::Input
        } else {
            Self::Unusable
        }
    }
}

/// Something that a step needs and that is not in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The step that needs it.
    pub step: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// What is wrong and what to do, as sentences.
    pub text: String,
}

/// The error of a plan that cannot run: all that it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unready(pub Vec<Finding>);

impl Unready {
    /// The kind by which the run ends, that of the highest exit code.
    pub(crate) fn worst(&self) -> Option<Kind> {
        self.0.iter().map(|finding| finding.kind).max()
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(formatter, "{}: {}", only.step, only.text),
            several => {
                write!(formatter, "{} things are missing; no log was read:", several.len())?;
                several.iter().try_for_each(|finding| write!(formatter, "\n  - {}: {}", finding.step, finding.text))
            }
        }
    }
}

impl std::error::Error for Unready {}

impl Plan {
    /// What the due steps need and lack, if this plan runs alone.
    pub fn preflight(&self) -> Vec<Finding> {
        preflight(&[self]).pop().unwrap_or_default()
    }
}

/// What each plan lacks. What an earlier plan makes does not lack, unless that one lacks something itself.
pub(crate) fn preflight(plans: &[&Plan]) -> Vec<Vec<Finding>> {
    let outcomes = look_at_all(plans);
    let mut all: Vec<Vec<Finding>> = Vec::new();
    for plan in plans {
        let made = |directory: &Location| {
            let before = plans.iter().zip(&all).filter(|(_, findings)| findings.is_empty()).flat_map(|(plan, _)| plan.outputs());
            before.map(Location::directory_form).any(|output| output == directory.directory_form())
        };
        let mut findings = Vec::new();
        for step in due(plan) {
            let need = if let Action::Work(work) = &step.action { work.needs() } else { None };
            if let Some(need) = need.filter(|need| !made(&need.directory)) {
                findings.push(Finding { step: step.name.clone(), kind: Kind::Input, text: error_text(&need.error) });
            }
            for check in checks(step) {
                if let Some(Some((kind, text))) = outcomes.get(&check.what) {
                    findings.push(Finding { step: step.name.clone(), kind: *kind, text: text.clone() });
                }
            }
        }
        // Many tables lack the same store.
        findings.sort_by(|one, other| one.text.cmp(&other.text));
        findings.dedup_by(|one, other| one.text == other.text);
        all.push(findings);
    }
    all
}

fn due(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.steps.iter().filter(|step| matches!(step.state, State::Due(_)))
}

/// What is wrong with a thing, if something is.
type Outcome = Option<(Kind, String)>;

/// What is wrong with each thing that was looked at.
fn look_at_all(plans: &[&Plan]) -> BTreeMap<String, Outcome> {
    // Each with its parts behind it.
    let mut wanted: BTreeMap<String, Vec<Check<'_>>> = BTreeMap::new();
    for check in plans.iter().flat_map(|plan| due(plan)).flat_map(checks) {
        let of_thing = wanted.entry(check.part_of.as_ref().unwrap_or(&check.what).clone()).or_default();
        if of_thing.iter().all(|other| other.what != check.what) {
            of_thing.push(check);
        }
    }
    thread::scope(|scope| {
        let looks: Vec<_> = wanted.into_values().map(|checks| scope.spawn(|| look_at_parts(checks))).collect();
        looks.into_iter().flat_map(|look| look.join().unwrap_or_default()).collect()
    })
}

/// Looks at a thing, and if it is in order, at its parts: a server may have few connections for an account.
fn look_at_parts(checks: Vec<Check<'_>>) -> BTreeMap<String, Outcome> {
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    for check in checks {
        if !check.part_of.is_some_and(|thing| matches!(outcomes.get(&thing), Some(Some(_)))) {
            let outcome = (check.look)().err().map(|error| (Kind::of(&error), error_text(&error)));
            outcomes.insert(check.what, outcome);
        }
    }
    outcomes
}

fn checks(step: &Step) -> Vec<Check<'_>> {
    match &step.action {
        Action::Job(job) => files_of_tasks(job).into_iter().chain(log_sources::checks(job)).collect(),
        Action::Load(load) => vec![store(load)],
        Action::Work(work) => work.checks(),
    }
}

/// A job whose tasks read a file, such as a geolocation database: its two functions open it when they are made.
fn files_of_tasks(step: &JobStep) -> Vec<Check<'_>> {
    let shape = step.job.shape();
    if shape.file_options.is_empty() {
        return Vec::new();
    }
    let look = || {
        let local = LocalOptions::of(shape, &step.options)?;
        let task = JobArguments { options: local.words.clone(), ..JobArguments::default() };
        step.job.mapper(&task)?;
        if !shape.map_only() {
            step.job.reducer(&task)?;
        }
        Ok(())
    };
    vec![Check { what: format!("files of the job {} {:?}", shape.name, step.options), part_of: None, look: Box::new(look) }]
}

fn store(load: &LoadStep) -> Check<'_> {
    let swaps = load.mode == LoadMode::OverwriteBySwap;
    let look = move || load.store.store.check_usable(swaps, PATIENCE);
    Check { what: format!("result store {} {swaps}", load.store.name), part_of: None, look: Box::new(look) }
}
