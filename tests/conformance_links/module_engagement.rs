//! The jobs of learner engagement.

use chrono::{Days, NaiveDate};

use super::{Case, LOGS, Link, made, read};

const PLAIN: Link =
    Link { workflow: "module-engagement", job: "", makes: &[], reads: &[], combines: false, day_files: None, options: no_options };

pub(super) const LINKS: [Link; 5] = [
    Link { job: "daily", makes: &[made("module_engagement")], reads: &[LOGS], combines: true, options: daily, ..PLAIN },
    Link {
        job: "summary",
        makes: &[made("module_engagement_summary")],
        reads: &[read("module_engagement", "module_engagement/dt=2014-05-01")],
        combines: true,
        options: date,
        ..PLAIN
    },
    Link {
        job: "metric-ranges",
        makes: &[made("module_engagement_metric_ranges")],
        reads: &[read("module_engagement_summary", "module_engagement_summary/dt=2014-05-08")],
        combines: true,
        options: percentiles,
        ..PLAIN
    },
    Link {
        job: "user-segments",
        makes: &[made("module_engagement_user_segments")],
        reads: &[
            read("module_engagement_summary", "module_engagement_summary/dt=2014-05-08"),
            read("module_engagement_metric_ranges", "module_engagement_metric_ranges/dt=2014-05-08"),
        ],
        ..PLAIN
    },
    Link {
        job: "roster-documents",
        makes: &[made("module_engagement_roster_documents")],
        reads: &[read("module_engagement_roster", "module_engagement_roster/dt=2014-05-08")],
        options: scale,
        ..PLAIN
    },
];

const KNOWN: [&str; 5] = ["date", "low_percentile", "high_percentile", "store_anonymous_username", "scale_factor"];

fn no_options(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(Vec::new())
}

fn date(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(case.passed_on(&["date"]))
}

fn daily(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    if case.job == "module_engagement" {
        return Ok(case.passed_on(&["date", "store_anonymous_username"]));
    }
    // The other jobs work on the seven days before the date.
    let end: NaiveDate = case.param("date").ok_or("the case has no date")?.parse().map_err(|_| "the date is none")?;
    let start = end - Days::new(7);
    Ok([case.passed_on(&["store_anonymous_username"]), vec!["--interval".to_owned(), format!("{start}-{end}")]].concat())
}

fn percentiles(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(case.passed_on(&["low_percentile", "high_percentile"]))
}

fn scale(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(case.passed_on(&["scale_factor"]))
}
