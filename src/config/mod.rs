//! Configuration: ini sections, environment, credentials, task parameters.

pub(crate) mod catalogue;
pub mod credentials;
mod ini;
pub(crate) mod lists;
pub(crate) mod missing;
pub(crate) mod options;
mod paths;
pub mod settings;
mod sources;
mod text;
pub(crate) mod unusable;
mod variables;
