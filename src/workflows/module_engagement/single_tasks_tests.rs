//! What the single tasks plan, by what is there.

use super::super::plan_trial::{due, job_options, parsed, scene};
use super::*;
use crate::engine::plan::Action;
use crate::storage::write_bytes;
use crate::stores::LoadMode;
use crate::wrong_usage::WrongUsage;

fn output(plan: &Plan) -> Vec<String> {
    plan.outputs().map(ToString::to_string).collect()
}

#[test]
fn a_day_by_itself() {
    let (_folder, warehouse, settings) = scene("[module-engagement]\nstore_anonymous_username = nobody\n");
    let planned = |words: &[&str]| plan_data(&parsed::<DataOptions>(&[&["--date", "2020-03-02"], words].concat()), &settings).unwrap();
    let plan = planned(&[]);
    let directory = warehouse.join("module_engagement/dt=2020-03-02/");
    assert_eq!(output(&plan), [directory.to_string()]);
    assert_eq!(job_options(&plan, "daily"), ["--date", "2020-03-02", "--store-anonymous-username", "nobody"]);
    // The option wins, also to drop such events again.
    assert_eq!(job_options(&planned(&["--store-anonymous-username", "ANONYMOUS USER"]), "daily")[3], "ANONYMOUS USER");
    assert_eq!(job_options(&planned(&["--store-anonymous-username", ""]), "daily"), ["--date", "2020-03-02"]);
    assert_eq!(output(&planned(&["--output-root", "/elsewhere/day"])), ["/elsewhere/day/"]);
    write_bytes(&directory.join("_SUCCESS"), b"").unwrap();
    assert!(due(&planned(&[])).is_empty());
    assert_eq!(due(&planned(&["--overwrite"])), ["Engagement of 2020-03-02"]);
    assert_eq!(due(&planned(&["--output-root", "/elsewhere/day"])), ["Engagement of 2020-03-02"]);
}

#[test]
fn names_longer_than_the_column_are_refused() {
    let name = |length: usize| format!("[module-engagement]\nstore_anonymous_username = {}\n", "é".repeat(length));
    let planned = |length| plan_data(&parsed::<DataOptions>(&["--date", "2020-03-02"]), &scene(&name(length)).2).map(|_| ());
    assert!(planned(30).is_ok());
    let error = planned(31).unwrap_err();
    assert!(error.is::<WrongUsage>());
    let error = error.to_string();
    assert!(error.contains("store_anonymous_username") && error.contains("[module-engagement]"), "{error}");
    // The section of the task comes before that of the workflow.
    let both = format!("{}[ModuleEngagementDataTask]\nstore_anonymous_username = short\n", name(31));
    assert!(plan_data(&parsed::<DataOptions>(&["--date", "2020-03-02"]), &scene(&both).2).is_ok());
}

#[test]
fn names_that_are_no_column_are_refused() {
    let (_folder, _, settings) = scene("");
    for name in ["a\tb", "a\nb", "\\N"] {
        let planned = plan_data(&parsed::<DataOptions>(&["--date", "2020-03-02", "--store-anonymous-username", name]), &settings);
        let error = planned.map(drop).unwrap_err();
        assert!(error.is::<WrongUsage>() && error.to_string().contains("TAB or a line end"), "{error}");
    }
}

#[test]
fn percentiles_without_a_meaning_are_refused() {
    let planned = |low: &str, high: &str| {
        let (_folder, _, settings) = scene(&format!("[{RANGES_NAME}]\nlow_percentile = {low}\nhigh_percentile = {high}\n"));
        let words = ["--date", "2020-03-08", "--low-percentile", low, "--high-percentile", high];
        let words = if low.parse::<f64>().is_ok_and(|low| low <= 100.0) { &words[..] } else { &words[..2] };
        let by_itself = plan_ranges(&parsed::<RangesOptions>(words), &settings);
        let within = plan_segments(&parsed::<SegmentsOptions>(&["--date", "2020-03-08"]), &settings);
        (by_itself.map(drop), within.map(drop))
    };
    assert!(matches!(planned("50", "50"), (Ok(()), Ok(()))));
    let (Err(one), Err(other)) = planned("90", "10") else { panic!("no value is low and high") };
    for error in [one, other, planned("101", "10").1.unwrap_err(), planned("nan", "10").1.unwrap_err()] {
        assert!(error.is::<WrongUsage>() && error.to_string().contains("percentile"), "{error}");
    }
}

#[test]
fn a_day_and_its_load() {
    let (_folder, warehouse, settings) = scene("");
    let planned = |words: &[&str]| plan_mysql(&parsed::<MysqlOptions>(&[&["--date", "2020-03-02"], words].concat()), &settings);
    let mode = |plan: &Plan| match &plan.steps[1].action {
        Action::Load(load) => {
            assert_eq!(load.update_id, "ModuleEngagementMysqlTask(date=2020-03-02)");
            assert_eq!(load.slice, Some(("date", "2020-03-02".to_owned())));
            load.mode
        }
        _ => panic!("no load"),
    };
    assert_eq!(mode(&planned(&[]).unwrap()), LoadMode::Append);
    assert_eq!(mode(&planned(&["--overwrite"]).unwrap()), LoadMode::Overwrite);
    write_bytes(&warehouse.join("module_engagement/dt=2020-03-02/_SUCCESS"), b"").unwrap();
    let is_made = |words: &[&str]| matches!(planned(words).unwrap().steps[0].state, State::Due(_));
    assert!(!is_made(&[]) && is_made(&["--overwrite"]) && is_made(&["--overwrite-hive"]));
    assert_eq!(mode(&planned(&["--overwrite-hive"]).unwrap()), LoadMode::Append);
    let refused = planned(&["--use-temp-table-for-overwrite"]).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("--use-temp-table-for-overwrite"), "{refused}");
}

#[test]
fn what_a_week_needs_is_made_if_it_is_missing() {
    let (_folder, warehouse, settings) = scene("[ModuleEngagementSummaryMetricRangesDataTask]\nlow_percentile = 10\n");
    let dated = ["--date", "2020-03-08"];
    let segments = || plan_segments(&parsed::<SegmentsOptions>(&dated), &settings).unwrap();
    let ranges = |words: &[&str]| plan_ranges(&parsed::<RangesOptions>(&[&dated, words].concat()), &settings).unwrap();
    let summary = || plan_summary(&parsed::<SummaryOptions>(&dated), &settings).unwrap();
    let names = ["Summary of the week before 2020-03-08", "Ranges of each metric", "Segments of learners"];
    let after_days = |plan: &Plan| due(plan).into_iter().filter(|name| !name.starts_with("Engagement of")).collect::<Vec<_>>();
    for (plan, steps) in [(summary(), &names[..1]), (ranges(&[]), &names[..2]), (segments(), &names[..])] {
        assert_eq!((after_days(&plan), due(&plan).len()), (steps.iter().map(|name| (*name).to_owned()).collect(), steps.len() + 7));
    }
    assert_eq!(job_options(&segments(), "metric-ranges"), ["--low-percentile", "10", "--high-percentile", "85"]);
    assert_eq!(job_options(&ranges(&["--high-percentile", "90.5"]), "metric-ranges")[3], "90.5");
    for table in ["summary", "metric_ranges"] {
        write_bytes(&warehouse.join(&format!("module_engagement_{table}/dt=2020-03-08/_SUCCESS")), b"").unwrap();
    }
    assert!(due(&summary()).is_empty() && due(&ranges(&[])).is_empty());
    assert_eq!(due(&segments()), names[2..]);
}
