//! How jobs are sent to a cluster: commands, jars, queue, properties (spec 01, 7 and 8).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::Utc;

use crate::config::settings::Settings;

/// Where `hadoop-streaming.jar` lies in the usual distributions; a star stands for a version.
const STREAMING_JARS: &[&str] = &[
    "/usr/lib/hadoop/hadoop-streaming.jar",
    "/usr/lib/hadoop-mapreduce/hadoop-streaming.jar",
    "/opt/cloudera/parcels/CDH/lib/hadoop-mapreduce/hadoop-streaming.jar",
];

/// Name of our jar.
const INSIGHTS_JAR: &str = "insights-hadoop.jar";

/// How the map side of a job over logs gets its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MapInput {
    /// Hadoop decompresses the files and pipes their lines to the mapper
    #[default]
    Lines,
    /// The mapper is told the paths and reads the files itself
    Paths,
}

/// A cluster, as configured.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The command `hadoop`: `command` of `[hadoop]`.
    pub hadoop: String,
    /// The jar of Hadoop Streaming: `streaming-jar` of `[hadoop]`.
    pub streaming_jar: String,
    /// Our jar of input and output formats: `insights-jar` of `[hadoop]`.
    pub insights_jar: String,
    /// Directory of the mapper and reducer binaries that are shipped: `binaries` of `[hadoop]`.
    pub binaries: String,
    /// More jars: `--lib-jar`, then `lib_jar` of `[manifest]`.
    pub lib_jars: Vec<String>,
    /// Input format for manifests of logs, instead of ours: `--input-format`, else `input_format` of `[manifest]`.
    pub input_format: Option<String>,
    /// The queue or pool: `--pool`, else `pool` of `[hadoop]`.
    pub pool: Option<String>,
    /// Properties of every job: `[job-conf]`.
    pub properties: Vec<(String, String)>,
    /// How mappers of logs get their input: `--map-input`.
    pub map_input: MapInput,
    /// Where the logs of Hadoop's client are kept: `log-directory` of `[hadoop]`.
    pub log_directory: PathBuf,
}

/// What the command line says of the cluster (spec 01, 8.1).
#[derive(Clone, Debug, Default)]
pub struct ClusterChoices {
    /// `--lib-jar`
    pub lib_jars: Vec<String>,
    /// `--input-format`
    pub input_format: Option<String>,
    /// `--pool`
    pub pool: Option<String>,
    /// `--map-input`
    pub map_input: Option<MapInput>,
}

/// Where the bootstrap action of EMR puts our programs and our jar.
const EMR_PROGRAMS: &str = "/opt/insights/bin";

impl Cluster {
    /// The cluster of a configuration, reached from this machine.
    ///
    /// # Errors
    /// A jar is not found and not configured, or a value cannot be used.
    pub fn of_settings(settings: &Settings, choices: ClusterChoices) -> Result<Self> {
        let configured = |key: &str| settings.get("hadoop", key).map(str::to_owned);
        let here = std::env::current_exe()?;
        let here = here.parent().context("The directory of this program is not known.")?;
        let streaming_jar = configured("streaming-jar").map_or_else(streaming_jar, Ok)?;
        let insights_jar = configured("insights-jar").map_or_else(|| insights_jar(here), Ok)?;
        let binaries = configured("binaries").unwrap_or_else(|| here.display().to_string());
        Self::with_places(settings, choices, [streaming_jar, insights_jar, binaries])
    }

