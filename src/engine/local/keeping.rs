//! The records of log files that do not change are kept, and read by the next run instead of the files
//! ([`Kept`](crate::warehouse::kept::Kept)).
//!
//! In a scan the files whose records are kept have a [`ScanJob`] of their own. Its records become a new layer before the reducers run, which
//! read that layer and the older ones beside the records of the other files.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow};

use super::Work;
use super::jobs::Mapped;
use crate::engine::job_report::JobReport;
use crate::engine::layout::Layout;
use crate::engine::merge::{Merge, of_kept};
use crate::engine::merge_passes::{FanIn, narrow};
use crate::engine::parallel::in_parallel;
use crate::engine::scan_job::ScanJob;
use crate::engine::shuffle::SortedOutput;
use crate::engine::spill::Spill;
use crate::storage::PendingFile;
use crate::storage::decompression::open_log;
use crate::streaming::sides::run_reducer;
use crate::streaming::{Counters, LineSink, Output};
use crate::warehouse::commit::{StagedDirectory, SuccessMarker};
use crate::warehouse::kept::{Layer, part_name};

/// Compressed at about the speed of a disk.
const LEVEL: i32 = 1;
/// Files of layers that all reducers of a job read at a time.
const MOST_LAYER_FILES: usize = 256;
/// What one of them takes: a window, and buffers before and behind it.
const LAYER_FILE: usize = 1536 * 1024;
/// As much more in a store that is read ahead (`storage::remote`).
const READ_AHEAD: usize = 4 * 1024 * 1024;

/// The records of a job in spills few enough for one merge, and in layers.
pub(super) struct Mergeable<'k> {
    pub sorted: SortedOutput,
    pub fan_in: FanIn,
    /// Memory for buffers of all reducers.
    free: usize,
    layers: Vec<&'k Layer>,
}

impl Mergeable<'_> {
    /// All records of one partition.
    ///
    /// # Errors
    /// Something cannot be read.
    pub(super) fn merge(&self, partition: usize, layout: &Layout) -> Result<Merge<'_>> {
        let kept = self.layers.iter().map(|layer| open_log(&layer.part(partition)).map_err(of_kept));
        let kept: Vec<Box<dyn Read + Send>> = kept.collect::<Result<_>>()?;
        Merge::beside(kept, &self.sorted.memory, &self.sorted.spilled, partition, layout, self.fan_in.buffer)
    }

    /// How many reducers, of so many, may merge at a time.
    pub(super) fn reducers(&self, wanted: usize) -> usize {
        let Some(layer) = self.layers.first() else { return wanted };
        let of_file = if layer.directory.scheme() == "file" { LAYER_FILE } else { LAYER_FILE + READ_AHEAD };
        let files = (self.free / of_file).min(MOST_LAYER_FILES);
        wanted.min(files / self.layers.len()).max(1)
    }
}

/// Takes the sorted records of a reducer.
struct LayerPart {
    file: zstd::Encoder<'static, Box<dyn PendingFile>>,
}

impl LayerPart {
    fn finish(self) -> Result<()> {
        self.file.finish().context("Writing kept records failed.")?.commit()
    }
}

impl LineSink for LayerPart {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.file.write_all(line).and_then(|()| self.file.write_all(b"\n")).context("Writing kept records failed.")
    }
}

impl Work<'_> {
    /// Merges what map tasks gave into few spills; enters it in the report. `held` is what records in memory take, those of other jobs
    /// included.
    pub(super) fn mergeable<'k>(
        &self,
        Mapped { job, map_outputs }: Mapped<'_>,
        layers: Vec<&'k Layer>,
        held: usize,
        report: &mut JobReport,
    ) -> Result<Mergeable<'k>> {
        job.spills.close();
        let mut sorted = SortedOutput::default();
        for map_output in map_outputs {
            report.counters.merge(&map_output.counters);
            report.lines += map_output.lines;
            sorted.extend(map_output.sorted);
        }
        let layout = job.layout(self.options);
        let reducers = self.options.threads.min(layout.partitions).max(1);
        // Memory that the records of this or of other jobs hold is not there for buffers.
        let free = self.options.memory.saturating_sub(held).max(self.options.memory / 4);
        let fan_in = FanIn::within(free / reducers);
        report.spills += sorted.spilled.len() as u64;
        report.spilled_bytes += sorted.spilled.iter().map(Spill::size).sum::<u64>();
        let (spilled, passes) = narrow(sorted.spilled, &layout, fan_in, &self.options.temporary, self.options.threads)?;
        report.merge_passes += passes.passes;
        sorted.spilled = spilled;
        Ok(Mergeable { sorted, fan_in, free, layers })
    }

    /// Writes the records of files that are kept as a new layer, if there are such files.
    ///
    /// # Errors
    /// An older layer cannot be read, or the new one cannot be written.
    pub(super) fn keep(&self, keeper: Mapped<'_>, held: usize, report: &mut JobReport) -> Result<Option<Layer>> {
        let job = keeper.job;
        let Some((kept, (place, lock))) = job.run.kept.and_then(|kept| Some((kept, kept.new_layer()?))) else { return Ok(None) };
        let mergeable = self.mergeable(keeper, kept.absorbed().iter().collect(), held, report)?;
        let partitions = job.layout(self.options).partitions;
        let next = AtomicUsize::new(0);
        let failed = || format!("Records could not be kept in {place}. The task can be told to keep none.");
        let staged = StagedDirectory::begin(&place, lock).with_context(failed)?;
        let counters = in_parallel(mergeable.reducers(self.options.threads.min(partitions)), || {
            let mut counters = Counters::default();
            loop {
                let partition = next.fetch_add(1, Ordering::Relaxed);
                if partition >= partitions {
                    return Ok(counters);
                }
                self.keep_partition(job, &mergeable, partition, &staged, &mut counters)?;
            }
        });
        counters.with_context(failed)?.iter().for_each(|counters| report.counters.merge(counters));
        let layer = kept.describe(&place, staged.directory()).with_context(failed)?;
        staged.commit(SuccessMarker::Write).with_context(failed)?;
        Ok(Some(layer))
    }

    fn keep_partition(
        &self,
        job: &ScanJob<'_>,
        mergeable: &Mergeable<'_>,
        partition: usize,
        staged: &StagedDirectory,
        counters: &mut Counters,
    ) -> Result<()> {
        let layout = job.layout(self.options);
        let failed = "Kept records cannot be compressed.";
        let mut file = zstd::Encoder::new(staged.create(&part_name(partition))?, LEVEL).context(failed)?;
        // Damage must not be taken for records.
        file.include_checksum(true).context(failed)?;
        let mut part = LayerPart { file };
        let mut combiner = job.combiner()?.ok_or_else(|| anyhow!("Records of a job without combiner cannot be kept."))?;
        let mut lines = mergeable.merge(partition, &layout)?;
        run_reducer(combiner.as_mut(), &mut lines, layout.group_fields, &mut Output::new(&mut part, counters))?;
        part.finish()
    }
}
