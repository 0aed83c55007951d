//! Tables of the LMS: their import into the warehouse, and reading it (rules 09).
//!
//! * `condition`: the condition of `--where`
//! * [`derived`]: what a site without LMS database has instead
//! * [`import`]: rows streamed from MySQL, all from one snapshot
//! * [`encoding`]: values as the import writes them
//! * [`provenance`]: which of the two an import is
//! * [`rows`]: imported rows as mappers read them
//! * [`source`]: the LMS database, as options and configuration name it

mod condition;
pub(crate) mod derived;
pub(crate) mod encoding;
pub(crate) mod import;
pub(crate) mod provenance;
pub(crate) mod rows;
pub(crate) mod source;
pub mod tables;

pub use rows::LmsRow;
