//! `insights plan`: what a task, a night or a stretch of history would do, without doing it.

use anyhow::{Context, Result};
use clap::{ArgMatches, FromArgMatches};

use super::planning::{plan_of_task, submitted};
use super::run_options::RunOptions;
use super::{Workflows, backfill, daily, plan_forms, task_parameters, worst};
use crate::config::settings::Settings;
use crate::engine::freshness::Freshness;

/// Plans of one task, of a night, or of a stretch of history. Their options are looked at before the settings.
pub(super) fn run(
    workflows: Workflows,
    planned: &ArgMatches,
    matches: &ArgMatches,
    common: &RunOptions,
    settings: impl FnOnce() -> Result<Settings>,
) -> Result<()> {
    let (name, given) = planned.subcommand().context("Name the task to plan.")?;
    let settings = || settings().and_then(|settings| common.check_runner(&settings).map(|()| settings));
    let (plans, errors, settings) = match name {
        daily::NAME => {
            let options = daily::DailyOptions::from_arg_matches(given)?;
            let settings = settings()?;
            let day = daily::plans(workflows, &options, matches, &settings)?.told();
            (day.plans, day.others.into_iter().filter_map(|report| report.error).collect(), settings)
        }
        backfill::NAME => {
            let options = &backfill::BackfillOptions::from_arg_matches(given)?;
            options.check()?;
            let settings = settings()?;
            (backfill::Backfill { workflows, options, matches, settings: &settings }.plans()?, Vec::new(), settings)
        }
        _ => {
            let settings = settings()?;
            let plan = plan_of_task(workflows, name, given, &settings, &mut Freshness::default())?;
            task_parameters::tell_idle(name, given, &settings);
            (vec![plan], Vec::new(), settings)
        }
    };
    let plans = submitted(plans, &common.submissions(workflows, &settings)?);
    if errors.is_empty() || plan_forms::is_for_people(planned) {
        plan_forms::print(&plans, planned, &settings, common.cluster_choices())?;
    }
    worst(errors)
}