    /// A cluster of EMR with the bootstrap action of `emr/`; this machine need not know Hadoop, and places in `[hadoop]` are of others.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn of_emr(settings: &Settings, choices: ClusterChoices) -> Result<Self> {
        Self::with_places(settings, choices, [String::new(), format!("{EMR_PROGRAMS}/{INSIGHTS_JAR}"), EMR_PROGRAMS.to_owned()])
    }

    fn with_places(settings: &Settings, choices: ClusterChoices, [streaming_jar, insights_jar, binaries]: [String; 3]) -> Result<Self> {
        let configured = |key: &str| settings.get("hadoop", key).map(str::to_owned);
        let mut lib_jars = choices.lib_jars;
        match settings.get("manifest", "lib_jar") {
            Some(list) if list.trim_start().starts_with('[') => lib_jars.extend(settings.list("manifest", "lib_jar")?.unwrap_or_default()),
            Some(jar) => lib_jars.push(jar.trim().to_owned()),
            None => {}
        }
        Ok(Self {
            hadoop: command_name(settings),
            streaming_jar,
            insights_jar,
            binaries,
            lib_jars,
            input_format: choices.input_format.or_else(|| settings.get("manifest", "input_format").map(str::to_owned)),
            pool: choices.pool.or_else(|| configured("pool")),
            properties: settings.section("job-conf").map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            map_input: choices.map_input.unwrap_or_default(),
            log_directory: configured("log-directory").map_or_else(|| std::env::temp_dir().join("insights-hadoop-logs"), PathBuf::from),
        })
    }

    /// A program of Hadoop beside the command `hadoop`, such as `mapred`.
    pub fn sibling(&self, program: &str) -> String {
        let path = Path::new(&self.hadoop);
        if path.components().count() > 1 { path.with_file_name(program).display().to_string() } else { program.to_owned() }
    }

    /// A new file for the client's log of a job.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn log_file(&self, job: &str) -> Result<PathBuf> {
        let directory = &self.log_directory;
        std::fs::create_dir_all(directory)
            .with_context(|| format!("Cannot make {}. Set log-directory in [hadoop] to another.", directory.display()))?;
        let time = Utc::now().format("%Y%m%dT%H%M%S%.3f");
        Ok(directory.join(format!("{job}-{time}-{}.log", std::process::id())))
    }
}

/// The command `hadoop` of a configuration.
pub fn command_name(settings: &Settings) -> String {
    settings.get("hadoop", "command").unwrap_or("hadoop").trim().to_owned()
}

/// Whether a command can be run: a path, or a name on the PATH.
pub fn is_there(command: &str) -> bool {
    if command.contains('/') {
        return Path::new(command).exists();
    }
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(command).is_file()))
}

fn streaming_jar() -> Result<String> {
    let home = ["HADOOP_HOME", "HADOOP_MAPRED_HOME"].iter().find_map(std::env::var_os);
    if let Some(tools) = home.map(|home| Path::new(&home).join("share/hadoop/tools/lib")) {
        let names = std::fs::read_dir(tools).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_streaming = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("hadoop-streaming") && path.extension().is_some_and(|end| end == "jar") && !name.contains("sources")
        };
        if let Some(jar) = names.filter(is_streaming).min() {
            return Ok(jar.display().to_string());
        }
    }
    match STREAMING_JARS.iter().find(|path| Path::new(path).exists()) {
        Some(jar) => Ok((*jar).to_owned()),
        None => bail!("hadoop-streaming.jar was not found. Set streaming-jar in [hadoop], or HADOOP_HOME."),
    }
}

/// Beside this program in an installation, one directory up in a build.
fn insights_jar(here: &Path) -> Result<String> {
    let name = INSIGHTS_JAR;
    let places = [here.join(name), here.with_file_name(name)];
    match places.iter().find(|place| place.exists()) {
        Some(jar) => Ok(jar.display().to_string()),
        None => bail!("{name} was not found beside this program. Build it with emr/jar/build.sh, or set insights-jar in [hadoop]."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_of_the_command() {
        let cluster = |hadoop: &str| Cluster {
            hadoop: hadoop.to_owned(),
            streaming_jar: String::new(),
            insights_jar: String::new(),
            binaries: String::new(),
            lib_jars: Vec::new(),
            input_format: None,
            pool: None,
            properties: Vec::new(),
            map_input: MapInput::Lines,
            log_directory: PathBuf::new(),
        };
        assert_eq!(cluster("/usr/bin/hadoop").sibling("mapred"), "/usr/bin/mapred");
        assert_eq!(cluster("hadoop").sibling("mapred"), "mapred");
        assert!(is_there("sh") && is_there("/bin/sh") && !is_there("no-such-command"));
    }
}
