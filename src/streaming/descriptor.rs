//! Job descriptors (`jobs/*.toml`): the only source of truth for keys, reducers, inputs and outputs, under every runner.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One file under `jobs/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Descriptor {
    /// Name of the workflow, as in the names of its binaries.
    pub workflow: String,
    /// What the workflow does, one line.
    pub about: String,
    /// Jobs by name.
    pub jobs: BTreeMap<String, JobShape>,
}

/// How a job is wired up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobShape {
    /// What the job does, one line.
    pub about: String,
    /// Where its input comes from.
    pub input: Input,
    /// Number of leading fields that make the sort key; 0 for a map-only job.
    #[serde(default)]
    pub key_fields: usize,
    /// Number of leading key fields that make the group, and decide on the reducer; 0 for a map-only job.
    #[serde(default)]
    pub group_fields: usize,
    /// Number of reducers.
    #[serde(default)]
    pub reducers: Reducers,
    /// Runs the job's combiner on the map side.
    #[serde(default)]
    pub combiner: bool,
    /// What its output lines are.
    #[serde(default)]
    pub output: OutputForm,
    /// Options that name a file which every task reads; a cluster ships it to the tasks.
    #[serde(default)]
    pub task_files: Vec<String>,
    /// Its reducers act on the world: a cluster must not run a second attempt beside a slow one.
    #[serde(default)]
    pub one_attempt_at_a_time: bool,
}

/// Where a job's input comes from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// Raw tracking logs, found by path selection; may come as a manifest.
    TrackingLogs,
    /// Rows of warehouse datasets.
    Warehouse,
}

/// Number of reducers of a job.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Reducers {
    /// `--n-reduce-tasks`
    #[default]
    NReduceTasks,
    /// `--indexing-tasks`
    IndexingTasks,
    /// Always one
    One,
    /// Map-only
    None,
}

/// What a job's output lines are.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum OutputForm {
    /// Rows of one directory, in part files.
    #[default]
    Rows,
    /// Rows of many files: the first field is the path below the output root, the second the row in wire form.
    Files,
}

impl Descriptor {
    /// Reads and checks a descriptor.
    pub fn parse(text: &str) -> Result<Self> {
        let descriptor: Self = toml::from_str(text)?;
        for (name, job) in &descriptor.jobs {
            job.check().with_context(|| format!("Job {name}"))?;
        }
        Ok(descriptor)
    }
}

impl JobShape {
    /// True for a job without reducer.
    pub fn map_only(&self) -> bool {
        self.reducers == Reducers::None
    }

    /// How many reducers the job gets when the operator asked for these numbers; at least 1, unless it is map-only.
    pub fn reducer_count(&self, n_reduce_tasks: usize, indexing_tasks: Option<usize>) -> usize {
        match self.reducers {
            Reducers::NReduceTasks => n_reduce_tasks.max(1),
            Reducers::IndexingTasks => indexing_tasks.unwrap_or(n_reduce_tasks).max(1),
            Reducers::One => 1,
            Reducers::None => 0,
        }
    }

    fn check(&self) -> Result<()> {
        if self.map_only() {
            ensure!(self.key_fields == 0 && self.group_fields == 0, "A job without reducers has no keys.");
            ensure!(!self.combiner, "A job without reducers has no combiner.");
        } else {
            ensure!(self.group_fields >= 1, "group-fields must be at least 1.");
            ensure!(self.group_fields <= self.key_fields, "group-fields must not be more than key-fields.");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "workflow = 'w'\nabout = 'a'\n[jobs.j]\nabout = 'a'\ninput = 'tracking-logs'\n";

    #[test]
    fn reads_a_job() {
        let descriptor = Descriptor::parse(&format!("{JOB}key-fields = 2\ngroup-fields = 1\ncombiner = true\noutput = 'files'")).unwrap();
        let job = &descriptor.jobs["j"];
        assert_eq!((job.key_fields, job.group_fields, job.combiner), (2, 1, true));
        assert_eq!((job.input, job.reducers, job.output), (Input::TrackingLogs, Reducers::NReduceTasks, OutputForm::Files));
    }

    #[test]
    fn decides_on_the_number_of_reducers() {
        let count = |more: &str, indexing| {
            let descriptor = Descriptor::parse(&format!("{JOB}{more}")).unwrap();
            descriptor.jobs["j"].reducer_count(7, indexing)
        };
        let keys = "key-fields = 1\ngroup-fields = 1\n";
        assert_eq!(count(keys, Some(3)), 7);
        assert_eq!(count(&format!("{keys}reducers = 'indexing-tasks'"), Some(3)), 3);
        assert_eq!(count(&format!("{keys}reducers = 'indexing-tasks'"), None), 7);
        assert_eq!(count(&format!("{keys}reducers = 'one'"), None), 1);
        assert_eq!(count("reducers = 'none'", None), 0);
    }

    #[test]
    fn refuses_what_cannot_run() {
        for wrong in ["key-fields = 1\ngroup-fields = 2", "key-fields = 1", "reducers = 'none'\nkey-fields = 1", "colour = 'red'"] {
            assert!(Descriptor::parse(&format!("{JOB}{wrong}")).is_err(), "{wrong}");
        }
    }
}
