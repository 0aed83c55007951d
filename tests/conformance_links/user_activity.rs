//! The jobs of course activity.

use super::{Case, LOGS, Link, made, read};

pub(super) const LINKS: [Link; 2] = [
    Link {
        workflow: "user-activity",
        job: "daily",
        makes: &[made("user_activity")],
        reads: &[LOGS],
        combines: true,
        day_files: Some(("user_activity_by_user", "")),
        options: interval,
    },
    Link {
        workflow: "user-activity",
        job: "weekly",
        makes: &[made("course_activity_weekly")],
        reads: &[read("user_activity", "user_activity_by_user/dt=2014-05-01")],
        combines: true,
        day_files: None,
        options: interval,
    },
];

fn interval(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval"])?;
    Ok(case.passed_on(&["interval"]))
}
