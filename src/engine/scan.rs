//! The map side of the local runner: each input file is read once for all jobs that want it.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::input_order::Split;
use super::map_tasks::{Tasks, name_of};
use super::progress::Progress;
use super::scan_job::{MapOutput, ScanJob, Sinks};
use super::splits::{Piece, Splits};
use crate::storage::decompression::{open_log_counting, open_log_sharing};
use crate::streaming::lines::LineReader;

/// Feeds one input to the mappers of its jobs; map outputs are by job. When others have nothing to do, lines go to them, and
/// they inflate what comes. The buffer is that of the input before.
pub(crate) fn map_split<'e>(
    jobs: &[ScanJob<'_>],
    split: &Split<'e>,
    sinks: &mut dyn Sinks,
    map_outputs: &mut [MapOutput],
    progress: &Progress,
    others: Option<&Splits<'e>>,
    buffer: &mut Vec<u8>,
) -> Result<()> {
    let mut tasks = Tasks::of(jobs, split)?;
    let input: Box<dyn Read + Send + '_> = match (split.file, others.filter(|others| others.workers > 1)) {
        (Some(entry), Some(others)) => open_log_sharing(&entry.location, Arc::clone(&progress.bytes), others)?,
        (Some(entry), None) => open_log_counting(&entry.location, Arc::clone(&progress.bytes))?,
        (None, _) => Box::new(std::io::empty()),
    };
    let mut log = LineReader::reusing(input, std::mem::take(buffer));
    let others = others.filter(|_| split.lines_are_alone);
    let (mut number, mut given) = (0_u64, 0_u64);
    loop {
        if let Some(others) = others.filter(|others| others.wants_piece()) {
            let mut text = others.room();
            let lines = log.take_lines(PIECE, &mut text).with_context(|| format!("Reading {} failed.", name_of(split)))?;
            if lines > 0 {
                others.offer(Piece { split: split.clone(), text, before: number });
                (number, given) = (number + lines, given + lines);
                continue;
            }
            others.emptied(text);
        }
        let Some(lines) = tasks.next(&mut log, number, sinks, map_outputs)? else { break };
        number += lines;
    }
    tasks.finish(sinks, map_outputs)?;
    for &job in &split.jobs {
        let Some(map_output) = map_outputs.get_mut(job) else { continue };
        map_output.lines += number - given;
        if log.too_long() > 0 {
            map_output.counters.add("Input", "Discard Line Too Long", log.too_long());
        }
    }
    progress.split_done(split);
    *buffer = log.into_buffer();
    Ok(())
}

/// Text of so many bytes is worth the way to another worker.
pub(super) const PIECE: usize = 512 * 1024;
