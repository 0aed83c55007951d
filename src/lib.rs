//! Open edX tracking logs become Insights tables.
//!
//! The map of the house, top floor first. A floor uses only floors below it (`tests/direction.rs`):
//!
//! * [`programs`]: every `main`: the driver `insights`, mappers and reducers, the programs of single steps
//! * [`report`]: the HTML report of a result store
//! * [`export`]: tables of a store or of the warehouse as files for other programs
//! * [`workflows`]: the six workflows, one folder each, and their registry
//! * [`tasks`]: what tasks of all workflows share: choice of logs, tables by day, imports, loads
//! * [`engine`]: plans, and the runners of their jobs: local, pipe, hadoop; plans as scripts and as steps of EMR
//! * [`lms`]: import of LMS tables
//! * [`stores`]: result stores, MySQL and SQLite behind one loader contract, and the roster index
//! * [`web`]: JSON interfaces of other servers, asked with patience
//! * [`warehouse`]: rows, datasets, choice of input files, manifests, markers
//! * [`generate`]: realistic logs and LMS tables for trials and tests
//! * [`config`]: the operators' ini files, credentials, parameters
//! * [`storage`]: where bytes live: one interface over the URL schemes
//! * [`streaming`]: Hadoop Streaming: wire records, mappers, reducers, grouping, counters
//! * [`tracking`]: a log line becomes an event
//! * [`calendar`]: days and intervals; [`error_text`]: how errors read; [`notice`]: what is told though nothing failed;
//!   `wrong_usage`: names that are not there; [`standard_streams`]: what is said and printed

pub mod calendar;
pub mod config;
pub mod engine;
pub(crate) mod error_text;
pub(crate) mod export;
pub mod generate;
pub mod lms;
pub mod notice;
pub mod programs;
pub mod report;
pub(crate) mod standard_streams;
pub mod storage;
pub mod stores;
pub mod streaming;
pub mod tasks;
pub mod tracking;
pub mod warehouse;
pub(crate) mod web;
pub mod workflows;
pub(crate) mod wrong_usage;
