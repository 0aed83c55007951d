//! Runs jobs. All runners execute the same two functions; only who sorts between them differs (design 4).
//!
//! * [`plan`]: a task as steps: what is complete, what is due
//! * [`local`]: in-process: parallel map, external merge sort within a memory budget, parallel reduce
//! * [`scan`]: its map side, which several jobs can share
//! * [`hadoop`]: a cluster
//! * [`pipe`]: the real binaries and `sort`, every command printed
//! * [`together`]: several tasks over one scan of the logs
//! * [`export`]: a plan as a shell script, or as steps of EMR
//! * [`preflight`]: what a plan needs and cannot make, looked at before the logs are read
//! * [`program`]: what does a step where the driver is not there
//! * [`shuffle`] and [`merge`]: the two sides of the sort between mapper and reducer
//! * [`outputs`]: what becomes visible only when a job has succeeded
//! * [`working_directory`]: intermediate files, gone when the run ends
//! * [`handed_over`]: the same for jobs that other programs run

pub mod export;
pub mod hadoop;
pub mod handed_over;
pub mod job_run;
pub mod local;
pub mod merge;
pub mod outputs;
pub mod pipe;
pub mod plan;
pub mod preflight;
pub mod program;
pub mod progress;
pub mod scan;
pub mod shuffle;
pub mod together;
pub mod working_directory;

pub use job_run::{JobOutput, JobReport, JobRun, RunnerOptions};
