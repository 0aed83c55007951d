//! How jobs are sent to a cluster: commands, jars, queue, properties (rules 01, 7 and 8).
//!
//! * [`secret_properties`]: what must not stand in the line of a job
//! * [`client_log`]: where all is kept that Hadoop said

pub(crate) mod client_log;
pub(crate) mod secret_properties;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use self::secret_properties::is_secret;

use crate::config::settings::Settings;
use crate::storage::Location;

/// Where the jar of Hadoop Streaming lies below the home of Hadoop: in Apache's archive and those of others.
const STREAMING_IN_HOME: &[&str] = &["share/hadoop/tools/lib", "", "tools/lib", "../hadoop-mapreduce"];
/// Where it lies in the usual distributions.
const STREAMING_DIRECTORIES: &[&str] = &["/usr/lib/hadoop-mapreduce", "/usr/lib/hadoop", "/opt/cloudera/parcels/CDH/lib/hadoop-mapreduce"];

/// Name of our jar.
pub(super) const INSIGHTS_JAR: &str = "insights-hadoop.jar";

/// How the map side of a job over logs gets its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Name of the driver among them, which opens the files of jobs over paths.
    pub driver: String,
    /// More jars: `--lib-jar`, then `lib_jar` of `[manifest]`.
    pub lib_jars: Vec<String>,
    /// Input format for manifests of logs, instead of ours: `--input-format`, else `input_format` of `[manifest]`.
    pub input_format: Option<String>,
    /// The queue or pool: `--pool`, else `pool` of `[hadoop]`.
    pub pool: Option<String>,
    /// Who reads the pool: `scheduler` of `[hadoop]`.
    pub scheduler: Scheduler,
    /// Properties of every job: `[job-conf]`.
    pub properties: Vec<(String, String)>,
    /// How mappers of logs get their input: `--map-input`; without it the settings of each job decide.
    pub map_input: Option<MapInput>,
    /// Where the logs of Hadoop's client are kept: `log-directory` of `[hadoop]`.
    pub log_directory: Option<PathBuf>,
}

/// Which property names the pool (rules 01, 8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheduler {
    /// A queue of YARN, under whichever scheduler.
    #[default]
    Unset,
    /// A pool of the fair scheduler.
    Fair,
    /// A queue of the capacity scheduler.
    Capacity,
}

impl Scheduler {
    fn of_settings(settings: &Settings) -> Result<Self> {
        Ok(match settings.get("hadoop", "scheduler").map(str::trim) {
            None | Some("") => Self::Unset,
            Some("fair") => Self::Fair,
            Some("capacity") => Self::Capacity,
            Some(other) => bail!("scheduler of [hadoop] is {other:?}; it must be fair or capacity, or be left out for a queue of YARN."),
        })
    }

    /// The property that names the pool.
    pub fn pool_property(self) -> &'static str {
        match self {
            Self::Unset => "mapreduce.job.queuename",
            Self::Fair => "mapred.fairscheduler.pool",
            Self::Capacity => "mapred.job.queue.name",
        }
    }
}

