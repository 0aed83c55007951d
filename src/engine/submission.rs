//! How each job is submitted: reducers, form of the input, attempts, memory, properties. Defaults are compiled in from `jobs/`; an
//! operator's directory of files with the same names wins over them, key by key.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::{Table, Value};

use super::cluster::MapInput;
use super::cluster::secret_properties::is_secret;
use crate::storage::{Location, read_to_string, store_for};
use crate::streaming::{Input, JobShape, Jobs, MOST_REDUCERS};
use crate::wrong_usage::{did_you_mean, nearest};

/// Settings of one job; what is not set is left to the task, the configuration and the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Submission {
    /// Number of reducers, instead of the task's `--n-reduce-tasks`.
    pub reducers: Option<NonZeroUsize>,
    /// How mappers of logs get their input on a cluster; `--map-input` wins.
    pub input: Option<MapInput>,
    /// Attempts of a task on a cluster before the job fails.
    pub attempts: Option<NonZeroU32>,
    /// Megabytes of memory of a task on a cluster.
    pub memory: Option<NonZeroU32>,
    /// Further properties; they win over `[job-conf]`.
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
}

/// The value of a property: a text, a number or a flag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Property {
    /// A text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A flag.
    Flag(bool),
}

/// The keys of a job's table.
const KEYS: [&str; 5] = ["reducers", "input", "attempts", "memory", "properties"];

/// Jobs of a workflow with the text of their compiled-in settings.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Name of the workflow, and of its file without `.toml`.
    pub workflow: &'static str,
    /// Its jobs.
    pub jobs: Jobs,
    /// The text of the file.
    pub text: &'static str,
}

/// Settings of all jobs.
#[derive(Clone, Debug, Default)]
pub struct Submissions {
    /// By workflow and job.
    of_jobs: BTreeMap<(String, String), Submission>,
}

impl Submission {
    /// The number of reducers, when the task asks for one.
    pub fn reducer_count(&self, shape: &JobShape, n_reduce_tasks: usize) -> usize {
        shape.reducer_count(self.reducers.map_or(n_reduce_tasks, NonZeroUsize::get))
    }

    /// Properties of Hadoop, those given by name last.
    pub fn hadoop_properties(&self) -> Vec<(String, String)> {
        let both = |what: &str, value: Option<NonZeroU32>| {
            let sides = value.map(|value| ["map", "reduce"].map(|side| (format!("mapreduce.{side}.{what}"), value.to_string())));
            sides.into_iter().flatten()
        };
        let named = self.properties.iter().map(|(name, value)| {
            let value = match value {
                Property::Text(text) => text.clone(),
                Property::Integer(number) => number.to_string(),
                Property::Flag(flag) => flag.to_string(),
            };
            (name.clone(), value)
        });
        both("maxattempts", self.attempts).chain(both("memory.mb", self.memory)).chain(named).collect()
    }

    /// These settings, where they say nothing others.
    fn or(self, other: Self) -> Self {
        let properties = other.properties.into_iter().chain(self.properties).collect();
        Self {
            reducers: self.reducers.or(other.reducers),
            input: self.input.or(other.input),
            attempts: self.attempts.or(other.attempts),
            memory: self.memory.or(other.memory),
            properties,
        }
    }
}

impl Submissions {
    /// The compiled-in settings, and those of an operator's directory over them.
    ///
    /// # Errors
    /// A file names something that is not known, or a value cannot be used.
    pub fn load(defaults: &[Defaults], directory: Option<&Location>) -> Result<Self> {
        let mut all = Self::default();
        for of in defaults {
            all.add(of, of.text).with_context(|| format!("The settings of {} in this program cannot be used.", of.workflow))?;
        }
        let Some(directory) = directory.map(Location::directory_form) else { return Ok(all) };
        let store = store_for(&directory)?;
        ensure!(store.directory_exists(&directory)?, "The directory of job settings {directory} does not exist. Check --jobs.");
        let children = store.children(&directory)?;
        for child in &children {
            let file = directory.join(&child.name);
            let Some(name) = child.name.strip_suffix(".toml").filter(|_| !child.is_directory) else {
                // A file beside the right one, or that an editor keeps, is somebody's own.
                let is_meant = |(stem, ending): &(&str, &str)| {
                    let right = format!("{stem}.toml");
                    let is_workflow = defaults.iter().any(|of| of.workflow == *stem) && !children.iter().any(|other| other.name == right);
                    is_workflow && !ending.ends_with('~') && nearest(&ending.to_lowercase(), ["toml"]).is_some()
                };
                let meant = child.name.rsplit_once('.').filter(is_meant);
                ensure!(child.is_directory || meant.is_none(), "{file} is not read. Did you mean {}.toml?", meant.unwrap_or_default().0);
                continue;
            };
            let known = || defaults.iter().map(|of| of.workflow);
            let of = defaults.iter().find(|of| of.workflow == name);
            let of = of.with_context(|| format!("{file} is of no workflow{}", did_you_mean(name, known())))?;
            let text = read_to_string(&file)?;
            all.add(of, &text).with_context(|| format!("{file} cannot be used."))?;
        }
        Ok(all)
    }

    /// The settings of a job.
    pub fn of(&self, shape: &JobShape) -> Submission {
        self.of_jobs.get(&(shape.workflow.to_owned(), shape.name.to_owned())).cloned().unwrap_or_default()
    }

