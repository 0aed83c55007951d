//! The driver's command line and configuration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: shells, except with QUICK=1

mod help;
mod job_inputs;
mod old_lines;
mod shell;
#[path = "../site/mod.rs"]
mod site;
mod stores;

use std::fs;

use site::{Site, said};

const EVENT: &str = r#"{"time":"2024-03-04T10:00:00+00:00","event_source":"server","event_type":"problem_check","username":"u","context":{"course_id":"COURSE"},"event":{"problem_id":"p","answers":{"p_2_1":"x"},"submission":{"p_2_1":{"answer":"x","response_type":"stringresponse","correct":true}}}}"#;

pub(crate) fn prepared() -> Site {
    let site = Site::new();
    let events = ["course-v1:a+b+c", "ccx-v1:a+b+c+ccx@1"].map(|course| EVENT.replace("COURSE", course));
    site.write("logs/tracking.log", events.join("\n"));
    site
}

const PLACES: [&str; 8] = ["--src=[logs]", "--output-root", "csv", "--marker", "marker", "--dest", "work", "--sqlite=s.sqlite"];

#[test]
fn the_section_of_the_task_fills_what_the_command_line_leaves_out() {
    let site = prepared();
    let task = |more: &[&str]| site.command(&[&["plan", "AnswerDistributionWorkflow"], &PLACES[..], more].concat());
    let missing = task(&[]);
    assert_eq!(missing.status.code(), Some(2), "{}", said(&missing));
    assert!(said(&missing).contains("--name"), "{}", said(&missing));
    let section = "[AnswerDistributionWorkflow]\nname = from_file\nn_reduce_tasks = 4\noverwrite = true\n";
    site.write("override.cfg", section);
    let planned = task(&[]);
    let text = said(&planned);
    assert!(planned.status.success() && text.contains("problem_check_events_from_file") && text.contains("4 reducers"), "{text}");
    assert!(text.contains("Without effect in this run: --overwrite."), "{text}");
    let text = said(&task(&["--name", "typed", "--n-reduce-tasks", "6"]));
    assert!(text.contains("problem_check_events_typed") && text.contains("6 reducers"), "{text}");
}

/// As argparse did, on which luigi's command lines were built.
#[test]
fn the_last_of_a_repeated_option_counts_and_all_of_a_list() {
    let site = prepared();
    site.write("more/tracking.log", EVENT);
    site.write("override.cfg", "[hive]\nwarehouse_path = w\n[event-logs]\nsource = logs\n  more\npattern = [\".*\"]\n");
    let plan = |words: &str, code: i32| {
        let words: Vec<_> = ["plan", "UserActivityTask", "--interval", "2024-03-04"].into_iter().chain(words.split_whitespace()).collect();
        let planned = site.command(&words);
        assert_eq!(planned.status.code(), Some(code), "{words:?}\n{}", said(&planned));
        said(&planned)
    };
    let last = plan("--n-reduce-tasks 4 --overwrite --n-reduce-tasks 5 --overwrite --pool a --pool b --interval 2024-03-05", 0);
    assert!(last.contains("5 reducers") && last.contains("2024-03-05..2024-03-06"), "{last}");
    // A list of the configuration with a text a line, and lists of the command line in parts.
    for (words, files) in [
        ("", 2),
        ("--source logs", 1),
        ("--source logs --source=more", 2),
        ("--source [\"logs\"] --source [more]", 2),
        ("--UserActivityTask-source logs --UserActivityTask-source more", 2),
        ("--UserActivityTask-source more --source logs", 1),
    ] {
        let told = plan(words, 0);
        assert!(told.contains(&format!("reads {files} file")), "{words}\n{told}");
    }
    assert!(plan("--source logs --source [\"more", 2).contains("write a JSON list of texts"));
    let together = ["UserActivityTask --interval 2024-03-04 --source logs --source more --n-reduce-tasks 4 --n-reduce-tasks 5"];
    let ran = site.command(&[&["together"], &together[..]].concat());
    assert!(ran.status.success() && said(&ran).contains("      2  0.0 "), "{}", said(&ran));
    let mapper = site.program("user-activity-mapper").args(["daily", "--interval", "2024", "--interval", "2025"]).output().unwrap();
    assert!(mapper.status.code() == Some(2) && said(&mapper).contains("multiple times"), "{}", said(&mapper));
}

