//! What commands say of what is missing, misspelt or impossible, and how they end.

use crate::init::{init, week};
use crate::site::{Site, said};

#[track_caller]
fn says(site: &Site, words: &[&str], code: i32, expected: &[&str]) -> String {
    let output = site.command(words);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{text}");
    for part in expected {
        assert!(text.contains(part), "{words:?} does not say {part:?}:\n{text}");
    }
    text
}

#[test]
fn a_wrong_use_is_told_with_the_right_one() {
    let site = Site::new();
    let none = says(
        &site,
        &["daily"],
        2,
        &["settings are missing. `insights init`", "[hive] warehouse_path = /var/lib", "[enrollments] interval_start ="],
    );
    assert!(!none.contains("Usage:") && !none.contains("required arguments"), "{none}");
    says(
        &site,
        &["InsertToMysqlCourseActivityTask", "--end-date", "2014-05-21"],
        2,
        &["  [event-logs] source = [", "  [user-activity] overwrite_n_days = 3", "(or the option --warehouse-path)"],
    );
    // What is typed wrong is no run.
    for (words, expected) in [
        (&["daily", "--only", "vidio"][..], "InsertToMysqlAllVideoTask (video)"),
        (&["backfill", "--from", "2014-05-20", "--to", "2014-05-14"], "ends before it begins"),
        (&["together", "UserActvityTask --interval 2014"], "Did you mean UserActivityTask?"),
        (&["status", "vidoe"], "Did you mean video?"),
        (&["export", "vidoe", "--out", "o"], "Did you mean video?"),
    ] {
        let told = says(&site, words, 2, &[expected]);
        assert!(!told.contains(" begins, run "), "{told}");
    }
    says(&site, &["daily", "--config", "absent.cfg"], 2, &["The configuration file absent.cfg does not exist"]);
    // The launcher has another name for the option.
    let remote = ["remote-task", "UserActivityTask", "--interval", "2014-05-14", "--override-config", "absent.cfg"];
    let remote = says(&site, &remote, 2, &["The configuration file absent.cfg does not exist"]);
    assert!(!remote.contains("--config"), "{remote}");
    says(
        &site,
        &["job", "video", "nothing", "--input", "logs", "--output", "o"],
        2,
        &["has no job \"nothing\". There are: viewing, by-date, usage."],
    );
    says(&site, &["job", "vidio", "nothing", "--input", "logs", "--output", "o"], 2, &["Did you mean video? There are: "]);
    for words in [&["doctor", "CourseActivityWeeklyTask", "--config", "/dev/null"][..], &["status", "CourseActivityWeeklyTask"]] {
        says(&site, words, 2, &["CourseActivityWeeklyTask is now called InsertToMysqlCourseActivityTask."]);
    }
    says(&site, &["explain", "LastCountryOfUser"], 0, &["`insights InsertToMysqlLastCountryPerCourseTask` does its work"]);
    says(&site, &["generate"], 2, &["--out DIRECTORY"]);
    says(&site, &["doctor", "--date", "yesterday"], 2, &["Today is ", "There is no configuration."]);
    says(&site, &["status", "--date", "-3d"], 0, &["Today is "]);
    says(&site, &["init", "--first-day", "18.03.2024"], 2, &["write a day as 2024-03-18"]);
    says(&site, &["explain", "misssing_data"], 2, &["Did you mean missing_data?"]);
    says(&site, &["explain", "20"], 0, &["missing_data"]);
    says(&site, &["doctor", "InsertToMysqlAllVideoTsk", "--config", "/dev/null"], 2, &["Did you mean InsertToMysqlAllVideoTask?"]);
}

