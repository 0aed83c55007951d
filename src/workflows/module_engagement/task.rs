//! The task `ModuleEngagementIntervalTask`: the days of an interval and their rows in MySQL (rules 07, 1 to 4).

use anyhow::Result;
use chrono::NaiveDate;

use super::days::{DayLoads, Days};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::tasks::day_tables::NIGHTS_AGAIN;
use crate::tasks::logs::{EventLogOptions, WarehouseOptions};
use crate::tasks::options::reducers;
use crate::tasks::store::StoreOptions;

/// Name that operators type.
pub(crate) const INTERVAL_NAME: &str = "ModuleEngagementIntervalTask";

/// What each learner did in each course on each day: the table `module_engagement`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct IntervalOptions {
    /// Days: 2024-03-04..2024-03-11 (end not included), -7d..today, yesterday, 2024-03-04, 2024-W10, 2024-03 or 2024
    #[arg(long, value_parser = day::interval, allow_hyphen_values = true)]
    interval: DateInterval,
    /// Days from this one on are made anew and loaded anew; default: none
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    overwrite_from_date: Option<NaiveDate>,
    /// Replace the rows of every day of the interval
    #[arg(long)]
    overwrite_mysql: bool,
    /// Permits replacing the rows of a day by none; default: `allow_empty_insert` of [module-engagement]
    #[arg(long)]
    allow_empty_insert: bool,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25, value_parser = reducers)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    warehouse: WarehouseOptions,
    #[command(flatten)]
    store: StoreOptions,
}

/// The plan: for each day, latest first, its partition and its load.
pub(crate) fn plan_interval(options: &IntervalOptions, settings: &Settings) -> Result<Plan> {
    let warehouse = options.warehouse.location(settings)?;
    let days = Days {
        settings,
        warehouse: &warehouse,
        logs: &options.logs,
        n_reduce_tasks: options.n_reduce_tasks,
        may_lack_logs: false,
        again: NIGHTS_AGAIN,
        anonymous: None,
    };
    let loads = DayLoads::new(settings, &options.store, options.allow_empty_insert)?.of_history();
    let mut steps = Vec::new();
    for day in options.interval.days().rev() {
        let is_overwritten = options.overwrite_from_date.is_some_and(|from| day >= from);
        let (step, directory) = days.step(day, is_overwritten.then_some("--overwrite-from-date"))?;
        steps.push(step);
        steps.push(loads.step(day, &directory, is_overwritten || options.overwrite_mysql)?);
    }
    Ok(Plan { task: INTERVAL_NAME.to_owned(), steps, ..Plan::default() })
}

#[cfg(test)]
mod tests {
    use super::super::plan_trial::{due, parsed, scene};
    use super::*;
    use crate::engine::plan::Action;
    use crate::storage::write_bytes;
    use crate::stores::LoadMode;

    const INTERVAL: [&str; 2] = ["--interval", "2020-03-01-2020-03-04"];

    #[test]
    fn the_latest_day_comes_first_and_rows_are_replaced_as_told() {
        let (_folder, warehouse, settings) = scene("");
        for day in ["2020-03-01", "2020-03-02", "2020-03-03"] {
            write_bytes(&warehouse.join(&format!("module_engagement/dt={day}/_SUCCESS")), b"").unwrap();
        }
        let planned = |words: &[&str]| plan_interval(&parsed(&[&INTERVAL, words].concat()), &settings).unwrap();
        let names: Vec<_> = planned(&[]).steps.iter().map(|step| step.name.clone()).collect();
        let of = |day: &str| [format!("Engagement of {day}"), format!("Table module_engagement, {day}")];
        assert_eq!(names, [of("2020-03-03"), of("2020-03-02"), of("2020-03-01")].concat());
        let replaced = |plan: &Plan| {
            let loads = plan.steps.iter().filter_map(|step| match &step.action {
                Action::Load(load) => load.slice.as_ref().filter(|_| load.mode == LoadMode::Overwrite).map(|(_, day)| day.clone()),
                _ => None,
            });
            loads.collect::<Vec<_>>()
        };
        let remade = |plan: &Plan| due(plan).iter().filter(|name| name.starts_with("Engagement")).count();
        // Days without rows in file and table pass, where rows are replaced.
        let may_be_empty = |plan: &Plan| {
            plan.steps.iter().any(|step| matches!(&step.action, Action::Load(load) if load.allow_empty_slice && !load.allow_empty))
        };
        assert!(may_be_empty(&planned(&["--overwrite-mysql"])) && !may_be_empty(&planned(&[])));
        for (words, days, days_replaced) in [
            (&[][..], 0, &[][..]),
            (&["--overwrite-from-date", "2020-03-03"], 1, &["2020-03-03"]),
            // All rows, although no day is made anew.
            (&["--overwrite-mysql"], 0, &["2020-03-03", "2020-03-02", "2020-03-01"]),
        ] {
            let plan = planned(words);
            assert_eq!((remade(&plan), replaced(&plan)), (days, days_replaced.iter().map(|day| (*day).to_owned()).collect()));
        }
        assert!(plan_interval(&parsed(&[&INTERVAL[..], &["--use-temp-table-for-overwrite"]].concat()), &settings).is_err());
    }
}
