//! Runs jobs. All runners execute the same two functions; only who sorts between them differs (docs/architecture.md).
//!
//! * [`plan`]: a task as steps: what is complete, what is due; `plan_run`, running them
//! * `job_step` and `step_input`: a step that runs a job, and what it reads
//! * [`task_report`]: what became of a task and its steps; `run_reports`, of all tasks of a run
//! * [`recipe`] and [`freshness`]: what a result was made from, and whether that has changed since
//! * [`load_step`]: rows of the warehouse into the result store; `loads_beside`, beside the jobs that follow; [`young_site`],
//!   when there is none yet
//! * [`local`]: in-process: parallel map, external merge sort within a memory budget, parallel reduce
//! * [`census`]: which days' events are in which log files
//! * [`ledger`]: what the steps of a run did, for those who tell it at the end
//! * [`scan`]: its map side, which several jobs can share
//! * [`hadoop`]: a cluster; [`cluster`] is how jobs are sent to it
//! * [`pipe`]: the real binaries and `sort`, every command printed
//! * [`together`]: several tasks over one scan of the logs
//! * [`export`]: a plan as a shell script, or as steps of EMR
//! * [`preflight`]: what a plan needs and cannot make, looked at before the logs are read
//! * [`submission`]: reducers, attempts, memory and properties of each job, by `jobs/` and the operator
//! * [`printed`]: a job as commands that can be typed
//! * [`program`]: what does a step where the driver is not there
//! * [`shuffle`] and [`merge`]: the two sides of the sort between mapper and reducer; [`collected`], of which several records become one;
//!   [`record_buffer`] over `arena`, and [`spill`], what is sorted in memory and on disk; [`folding`], what need not be; [`merge_passes`], when that is too much for one merge; [`loser_tree`], what finds the next record
//! * [`combined_output`]: what the mapper of a cluster or a pipe combines before it writes
//! * [`outputs`]: what becomes visible only when a job has succeeded; [`open_files`], its thousands of files
//! * [`working_directory`]: intermediate files, gone when the run ends
//! * [`external_commit`]: the same for jobs that other programs run

mod arena;
pub(crate) mod census;
pub(crate) mod check;
pub(crate) mod cluster;
pub(crate) mod collected;
pub(crate) mod combined_output;
pub(crate) mod committer_program;
mod difference;
pub(crate) mod export;
pub mod external_commit;
pub(crate) mod folding;
pub(crate) mod freshness;
pub(crate) mod hadoop;
mod input_order;
pub(crate) mod job_report;
pub(crate) mod job_run;
mod job_step;
pub(crate) mod layout;
pub(crate) mod ledger;
pub(crate) mod load_step;
mod loads_beside;
pub(crate) mod local;
pub(crate) mod local_options;
mod log_sources;
pub(crate) mod loser_tree;
pub(crate) mod map_tasks;
pub(crate) mod merge;
pub(crate) mod merge_passes;
pub(crate) mod open_files;
pub(crate) mod outputs;
mod parallel;
pub(crate) mod pipe;
pub mod plan;
mod plan_run;
pub(crate) mod plan_summary;
pub(crate) mod preflight;
pub(crate) mod printed;
pub(crate) mod program;
pub(crate) mod progress;
pub(crate) mod recipe;
pub(crate) mod record_buffer;
mod run_reports;
pub(crate) mod scan;
pub(crate) mod scan_job;
pub(crate) mod shuffle;
pub(crate) mod signals;
pub(crate) mod spill;
pub(crate) mod splits;
mod step_input;
pub(crate) mod submission;
pub(crate) mod task_report;
pub(crate) mod together;
mod typed_line;
mod watch;
pub(crate) mod worked;
pub(crate) mod working_directory;
pub(crate) mod young_site;

pub use job_report::JobReport;
pub use job_run::{JobOutput, JobRun, RunnerOptions};