/// What `launch-task --dependency-tree` said.
#[test]
fn the_old_option_shows_the_plan_and_runs_nothing() {
    let site = prepared();
    let task = [&["AnswerDistributionWorkflow", "--name", "x"], &PLACES[..]].concat();
    let tree = site.command(&[&task[..], &["--dependency-tree"]].concat());
    assert!(tree.status.success(), "{}", said(&tree));
    assert_eq!(said(&tree), said(&site.command(&[&["plan"], &task[..]].concat())));
    let unplanned = ["demo", "--directory", "work", "--dependency-tree"];
    assert_eq!(site.command(&unplanned).status.code(), Some(2), "what cannot be planned is not run");
    let together = ["together", "AnswerDistributionWorkflow --name x --dependency-tree", "--sqlite", "s.sqlite"];
    assert!(!site.command(&together).status.success());
    assert!(!site.path("work").exists() && !site.path("s.sqlite").exists());
}

#[test]
fn a_plan_tells_of_logs_that_are_missing() {
    let site = prepared();
    let plan = |pattern: &str| {
        let (source, pattern) = (format!("[\"{}\"]", site.path("logs").display()), format!("[\"{pattern}\"]"));
        let words =
            ["plan", "UserActivityTask", "--interval", "2024-03-04", "--warehouse-path", "w", "--source", &source, "--pattern", &pattern];
        said(&site.command(&words))
    };
    let (missing, there) = (plan(".*nothing.*"), plan(".*tracking.*"));
    assert!(missing.contains("Missing, so that the tasks concerned would not begin:") && missing.contains("nothing"), "{missing}");
    assert!(!there.contains("Missing, so that"), "{there}");
}

