//! What every runner has to know of a job: its names, what it reads, how its records are sorted and spread, what it writes.

/// More reducers than any cluster has for a job; locally each is a part of every sort, and a file.
pub const MOST_REDUCERS: usize = 10_000;

/// How a job is wired up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobShape {
    /// Name of the workflow, as in the names of its programs.
    pub workflow: &'static str,
    /// Name of the job among those of its workflow, and first argument of the programs.
    pub name: &'static str,
    /// What the job does, one line.
    pub about: &'static str,
    /// Where its input comes from.
    pub input: Input,
    /// How its records are sorted and grouped; none for a map-only job.
    pub keys: Option<Keys>,
    /// Whether a combiner runs on the map side.
    pub combines: bool,
    /// What the combiner does, if it is one of the common ways: a runner may do the same record by record.
    pub fold: Option<Fold>,
    /// What its output lines are.
    pub output: OutputForm,
    /// Options that name a file which each process reads, such as `--geolocation-data`; a cluster ships it to them.
    pub file_options: &'static [&'static str],
    /// Its reducers act on the world: a cluster must not run a second attempt beside a slow one.
    pub one_attempt_at_a_time: bool,
    /// A program of its own for both sides, told by its first word, instead of mapper and reducer of the workflow: those link nothing but
    /// what a job over lines needs.
    pub program: Option<&'static str>,
    /// Version of its rules, which is kept beside its results.
    pub rules_version: u32,
}

/// The leading fields of a record that decide on its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Number of leading fields that are sorted by.
    pub sort: usize,
    /// Number of leading sort fields that make the group. Its records go to one reducer.
    pub group: usize,
    /// Number of leading group fields that decide on the reducer where we sort: those who read the rows next may want several groups
    /// beside each other. On a cluster the group decides.
    pub spread: usize,
}

/// The common ways to make one record of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The numbers behind equal keys are added up.
    Sum,
    /// Of the records that agree in their first fields, the one with the last key counts.
    Latest {
        /// How many fields.
        of: usize,
    },
    /// One record of each key counts.
    Distinct,
}

/// Where a job's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Raw tracking logs, found by path selection; may come as a manifest.
    TrackingLogs,
    /// Rows of warehouse datasets.
    Warehouse,
}

/// What a job's output lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputForm {
    /// Rows of one directory, in part files.
    Rows,
    /// Rows of many files: the first field is the path below the output root, the second the row in wire form.
    Files,
}

impl Keys {
    /// Sorted by the first `sort` fields and grouped by the first `group` of them; what cannot be does not compile.
    ///
    /// # Panics
    /// There is no group field, or there are more of them than sort fields.
    pub const fn of(sort: usize, group: usize) -> Self {
        assert!(group >= 1 && group <= sort, "the group fields are the first of the sort fields, at least one");
        Self { sort, group, spread: group }
    }

    /// Spread over reducers by the first `fields` of the group fields; what cannot be does not compile.
    ///
    /// # Panics
    /// There are not so many group fields, or it is none.
    #[must_use]
    pub const fn spread_by(self, fields: usize) -> Self {
        assert!(fields >= 1 && fields <= self.group, "records of a group go to one reducer");
        Self { spread: fields, ..self }
    }
}

impl JobShape {
    /// True for a job without reducer.
    pub fn map_only(&self) -> bool {
        self.keys.is_none()
    }

    /// Leading fields that are sorted by; 0 for a map-only job.
    pub fn key_fields(&self) -> usize {
        self.keys.map_or(0, |keys| keys.sort)
    }

    /// Leading fields that make the group; 0 for a map-only job.
    pub fn group_fields(&self) -> usize {
        self.keys.map_or(0, |keys| keys.group)
    }

    /// Leading fields that decide on the reducer where we sort; 0 for a map-only job.
    pub fn spread_fields(&self) -> usize {
        self.keys.map_or(0, |keys| keys.spread)
    }

    /// How many reducers the job gets when the operator asked for a number; at least 1, unless it is map-only.
    pub fn reducer_count(&self, n_reduce_tasks: usize) -> usize {
        if self.map_only() { 0 } else { n_reduce_tasks.max(1) }
    }

    /// The program that runs its mapper, with the words before its options.
    pub fn mapper_words(&self) -> Vec<String> {
        self.words("map", mapper_program)
    }

    /// The program that runs its reducer and its combiner, with the words before their options.
    pub fn reducer_words(&self) -> Vec<String> {
        self.words("reduce", reducer_program)
    }

    fn words(&self, side: &str, of_workflow: fn(&str) -> String) -> Vec<String> {
        let program = self.program.map_or_else(|| vec![of_workflow(self.workflow)], |program| vec![program.to_owned(), side.to_owned()]);
        program.into_iter().chain([self.name.to_owned()]).collect()
    }
}

/// Name of the program that runs the mappers of a workflow.
pub fn mapper_program(workflow: &str) -> String {
    format!("{workflow}-mapper")
}

/// Name of the program that runs the reducers and combiners of a workflow.
pub fn reducer_program(workflow: &str) -> String {
    format!("{workflow}-reducer")
}