/// What the command line says of the cluster (rules 01, 8.1).
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
        let program = std::env::current_exe()?;
        let driver = program.file_name().and_then(|name| name.to_str()).context("The name of this program is not UTF-8.")?;
        let here = program.parent().context("The directory of this program is not known.")?;
        let streaming_jar = configured("streaming-jar").map_or_else(|| streaming_jar(&command_name(settings)), Ok)?;
        let insights_jar = configured("insights-jar").map_or_else(|| insights_jar(here), Ok)?;
        let binaries = configured("binaries").unwrap_or_else(|| here.display().to_string());
        Self::with_places(settings, choices, [streaming_jar, insights_jar, binaries, driver.to_owned()])
    }

    /// A cluster of EMR with the bootstrap action of `emr/`; this machine need not know Hadoop, and places in `[hadoop]` are of others.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn of_emr(settings: &Settings, choices: ClusterChoices) -> Result<Self> {
        Self::with_places(
            settings,
            choices,
            [String::new(), format!("{EMR_PROGRAMS}/{INSIGHTS_JAR}"), EMR_PROGRAMS.to_owned(), "insights".to_owned()],
        )
    }

    fn with_places(
        settings: &Settings,
        choices: ClusterChoices,
        [streaming_jar, insights_jar, binaries, driver]: [String; 4],
    ) -> Result<Self> {
        let configured = |key: &str| settings.get("hadoop", key).map(str::to_owned);
        let mut lib_jars = choices.lib_jars;
        match settings.get("manifest", "lib_jar") {
            Some(list) if list.trim_start().starts_with('[') => lib_jars.extend(settings.list("manifest", "lib_jar")?.unwrap_or_default()),
            Some(jar) => lib_jars.push(jar.trim().to_owned()),
            None => {}
        }
        // Hadoop's client runs in a directory of its own.
        let command = command_name(settings);
        Ok(Self {
            hadoop: if command.contains('/') { absolute(&command)? } else { command },
            streaming_jar: absolute(&streaming_jar)?,
            insights_jar: absolute(&insights_jar)?,
            binaries: absolute(&binaries)?,
            driver,
            lib_jars: lib_jars.iter().map(|jar| absolute(jar)).collect::<Result<_>>()?,
            input_format: choices.input_format.or_else(|| settings.get("manifest", "input_format").map(str::to_owned)),
            pool: choices.pool.or_else(|| configured("pool")),
            scheduler: Scheduler::of_settings(settings)?,
            properties: settings.section("job-conf").map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            map_input: choices.map_input,
            log_directory: configured("log-directory").map(PathBuf::from),
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
    /// See [`client_log::new_path`].
    pub fn log_file(&self, job: &str) -> Result<PathBuf> {
        client_log::new_path(self.log_directory.as_deref(), job)
    }

    /// The properties that may stand on a command line.
    pub fn open_properties(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.properties.iter().filter(|(name, value)| !is_secret(name, value)).cloned()
    }

    /// The names of those that may not.
    pub fn secret_properties(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().filter(|(name, value)| is_secret(name, value)).map(|(name, _)| name.as_str())
    }

    /// Writes the properties that may not stand on a command line into a file of this user's; none if there are none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_secret_properties(&self, directory: &Path) -> Result<Option<PathBuf>> {
        let secret: Vec<_> = self.properties.iter().filter(|(name, value)| is_secret(name, value)).cloned().collect();
        if secret.is_empty() {
            return Ok(None);
        }
        let path = directory.join("properties.xml");
        secret_properties::write(&path, &secret)?;
        Ok(Some(path))
    }

    /// Checks that commands for others to read hold no secrets.
    ///
    /// # Errors
    /// A property is one; the error names it.
    pub fn without_secrets(&self) -> Result<()> {
        let secret = self.properties.iter().find(|(name, value)| is_secret(name, value)).map_or("", |(name, _)| name);
        ensure!(
            secret.is_empty(),
            "{secret} in [job-conf] would stand in the commands, where others can read it. Set it in the cluster's own configuration."
        );
        Ok(())
    }
}

/// A path of this machine that means the same in any directory; a URL of elsewhere as it is.
fn absolute(path: &str) -> Result<String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let place: Location = path.parse().with_context(|| format!("The path {path:?} cannot be used."))?;
    if place.scheme() != "file" {
        return Ok(path.to_owned());
    }
    let absolute = std::path::absolute(place.path()).with_context(|| format!("The path {path} cannot be used."))?;
    Ok(absolute.display().to_string())
}

/// There is no command of Hadoop on this machine, nor the jar that is looked for beside it.
#[derive(Clone, Debug)]
pub(crate) struct NoHadoop(String);

impl fmt::Display for NoHadoop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(command) = self;
        write!(
            formatter,
            "The command {command} was not found, nor hadoop-streaming.jar. Install Hadoop's client, add its directory to PATH, or set command in \
             [hadoop]. To print commands for another machine, set streaming-jar and insights-jar in [hadoop] to the paths of both jars there."
        )
    }
}

impl std::error::Error for NoHadoop {}

/// The command `hadoop` of a configuration.
pub(crate) fn command_name(settings: &Settings) -> String {
    settings.get("hadoop", "command").unwrap_or("hadoop").trim().to_owned()
}

/// Whether a command can be run: a path, or a name on the PATH.
pub(crate) fn is_there(command: &str) -> bool {
    path_of(command).is_some()
}

fn path_of(command: &str) -> Option<PathBuf> {
    if command.contains('/') {
        return Some(PathBuf::from(command)).filter(|path| path.exists());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(command)).find(|path| path.is_file())
}

fn streaming_jar(hadoop: &str) -> Result<String> {
    let named = ["HADOOP_HOME", "HADOOP_MAPRED_HOME"].iter().find_map(std::env::var_os).map(PathBuf::from);
    // The command is often a link into the distribution.
    let of_command = path_of(hadoop).and_then(|path| path.canonicalize().ok()).and_then(|path| Some(path.parent()?.parent()?.to_owned()));
    let homes = named.into_iter().chain(of_command);
    let in_homes = homes.flat_map(|home| STREAMING_IN_HOME.iter().map(move |directory| home.join(directory)));
    match in_homes.chain(STREAMING_DIRECTORIES.iter().map(PathBuf::from)).find_map(|directory| streaming_jar_in(&directory)) {
        Some(jar) => Ok(jar.display().to_string()),
        None if !is_there(hadoop) => bail!(NoHadoop(hadoop.to_owned())),
        None => bail!("hadoop-streaming.jar was not found beside the command {hadoop}. Set streaming-jar in [hadoop], or HADOOP_HOME."),
    }
}

/// The jar of Hadoop Streaming in a directory, with or without a version in its name.
fn streaming_jar_in(directory: &Path) -> Option<PathBuf> {
    let paths = std::fs::read_dir(directory).ok()?.flatten().map(|entry| entry.path());
    let is_streaming = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_jar = path.extension().is_some_and(|end| end == "jar");
        name.starts_with("hadoop-streaming") && is_jar && !name.contains("sources") && path.exists()
    };
    paths.filter(is_streaming).min()
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
mod tests;