#[test]
fn imports_that_can_be_made_again_are_complete_with_their_metadata() {
    let site = prepared();
    let configured =
        "[hive]\nwarehouse_path = w\n[event-logs]\nsource = [\"logs\"]\npattern = [\".*\"]\n[enrollments]\noverwrite_n_days = 0\n";
    let source = "[database-import]\ncredentials = lms.json\ndatabase = lms\ndestination = imports\n";
    site.write("lms.json", r#"{"host":"db","port":"3306","username":"u","password":"p"}"#);
    let profiles = site.path("imports/auth_userprofile/dt=2024-03-05");
    fs::create_dir_all(&profiles).unwrap();
    let planned = |settings: &str| {
        site.write("override.cfg", settings);
        let days = ["--interval", "2024-03-04", "--date", "2024-03-05", "--import-date", "2024-03-05", "--sqlite", "s.sqlite"];
        let plan = site.command(&[&["plan", "ImportEnrollmentsIntoMysql"], &days[..]].concat());
        assert!(plan.status.success(), "{}", said(&plan));
        said(&plan)
    };
    // What a plan says of a step, with the line behind it.
    let step = |text: &str, name: &str| {
        let mut lines = text.lines().skip_while(|line| !line.contains(name));
        (lines.next().unwrap_or_default().to_owned(), lines.next().unwrap_or_default().trim().to_owned())
    };
    let with_source = format!("{configured}{source}");
    fs::write(profiles.join("_SUCCESS"), "").unwrap();
    let plan = planned(&with_source);
    let (state, place) = step(&plan, "Import of auth_userprofile");
    assert!(state.contains("due") && place == "at imports/auth_userprofile/dt=2024-03-05/", "{plan}");
    // Grades are imported into the warehouse whatever the destination (rules 09, 1).
    assert_eq!(step(&plan, "Import of grades").1, "at w/grades_persistentcoursegrade/dt=2024-03-05/");
    fs::write(profiles.join("_metadata"), "{}").unwrap();
    assert!(step(&planned(&with_source), "Import of auth_userprofile").0.contains("complete"));
    // Imports of another hand are complete with _SUCCESS.
    fs::remove_file(profiles.join("_metadata")).unwrap();
    let without = planned(&format!("{configured}[database-import]\ndestination = imports\n"));
    assert!(step(&without, "Import of auth_userprofile").0.contains("complete"), "{without}");
}

#[test]
fn later_configuration_files_win_whatever_their_flag() {
    let site = prepared();
    for name in ["one", "two"] {
        site.write(&format!("{name}.cfg"), format!("[AnswerDistributionWorkflow]\nname = {name}\n"));
    }
    let name_of = |files: &[&str]| {
        let text = said(&site.command(&[&["plan", "AnswerDistributionWorkflow"], &PLACES[..], files].concat()));
        ["one", "two"].into_iter().find(|name| text.contains(&format!("problem_check_events_{name}"))).map(str::to_owned).ok_or(text)
    };
    assert_eq!(name_of(&["--config", "one.cfg", "--additional-config", "two.cfg"]).unwrap(), "two");
    assert_eq!(name_of(&["--additional-config", "two.cfg", "--config", "one.cfg"]).unwrap(), "one");
    assert_eq!(name_of(&["--config", "one.cfg", "--additional-config", "absent.cfg"]).unwrap(), "one");
    assert!(name_of(&["--config", "absent.cfg"]).is_err_and(|text| text.contains("absent.cfg")));
}

#[test]
fn ccx_courses_count_unless_they_are_switched_off() {
    let site = prepared();
    let courses = |name: &str| {
        let run = [&["AnswerDistributionWorkflow", "--name", name], &PLACES[..]].concat();
        let done = site.command(&run);
        assert!(done.status.success(), "{}", said(&done));
        let store = rusqlite::Connection::open(site.path("s.sqlite")).unwrap();
        store.query_row("SELECT COUNT(DISTINCT course_id) FROM answer_distribution", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(courses("default"), 2);
    site.write("override.cfg", "[ccx]\nenabled = false\n");
    assert_eq!(courses("off"), 1);
    site.write("override.cfg", "[ccx]\nenabled = true\n");
    assert_eq!(courses("on"), 2);
}

#[test]
fn an_option_of_a_job_has_its_place_behind_two_dashes() {
    let site = prepared();
    let job = ["job", "user-activity", "daily", "--input", "logs", "--output", "a b"];
    let wrong = site.command(&[&job[..], &["--interval", "2014", "--n-reduce-tasks", "1"]].concat());
    assert_eq!(wrong.status.code(), Some(2));
    let line = "insights job user-activity daily --input logs --output 'a b' --n-reduce-tasks 1 -- --interval 2014\n";
    let told = said(&wrong);
    let tip = told.lines().find(|line| line.contains("tip: options of the job stand behind `--`: "));
    assert!(tip.is_some_and(|tip| format!("{tip}\n").ends_with(line)), "{told}");
    let meant = site.command(&[&job[..], &["--n-reduce-tasks", "1", "--", "--interval", "2014"]].concat());
    assert!(meant.status.success(), "{}", said(&meant));
    // What is no option of the job is not taken for one.
    let unknown = said(&site.command(&[&job[..], &["--intervall", "2014"]].concat()));
    assert!(!unknown.contains("options of the job stand"), "{unknown}");
}

#[test]
fn options_that_a_job_does_not_have_are_told_before_anything_runs() {
    let site = prepared();
    let job = ["job", "answer-distribution", "first-last", "--input", "logs", "--output", "rows"];
    for runner in ["local", "pipe", "hadoop"] {
        let wrong = site.command(&[&job[..], &["--runner", runner, "--", "--date", "2014-01-01"]].concat());
        let told = said(&wrong);
        assert_eq!(wrong.status.code(), Some(2), "{told}");
        assert!(
            told.contains("'--date'")
                && told.contains("Usage: insights job answer-distribution first-last [OPTIONS] -- [OPTIONS OF THE JOB]\n"),
            "{told}"
        );
    }
    assert!(!site.path("rows").exists());
}

/// HDFS is tried for half a minute, also for the history of runs.
#[test]
fn a_missing_command_of_hadoop_is_told_before_hdfs_is_asked() {
    let site = prepared();
    site.write("override.cfg", "[hadoop]\ncommand = no-such-command\n");
    let begun = std::time::Instant::now();
    let hdfs = ["--runner", "hadoop", "--warehouse-path", "hdfs://127.0.0.1:9/w", "--source", "[\"hdfs://127.0.0.1:9/logs\"]"];
    let output = site.command(&[&["UserActivityTask", "--interval", "2024-03-04", "--pattern", "[\".*\"]"], &hdfs[..]].concat());
    let text = said(&output);
    assert!(output.status.code() == Some(30) && begun.elapsed().as_secs() < 12, "{text}");
    let (cause, history) = (text.find("The command no-such-command was not found"), text.find("The run is not in the history"));
    assert!(cause.is_some() && cause < history, "{text}");
}
