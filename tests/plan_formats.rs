//! `insights plan --format hadoop`: a script that does what the driver does, where there is no driver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop-local

#[path = "servers/hadoop.rs"]
mod hadoop;
mod site;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use hadoop::Hadoop;
use site::{DAY, Site, files_below};

const TASKS: [&str; 6] = ["--only", "enrollment", "--only", "video", "--only", "answer-distribution"];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sorted rows by directory, and by file where files have names of their own. Which reducer has which rows differs from runner to
/// runner.
fn rows(root: &Path) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut rows: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for file in files_below(root) {
        let relative = file.strip_prefix(root).unwrap();
        let is_part = relative.file_name().unwrap().to_string_lossy().starts_with("part-");
        let of = if is_part { relative.parent().unwrap() } else { relative };
        let lines = fs::read(&file).unwrap();
        rows.entry(of.display().to_string()).or_default().extend(lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    }
    // Part files without rows differ in number, too.
    for rows in rows.values_mut() {
        rows.retain(|row| !row.is_empty());
        rows.sort();
    }
    rows
}

/// All programs, and the jar.
fn programs(directory: &Path) {
    fs::create_dir(directory).unwrap();
    symlink(Hadoop::local().home.join("insights-hadoop.jar"), directory.join("insights-hadoop.jar")).unwrap();
    let built = Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("bin")).unwrap().map(Result::unwrap) {
        let name = entry.path().file_stem().unwrap().to_owned();
        symlink(built.join(&name), directory.join(&name)).unwrap();
    }
}

