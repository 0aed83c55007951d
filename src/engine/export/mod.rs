//! A plan as commands for machines where the driver is not there: `insights plan --format …`.
//!
//! * [`shell`]: a script that needs `hadoop` and our programs
//! * [`emr_steps`]: steps for a cluster of Amazon EMR
//! * [`graph`]: a picture of it, for documents
//!
//! Each job is one streaming line, as the runner `hadoop` has it, and a commit behind it; imports, loads and all else are one program
//! each. What a job reads is settled now: logs by their names, tables by their directories.

pub(crate) mod emr_steps;
pub(crate) mod graph;
pub(crate) mod shell;

use anyhow::{Context, Result, ensure};

use super::cluster::Cluster;
use super::hadoop::command::{Shipment, StreamingCommand};
use super::hadoop::shipped::PlaceOf;
use super::hadoop::urls::{manifest_line, url};
use super::plan::{Action, JobStep, Plan, State, StepInput};
use super::program::{Argument, Program};
use super::submission::Submission;
use crate::say;
use crate::storage::Location;
use crate::streaming::AnyJob;
use crate::warehouse::RunId;
use crate::warehouse::selection::{LogListings, ManifestUse};

/// What the commands are made for.
#[derive(Clone, Debug)]
pub(crate) struct ExportTarget<'t> {
    /// How jobs are sent.
    pub cluster: &'t Cluster,
    /// The directory of our programs.
    pub programs: String,
    /// Configuration files, for programs that need what must not stand on a command line.
    pub configs: Vec<Location>,
    /// On whose behalf jobs write what is then committed.
    pub run_id: RunId,
    /// Whether the commands run on another machine, which reaches no file of this one.
    pub elsewhere: bool,
}

/// A step of a plan.
#[derive(Debug)]
pub(crate) struct ExportedStep {
    /// What it is called in messages.
    pub name: String,
    /// What runs, in this order; nothing if the step is complete.
    pub commands: Vec<ExportedCommand>,
    /// Why nothing runs.
    pub complete: Option<String>,
}

/// A command of a step.
#[derive(Debug)]
pub(crate) enum ExportedCommand {
    /// A streaming job.
    Job(ExportedJob),
    /// A program with its arguments.
    Program(Vec<String>),
}

/// A streaming job whose manifest is yet to be put somewhere.
#[derive(Debug)]
pub(crate) struct ExportedJob {
    step: JobParts,
    /// The lines of its manifest.
    pub manifest: Vec<String>,
}

#[derive(Debug)]
struct JobParts {
    job: &'static dyn AnyJob,
    options: Vec<String>,
    reducers: usize,
    submission: Submission,
    output: String,
    must_exist: bool,
}

impl ExportedJob {
    /// The words of the line, when the manifest lies at a URL and what travels with the job at its places.
    ///
    /// # Errors
    /// See [`StreamingCommand::words`].
    pub(crate) fn words(&self, cluster: &Cluster, manifest: &str, place_of: PlaceOf<'_>) -> Result<Vec<String>> {
        self.line(cluster, manifest).words(place_of)
    }

    /// What travels with the job.
    ///
    /// # Errors
    /// See [`StreamingCommand::shipment`].
    pub(crate) fn shipment(&self, cluster: &Cluster) -> Result<Shipment> {
        self.line(cluster, "").shipment()
    }

    fn line<'l>(&'l self, cluster: &'l Cluster, manifest: &'l str) -> StreamingCommand<'l> {
        let JobParts { job, options, reducers, submission, output, must_exist } = &self.step;
        StreamingCommand {
            cluster,
            job: *job,
            options,
            reducers: *reducers,
            submission,
            manifest,
            output,
            must_exist: *must_exist,
            marks_success: true,
            secret_properties: None,
        }
    }
}

