//! Open edX tracking logs become Insights tables.
//!
//! The map of the house, in the order in which data passes through it:
//!
//! * [`tracking`]: a log line becomes an event
//! * [`streaming`]: Hadoop Streaming: wire records, mappers, reducers, grouping, counters
//! * [`workflows`]: the six workflows, one folder each, and their registry
//! * [`warehouse`]: rows, datasets, intervals, choice of input files, manifests, markers
//! * [`storage`]: where bytes live: one interface over the URL schemes
//! * [`stores`]: result stores: MySQL and SQLite behind one loader contract
//! * [`web`]: JSON interfaces of other servers, asked with patience
//! * [`engine`]: plans, and the runners of their jobs: local, pipe, hadoop; plans as scripts and as steps of EMR
//! * [`report`]: the HTML report of a result store
//! * [`driver`]: the command line
//! * [`generate`]: realistic logs and LMS tables for trials and tests
//! * [`config`]: the operators' ini files, credentials, parameters
pub mod config;
pub mod driver;
pub mod engine;
pub mod error_text;
pub mod generate;
pub mod lms;
pub mod report;
pub mod storage;
pub mod stores;
pub mod streaming;
pub mod tracking;
pub mod warehouse;
pub mod web;
pub mod workflows;
