//! Hadoop Streaming: the wire protocol between mapper and reducer, and the frame that runs both.
//!
//! A job's mapper and reducer are plain code over borrowed bytes ([`Mapper`], [`Reducer`]). They see the same lines and
//! write the same bytes in a shell pipe, in the local runner and on a cluster; only who sorts between them differs.

pub mod counters;
pub mod descriptor;
pub mod group;
pub mod job;
#[cfg(test)]
pub mod job_trial;
pub mod lines;
pub mod output;
pub mod process;
pub mod record;
pub mod task;
pub mod task_words;

pub use counters::Counters;
pub use descriptor::{Descriptor, JobShape, OutputForm};
pub use group::Group;
pub use job::{InputTable, Job, JobSet, MapSide, Mapper, NoOptions, Reducer, TaskArguments};
pub use output::{LineSink, Output};
pub use record::Record;