/// Nothing has begun, and the configuration or an option is to blame (rules 01, 9).
#[test]
fn values_that_cannot_be_end_with_wrong_usage() {
    let site = week();
    init(&site);
    site.write("engine.cfg", "[elasticsearch]\nhost = http://127.0.0.1:9\n[module-engagement]\nalias = r\nnumber_of_shards = 0\n");
    let roster = ["plan", "ModuleEngagementWorkflowTask", "--date", "2014-05-21", "--config", "engine.cfg"];
    says(&site, &roster, 2, &["must be at least 1", "number_of_shards of [module-engagement]"]);
    let inner = |option: &str| format!("--ModuleEngagementRosterIndexTask-{option}");
    says(&site, &[&roster[..], &["--number-of-shards", "1", &inner("batch-size=0")]].concat(), 2, &["--batch-size must be at least 1"]);
    says(&site, &[&roster[..], &["--number-of-shards", "1", "--throttle=-1"]].concat(), 2, &["--throttle"]);
    let day = ["plan", "ModuleEngagementDataTask", "--date", "2014-05-14", "--store-anonymous-username"];
    says(&site, &[&day[..], &[&"a".repeat(31)]].concat(), 2, &["more than 30 characters"]);
    let ranges = ["ModuleEngagementSummaryMetricRangesDataTask", "--date", "2014-05-21", "--low-percentile", "101"];
    says(&site, &ranges, 2, &["--low-percentile", "from 0 to 100"]);
    let crossed = ["plan", ranges[0], ranges[1], ranges[2], "--low-percentile", "90", "--high-percentile", "10"];
    says(&site, &crossed, 2, &["The low percentile 90 lies above the high one 10"]);
    says(&site, &[&day[..], &["a\tb"]].concat(), 2, &["store_anonymous_username holds a TAB"]);
    let video = ["plan", "VideoUsageTask", "--interval", "2014-05-14..2014-05-21"];
    site.write("values.cfg", "[videos]\ndropoff_threshold = -1\n[map-reduce]\nengine = foo\n");
    says(
        &site,
        &[&video[..], &["--runner", "local", "--config", "values.cfg"]].concat(),
        2,
        &["dropoff_threshold of [videos]", "from 0 to 1"],
    );
    says(&site, &[&video[..], &["--dropoff-threshold", "2"]].concat(), 2, &["--dropoff-threshold", "from 0 to 1"]);
    says(
        &site,
        &[&video[..], &["--config", "values.cfg"]].concat(),
        2,
        &["engine of [map-reduce] is \"foo\"; it must be hadoop, local or emu"],
    );
    says(&site, &[&video[..], &["--mapreduce-engine", "foo"]].concat(), 2, &["--mapreduce-engine is \"foo\""]);
    for option in ["--runner", "--input-format", "--mapreduce-engine", "--summary", "-v"] {
        let told = format!("{option} is of the whole run");
        says(
            &site,
            &["together", &format!("UserActivityTask --interval 2014-05-14 {option}=x")],
            2,
            &[&told, "Give it to the command itself."],
        );
    }
    let together = ["together", "UserActivityTask --interval 2014-05-14 --config absent.cfg"];
    assert!(!says(&site, &together, 2, &["absent.cfg"]).contains("is of the whole run"));
    site.write("settings/video.tml", "[viewing]\nreducers = 7\n");
    let job = ["job", "video", "viewing", "--input", "logs", "--output", "o", "--jobs", "settings", "--", "--interval", "2014-05"];
    says(&site, &job, 30, &["video.tml is not read. Did you mean video.toml?"]);
    says(&site, &["daily", "--threads", "0"], 2, &["'--threads <THREADS>'", "write 1 or more"]);
    assert!(!site.path("warehouse/module_engagement").exists(), "nothing has run");
    says(&site, &["daily", "--config", "."], 2, &["is a directory; name a file"]);
    let day = ["ModuleEngagementMysqlTask", "--date", "2014-05-14", "--sqlite", "absent/x.sqlite"];
    says(&site, &day, 2, &["there is no folder absent"]);
    let luigi = site.program("insights").args(["plan", "daily"]).env("LUIGI_CONFIG_PATH", "logs").output().unwrap();
    assert!(luigi.status.code() == Some(2) && said(&luigi).contains("is a directory"), "{}", said(&luigi));
    let reducer = site.program("module-engagement-reducer").args(["metric-ranges", "--high-percentile", "nan"]).output().unwrap();
    assert!(reducer.status.code() == Some(2) && said(&reducer).contains("from 0 to 100"), "{}", said(&reducer));
}

