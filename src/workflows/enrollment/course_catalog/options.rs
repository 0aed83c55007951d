//! Which partners are asked at which addresses, and the steps that make the files of a day (rules 03, 1; rules 09, 6.1).

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;

use super::pull::{Partner, PullStep};
use super::tables::{CatalogTable, TableStep};
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::engine::plan::{Action, State, Step, Work};
use crate::storage::{Location, store_for};
use crate::tasks::store::max_rejected;
use crate::tracking::CourseKeyRules;
use crate::warehouse::dataset::Dataset;
use crate::web::token::SECTION as ACCESS;
use crate::web::{AccessSettings, Limits};

const SECTION: &str = "course-catalog-api";
const DEFAULT_PAGE_SIZE: u32 = 100;

/// The course catalog; the section `[course-catalog-api]` fills in what is not given.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct CatalogOptions {
    /// Use the course catalog; default: `enable_course_catalog` of [course-summary-enrollment]
    #[arg(long)]
    enable_course_catalog: bool,
    /// Root of the course catalog's interface; default: `api_root_url` of [course-catalog-api]
    #[arg(long)]
    api_root_url: Option<String>,
    /// Course runs per page; default: `page_size` of [course-catalog-api], else 100
    #[arg(long)]
    api_page_size: Option<u32>,
    /// Short codes of the partners whose courses are pulled, a JSON list; default: `partner_short_codes` of [course-catalog-api]
    #[arg(long)]
    partner_short_codes: Option<StringList>,
    /// A root for each partner, a JSON list; default: `partner_api_urls` of [course-catalog-api], else one root for all
    #[arg(long)]
    partner_api_urls: Option<StringList>,
    /// Leave out courses with a text that is too long for its column, however many there are; default: `skip_overlong_courses` of
    /// [course-catalog-api]
    #[arg(long)]
    skip_overlong_courses: bool,
}

/// The files of a day.
#[derive(Debug)]
pub(crate) struct CatalogFiles<'c> {
    /// What is given.
    pub options: &'c CatalogOptions,
    /// What is configured.
    pub settings: &'c Settings,
    /// Below which they lie.
    pub warehouse: &'c Location,
    /// The day.
    pub date: NaiveDate,
}

impl CatalogOptions {
    /// Whether the catalog is on.
    ///
    /// # Errors
    /// The setting is no flag.
    pub(crate) fn is_enabled(&self, settings: &Settings) -> Result<bool> {
        Ok(self.enable_course_catalog || settings.flag("course-summary-enrollment", "enable_course_catalog")?.unwrap_or(false))
    }

    fn list(given: Option<&StringList>, settings: &Settings, key: &str) -> Result<Vec<String>> {
        match given {
            Some(list) => Ok(list.0.clone()),
            None => Ok(settings.list(SECTION, key)?.unwrap_or_default()),
        }
    }

    /// The partners in order. A repeated code has the root of its first place.
    fn partners(&self, settings: &Settings) -> Result<Vec<Partner>> {
        let codes = Self::list(self.partner_short_codes.as_ref(), settings, "partner_short_codes")?;
        let roots = Self::list(self.partner_api_urls.as_ref(), settings, "partner_api_urls")?;
        let root_of_all = || match &self.api_root_url {
            Some(root) => Ok(root.clone()),
            None => settings.require(SECTION, "api_root_url", "--api-root-url").map(str::to_owned),
        };
        let partner = |code: &String| {
            let place = codes.iter().position(|known| known == code).unwrap_or_default();
            let root = if roots.is_empty() {
                root_of_all()?
            } else {
                roots.get(place).cloned().with_context(|| {
                    format!(
                        "There is no address for the partner {code}: partner_api_urls has {} entries for {} partners.",
                        roots.len(),
                        codes.len()
                    )
                })?
            };
            ensure!(
                root.starts_with("http://") || root.starts_with("https://"),
                "The address of the course catalog of the partner {code} must begin with https:// or http://."
            );
            Ok(Partner { code: code.clone(), root })
        };
        codes.iter().map(partner).collect()
    }

    fn page_size(&self, settings: &Settings) -> Result<u32> {
        let configured = settings.integer(SECTION, "page_size")?.map_or(Ok(DEFAULT_PAGE_SIZE), u32::try_from);
        let size = self.api_page_size.or(configured.ok());
        size.filter(|size| *size > 0)
            .with_context(|| format!("The page size (--api-page-size, page_size of [{SECTION}]) must be at least 1."))
    }
}

