//! What a finished job tells.

use std::fmt::Write;
use std::time::Duration;

use crate::streaming::Counters;

/// What a finished job tells.
#[derive(Clone, Debug, Default)]
pub struct JobReport {
    /// Counters of all tasks.
    pub counters: Counters,
    /// Input files.
    pub files: usize,
    /// Compressed bytes read.
    pub bytes: u64,
    /// Input files besides, of which records were kept.
    pub kept_files: usize,
    /// Input lines; 0 where only the binaries see them.
    pub lines: u64,
    /// Rows written; 0 where only the binaries see them.
    pub rows: u64,
    /// Spills: sorted records written to disk.
    pub spills: u64,
    /// Bytes in them.
    pub spilled_bytes: u64,
    /// Passes that merged spills before the merge into the reducers.
    pub merge_passes: u64,
    /// Wall time.
    pub elapsed: Duration,
}

#[allow(clippy::cast_precision_loss)] // a rate for people
pub(super) fn told(report: &JobReport) -> String {
    let (megabytes, seconds) = (report.bytes as f64 / 1e6, report.elapsed.as_secs_f64());
    let mut text = if report.lines > 0 { format!("{} lines, ", report.lines) } else { String::new() };
    // Writing to a string cannot fail.
    let _ = write!(text, "{megabytes:.1} MB in {seconds:.1} s ({:.1} MB/s)", megabytes / seconds.max(1e-9));
    if report.kept_files > 0 {
        let _ = write!(text, ", records of {} files were kept", report.kept_files);
    }
    if report.spills > 0 {
        let spilled = report.spilled_bytes as f64 / 1e6;
        let _ = write!(text, ", {} spills to disk ({spilled:.1} MB), {} merge passes", report.spills, report.merge_passes + 1);
    }
    text
}

/// Counters, a line each.
pub(crate) fn counters_text(counters: &Counters) -> String {
    let lines: Vec<_> = counters.iter().map(|(group, name, value)| format!("    {group}: {name} = {value}")).collect();
    lines.join("\n")
}
