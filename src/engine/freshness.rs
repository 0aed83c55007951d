//! Nothing stale counts as complete (rules 10, 7): steps of a plan whose results were made from something else than is there now.
//!
//! A plan says of each step whether its result is there. Here the records of the results are compared with what the steps would be made
//! from now. What differs is due, and the plan is made once more with that known, because a step that is due needs others, such as
//! imports and days. This ends when nothing new is found.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;

use super::JobOutput;
use super::difference::difference;
use super::plan::{Action, JobStep, Plan, State};
use super::recipe::{Recipe, RecipeInput};
use crate::notice::Notice;
use crate::storage::{Location, concurrently};
use crate::warehouse::record::{Record, RecordedInput, input_name};

thread_local! {
    /// What is known to be stale while a plan is made: directories and reasons. Plans are made on one thread, by functions that the
    /// workflows give and that are told of options and configuration only.
    static STALE: RefCell<BTreeMap<Location, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Why a result does not count although it is there; none if it counts. To be asked by whoever decides on the state of a step.
pub(crate) fn staleness(directory: &Location) -> Option<String> {
    STALE.with_borrow(|stale| stale.get(&directory.directory_form()).cloned())
}

/// Makes plans whose complete steps are up to date. One for all plans of a run: what one of them makes anew, the next ones see.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    /// Inputs as they are now, each looked up once.
    inputs: HashMap<String, RecordedInput>,
    /// Records of results.
    records: HashMap<Location, Option<Record>>,
    /// Directories that are made anew by the plans so far.
    anew: Vec<Location>,
    /// Notices of the plans so far.
    notices: BTreeSet<Notice>,
}

impl Freshness {
    /// A plan in which nothing stale is complete.
    ///
    /// # Errors
    /// It cannot be made, or the warehouse cannot be looked at.
    pub(crate) fn plan(&mut self, make: impl Fn() -> Result<Plan>) -> Result<Plan> {
        let mut stale: BTreeMap<Location, String> = BTreeMap::new();
        loop {
            let mut plan = knowing(&stale, &make)?;
            let found = self.judge(&mut plan)?;
            let known = stale.len();
            stale.extend(found);
            if stale.len() == known {
                name_reasons(&mut plan, &stale);
                let due = plan.steps.iter().filter(|step| matches!(step.state, State::Due(_)));
                self.anew.extend(due.flat_map(|step| made(&step.action)));
                return Ok(plan);
            }
        }
    }

    /// The notices of a plan that no plan before it had.
    pub(crate) fn new_notices<'p>(&mut self, plan: &'p Plan) -> Vec<&'p Notice> {
        plan.notices.iter().filter(|notice| self.notices.insert((*notice).clone())).collect()
    }

    /// Has stale steps due; gives their directories and why.
    fn judge(&mut self, plan: &mut Plan) -> Result<Vec<(Location, String)>> {
        self.look_up(plan)?;
        let mut anew = self.anew.clone();
        let mut found = Vec::new();
        for step in &mut plan.steps {
            if let (State::Complete(_), Action::Job(job)) = (&step.state, &step.action)
                && let Some(reason) = self.reason(job, &anew)
            {
                found.extend(job.output.roots().into_iter().map(|root| (root.directory_form(), reason.clone())));
                step.state = State::Due(reason);
            }
            if let (State::Complete(_), Action::Work(work)) = (&step.state, &step.action)
                && let Some(name) = work.reads().into_iter().find_map(|place| made_anew(&RecipeInput::Directory(place), &anew))
            {
                step.state = State::Due(format!("{name} is made anew"));
            }
            if let State::Due(_) = &step.state {
                anew.extend(made(&step.action));
            }
        }
        Ok(found)
    }

    fn reason(&self, job: &JobStep, anew: &[Location]) -> Option<String> {
        let recipe = job.recipe();
        for input in &recipe.inputs {
            if let Some(name) = made_anew(input, anew) {
                return Some(format!("{name} is made anew"));
            }
        }
        let now = self.record_now(&recipe);
        for place in record_places(&job.output) {
            if let Some(Some(then)) = self.records.get(&place)
                && let Some(reason) = difference(then, &now)
            {
                return Some(reason);
            }
        }
        None
    }

    fn record_now(&self, recipe: &Recipe) -> Record {
        let inputs = recipe.inputs.iter().filter_map(|input| self.inputs.get(&key(input)).cloned()).collect();
        Record { job: recipe.job.clone(), rules: recipe.rules, options: recipe.options.clone(), inputs, awaited: recipe.awaited.clone() }
    }

    /// Many small look-ups at a time, for stores that take their time for each.
    fn look_up(&mut self, plan: &Plan) -> Result<()> {
        let complete = plan.steps.iter().filter_map(|step| match (&step.state, &step.action) {
            (State::Complete(_), Action::Job(job)) => Some(job),
            _ => None,
        });
        let mut places = Vec::new();
        for job in complete {
            places.extend(record_places(&job.output).into_iter().filter(|place| !self.records.contains_key(place)));
        }
        places.sort();
        places.dedup();
        let records = concurrently(places, |place: Location| Ok((Record::read(&place)?, place)))?;
        self.records.extend(records.into_iter().map(|(record, place)| (place, record)));
        // A result without record counts whatever its inputs are.
        let mut inputs: BTreeMap<String, RecipeInput> = BTreeMap::new();
        for job in plan.steps.iter().filter_map(|step| match (&step.state, &step.action) {
            (State::Complete(_), Action::Job(job)) => Some(job),
            _ => None,
        }) {
            if record_places(&job.output).iter().any(|place| matches!(self.records.get(place), Some(Some(_)))) {
                inputs.extend(job.recipe().inputs.into_iter().map(|input| (key(&input), input)));
            }
        }
        inputs.retain(|key, _| !self.inputs.contains_key(key));
        let inputs = concurrently(inputs.into_iter().collect(), |(key, input): (String, RecipeInput)| Ok((key, input.recorded()?)))?;
        self.inputs.extend(inputs);
        Ok(())
    }
}

