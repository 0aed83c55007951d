//! The jobs of a scan: one for each run, and one more for those files of the run whose records are to be kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;

use crate::engine::job_run::{JobRun, RunnerOptions};
use crate::engine::outputs::StagedOutput;
use crate::engine::scan_job::{MapOutput, ScanJob};
use crate::engine::spill::MoreFiles;
use crate::warehouse::kept::Kept;

/// The jobs of a scan.
pub(super) struct Jobs<'w> {
    /// Those of the runs in their order, and behind them their keepers.
    pub all: Vec<ScanJob<'w>>,
    /// For each run the place of its keeper, which keeps records of some of its files, if there are such files.
    keepers: Vec<Option<usize>>,
}

/// A job, and what the map tasks gave for it.
pub(super) struct Mapped<'w> {
    pub job: &'w ScanJob<'w>,
    pub map_outputs: Vec<MapOutput>,
}

/// A run whose map tasks are done.
pub(super) struct MappedRun<'w> {
    /// Its place among the runs.
    pub number: usize,
    pub job: Mapped<'w>,
    pub keeper: Option<Mapped<'w>>,
    pub output: StagedOutput,
}

impl<'w> Jobs<'w> {
    /// Those of some runs, which share some files for spills.
    ///
    /// # Errors
    /// A file that an option names cannot be fetched.
    pub(super) fn of(runs: &'w [JobRun<'w>], options: &RunnerOptions, more: &Arc<MoreFiles>) -> Result<Self> {
        let (mut all, mut keepers) = (Vec::new(), Vec::new());
        for run in runs {
            let kept = run.kept.filter(|kept| kept.new_layer().is_some());
            let (keeps, passing): (Vec<_>, Vec<_>) = match kept.map(Kept::keeps) {
                Some(is_kept) => run.inputs.iter().partition(|entry| is_kept(entry)),
                None => (Vec::new(), run.inputs.iter().collect()),
            };
            all.push(ScanJob::new(run, passing, options, more)?);
            keepers.push(kept.map(|_| ScanJob::new(run, keeps, options, more)).transpose()?);
        }
        let mut place_of = |keeper| {
            all.push(keeper);
            all.len() - 1
        };
        let keepers = keepers.into_iter().map(|keeper| keeper.map(&mut place_of)).collect();
        Ok(Self { all, keepers })
    }

    /// The runs, with what each worker gave for all jobs.
    pub(super) fn mapped(&self, workers: Vec<Vec<MapOutput>>, staged: Vec<StagedOutput>) -> Vec<MappedRun<'_>> {
        let by_job = self.all.iter().zip(by_job(workers, self.all.len()));
        let mut mapped: BTreeMap<usize, Mapped<'_>> = by_job.map(|(job, map_outputs)| Mapped { job, map_outputs }).enumerate().collect();
        let runs = self.keepers.iter().zip(staged).enumerate().filter_map(|(number, (keeper, output))| {
            let job = mapped.remove(&number)?;
            Some(MappedRun { number, job, keeper: keeper.and_then(|place| mapped.remove(&place)), output })
        });
        runs.collect()
    }
}

impl Mapped<'_> {
    /// What its sorted records take in memory.
    fn bytes(&self) -> usize {
        self.map_outputs.iter().map(|map_output| map_output.sorted.bytes()).sum()
    }
}

impl MappedRun<'_> {
    /// What its sorted records take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.job.bytes() + self.keeper.as_ref().map_or(0, Mapped::bytes)
    }
}

/// From workers with all jobs to jobs with all workers.
fn by_job(workers: Vec<Vec<MapOutput>>, jobs: usize) -> Vec<Vec<MapOutput>> {
    let mut sorted: Vec<_> = std::iter::repeat_with(Vec::new).take(jobs).collect();
    for worker in workers {
        worker.into_iter().zip(&mut sorted).for_each(|(map_output, of_job)| of_job.push(map_output));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::hadoop::trial_jobs::TITLES;
    use crate::engine::job_run::JobOutput;
    use crate::engine::submission::Submission;
    use crate::storage::{Entry, Location};
    use crate::warehouse::RunId;
    use crate::warehouse::kept::MadeBy;
    use crate::warehouse::lock::OutputLock;

    #[test]
    fn a_run_has_a_keeper_if_records_of_its_files_are_to_be_kept() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::from_path(folder.path()).unwrap().directory_form();
        let lock = |name: &str| OutputLock::acquire(&place.join(name), &RunId::generate(), "test").unwrap();
        let inputs = || ["/logs/a.log", "/logs/b.log"].map(|log| Entry { location: log.parse().unwrap(), size: 7 }).to_vec();
        let (covers_kept, locks) = (lock("kept/"), ["0/", "1/", "2/"].map(lock));
        let look_up = |asked: &[Entry]| {
            let made_by = MadeBy { job: "w/j".to_owned(), rules: 1, program: "1".to_owned(), options: Vec::new(), reducers: 1 };
            Kept::look_up(&place.join("kept/"), &covers_kept, made_by, asked).unwrap()
        };
        // The second run in turn that finds a file with the same size keeps it.
        let first = look_up(&inputs()[..1]);
        first.end(&place.join("result/")).unwrap();
        let (second, options) = (look_up(&inputs()), RunnerOptions::default());
        let run = |number: usize, kept| JobRun {
            job: &TITLES,
            options: Vec::new(),
            inputs: inputs(),
            output: JobOutput::Directory(place.join(&format!("{number}/"))),
            reducers: 1,
            submission: Submission::default(),
            locks: std::slice::from_ref(&locks[number]),
            kept,
        };
        let runs = [run(0, Some(&first)), run(1, Some(&second)), run(2, None)];
        let jobs = Jobs::of(&runs, &options, &MoreFiles::new(0)).unwrap();
        let names = |job: &ScanJob<'_>| job.inputs.iter().filter_map(|entry| entry.location.name()).collect::<Vec<_>>().join(" ");
        assert_eq!(jobs.all.iter().map(names).collect::<Vec<_>>(), ["a.log b.log", "b.log", "a.log b.log", "a.log"]);
        assert_eq!(jobs.keepers, [None, Some(3), None]);

        let staged = runs.iter().map(|run| StagedOutput::begin(&run.output, run.locks).unwrap()).collect();
        let mapped = jobs.mapped(vec![jobs.all.iter().map(|_| MapOutput::default()).collect()], staged);
        let is_kept: Vec<_> = mapped.iter().map(|run| (run.number, run.keeper.as_ref().map(|keeper| keeper.job.inputs.len()))).collect();
        assert_eq!(is_kept, [(0, None), (1, Some(1)), (2, None)]);
    }
}
