//! The jobs of answer distribution.

use super::{Case, LOGS, Link, made, read};

pub(super) const LINKS: [Link; 3] = [
    Link {
        workflow: "answer-distribution",
        job: "first-last",
        makes: &[made("problem_check_first_last")],
        reads: &[LOGS],
        combines: true,
        day_files: None,
        options: no_options,
    },
    Link {
        workflow: "answer-distribution",
        job: "distribution",
        makes: &[made("answer_distribution")],
        reads: &[read("problem_check_first_last", "problem_check_events_case")],
        combines: true,
        day_files: None,
        options: metadata,
    },
    Link {
        workflow: "answer-distribution",
        job: "course-csv",
        makes: &[made("answer_distribution_csv")],
        reads: &[read("answer_distribution", "answer_distribution_per_course_case")],
        combines: false,
        day_files: None,
        options: no_options,
    },
];

/// The workflow knows no interval: all events of the chosen files count (rules 02, 1).
fn no_options(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval"])?;
    Ok(Vec::new())
}

fn metadata(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval"])?;
    Ok(case.side_file("answer_metadata").map_or_else(Vec::new, |file| vec!["--answer-metadata".to_owned(), file]))
}
