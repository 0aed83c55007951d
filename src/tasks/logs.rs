//! Options that the workflows over days share: which logs, which warehouse, which interval (rules 01, 4.2 and 7).

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::calendar::day;
use crate::calendar::day_delta::DayDelta;
use crate::calendar::interval::DateInterval;
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::storage::{Location, LocationError};
use crate::warehouse::selection::PathSelectionByDateInterval;
use crate::wrong_usage::wrong_usage;

/// Where the tracking logs are; the section `[event-logs]` fills in what is not given.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct EventLogOptions {
    /// Roots of the tracking logs, a JSON list; default: source of [event-logs]
    #[arg(long)]
    pub source: Option<StringList>,
    /// Regexes over the URLs of log files, a JSON list; default: pattern of [event-logs]
    #[arg(long)]
    pub pattern: Option<StringList>,
    /// How the group `date` of a regex is written (strftime)
    #[arg(long, default_value = DATE_PATTERN)]
    pub date_pattern: String,
    /// Days around the interval whose files are read too, such as `2 days`; default: `expand_interval` of [event-logs]
    #[arg(long)]
    pub expand_interval: Option<DayDelta>,
}

/// Where the warehouse is.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct WarehouseOptions {
    /// Root of the warehouse; default: `warehouse_path` of [hive]
    #[arg(long)]
    pub warehouse_path: Option<Location>,
}

/// Where tasks that write days keep them, and the markers of complete ones.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DayPlaces {
    /// The warehouse.
    #[command(flatten)]
    pub warehouse: WarehouseOptions,
    /// Directory of the markers of complete days; default: `marker` of [map-reduce], else `_marker` in the warehouse
    #[arg(long)]
    pub marker: Option<Location>,
}

/// Which days count; an interval wins over start and end.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct IntervalOptions {
    /// Days: 2024-03-04..2024-03-11 (end not included), -7d..today, yesterday, 2024-03-04, 2024-W10, 2024-03 or 2024
    #[arg(long, value_parser = day::interval, allow_hyphen_values = true)]
    pub interval: Option<DateInterval>,
    /// First day; only without --interval
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    pub interval_start: Option<NaiveDate>,
    /// Day after the last; only without --interval, default today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    pub interval_end: Option<NaiveDate>,
}

impl EventLogOptions {
    /// The log files of an interval, expanded as configured.
    ///
    /// # Errors
    /// Neither option nor configuration says where the logs are, or a value there cannot be used.
    pub fn selection(&self, settings: &Settings, interval: &DateInterval) -> Result<PathSelectionByDateInterval> {
        let roots = list(settings, self.source.as_ref(), "source")?;
        let roots = roots.0.iter().map(|root| root.parse().with_context(|| format!("The log source {root:?} cannot be used.")));
        let patterns = list(settings, self.pattern.as_ref(), "pattern")?;
        let expand = self.expansion(settings)?;
        let days = (interval.start(), interval.end());
        PathSelectionByDateInterval::new(roots.collect::<Result<_>>()?, days, expand.days(), &patterns.0, &self.date_pattern)
    }
}

/// How the date in a log file's name is written, unless `--date-pattern` says otherwise.
const DATE_PATTERN: &str = "%Y%m%d";

impl EventLogOptions {
    /// The choice of logs as name and value, for the identity of a result; what is set nowhere is left out.
    ///
    /// # Errors
    /// A value of the configuration cannot be used.
    pub fn identity(&self, settings: &Settings) -> Result<Vec<(&'static str, String)>> {
        let mut pairs = Vec::new();
        let configured = |key: &str| settings.get("event-logs", key).is_some();
        for (key, given) in [("source", &self.source), ("pattern", &self.pattern)] {
            if given.is_some() || configured(key) {
                pairs.push((key, serde_json::to_string(&list(settings, given.as_ref(), key)?.0)?));
            }
        }
        // Without a pattern there is no date to be read.
        if self.pattern.is_some() || configured("pattern") {
            pairs.push(("date_pattern", self.date_pattern.clone()));
        }
        if self.expand_interval.is_some() || configured("expand_interval") {
            pairs.push(("expand_interval", format!("{} days", self.expansion(settings)?.days())));
        }
        Ok(pairs)
    }

    /// The identity of days that are made from these logs, for their marker.
    ///
    /// # Errors
    /// As [`Self::identity`].
    pub fn identity_of_days(&self, settings: &Settings, days: &DateInterval) -> Result<String> {
        let pairs = self.identity(settings)?.into_iter().map(|(name, value)| format!(",{name}={value}"));
        Ok(format!("interval={days}{}", pairs.collect::<String>()))
    }

    /// Days around an interval whose files are read, too.
    ///
    /// # Errors
    /// The value of the configuration cannot be used.
    pub fn expansion(&self, settings: &Settings) -> Result<DayDelta> {
        match (self.expand_interval, settings.get("event-logs", "expand_interval")) {
            (Some(expand), _) => Ok(expand),
            (None, Some(text)) => text.parse().map_err(|error: anyhow::Error| unusable("event-logs", "expand_interval", error)),
            (None, None) => Ok(DayDelta::from_days(2)),
        }
    }
}