/// Waiting times; `timeout` of `[edx-rest-api]` is how many seconds an answer may take.
///
/// # Errors
/// The setting cannot be used.
pub(crate) fn limits(settings: &Settings) -> Result<Limits> {
    let limits = Limits::default();
    let Some(seconds) = settings.integer(ACCESS, "timeout")? else { return Ok(limits) };
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
    let seconds = seconds.with_context(|| format!("The setting timeout of [{ACCESS}] must be a positive number of seconds."))?;
    Ok(Limits { timeout: Duration::from_secs(seconds), ..limits })
}

impl CatalogFiles<'_> {
    fn place(&self, table: &str, file: &str) -> Result<(Location, Location)> {
        let directory = Dataset::new(self.warehouse, table)?.day(self.date).directory().clone();
        let file = directory.join(file);
        Ok((directory, file))
    }

    /// The directory of a table of the day.
    ///
    /// # Errors
    /// The warehouse cannot hold it.
    pub(crate) fn directory(&self, table: CatalogTable) -> Result<Location> {
        Ok(self.place(table.name(), "")?.0)
    }

    /// What has to run so that these tables are there. Files that are there are used, and made once for each day.
    ///
    /// # Errors
    /// An address or a credential is missing, or the warehouse cannot be read.
    pub(crate) fn steps(&self, tables: &[CatalogTable]) -> Result<Vec<Step>> {
        let (pulled, runs) = self.place("discovery_api_raw", "course_runs.json")?;
        let mut steps = Vec::new();
        let skip_overlong = self.options.skip_overlong_courses || self.settings.flag(SECTION, "skip_overlong_courses")?.unwrap_or(false);
        let max_rejected = max_rejected(self.settings)?;
        let defaults = CourseKeyRules::default();
        let rules = CourseKeyRules { ccx: self.settings.flag("ccx", "enabled")?.unwrap_or(defaults.ccx), ..defaults };
        for table in tables {
            let (directory, file) = self.place(table.name(), &format!("{}.tsv", table.name()))?;
            let state = state_of(&file)?;
            let work = TableStep { table: *table, runs: runs.clone(), directory, file, rules, skip_overlong, max_rejected };
            steps.push(step(&format!("Table {} of the catalog", table.name()), work, state));
        }
        if steps.iter().any(|step| matches!(step.state, State::Due(_))) {
            steps.insert(0, self.pull(pulled, runs)?);
        }
        Ok(steps)
    }

    fn pull(&self, directory: Location, file: Location) -> Result<Step> {
        let state = state_of(&file)?;
        let mut work =
            PullStep { partners: Vec::new(), page_size: DEFAULT_PAGE_SIZE, access: None, limits: limits(self.settings)?, directory, file };
        if let State::Due(_) = state {
            work.partners = self.options.partners(self.settings)?;
            work.page_size = self.options.page_size(self.settings)?;
            let is_asked = !work.partners.is_empty();
            work.access = if is_asked { Some(AccessSettings::of_settings(self.settings)?) } else { None };
        }
        Ok(step("Course catalog", work, state))
    }
}

fn step(name: &str, work: impl Work + 'static, state: State) -> Step {
    Step { name: name.to_owned(), action: Action::Work(Box::new(work)), state }
}

fn state_of(file: &Location) -> Result<State> {
    let is_there = store_for(file)?.exists(file)?;
    Ok(if is_there { State::Complete(format!("{file} is there")) } else { State::Due(format!("there is no {file}")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> StringList {
        StringList(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn each_partner_has_its_root_or_that_of_all() {
        let roots = |options: &CatalogOptions| {
            let partners = options.partners(&Settings::default())?;
            Ok::<_, anyhow::Error>(partners.into_iter().map(|partner| partner.root).collect::<Vec<_>>())
        };
        let mut options = CatalogOptions { partner_short_codes: Some(list(&["a", "b", "a"])), ..CatalogOptions::default() };
        assert!(roots(&options).unwrap_err().to_string().contains("--api-root-url"));
        options.api_root_url = Some("https://all/v1/".to_owned());
        assert_eq!(roots(&options).unwrap(), ["https://all/v1/"; 3]);
        options.partner_api_urls = Some(list(&["https://one", "https://two"]));
        assert_eq!(roots(&options).unwrap(), ["https://one", "https://two", "https://one"]);
        options.partner_api_urls = Some(list(&["https://one"]));
        assert!(roots(&options).unwrap_err().to_string().contains("partner b"));
        options.partner_api_urls = Some(list(&["one", "two"]));
        assert!(roots(&options).unwrap_err().to_string().contains("https://"));
        assert!(roots(&CatalogOptions::default()).unwrap().is_empty());
    }

    #[test]
    fn pages_hold_at_least_one_course() {
        let of = |size| CatalogOptions { api_page_size: size, ..CatalogOptions::default() }.page_size(&Settings::default());
        assert_eq!((of(None).unwrap(), of(Some(7)).unwrap()), (100, 7));
        assert!(of(Some(0)).is_err());
    }
}
