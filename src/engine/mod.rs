//! Runs jobs. All runners execute the same two functions; only who sorts between them differs (design 4).
//!
//! * [`local`]: in-process: parallel map, external merge sort within a memory budget, parallel reduce
//! * [`pipe`]: the real binaries and `sort`, every command printed

pub mod job_run;
pub mod local;
pub mod merge;
pub mod outputs;
pub mod pipe;
pub mod plan;
pub mod progress;
pub mod shuffle;

pub use job_run::{JobOutput, JobReport, JobRun, RunnerOptions};
