//! Plans over a small warehouse: what makes a complete step due, and what does not.

use super::*;
use crate::engine::hadoop::trial_jobs::{POSTS, TITLES};
use crate::engine::plan::{Step, StepInput};
use crate::engine::submission::Submission;
use crate::storage::{store_for, write_bytes};
use crate::streaming::AnyJob;
use crate::warehouse::RunId;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::{DayFiles, DayNames};

struct Scene {
    _folder: tempfile::TempDir,
    warehouse: Location,
    options: Vec<String>,
    inputs: Vec<&'static str>,
}

const DAYS: &str = "2014-05-01-2014-05-04";

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().join("w/");
        let scene = Self { _folder: folder, warehouse, options: vec!["--interval".to_owned(), "2014".to_owned()], inputs: vec!["import"] };
        for day in ["2014-05-01", "2014-05-02", "2014-05-03"] {
            scene.write(&format!("events/dt={day}/e_{day}"), "x");
        }
        scene.write("import/dt=2014-05-04/part-m-00000", "1");
        scene.write("import/dt=2014-05-04/_SUCCESS", "");
        scene
    }

    fn write(&self, file: &str, text: &str) {
        write_bytes(&self.warehouse.join(file), text.as_bytes()).unwrap();
    }

    /// Two steps: a state of days and imports, and counts of the state.
    fn plan(&self) -> Result<Plan> {
        let partition = |table: &str| Dataset::new(&self.warehouse, table).unwrap().day("2014-05-04".parse().unwrap());
        let step = |table: &str, job: &'static dyn AnyJob, options: &[String], input| {
            let output = partition(table);
            let state = match staleness(output.directory()) {
                Some(reason) => State::Due(reason),
                None if output.is_complete(&Completeness::SuccessMarker)? => State::Complete("it is there".to_owned()),
                None => State::Due("it is not there".to_owned()),
            };
            let output = JobOutput::Directory(output.directory().clone());
            let (submission, awaited) = (Submission::default(), Awaited::default());
            let job = JobStep { job, options: options.to_vec(), input, output, n_reduce_tasks: 1, submission, awaited, kept: None };
            Ok::<_, anyhow::Error>(Step::job(table, job, state))
        };
        let days = DayFiles { root: self.warehouse.join("events/"), days: DAYS.parse()?, names: DayNames::Stem("e_".to_owned()) };
        let imports = self.inputs.iter().map(|table| partition(table).directory().clone());
        let imports = imports.chain([partition("state").directory().clone()]).collect();
        let steps = vec![
            step("state", &TITLES, &self.options, StepInput::DayFiles(days))?,
            step("counts", &POSTS, &[], StepInput::Directories(imports))?,
        ];
        Ok(Plan { task: "Test".to_owned(), steps, ..Plan::default() })
    }

    fn planned(&self) -> Plan {
        Freshness::default().plan(|| self.plan()).unwrap()
    }

    /// Makes what is due, as a runner does.
    fn run(&self) -> Vec<String> {
        let plan = self.planned();
        let run_id = RunId::generate();
        let mut run = Vec::new();
        for step in &plan.steps {
            let (Action::Job(job), State::Due(_)) = (&step.action, &step.state) else { continue };
            let locks: Vec<_> = job.output.roots().into_iter().map(|root| OutputLock::acquire(root, &run_id, "test").unwrap()).collect();
            let locks = job.recipe().noted(locks).unwrap();
            crate::engine::outputs::StagedOutput::begin(&job.output, &locks).unwrap().commit().unwrap();
            run.push(step.name.clone());
        }
        run
    }

    fn reasons(&self) -> Vec<String> {
        let due = self.planned().steps.into_iter().filter_map(|step| match step.state {
            State::Due(reason) => Some(format!("{}: {reason}", step.name)),
            State::Complete(_) => None,
        });
        due.collect()
    }
}

#[test]
fn what_changed_is_due_with_the_change_as_its_reason_and_only_once() {
    let mut scene = Scene::new();
    assert_eq!(scene.run(), ["state", "counts"]);
    assert_eq!(scene.run(), [""; 0]);

    scene.write("import/dt=2014-05-04/_metadata", "{\"start_time\": 1}");
    assert_eq!(scene.reasons(), ["counts: import/dt=2014-05-04 was made by another run"]);
    assert_eq!(scene.run(), ["counts"]);

    scene.write("events/dt=2014-05-03/e_2014-05-03", "late");
    let reasons = scene.reasons();
    assert_eq!(reasons, ["state: day 2014-05-03 of events was made by another run", "counts: state/dt=2014-05-04 is made anew"]);
    assert_eq!((scene.run().len(), scene.run().len()), (2, 0));

    scene.options[1] = "2015".to_owned();
    assert_eq!(scene.reasons()[0], "state: --interval changed from 2014 to 2015");
    assert_eq!((scene.run().len(), scene.run().len()), (2, 0));

    scene.inputs.push("course_catalog");
    assert_eq!(scene.reasons(), ["counts: it was made without course_catalog/dt=2014-05-04"]);
    assert_eq!(scene.run(), ["counts"]);

    let store = store_for(&scene.warehouse).unwrap();
    store.remove(&scene.warehouse.join("events/dt=2014-05-02/")).unwrap();
    assert!(scene.reasons()[0].contains("day 2014-05-02 of events is not there any more"));
    assert_eq!((scene.run().len(), scene.run().len()), (2, 0));
    // What was cleared away makes nothing stale.
    store.remove(&scene.warehouse.join("import/dt=2014-05-04/")).unwrap();
    assert_eq!(scene.run(), [""; 0]);
}

#[test]
fn a_result_without_record_counts_as_it_did() {
    let scene = Scene::new();
    for table in ["state", "counts"] {
        scene.write(&format!("{table}/dt=2014-05-04/_SUCCESS"), "");
    }
    scene.write("events/dt=2014-05-03/e_2014-05-03", "late");
    assert_eq!(scene.reasons(), [""; 0]);
    // Unless what it reads is made anew by this very run.
    store_for(&scene.warehouse).unwrap().remove(&scene.warehouse.join("state/dt=2014-05-04/")).unwrap();
    assert_eq!(scene.run(), ["state", "counts"]);
}

#[test]
fn what_one_plan_makes_the_next_one_sees() {
    let scene = Scene::new();
    scene.run();
    scene.write("events/dt=2014-05-03/e_2014-05-03", "late");
    let mut freshness = Freshness::default();
    let part = |number: usize| {
        let mut plan = scene.plan()?;
        plan.steps = vec![plan.steps.swap_remove(number)];
        Ok(plan)
    };
    freshness.plan(|| part(0)).unwrap();
    let second = freshness.plan(|| part(1)).unwrap();
    assert!(matches!(&second.steps[0].state, State::Due(reason) if reason == "state/dt=2014-05-04 is made anew"));
}