/// A list that is given or configured. An empty one would choose nothing.
fn list(settings: &Settings, given: Option<&StringList>, key: &str) -> Result<StringList> {
    let option = format!("--{key}");
    if let Some(list) = given {
        refuse_empty(list, &option)?;
        return Ok(list.clone());
    }
    let text = settings.require("event-logs", key, &option)?;
    let list = text.parse().map_err(|error: anyhow::Error| unusable("event-logs", key, error))?;
    refuse_empty(&list, &format!("{key} of [event-logs]"))?;
    Ok(list)
}

/// Refuses a list without texts; `place` is the option or setting that gives it.
///
/// # Errors
/// It is empty.
pub(crate) fn refuse_empty(list: &StringList, place: &str) -> Result<()> {
    if list.0.is_empty() {
        return Err(wrong_usage(format!("The list {place} is empty, so that no log would be chosen. Name at least one.")));
    }
    Ok(())
}

impl WarehouseOptions {
    /// The root of the warehouse, with trailing slash.
    ///
    /// # Errors
    /// Neither option nor configuration names it.
    pub fn location(&self, settings: &Settings) -> Result<Location> {
        let location = match &self.warehouse_path {
            Some(location) => location.clone(),
            None => settings
                .require("hive", "warehouse_path", "--warehouse-path")?
                .parse()
                .map_err(|error: LocationError| unusable("hive", "warehouse_path", error))?,
        };
        Ok(location.directory_form())
    }
}

impl DayPlaces {
    /// Where the markers of jobs lie that write days (rules 01, 6.2).
    ///
    /// # Errors
    /// The configured place, or the warehouse in its stead, cannot be used.
    pub fn markers(&self, settings: &Settings) -> Result<Location> {
        match (&self.marker, settings.get("map-reduce", "marker")) {
            (Some(root), _) => Ok(root.clone()),
            (None, Some(root)) => root.parse().map_err(|error: LocationError| unusable("map-reduce", "marker", error)),
            (None, None) => Ok(self.warehouse.location(settings)?.join("_marker/")),
        }
    }
}

impl IntervalOptions {
    /// The interval; `section` is where `interval_start` is configured.
    ///
    /// # Errors
    /// Neither an interval nor a start is known.
    pub fn resolve(&self, settings: &Settings, section: &str) -> Result<DateInterval> {
        if let Some(interval) = &self.interval {
            return Ok(*interval);
        }
        let start = match (self.interval_start, settings.get(section, "interval_start")) {
            (Some(start), _) => start,
            (None, Some(text)) => day::day(text).map_err(|error| unusable(section, "interval_start", error))?,
            (None, None) => day::day(settings.require(section, "interval_start", "--interval or --interval-start")?)?,
        };
        let end = self.interval_end.unwrap_or_else(day::today);
        day::between(start, end).map_err(|error| wrong_usage(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_wins_over_start_and_end() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let mut options =
            IntervalOptions { interval_start: Some(day("2014-01-02")), interval_end: Some(day("2014-01-05")), interval: None };
        let settings = Settings::default();
        let resolved = options.resolve(&settings, "enrollments").unwrap();
        assert_eq!((resolved.start(), resolved.end()), (day("2014-01-02"), day("2014-01-05")));
        options.interval = Some("2015-03".parse().unwrap());
        assert_eq!(options.resolve(&settings, "enrollments").unwrap().end(), day("2015-04-01"));
    }

    #[test]
    fn the_choice_of_logs_is_named_as_far_as_it_is_known() {
        let without_options = || EventLogOptions { date_pattern: DATE_PATTERN.to_owned(), ..EventLogOptions::default() };
        assert!(without_options().identity(&Settings::default()).unwrap().is_empty());
        let given = EventLogOptions {
            source: Some("[/logs]".parse().unwrap()),
            pattern: Some("[\".*\"]".parse().unwrap()),
            expand_interval: Some(DayDelta::from_days(7)),
            ..without_options()
        };
        let pairs = given.identity(&Settings::default()).unwrap();
        let expected = [("source", "[\"/logs\"]"), ("pattern", "[\".*\"]"), ("date_pattern", "%Y%m%d"), ("expand_interval", "7 days")];
        assert_eq!(pairs, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn an_empty_list_is_told_by_its_name() {
        let selection = |options: &EventLogOptions, sections: &str| {
            let settings = Settings::of_text(sections).unwrap();
            options.selection(&settings, &"2015-03".parse().unwrap()).map(drop).unwrap_err()
        };
        let given = EventLogOptions { source: Some(StringList::default()), ..EventLogOptions::default() };
        let configured = "[event-logs]\nsource = /logs\npattern = []\n";
        for (error, place) in
            [(selection(&given, configured), "--source"), (selection(&EventLogOptions::default(), configured), "pattern of [event-logs]")]
        {
            assert_eq!(error.to_string(), format!("The list {place} is empty, so that no log would be chosen. Name at least one."));
        }
    }

    #[test]
    fn without_any_start_the_operator_is_told_where_to_set_it() {
        let error = IntervalOptions::default().resolve(&Settings::default(), "enrollments").unwrap_err().to_string();
        assert!(error.starts_with("Either 'interval' or 'interval_start' parameter is required"), "{error}");
        assert!(
            error.contains("interval_start of [enrollments] is missing") && error.contains("--interval or --interval-start"),
            "{error}"
        );
    }
}
