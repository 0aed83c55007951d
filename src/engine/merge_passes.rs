//! Merging in passes: while a job has more spills on disk than one merge may read, some are merged into fewer.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

use super::layout::Layout;
use super::merge::Merge;
use super::parallel::in_parallel;
use super::spill::{Spill, SpillPlace};
use crate::streaming::lines::LineSource;

/// The buffer that each spill is read with, as long as memory lasts for some spills.
const WANTED_BUFFER: usize = 32 * 1024;
const LARGEST_BUFFER: usize = 256 * 1024;
const SMALLEST_BUFFER: usize = 4 * 1024;
/// Fewer spills at a time would need more passes than a little memory is worth.
const FEWEST_SPILLS: usize = 8;
const MOST_SPILLS: usize = 256;

/// How many spills one merge reads at a time, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FanIn {
    /// Spills on disk.
    pub spills: usize,
    /// Bytes of each spill's buffer.
    pub buffer: usize,
}

impl FanIn {
    /// What a merge may take of the memory, in bytes. There is a least: 8 spills of 4 KB.
    pub(crate) fn within(memory: usize) -> Self {
        let spills = (memory / WANTED_BUFFER).clamp(FEWEST_SPILLS, MOST_SPILLS);
        Self { spills, buffer: (memory / spills).clamp(SMALLEST_BUFFER, LARGEST_BUFFER) }
    }
}

/// What passes over spills have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passes {
    /// How many there were.
    pub passes: u64,
    /// Bytes that they wrote.
    pub bytes: u64,
}

/// Merges spills until one merge can read all that are left.
///
/// # Errors
/// The disk does not take a spill, or does not give it back.
pub(crate) fn narrow(
    mut spills: Vec<Spill>,
    layout: &Layout,
    fan_in: FanIn,
    temporary: &Path,
    threads: usize,
) -> Result<(Vec<Spill>, Passes)> {
    let mut passes = Passes::default();
    while spills.len() > fan_in.spills.max(2) {
        let (groups, mut kept) = choose(spills, fan_in.spills.max(2));
        // A file of its own for each pass: what was merged gives its file back.
        let place = SpillPlace::new(temporary);
        let merged = merge_groups(&groups, layout, fan_in.buffer, &place, threads)?;
        passes.passes += 1;
        passes.bytes += merged.iter().map(Spill::size).sum::<u64>();
        kept.extend(merged);
        spills = kept;
    }
    Ok((spills, passes))
}

/// The spills of one pass in groups, and the spills that it leaves: as few bytes as possible are written again.
fn choose(mut spills: Vec<Spill>, fan_in: usize) -> (Vec<Vec<Spill>>, Vec<Spill>) {
    spills.sort_by_key(Spill::size);
    let beyond = spills.len().saturating_sub(fan_in);
    // Merging a group leaves one spill; so many groups make an end of it, if there are that many spills.
    let groups = beyond.div_ceil(fan_in - 1);
    let (taken, groups) = if groups <= fan_in { (beyond + groups, groups) } else { (spills.len(), spills.len().div_ceil(fan_in)) };
    let kept = spills.split_off(taken);
    let mut spills = spills.into_iter();
    let size = |group| taken / groups + usize::from(group < taken % groups);
    let grouped = (0..groups).map(|group| spills.by_ref().take(size(group)).collect()).collect();
    (grouped, kept)
}

/// Each group becomes one spill. How long its partitions are is known before, so that several threads write them.
fn merge_groups(groups: &[Vec<Spill>], layout: &Layout, buffer: usize, place: &SpillPlace, threads: usize) -> Result<Vec<Spill>> {
    let sizes = |group: &[Spill], partition| group.iter().map(|spill| spill.partition_size(partition)).sum();
    let reserved = groups.iter().map(|group| place.reserve((0..layout.partitions).map(|partition| sizes(group, partition))));
    let merged = reserved.collect::<Result<Vec<_>>>()?;
    let next = AtomicUsize::new(0);
    in_parallel(threads, || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (group, partition) = (number / layout.partitions, number % layout.partitions);
            let Some((group, target)) = groups.get(group).zip(merged.get(group)) else { return Ok(()) };
            let mut lines = Merge::new(&[], group, partition, layout, buffer)?;
            let mut writer = target.writer(partition..partition + 1);
            while let Some(line) = lines.next_line()? {
                writer.line(line)?;
            }
            writer.finish().context("Merging spilled records failed.")?;
        }
    })?;
    Ok(merged)
}

#[cfg(test)]
mod tests;
