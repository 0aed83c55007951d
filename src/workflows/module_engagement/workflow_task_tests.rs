//! What the tasks plan, by what is there.

use super::super::plan_trial::{due, job_options, parsed, scene};
use super::*;
use crate::storage::write_bytes;
use crate::tasks::MissingData;

fn options(words: &[&str]) -> Options {
    parsed(&[&["--date", "2020-03-08"], words].concat())
}

#[test]
fn the_key_is_read_from_both_sections() {
    let days = |sections: &str, words: &[&str]| {
        let (_folder, _, settings) = scene(sections);
        Planner::new(&options(words).week, &settings).unwrap().overwrite_n_days()
    };
    assert_eq!(days("", &[]).unwrap(), 3);
    assert_eq!(days("[module_engagement]\noverwrite_n_days = 5\n", &[]).unwrap(), 5);
    let both = "[module_engagement]\noverwrite_n_days = 5\n[module-engagement]\noverwrite_n_days = 4\n";
    assert_eq!(days(both, &[]).unwrap(), 4);
    assert_eq!(days(both, &["--overwrite-n-days", "0"]).unwrap(), 0);
    assert!(days("[module-engagement]\noverwrite_n_days = -1\n", &[]).is_err());
}

#[test]
fn days_are_looked_at_for_summaries_that_are_missing() {
    let (_folder, warehouse, settings) = scene("");
    let marked = |path: &str| write_bytes(&warehouse.join(&format!("{path}/_SUCCESS")), b"").unwrap();
    let of_days = |plan: &Plan| due(plan).iter().filter(|name| name.starts_with("Engagement of")).cloned().collect::<Vec<_>>();
    let planned = |words: &[&str]| plan(&options(words), &settings).unwrap();
    let first = of_days(&planned(&[]));
    assert_eq!((first.len(), &*first[0], &*first[13]), (14, "Engagement of 2020-03-07", "Engagement of 2020-02-23"));
    marked("module_engagement_summary/dt=2020-03-01");
    (1..=7).for_each(|day| marked(&format!("module_engagement/dt=2020-03-0{day}")));
    let again = ["Engagement of 2020-03-07", "Engagement of 2020-03-06", "Engagement of 2020-03-05"];
    assert_eq!(of_days(&planned(&[])), again);
    assert_eq!(of_days(&planned(&["--overwrite-n-days", "0"])), [""; 0]);
    for table in ["summary", "metric_ranges", "user_segments", "roster"] {
        marked(&format!("module_engagement_{table}/dt=2020-03-08"));
    }
    // The ranges are always loaded, and the days of the week that is there where the store lacks them; no search engine is named, so
    // there is no index.
    let names = due(&planned(&[]));
    assert_eq!((names.len(), &*names[0], &*names[7]), (8, "Table module_engagement, 2020-03-07", "Table module_engagement_metric_ranges"));
    assert_eq!(of_days(&planned(&["--overwrite"])), again);
    let names = due(&planned(&["--overwrite"]));
    assert!(names.contains(&"Summary of the week before 2020-03-08".to_owned()) && names.contains(&"Roster".to_owned()));
    assert!(!names.contains(&"Summary of the week before 2020-03-01".to_owned()), "{names:?}");
}

#[test]
fn what_is_missing_is_known_before_anything_runs() {
    let (_folder, warehouse, settings) = scene("");
    let planned = || plan(&options(&[]), &settings).unwrap();
    let need = planned().unmet_need(|_| false).unwrap();
    assert!(need.error.downcast_ref::<MissingData>().unwrap().0.contains("ImportEnrollmentsIntoMysql --interval-end 2020-03-08"));
    let enrollment = warehouse.join("course_enrollment/dt=2020-03-08/");
    let need = planned().unmet_need(|made| *made == enrollment).unwrap();
    assert!(need.error.to_string().contains("auth_user "), "{}", need.error);
    for table in ["course_enrollment", "auth_user", "auth_userprofile", "course_groups_courseusergroup"] {
        write_bytes(&warehouse.join(&format!("{table}/dt=2020-03-08/_SUCCESS")), b"").unwrap();
    }
    let need = planned().unmet_need(|_| false).unwrap();
    assert!(need.error.to_string().contains("course_groups_courseusergroup_users"), "{}", need.error);
    write_bytes(&warehouse.join("course_groups_courseusergroup_users/dt=2020-03-08/_SUCCESS"), b"").unwrap();
    assert!(planned().unmet_need(|_| false).is_none());
}

#[test]
fn sections_of_the_single_tasks_count_within_the_workflow() {
    let (_folder, _, settings) = scene(
        "[ModuleEngagementSummaryMetricRangesDataTask]\nhigh_percentile = 90\n[ModuleEngagementRosterPartitionTask]\nmax_field_length = 7\n\
         [ModuleEngagementRosterIndexTask]\nbatch_size = 5\nmax_attempts = 2\nthrottle = 9\n",
    );
    let plan = plan(&options(&[]), &settings).unwrap();
    assert_eq!(job_options(&plan, "metric-ranges"), ["--low-percentile", "15", "--high-percentile", "90"]);
    assert_eq!(job_options(&plan, "roster-learners"), ["--date", "2020-03-08", "--max-field-length", "7", "--without-profiles"]);
    let bulk = bulk_of_section(&settings, 0.5).unwrap();
    assert_eq!((bulk.batch_size, bulk.max_attempts, bulk.throttle.to_string()), (5, 2, "0.5".to_owned()));
    assert!(bulk_of_section(&scene("[ModuleEngagementRosterIndexTask]\nbatch_size = -1\n").2, 0.5).is_err());
}