    fn add(&mut self, of: &Defaults, text: &str) -> Result<()> {
        let table: Table = toml::from_str(text)?;
        for (name, value) in table {
            let names = || of.jobs.iter().map(|job| job.shape().name);
            let Some(job) = of.jobs.iter().find(|job| job.shape().name == name) else {
                bail!("The workflow {} has no job {name:?}{}", of.workflow, did_you_mean(&name, names()));
            };
            let settings = settings_of(job.shape(), value).with_context(|| format!("The settings of the job {name} cannot be used."))?;
            let place = self.of_jobs.entry((of.workflow.to_owned(), name)).or_default();
            *place = settings.or(std::mem::take(place));
        }
        Ok(())
    }
}

fn settings_of(shape: &JobShape, value: Value) -> Result<Submission> {
    if let Some(unknown) = value.as_table().and_then(|table| table.keys().find(|key| !KEYS.contains(&key.as_str()))) {
        bail!("There is no setting {unknown:?}{}", did_you_mean(unknown, KEYS.into_iter()));
    }
    let settings: Submission = value.try_into()?;
    ensure!(settings.reducers.is_none() || !shape.map_only(), "The job has no reducers, so their number cannot be set.");
    let are_many = settings.reducers.is_some_and(|number| number.get() > MOST_REDUCERS);
    ensure!(!are_many, "reducers is more than {MOST_REDUCERS}. No cluster has so many.");
    let secret = settings.hadoop_properties().into_iter().find(|(name, value)| is_secret(name, value));
    ensure!(secret.is_none(), "{} would stand on a command line. Put it into [job-conf].", secret.unwrap_or_default().0);
    ensure!(
        settings.input != Some(MapInput::Paths) || shape.input == Input::TrackingLogs,
        "input = \"paths\" is for jobs over tracking logs; this one reads rows of the warehouse."
    );
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;
    use crate::error_text::error_text;
    use crate::storage::write_bytes;
    use crate::streaming::{AnyJob, Job, Keys, NoOptions};

    const DAYS: Job<NoOptions> =
        Job::over_logs("trial", "days", "Never runs", |_, _| bail!("not run")).reduced(Keys::of(1, 1), |_, _| bail!("not run"));
    const TITLES: Job<NoOptions> = Job::over_rows("trial", "titles", "Never runs", |_, _| bail!("not run"));
    const DEFAULTS: Defaults = Defaults {
        workflow: "trial",
        jobs: &[&DAYS, &TITLES],
        text: "[days]\nreducers = 3\nattempts = 2\nproperties = { a = 1, b = true }\n[titles]\n",
    };

    fn with(text: &str) -> Result<Submissions> {
        let folder = tempfile::tempdir()?;
        let directory = Location::from_path(folder.path())?;
        write_bytes(&directory.join("trial.toml"), text.as_bytes())?;
        Submissions::load(&[DEFAULTS], Some(&directory))
    }

    #[test]
    fn the_operators_keys_win_one_by_one() {
        let default = Submissions::load(&[DEFAULTS], None).unwrap().of(DAYS.shape());
        assert_eq!(default.reducer_count(DAYS.shape(), 25), 3);
        let days = with("[days]\nreducers = 9\nmemory = 2048\ninput = 'paths'\n[days.properties]\nb = 'x y'\n").unwrap().of(DAYS.shape());
        assert_eq!((days.reducer_count(DAYS.shape(), 25), days.input), (9, Some(MapInput::Paths)));
        let expected = [
            ("mapreduce.map.maxattempts", "2"),
            ("mapreduce.reduce.maxattempts", "2"),
            ("mapreduce.map.memory.mb", "2048"),
            ("mapreduce.reduce.memory.mb", "2048"),
            ("a", "1"),
            ("b", "x y"),
        ];
        assert_eq!(days.hadoop_properties(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let titles = with("").unwrap().of(TITLES.shape());
        assert_eq!((titles.clone(), titles.reducer_count(TITLES.shape(), 25)), (Submission::default(), 0));
    }

    #[test]
    fn what_is_not_known_is_told_with_the_nearest_name() {
        for (text, told) in [
            ("[day]\n", "Did you mean days?"),
            ("[days]\nreducer = 1", "Did you mean reducers?"),
            ("[days]\nreducers = 0", "reducers"),
            ("[days]\nreducers = 10001", "more than 10000"),
            ("[days]\nreducers = 'many'", "reducers"),
            ("[days]\ninput = 'files'", "input"),
            ("[titles]\nreducers = 1", "no reducers"),
            ("[titles]\ninput = 'paths'", "tracking logs"),
            ("[days.properties]\n'fs.s3a.secret.key' = 'k'", "[job-conf]"),
            ("days = 1", "days"),
        ] {
            let error = error_text(&with(text).unwrap_err());
            assert!(error.contains(told) && error.contains("trial.toml"), "{text}: {error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let directory = Location::from_path(folder.path()).unwrap();
        write_bytes(&directory.join("trail.toml"), b"").unwrap();
        let error = error_text(&Submissions::load(&[DEFAULTS], Some(&directory)).unwrap_err());
        assert!(error.contains("Did you mean trial?"), "{error}");
        assert!(Submissions::load(&[DEFAULTS], Some(&directory.join("none"))).is_err());
    }
}