impl ExportTarget<'_> {
    /// The steps of plans that run one after the other.
    ///
    /// # Errors
    /// Something is missing that no plan makes, there are no logs, a file cannot be reached from elsewhere, or a step needs the driver.
    pub(crate) fn steps(&self, plans: &[Plan]) -> Result<Vec<ExportedStep>> {
        self.cluster.without_secrets()?;
        let (listings, mut made) = (LogListings::default(), Vec::<Location>::new());
        let (mut steps, mut begun) = (Vec::new(), Vec::new());
        for plan in plans {
            if let Some(need) = plan.unmet_need(|directory| made.contains(&directory.directory_form())) {
                return Err(need.error);
            }
            made.extend(plan.outputs().map(Location::directory_form));
            for step in &plan.steps {
                let name = if plans.len() > 1 { format!("{}, {}", plan.task, step.name) } else { step.name.clone() };
                let (commands, complete) = match &step.state {
                    State::Complete(reason) => (Vec::new(), Some(reason.clone())),
                    State::Due(_) => (self.commands(&step.action, &listings).with_context(|| format!("{name} cannot be exported."))?, None),
                };
                // An import that two tasks need would be made anew behind what the first of them has made of it.
                let program = match (&step.action, commands.as_slice()) {
                    (Action::Work(_), [ExportedCommand::Program(words)]) => Some(words.clone()),
                    _ => None,
                };
                let (commands, complete) = match program {
                    Some(program) if begun.contains(&program) => (Vec::new(), Some("a step before does the same".to_owned())),
                    program => {
                        begun.extend(program);
                        (commands, complete)
                    }
                };
                steps.push(ExportedStep { name, commands, complete });
            }
        }
        Ok(steps)
    }

    fn commands(&self, action: &Action, listings: &LogListings) -> Result<Vec<ExportedCommand>> {
        Ok(match action {
            Action::Job(job) => {
                for jar in &self.cluster.lib_jars {
                    self.reachable(&jar.parse()?).context("A jar of --lib-jar, or of lib_jar in [manifest], cannot be used.")?;
                }
                let begin = self.program(&job.output.program("begin", &self.run_id, Some(&job.recipe())));
                let commit = self.program(&job.output.program("commit", &self.run_id, None));
                vec![ExportedCommand::Program(begin?), ExportedCommand::Job(self.job(job, listings)?), ExportedCommand::Program(commit?)]
            }
            Action::Load(load) => vec![ExportedCommand::Program(self.program(&load.program())?)],
            Action::Work(work) => {
                let programs = work.program()?.into_iter();
                programs.map(|program| Ok(ExportedCommand::Program(self.program(&program)?))).collect::<Result<_>>()?
            }
        })
    }

    fn job(&self, job: &JobStep, listings: &LogListings) -> Result<ExportedJob> {
        let shape = job.job.shape();
        for (option, value) in job.options.iter().zip(job.options.iter().skip(1)) {
            if shape.file_options.contains(&option.as_str()) {
                self.reachable(&value.parse()?)?;
            }
        }
        let output = job.output.job_directory(&self.run_id)?;
        self.reachable(&output)?;
        let step = JobParts {
            job: job.job,
            options: job.options.clone(),
            reducers: job.reducers(),
            submission: job.submission.clone(),
            output: url(&output)?,
            must_exist: !matches!(job.input, StepInput::DayFiles(_) | StepInput::LogsIfAny(_) | StepInput::LogFiles(_)),
        };
        Ok(ExportedJob { step, manifest: self.manifest(&job.input, listings)? })
    }

    /// Lines for what a job reads.
    fn manifest(&self, input: &StepInput, listings: &LogListings) -> Result<Vec<String>> {
        let literal = |place: &Location| {
            self.reachable(place)?;
            manifest_line(place)
        };
        match input {
            StepInput::Logs(paths) => {
                let (selection, manifest) = paths.look_up()?;
                if let ManifestUse::Reused(manifest) = manifest {
                    say!("The manifest {manifest} exists and is used as it is; new log files are not looked for.");
                }
                selection.locations().map(literal).collect()
            }
            StepInput::LogsIfAny(selection) => selection.select_from(listings)?.locations().map(literal).collect(),
            StepInput::LogFiles(files) => files.iter().map(|file| literal(&file.location)).collect(),
            StepInput::LogsOfInterval(selection) => selection.select_some_from(listings)?.locations().map(literal).collect(),
            StepInput::Directories(directories) => directories.iter().map(literal).collect(),
            StepInput::DayFiles(files) => {
                let root = literal(&files.root.directory_form())?;
                Ok(files.directory_globs().into_iter().map(|glob| format!("{root}{glob}")).collect())
            }
        }
    }

    /// The words of a program of ours.
    fn program(&self, program: &Program) -> Result<Vec<String>> {
        let mut words = vec![format!("{}/{}", self.programs, program.name)];
        for argument in &program.arguments {
            words.push(match argument {
                Argument::Text(text) => text.clone(),
                Argument::Place(place) => self.place(place)?,
                Argument::NamedPlace(name, place) => format!("{name}={}", self.place(place)?),
            });
        }
        if program.reads_configuration {
            ensure!(
                !self.elsewhere || !self.configs.is_empty(),
                "{} looks into a configuration file, and none is named. Name one in S3 or HDFS with --config.",
                program.name
            );
            for config in &self.configs {
                words.extend(["--config".to_owned(), self.place(config)?]);
            }
        }
        Ok(words)
    }

    /// A place as a word that means the same in any working directory.
    fn place(&self, place: &Location) -> Result<String> {
        self.reachable(place)?;
        let url = url(place)?;
        Ok(url.strip_prefix("file://").map_or_else(|| url.clone(), str::to_owned))
    }

    fn reachable(&self, place: &Location) -> Result<()> {
        ensure!(
            !self.elsewhere || place.scheme() != "file",
            "{place} lies on this machine, where the cluster cannot reach it. Name a place in S3 or HDFS instead."
        );
        Ok(())
    }
}
