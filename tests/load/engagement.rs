//! The weekly jobs of learner engagement, for courses with very many learners.

use std::fs;

use crate::site::{DatabaseSite, Figures, write_lines};

const COURSE: &str = "course-v1:Load+C+R";
const DAY: &str = "2020-03-08";

/// A number that differs from learner to learner, below a bound.
fn spread(learner: u64, bound: u64) -> u64 {
    (learner.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
}

fn summary(learner: u64, week: &str) -> String {
    let attempts = spread(learner, 5000);
    let completed = spread(learner + 7, attempts + 1);
    #[allow(clippy::cast_precision_loss)] // thousands
    let ratio = if completed == 0 { "inf".to_owned() } else { (attempts as f64 / completed as f64).to_string() };
    format!("{COURSE}\tlearner{learner}\t{week}\t{attempts}\t{}\t{completed}\t{ratio}\t{}\t{}\t3", attempts / 2, learner % 40, learner % 9)
}

/// The warehouse of one course with so many learners.
fn write_warehouse(site: &DatabaseSite, name: &str, learners: u64) {
    let write = |table: &str, date: &str, lines: &mut dyn Iterator<Item = String>| {
        let directory = site.path(&format!("{name}/{table}/dt={date}"));
        write_lines(&directory.join("part-00000"), lines);
        fs::write(directory.join("_SUCCESS"), "").unwrap();
    };
    let all = || 1..=learners;
    write("module_engagement_summary", DAY, &mut all().step_by(2).map(|learner| summary(learner, "2020-03-01\t2020-03-08")));
    write("module_engagement_summary", "2020-03-01", &mut all().step_by(3).map(|learner| summary(learner, "2020-02-23\t2020-03-01")));
    write(
        "auth_user",
        DAY,
        &mut all().map(|l| format!("{l}\u{1}learner{l}\u{1}\\N\u{1}\\N\u{1}true\u{1}false\u{1}false\u{1}l{l}@example.com")),
    );
    let profile = |l| format!("{l}\u{1}Name Of{l}\u{1}f\u{1}1990\u{1}b\u{1}en\u{1}Town\u{1}Street {l}\u{1}City\u{1}US\u{1}learn");
    write("auth_userprofile", DAY, &mut all().map(profile));
    write("course_groups_courseusergroup", DAY, &mut (1..=10).map(|group| format!("{group}\u{1}Group {group}\u{1}{COURSE}\u{1}cohort")));
    write("course_groups_courseusergroup_users", DAY, &mut all().map(|learner| format!("{}\u{1}{learner}", learner % 10 + 1)));
    let days = |learner| (5..8).map(move |day| format!("2020-03-0{day}\t{COURSE}\t{learner}\t1\t0\thonor"));
    write("course_enrollment", DAY, &mut all().flat_map(days));
}

fn measured(learners: u64) -> Figures {
    let site = DatabaseSite::new();
    write_warehouse(&site, "w", learners);
    site.warehouse("w", "logs", "none", "");
    let task = ["ModuleEngagementRosterPartitionTask", "--config", "w.cfg", "--date", DAY, "--n-reduce-tasks", "4", "--memory", "64M"];
    let figures = site.measured(&task);
    println!("{learners} learners: {figures}");
    assert_eq!(site.lines(&format!("w/module_engagement_roster/dt={DAY}")).len() as u64, learners);
    figures
}

#[test]
#[ignore = "a load figure, for a release build"]
fn a_million_learners_in_one_course() {
    let [half, whole] = [500_000, 1_000_000].map(measured);
    whole.are_linear_in_bounded_memory(&half);
}
