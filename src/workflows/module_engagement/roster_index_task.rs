//! The task `ModuleEngagementRosterIndexTask`, and its step for the whole workflow (rules 07, 2 and 9).

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::names::SECTION;
use super::roster_documents::DocumentOptions;
use super::roster_index::BulkOptions;
use super::roster_index_step::RosterIndexStep;
use crate::calendar::day;
use crate::config::settings::Settings;
use crate::engine::plan::{Action, Plan, State, Step};
use crate::storage::Location;
use crate::stores::roster::connection::ConnectionOptions;
use crate::stores::roster::mapping::NameSearch;
use crate::stores::roster::marker::Marker;
use crate::stores::roster::{Connection, IndexRequest};
use crate::tasks::MissingData;
use crate::tasks::logs::{EventLogOptions, WarehouseOptions};
use crate::tasks::options::reducers;
use crate::tasks::store::max_rejected;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::wrong_usage::wrong_usage;

/// Name that operators type.
pub(crate) const NAME: &str = "ModuleEngagementRosterIndexTask";
const DEFAULT_TASKS: usize = 25;

/// The roster of a day as a new index behind the alias
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// The day behind the roster's week
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: NaiveDate,
    /// Load although it was loaded before
    #[arg(long)]
    overwrite: bool,
    /// Tasks that send documents at the same time; default: --n-reduce-tasks
    #[arg(long, value_parser = reducers)]
    indexing_tasks: Option<usize>,
    /// Number of reducers of each job
    #[arg(long, default_value_t = DEFAULT_TASKS, value_parser = reducers)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    bulk: BulkOptions,
    #[command(flatten)]
    documents: DocumentOptions,
    /// Logs are not read, but an index of other logs is another index
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    warehouse: WarehouseOptions,
}

/// Which index.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct TargetOptions {
    /// Where the search engine is.
    #[command(flatten)]
    pub connection: ConnectionOptions,
    /// Name by which the roster is read; default: alias of [module-engagement]
    #[arg(long)]
    pub alias: Option<String>,
    /// Shards of the new index; default: `number_of_shards` of [module-engagement]
    #[arg(long)]
    pub number_of_shards: Option<u32>,
}

/// One load of a roster.
#[derive(Clone, Debug)]
pub(crate) struct RosterLoad<'l> {
    /// The day behind the roster's week.
    pub date: NaiveDate,
    /// The warehouse, with the partition `module_engagement_roster/dt=DATE/`.
    pub warehouse: &'l Location,
    /// Load although it was loaded before.
    pub overwrite: bool,
    /// Tasks that send at the same time.
    pub indexing_tasks: usize,
    /// How documents are sent.
    pub bulk: BulkOptions,
    /// How they are made.
    pub documents: DocumentOptions,
    /// Further parameters by which this load differs from others, such as the logs' source.
    pub identity: Vec<(&'static str, String)>,
}

impl TargetOptions {
    /// The step that loads a roster; none when no host is set, which means that no index is wanted.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub(crate) fn step(&self, settings: &Settings, load: RosterLoad<'_>) -> Result<Option<Step>> {
        let options = self.connection(settings)?;
        let Some(connection) = Connection::of_settings(settings, &options)? else { return Ok(None) };
        let alias = match self.alias.as_deref().or_else(|| settings.get(NAME, "alias")) {
            Some(alias) => alias.to_owned(),
            None => settings.require(SECTION, "alias", "--alias")?.to_owned(),
        };
        let shards = self.shards(settings)?;
        load.bulk.check()?;
        let RosterLoad { date, warehouse, overwrite, indexing_tasks, bulk, documents, mut identity } = load;
        identity.extend([
            ("alias", alias.clone()),
            ("date", date.to_string()),
            ("host", connection.host_names()),
            ("number_of_shards", shards.to_string()),
            ("obfuscate", documents.obfuscate.to_string()),
            ("scale_factor", documents.scale_factor.to_string()),
            ("warehouse_path", warehouse.to_string()),
        ]);
        let setting = |key: &str, default: &str| settings.get("elasticsearch", key).unwrap_or(default).to_owned();
        let marker = Marker {
            index: setting("marker-index", "index_updates"),
            document_type: setting("marker-doc-type", "marker"),
            alias,
            update_id: update_id(identity),
        };
        let request = IndexRequest { marker, shards, overwrite, name_search: name_search(settings)? };
        let partition = |table: &str| Ok::<_, anyhow::Error>(Dataset::new(warehouse, table)?.day(date).directory().clone());
        let step = RosterIndexStep {
            connection,
            request,
            documents,
            bulk,
            indexing_tasks: indexing_tasks.max(1),
            roster: partition("module_engagement_roster")?,
            counts: partition("module_engagement_roster_index")?,
            options,
        };
        let state = if overwrite {
            State::Due("--overwrite is given".to_owned())
        } else if step.is_published() {
            State::Complete("its marker is in the search engine".to_owned())
        } else {
            State::Due("its marker is not in the search engine".to_owned())
        };
        Ok(Some(Step { name: format!("Roster index of {date}"), action: Action::Work(Box::new(step)), state }))
    }

    /// Within the workflow the section of the index task counts, too.
    fn connection(&self, settings: &Settings) -> Result<ConnectionOptions> {
        let ConnectionOptions { host, timeout, connection_type } = &self.connection;
        let of_section = |key: &str| settings.get(NAME, key).map(str::to_owned);
        Ok(ConnectionOptions {
            host: host.clone().or_else(|| of_section("host")),
            timeout: timeout.map_or_else(|| settings.integer(NAME, "timeout"), |seconds| Ok(Some(seconds)))?,
            connection_type: connection_type.clone().or_else(|| of_section("connection_type")),
        })
    }

    fn shards(&self, settings: &Settings) -> Result<u32> {
        let configured = || -> Result<Option<u32>> {
            const KEY: &str = "number_of_shards";
            if settings.get(NAME, KEY).is_none() {
                settings.require(SECTION, KEY, "--number-of-shards")?;
            }
            let shards = settings.integer(NAME, KEY)?.map_or_else(|| settings.integer(SECTION, KEY), |shards| Ok(Some(shards)))?;
            Ok(shards.and_then(|shards| u32::try_from(shards).ok()))
        };
        let shards = self.number_of_shards.map_or_else(configured, |shards| Ok(Some(shards)))?;
        shards.filter(|shards| *shards > 0).ok_or_else(|| {
            wrong_usage("The number of shards must be at least 1: number_of_shards of [module-engagement], or --number-of-shards.")
        })
    }
}

