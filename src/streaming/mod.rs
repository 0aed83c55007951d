//! Hadoop Streaming: the wire protocol between mapper and reducer, and the frame that runs both.
//!
//! A job's mapper and reducer are plain code over borrowed bytes ([`Mapper`], [`Reducer`]). They see the same lines and
//! write the same bytes in a shell pipe, in the local runner and on a cluster; only who sorts between them differs.

pub mod counters;
pub mod encoded_words;
pub mod event_filter;
pub mod event_mapper;
pub mod folds;
pub mod group;
pub mod job;
pub mod job_arguments;
pub mod job_options;
#[cfg(test)]
pub mod job_trial;
pub mod lines;
pub mod log_mapper;
mod long_lines;
pub mod mapper_reducer;
pub mod output;
pub mod record;
pub mod shape;
pub mod sides;
pub mod sortable;
pub mod type_finder;
pub mod wire;

pub use counters::Counters;
pub use event_filter::{EventFilter, ParsedLine};
pub use event_mapper::EventMapper;
pub use group::Group;
pub use job::{AnyJob, Job, Jobs, job_named};
pub use job_arguments::{InputTable, JobArguments};
pub use job_options::{EventOptions, JobOptions, NoOptions};
pub use log_mapper::LogMapper;
pub use mapper_reducer::{Mapper, Reducer};
pub use output::{LineSink, Output, RowBuilder};
pub use record::Record;
pub use shape::{Input, JobShape, Keys, MOST_REDUCERS, OutputForm};
pub use type_finder::{EventTypes, TypeFinder};
