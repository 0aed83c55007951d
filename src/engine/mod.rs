//! Runs jobs. All runners execute the same two functions; only who sorts between them differs (design 4).
//!
//! * [`plan`]: a task as steps: what is complete, what is due
//! * [`recipe`] and [`freshness`]: what a result was made from, and whether that has changed since
//! * [`load_step`]: rows of the warehouse into the result store
//! * [`local`]: in-process: parallel map, external merge sort within a memory budget, parallel reduce
//! * [`scan`]: its map side, which several jobs can share
//! * [`hadoop`]: a cluster
//! * [`pipe`]: the real binaries and `sort`, every command printed
//! * [`together`]: several tasks over one scan of the logs
//! * [`export`]: a plan as a shell script, or as steps of EMR
//! * [`program`]: what does a step where the driver is not there
//! * [`shuffle`] and [`merge`]: the two sides of the sort between mapper and reducer
//! * [`outputs`]: what becomes visible only when a job has succeeded
//! * [`handed_over`]: the same for jobs that other programs run

mod difference;
pub mod export;
pub mod freshness;
pub mod hadoop;
pub mod handed_over;
pub mod job_run;
pub mod load_step;
pub mod local;
pub mod merge;
pub mod outputs;
pub mod pipe;
pub mod plan;
pub mod program;
pub mod progress;
pub mod recipe;
pub mod scan;
pub mod shuffle;
pub mod together;

pub use job_run::{JobOutput, JobReport, JobRun, RunnerOptions};
