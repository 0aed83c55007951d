//! Options of programs that look into configuration files.

use anyhow::Result;

use super::settings::{ConfigFile, Settings, Sources};
use crate::storage::Location;

/// Which files are read.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ConfigOptions {
    /// Configuration file, read after override.cfg; may be repeated
    #[arg(long = "config", value_name = "FILE")]
    configs: Vec<Location>,
}

impl ConfigOptions {
    /// The settings that these files, those of the working directory and the environment give.
    ///
    /// # Errors
    /// A file is missing or cannot be read.
    pub(crate) fn settings(&self) -> Result<Settings> {
        Settings::load(&Sources::of_process(self.configs.iter().cloned().map(ConfigFile::Required).collect()))
    }
}