/// Makes a plan while it is known what is stale.
fn knowing(stale: &BTreeMap<Location, String>, make: impl Fn() -> Result<Plan>) -> Result<Plan> {
    STALE.set(stale.clone());
    let plan = make();
    STALE.set(BTreeMap::new());
    plan
}

/// Steps that share a state are due for the reason of one of them; each that has its own says that.
fn name_reasons(plan: &mut Plan, stale: &BTreeMap<Location, String>) {
    for step in &mut plan.steps {
        if let (State::Due(shown), Action::Job(job)) = (&mut step.state, &step.action)
            && let Some(reason) = job.output.roots().into_iter().find_map(|root| stale.get(&root.directory_form()))
        {
            shown.clone_from(reason);
        }
    }
}

fn key(input: &RecipeInput) -> String {
    match input {
        RecipeInput::Directory(directory) => directory.directory_form().to_string(),
        RecipeInput::Days(root, days) => format!("{} {days}", root.directory_form()),
    }
}

/// Where the records of a job's results lie. Days have theirs in the index of their table.
fn record_places(output: &JobOutput) -> Vec<Location> {
    match output {
        JobOutput::Directory(target) => vec![target.directory_form()],
        JobOutput::Files { marker, .. } => vec![marker.directory_form()],
        JobOutput::Days { .. } => Vec::new(),
        JobOutput::Tables(tables) => tables.iter().map(|(_, place)| place.directory_form()).collect(),
    }
}

/// What a step makes; of days the table, with its days where they are known.
fn made(action: &Action) -> Vec<Location> {
    match action {
        Action::Job(job) => match &job.output {
            JobOutput::Files { .. } => Vec::new(),
            JobOutput::Days { root, days, .. } => days.days().map(|day| root.join(&format!("dt={day}/"))).collect(),
            output => output.roots().into_iter().map(Location::directory_form).collect(),
        },
        Action::Work(work) => work.makes().iter().map(Location::directory_form).collect(),
        Action::Load(_) => Vec::new(),
    }
}

/// The name of an input that is among those made anew.
fn made_anew(input: &RecipeInput, anew: &[Location]) -> Option<String> {
    match input {
        RecipeInput::Directory(directory) => {
            let directory = directory.directory_form();
            anew.contains(&directory).then(|| input_name(&directory))
        }
        RecipeInput::Days(root, days) => {
            let root = root.directory_form();
            let day = anew.iter().find(|place| {
                let day = place.relative_to(&root).and_then(|day| day.trim_end_matches('/').strip_prefix("dt=")?.parse().ok());
                day.is_some_and(|day: chrono::NaiveDate| days.start() <= day && day < days.end())
            });
            day.map(input_name)
        }
    }
}

#[cfg(test)]
#[path = "freshness_tests.rs"]
mod tests;
