//! The jobs of enrollment.

use super::{Case, LOGS, Link, made, made_at, read};

const PLAIN: Link = Link { workflow: "enrollment", job: "", makes: &[], reads: &[], combines: false, day_files: None, options: no_options };

pub(super) const LINKS: [Link; 7] = [
    Link {
        job: "events",
        makes: &[made("enrollment_events")],
        reads: &[LOGS],
        day_files: Some(("course_enrollment_events", "course_enrollment_events_")),
        options: interval,
        ..PLAIN
    },
    Link {
        job: "state",
        makes: &[made_at("course_enrollment", "course_enrollment/"), made_at("course_enrollment_summary", "course_enrollment_summary/")],
        reads: &[read("enrollment_events", "course_enrollment_events/dt=2014-05-01")],
        options: interval,
        ..PLAIN
    },
    Link {
        job: "changes",
        makes: &[made("changes")],
        reads: &[read("course_enrollment", "course_enrollment/dt=2014-05-01"), read("auth_userprofile", "auth_userprofile/dt=2014-05-01")],
        options: interval,
        ..PLAIN
    },
    Link {
        job: "daily-counts",
        makes: &[
            made_at("course_enrollment_daily", "course_enrollment_daily/"),
            made_at("course_enrollment_mode_daily", "course_enrollment_mode_daily/"),
            made_at("course_enrollment_gender_daily", "course_enrollment_gender_daily/"),
            made_at("course_enrollment_birth_year_daily", "course_enrollment_birth_year_daily/"),
            made_at("course_enrollment_education_level_daily", "course_enrollment_education_level_daily/"),
        ],
        reads: &[read("changes", "changes")],
        combines: true,
        ..PLAIN
    },
    Link {
        job: "passing",
        makes: &[made("passing")],
        reads: &[
            read("course_enrollment", "course_enrollment/dt=2014-05-01"),
            read("grades_persistentcoursegrade", "grades_persistentcoursegrade/dt=2014-05-01"),
        ],
        ..PLAIN
    },
    Link { job: "grade-by-mode", makes: &[made("course_grade_by_mode")], reads: &[read("passing", "passing")], combines: true, ..PLAIN },
    Link {
        job: "meta-summary",
        makes: &[made("course_meta_summary_enrollment")],
        reads: &[
            read("course_enrollment_mode_daily", "course_enrollment_mode_daily/dt=2014-05-01"),
            read("course_grade_by_mode", "course_grade_by_mode/dt=2014-05-01"),
            read("course_catalog", "course_catalog/dt=2014-05-01"),
        ],
        options: interval,
        ..PLAIN
    },
];

fn no_options(case: &Case) -> Result<Vec<String>, String> {
    // The date is that of the snapshots, which cases bring along.
    case.only(&["interval", "date"])?;
    Ok(Vec::new())
}

fn interval(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval", "date"])?;
    Ok(case.passed_on(&["interval"]))
}
