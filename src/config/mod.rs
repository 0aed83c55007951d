//! Configuration: ini sections, environment, credentials, task parameters.
pub mod credentials;
mod ini;
pub mod lists;
pub mod options;
pub mod settings;
