//! `insights init`: a complete, commented configuration, from a few options or from one that there is.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::NaiveDate;

use super::names::{idle, of_patterns};
use super::shown;
use super::template::{Values, lacking, text};
use crate::calendar::day;
use crate::config::catalogue::known_setting;
use crate::config::settings::Settings;
use crate::error_text::quoted;
use crate::notice::Notice;
use crate::programs::insights::Workflows;
use crate::storage::Location;
use crate::wrong_usage::WrongUsage;
use crate::{say, standard_streams};

/// Name of the command.
pub(crate) const NAME: &str = "init";

/// Options of the command.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct InitOptions {
    /// File to write; programs that start in its directory read override.cfg by themselves
    #[arg(long, value_name = "FILE", default_value = "override.cfg")]
    output: PathBuf,
    /// Take what this configuration sets, and say what of it is used and what is missing
    #[arg(long, value_name = "FILE")]
    from: Option<Location>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// Write nothing: print every setting in force with its source, secrets masked
    #[arg(long, conflicts_with_all = ["from", "force"])]
    show: bool,
    #[command(flatten)]
    given: GivenSettings,
}

/// The settings that most sites need to choose.
#[derive(clap::Args, Clone, Debug)]
struct GivenSettings {
    /// Directory of the tracking logs, a path or URL; may be repeated
    #[arg(long, value_name = "PLACE")]
    logs: Vec<String>,
    /// Regular expression over the URLs of log files; may be repeated
    #[arg(long, value_name = "REGEX")]
    log_pattern: Vec<String>,
    /// Root of the warehouse, a path or URL
    #[arg(long, value_name = "PLACE")]
    warehouse: Option<String>,
    /// First day that counts
    #[arg(long, value_name = "DAY", value_parser = day::day, allow_hyphen_values = true)]
    first_day: Option<NaiveDate>,
    /// JSON file with host, port, username and password of the result store
    #[arg(long, value_name = "FILE")]
    store_credentials: Option<String>,
    /// Name of the result database
    #[arg(long, value_name = "NAME")]
    store_database: Option<String>,
    /// JSON file with host, port, username and password of the LMS database
    #[arg(long, value_name = "FILE")]
    lms_credentials: Option<String>,
    /// Name of the LMS database
    #[arg(long, value_name = "NAME")]
    lms_database: Option<String>,
    /// Database of addresses, such as GeoLite2-Country.mmdb
    #[arg(long, value_name = "FILE")]
    geolocation_data: Option<String>,
    /// URL of the search engine of the roster; may be repeated
    #[arg(long, value_name = "URL")]
    search_engine: Vec<String>,
}

impl GivenSettings {
    fn values(&self) -> Result<Values> {
        let mut values = Values::new();
        let mut set = |section: &str, key: &str, value: Option<String>| {
            if let Some(value) = value {
                values.insert((section.to_owned(), key.to_owned()), value);
            }
        };
        let list = |texts: &[String]| (!texts.is_empty()).then(|| serde_json::to_string(texts)).transpose();
        set("event-logs", "source", list(&self.logs)?);
        set("event-logs", "pattern", list(&self.log_pattern)?);
        set("hive", "warehouse_path", self.warehouse.clone());
        for section in ["enrollments", "location-per-course"] {
            set(section, "interval_start", self.first_day.map(|day| day.to_string()));
        }
        set("database-export", "credentials", self.store_credentials.clone());
        set("database-export", "database", self.store_database.clone());
        set("database-import", "credentials", self.lms_credentials.clone());
        set("database-import", "database", self.lms_database.clone());
        set("geolocation", "geolocation_data", self.geolocation_data.clone());
        set("elasticsearch", "host", list(&self.search_engine)?);
        if !self.search_engine.is_empty() {
            for key in ["alias", "number_of_shards"] {
                set("module-engagement", key, known_setting("module-engagement", key).map(|known| known.example.to_owned()));
            }
        }
        Ok(values)
    }
}

/// Writes the file, or prints what is in force.
///
/// # Errors
/// The file is there, another cannot be read, or nothing can be written there.
pub(crate) fn run(workflows: Workflows, options: &InitOptions, settings: impl FnOnce() -> Result<Settings>) -> Result<()> {
    let given = options.given.values()?;
    if options.show {
        return standard_streams::print(format_args!("{}", shown::text(workflows, &settings()?, &given)));
    }
    let (mut values, mut kept, mut told) = (Values::new(), Values::new(), Vec::new());
    if let Some(from) = &options.from {
        told = take(workflows, from, &mut values, &mut kept)?;
    }
    values.extend(given);
    let is_secret = values.iter().chain(&kept).any(|((section, key), value)| shown::hides(section, key, value));
    write(&options.output, &text(&values, &kept), options.force, is_secret)?;
    told.extend(of_patterns(&options.given.log_pattern).iter().map(Notice::to_string));
    for line in &told {
        say!("{line}");
    }
    say!("Written: {}", options.output.display());
    for known in lacking(&values) {
        say!("Missing: [{}] {} ({}), such as {}", known.section, known.key, known.about, known.example);
    }
    say!("Next: insights doctor --config {}", quoted(&options.output.display().to_string()));
    Ok(())
}

/// What a configuration sets, and what is to be said of it.
fn take(workflows: Workflows, from: &Location, values: &mut Values, kept: &mut Values) -> Result<Vec<String>> {
    let settings = Settings::of_file(from)?;
    let idle = idle(workflows, &settings);
    let mut told: Vec<String> = settings.notices().iter().map(Notice::to_string).collect();
    for set in settings.all() {
        let unread = idle.iter().find(|idle| (idle.section.as_str(), idle.key.as_str()) == (set.section, set.key));
        let place = || (set.section.to_owned(), set.key.to_owned());
        if let Some(unread) = unread {
            let meant = unread.meant.as_ref().map(|meant| format!(" Did you mean {meant}?")).unwrap_or_default();
            told.push(format!("No effect, left out: [{}] {} ({}).{meant}", set.section, set.key, set.origin));
        } else if let Some(known) = known_setting(set.section, set.key) {
            told.push(format!("Used: [{}] {}", known.section, known.key));
            values.insert((known.section.to_owned(), known.key.to_owned()), set.value.to_owned());
        } else {
            told.push(format!("Used: [{}] {}", set.section, set.key));
            kept.insert(place(), set.value.to_owned());
        }
    }
    told.sort_by_key(|line| line.starts_with("No effect"));
    Ok(told)
}

/// Takes its place in one step; a file with secrets is for its owner only.
fn write(path: &Path, text: &str, force: bool, has_secrets: bool) -> Result<()> {
    let what = || format!("The file {} cannot be written.", path.display());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).with_context(what)?;
    file.write_all(text.as_bytes()).with_context(what)?;
    let mode = if has_secrets { 0o600 } else { 0o644 };
    file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).with_context(what)?;
    if force {
        file.persist(path).map_err(|error| error.error).with_context(what)?;
        return Ok(());
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let path = path.display();
            Err(WrongUsage(format!(
                "The file {path} is there and was not changed. Name another with --output, make one from it with --from {path}, or write \
                 over it with --force."
            ))
            .into())
        }
        Err(error) => Err(error.error).with_context(what),
    }
}
