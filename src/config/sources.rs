//! Where settings come from: files, environment and command line (rules 01, 7).

use std::path::PathBuf;

use crate::error_text::quoted;
use crate::storage::Location;

/// A file named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// `--config FILE`: it is an error if the file is missing.
    Required(Location),
    /// `--additional-config FILE`: a missing file is only noted.
    Optional(Location),
}

impl ConfigFile {
    /// The option as it was typed.
    pub(super) fn words(&self) -> [String; 2] {
        let (option, place) = match self {
            Self::Required(place) => ("--config", place),
            Self::Optional(place) => ("--additional-config", place),
        };
        [option.to_owned(), quoted(place.as_str())]
    }
}

/// A setting of the command line, which wins over files and environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenSetting {
    /// Its section.
    pub section: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Where it comes from, for messages.
    pub origin: String,
}

/// Where settings are looked for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The directory that may hold `client.cfg`, `luigi.cfg` and `override.cfg`.
    pub working_directory: PathBuf,
    /// Files of the whole machine, read first.
    pub system_files: Vec<PathBuf>,
    /// Read in place of `client.cfg` and `luigi.cfg` (`LUIGI_CONFIG_PATH`).
    pub luigi_config_path: Option<PathBuf>,
    /// Files of the command line, in order, read last.
    pub files: Vec<ConfigFile>,
    /// The environment; only names with the prefix `INSIGHTS_` matter.
    pub environment: Vec<(String, String)>,
    /// Single settings of the command line.
    pub given: Vec<GivenSetting>,
}

impl Sources {
    /// What this process sees, and the given files of the command line.
    pub fn of_process(files: Vec<ConfigFile>) -> Self {
        let environment = std::env::vars_os();
        Self {
            working_directory: PathBuf::from("."),
            system_files: vec!["/etc/luigi/client.cfg".into(), "/etc/luigi/luigi.cfg".into()],
            luigi_config_path: std::env::var_os("LUIGI_CONFIG_PATH").map(PathBuf::from),
            files,
            environment: environment.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect(),
            given: Vec::new(),
        }
    }
}