/// How the workflow sends documents: by the section of the index task, but at its own pace (rules 07, 2).
///
/// # Errors
/// A number of the section cannot be used.
pub(crate) fn bulk_of_section(settings: &Settings, throttle: f64) -> Result<BulkOptions> {
    let default = BulkOptions::default();
    let number = |key: &str| settings.integer(NAME, key);
    let batch_size = number("batch_size")?.map_or(Ok(default.batch_size), usize::try_from);
    let max_attempts = number("max_attempts")?.map_or(Ok(default.max_attempts), u32::try_from);
    let too_small = |key: &str| wrong_usage(format!("{key} of [{NAME}] must be at least 1."));
    Ok(BulkOptions {
        batch_size: batch_size.map_err(|_| too_small("batch_size"))?,
        max_attempts: max_attempts.map_err(|_| too_small("max_attempts"))?,
        throttle,
        max_rejected: max_rejected(settings)?,
        ..default
    })
}

/// The plan of the task by itself.
///
/// # Errors
/// A setting is missing, or the roster partition is.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let warehouse = options.warehouse.location(settings)?;
    let roster = Dataset::new(&warehouse, "module_engagement_roster")?.day(options.date);
    if !roster.is_complete(&Completeness::SuccessMarker)? {
        bail!(MissingData(format!(
            "There is no complete roster at {} (a directory with _SUCCESS). Run ModuleEngagementWorkflowTask --date {} first.",
            roster.directory(),
            options.date
        )));
    }
    let load = RosterLoad {
        date: options.date,
        warehouse: &warehouse,
        overwrite: options.overwrite,
        indexing_tasks: options.indexing_tasks.unwrap_or(options.n_reduce_tasks),
        bulk: options.bulk,
        documents: options.documents,
        identity: options.logs.identity(settings)?,
    };
    let step = options.target.step(settings, load)?;
    let unnamed = || wrong_usage("No search engine is named; give --host, or write host into the section [elasticsearch].");
    let step = step.ok_or_else(unnamed)?;
    Ok(Plan { task: NAME.to_owned(), steps: vec![step], ..Plan::default() })
}

/// What tells a load from others: its significant parameters in alphabetical order (rules 07, 9). It holds no credentials.
fn update_id(mut identity: Vec<(&'static str, String)>) -> String {
    identity.sort();
    let pairs: Vec<_> = identity.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{NAME}({})", pairs.join(","))
}

/// `name_search` of `[elasticsearch]`: `words` (default), or `exact` for the typeless mapping of the original (rules 07, 11.1).
///
/// # Errors
/// It is another word.
pub(crate) fn name_search(settings: &Settings) -> Result<NameSearch> {
    match settings.get("elasticsearch", "name_search").unwrap_or("words") {
        "words" => Ok(NameSearch::Words),
        "exact" => Ok(NameSearch::Exact),
        other => Err(wrong_usage(format!("name_search of [elasticsearch] is {other:?}; write words or exact."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_in_alphabetical_order() {
        let id = update_id(vec![("date", "2020-03-08".into()), ("alias", "roster".into())]);
        assert_eq!(id, "ModuleEngagementRosterIndexTask(alias=roster,date=2020-03-08)");
    }
}
