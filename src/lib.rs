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
//! * [`config`]: the operators' ini files, credentials, parameters
//! * [`generate`]: made-up logs and LMS tables for demos, tests and benchmarks
pub mod tracking;
pub mod streaming;
pub mod workflows;
pub mod warehouse;
pub mod storage;
pub mod stores;
pub mod config;
pub mod generate;