#[test]
fn a_script_gives_what_the_driver_gives() {
    let site = Site::three_weeks(6_000);
    site.daily_warehouse("here");
    let (code, told) = site.daily("here", &TASKS);
    assert_eq!(code, Some(0), "{told}");

    site.daily_warehouse("there");
    let hadoop = Hadoop::local();
    let text = fs::read_to_string(site.path("there.cfg")).unwrap();
    fs::write(site.path("there.cfg"), text + &hadoop.settings("", "")).unwrap();
    let options = ["--date", DAY, "--n-reduce-tasks", "3", "--sqlite", "there.sqlite"];
    let plan = |more: &[&str]| site.tried("plan", &[&["--config", "there.cfg", "daily"], &options[..], &TASKS, more].concat());
    let planned = plan(&["--format", "hadoop"]);
    assert!(planned.status.success(), "{}", said(&planned));
    fs::write(site.path("script.sh"), &planned.stdout).unwrap();
    assert!(!site.path("there/course_enrollment").exists(), "a plan runs nothing");
    programs(&site.path("our programs, all"));
    let elsewhere = tempfile::tempdir().unwrap();
    let mut script = Command::new("bash");
    script.arg(site.path("script.sh")).current_dir(&elsewhere).env("INSIGHTS_BIN", site.path("our programs, all"));
    let ran = script.output().unwrap();
    assert!(ran.status.success() && said(&ran).ends_with("All steps are done.\n"), "{}", said(&ran));

    let (here, there) = (rows(&site.path("here")), rows(&site.path("there")));
    assert_eq!(there.keys().collect::<Vec<_>>(), here.keys().collect::<Vec<_>>());
    let different: Vec<_> = here.keys().filter(|name| here[*name] != there[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
    for written in ["course_enrollment_daily/dt=2014-05-21", "video_timeline/dt=2014-05-21", "csv"] {
        assert!(here.iter().any(|(name, rows)| name.starts_with(written) && !rows.is_empty()), "{written}");
    }
    assert!(site.tables("here") == site.tables("there"));
    assert_eq!(site.tables("there").len(), 10);
    let mut left = Command::new("find");
    let left = left.arg(site.path("there")).args(["-name", ".*staging*", "-o", "-name", "*.crc", "-o", "-name", ".job"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "it works in a directory of its own");

    // The driver knows what the script made: only loads are left, and the script of that plan runs no job.
    let planned = plan(&["--format", "hadoop", "--skip", "video"]);
    let script = String::from_utf8_lossy(&planned.stdout);
    assert!(planned.status.success() && script.contains("AnswerDistributionWorkflow, CSV files: complete, the marker "), "{script}");
    assert!(!script.contains("distribution-mapper") && script.contains("mysql-loader answer_distribution"), "{script}");
}

#[test]
fn a_script_stops_at_the_step_that_fails_and_leaves_what_was_there() {
    let site = Site::three_weeks(300);
    site.daily_warehouse("there");
    let hadoop = Hadoop::local();
    let settings = fs::read_to_string(site.path("there.cfg")).unwrap() + &hadoop.settings("", "");
    // The jar of the planning machine is not where the script runs.
    let settings = settings.replace("/insights-hadoop.jar", "/moved.jar");
    fs::write(site.path("there.cfg"), settings).unwrap();
    let logs = format!("[\"{}/logs\"]", site.folder.path().display());
    let places = ["work", "csv", "marker"].map(|name| site.path(name).display().to_string());
    let [work, csv, marker] = places.each_ref().map(String::as_str);
    let task = ["AnswerDistributionWorkflow", "--name", "x", "--src", &logs, "--include", "[\"*tracking.log*\"]", "--dest", work];
    let task = [&task[..], &["--output-root", csv, "--marker", marker, "--format", "hadoop"]].concat();
    let task = [&task[..], &["--lib-jar", r#"["my formats.jar"]"#]].concat();
    let planned = site.tried("plan", &[&["--config", "there.cfg"], &task[..]].concat());
    assert!(planned.status.success(), "{}", said(&planned));
    fs::write(site.path("script.sh"), &planned.stdout).unwrap();
    programs(&site.path("programs"));
    let run = || {
        let mut script = Command::new("bash");
        script.arg(site.path("script.sh")).current_dir(&site.folder).env("INSIGHTS_BIN", "programs");
        script.env("INSIGHTS_NODE_BIN", "programs").env("INSIGHTS_JAR", "ih.jar").output().unwrap()
    };
    // A jar of the operator that has gone is missed before any job.
    let script = run();
    assert!(!script.status.success() && said(&script).contains("There is no "), "{}", said(&script));
    assert!(said(&script).contains("/my formats.jar"), "{}", said(&script));
    symlink(hadoop.home.join("insights-hadoop.jar"), site.path("my formats.jar")).unwrap();
    symlink(hadoop.home.join("insights-hadoop.jar"), site.path("ih.jar")).unwrap();
    let mapper = site.path("programs/answer-distribution-mapper");
    let real = fs::read_link(&mapper).unwrap();
    fs::remove_file(&mapper).unwrap();
    fs::write(&mapper, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&mapper, fs::Permissions::from_mode(0o755)).unwrap();
    let script = run();
    assert!(!script.status.success());
    assert!(said(&script).trim_end().ends_with("Failed in step 1 of 4: First and last submissions"), "{}", said(&script));
    assert!(!site.path("work/problem_check_events_x").exists() && !site.path("csv").exists());

    // A log that is gone since the plan was made is no log without rows.
    fs::remove_file(&mapper).unwrap();
    symlink(real, &mapper).unwrap();
    let log = site.path("logs/tracking.log-20140510");
    let moved = site.path("moved.log");
    fs::rename(&log, &moved).unwrap();
    let script = run();
    assert!(!script.status.success() && said(&script).contains("tracking.log-20140510 does not exist any more"), "{}", said(&script));
    assert!(!site.path("work/problem_check_events_x").exists());

    // The same script goes through once all is well, and once more.
    fs::rename(&moved, &log).unwrap();
    let script = run();
    assert!(script.status.success(), "{}", said(&script));
    let first = rows(&site.path("work"));
    assert!(first.values().any(|rows| !rows.is_empty()));
    let script = run();
    assert!(script.status.success() && rows(&site.path("work")) == first, "{}", said(&script));

    // What is missing is said in place of half a script.
    let planned = site.tried("plan", &["--config", "there.cfg", "ModuleEngagementWorkflowTask", "--date", DAY, "--format", "hadoop"]);
    assert_eq!((planned.status.code(), planned.stdout.len()), (Some(20), 0));
    assert!(
        said(&planned).contains("insights --config there.cfg ImportEnrollmentsIntoMysql --interval-end 2014-05-21"),
        "{}",
        said(&planned)
    );
}

#[test]
fn programs_of_a_script_read_the_configuration_that_the_plan_had() {
    let site = Site::three_weeks(300);
    site.daily_warehouse("there");
    let settings =
        fs::read_to_string(site.path("there.cfg")).unwrap() + &Hadoop::local().settings("", "") + "[google]\napi_key = of-this-test\n";
    fs::write(site.path("override.cfg"), settings.replace("[videos]\n", "[videos]\ndropoff_threshold = 0.05\n")).unwrap();
    let planned = site.tried("plan", &["InsertToMysqlAllVideoTask", "--interval", "2014-05-01-2014-05-03", "--format", "hadoop"]);
    let script = String::from_utf8_lossy(&planned.stdout);
    assert!(planned.status.success(), "{}", said(&planned));
    let expected = format!(
        "\"$INSIGHTS_BIN\"/video-durations \\\n    --viewings {0}/there/video_viewing/dt=2014-05-03/ \\\n    --destination {0}/there/video_youtube_duration/durations.tsv \\\n    --config {0}/override.cfg\n",
        site.folder.path().display()
    );
    assert!(script.contains(&expected), "{script}");
    assert!(!script.contains("of-this-test"), "{script}");
}

#[test]
fn steps_of_emr_need_places_that_the_cluster_reaches() {
    let site = Site::three_weeks(300);
    site.daily_warehouse("there");
    let plan_with_code = |code: i32, more: &[&str]| {
        let task = ["--config", "there.cfg", "UserActivityTask", "--interval", "2014-05-01", "--format", "emr-steps"];
        let planned = site.tried("plan", &[&task[..], more].concat());
        assert!(planned.stdout.is_empty() && planned.status.code() == Some(code), "{}", String::from_utf8_lossy(&planned.stdout));
        said(&planned)
    };
    let plan = |more: &[&str]| plan_with_code(30, more);
    let told = plan_with_code(2, &[]);
    assert!(told.contains("--manifests") && told.contains("path of [manifest]"), "{told}");
    let told = plan(&["--manifests", "/tmp/manifests"]);
    assert!(told.contains("Manifests at /tmp/manifests cannot be reached"), "{told}");
    let told = plan(&["--manifests", "s3://bucket/manifests"]);
    assert!(told.contains("lies on this machine") && told.contains("Days of user_activity_by_user"), "{told}");
    let told = plan(&["--manifests", "s3://bucket/manifests", "--lib-jar", r#"["my.jar"]"#]);
    assert!(told.contains("--lib-jar") && told.contains("/my.jar lies on this machine"), "{told}");

    let text = fs::read_to_string(site.path("there.cfg")).unwrap();
    for name in ["fs.s3a.secret.key", "fs.azure.account.key.logs.blob.core.windows.net"] {
        fs::write(site.path("there.cfg"), format!("{text}[job-conf]\n{name} = of-this-test\n")).unwrap();
        let told = plan(&["--manifests", "s3://bucket/manifests"]);
        assert!(told.contains(&format!("{name} in [job-conf]")) && !told.contains("of-this-test"), "{told}");
    }
}