#[test]
fn a_section_that_is_indented_does_not_pass_in_silence() {
    let site = week();
    init(&site);
    let plan = ["plan", "UserActivityTask", "--interval", "2014-05-14", "--config", "more.cfg"];
    site.write("more.cfg", "[videos]\noverwrite_n_days = 3\n [event-logs]\nexpand_interval = 1 days\n");
    says(&site, &plan, 0, &["Warning: Line 3 of more.cfg is indented", "[event-logs] is a part of overwrite_n_days of [videos] (line 2)"]);
    site.write("more.cfg", "[hive]\nwarehouse_path = other\n [event-logs]\nexpand_interval = 1 days\n");
    says(&site, &plan, 2, &["warehouse_path of [hive] (more.cfg, line 2) is a path of several lines", "Line 3 of more.cfg is indented"]);
    site.write("more.cfg", "[hive]\nwarehouse_path = \"other\"\n");
    says(&site, &plan, 2, &["stands in quotes"]);
}

#[test]
fn no_logs_of_these_days_or_none_at_all() {
    let site = week();
    init(&site);
    let task = |interval: &'static str| ["UserActivityTask", "--interval", interval];
    says(
        &site,
        &task("2030-01-01-2030-02-01"),
        20,
        &["9 files match, dated 2014-05-13 to 2014-05-21; none lies in 2029-12-30 to 2030-02-02"],
    );
    says(&site, &task("2014-05-20-2014-05-14"), 2, &["ends before it begins. The end is not included"]);
    says(&site, &task("2014-05-20-2014-05-20"), 2, &["There is no day from 2014-05-20 to 2014-05-20. The end is not included"]);
    let of_task = ["UserActivityTask", "--interval", "2014-05-14"];
    says(&site, &[&of_task[..], &["--source", "nowhere"]].concat(), 20, &["there is nothing at nowhere. Correct the source"]);
    says(&site, &[&of_task[..], &["--pattern", r#"[".*(?P<date>\d{8})"]"#]].concat(), 2, &[r#"Write it as [".*(?P<date>\\d{8})"]"#]);
    says(&site, &[&of_task[..], &["--pattern", "[\"a(b\"]"]].concat(), 2, &["The pattern a(b cannot be used"]);
    says(&site, &[&of_task[..], &["--source", "logs"]].concat(), 0, &[]);
    let hadoop =
        site.program("insights").args(of_task).args(["--runner", "hadoop", "--overwrite"]).env("PATH", "/nonexistent").output().unwrap();
    assert!(said(&hadoop).contains("The command hadoop was not found"), "{}", said(&hadoop));
}

#[test]
fn a_manifest_of_this_run_is_no_old_one() {
    let site = week();
    let task = [
        "AnswerDistributionWorkflow",
        "--src",
        "logs",
        "--include",
        "*tracking*",
        "--output-root",
        "csv",
        "--marker",
        "m",
        "--dest",
        "d",
        "--sqlite",
        "s.sqlite",
    ];
    let first = site.run(&[&task[..], &["--name", "a", "--manifest", "input.txt"]].concat());
    assert!(!first.contains("is used as it is"), "{first}");
    let second =
        site.run(&[&task[..], &["--name", "b", "--marker", "m2", "--manifest", "input.txt"][..2], &["--manifest", "input.txt"]].concat());
    assert!(second.contains("is used as it is"), "{second}");
}

#[test]
fn names_near_known_ones_are_warned_of() {
    let site = week();
    init(&site);
    let config = std::fs::read_to_string(site.path("override.cfg")).unwrap();
    site.write("override.cfg", config.replace("(?P<date>", "(?P<dat>") + "[UserActivityTask]\nn_reduce_task = 3\n");
    let text = says(
        &site,
        &["UserActivityTask", "--interval", "2014-05-14"],
        0,
        &["Did you mean [UserActivityTask] n_reduce_tasks?", "Did you mean (?P<date>…)?"],
    );
    assert_eq!(text.matches("Warning: ").count(), 2, "{text}");
    site.write("override.cfg", &config);
    // The same of an option.
    let pattern = r".*(?P<dat>\d{8}).*";
    let text =
        says(&site, &["plan", "UserActivityTask", "--interval", "2014-05-14", "--pattern", pattern], 0, &["Did you mean (?P<date>…)?"]);
    assert_eq!(text.matches("Warning: ").count(), 1, "{text}");
}
