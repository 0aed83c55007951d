//! Rows and counters are those of the local runner, whatever happens to single attempts.

use std::path::Path;

use super::*;

#[test]
fn the_workflow_gives_what_it_gives_locally() {
    let scene = scene();
    let root = scene.root.clone();
    let configuration = scene.hadoop.configuration.display().to_string();
    let there = scene.workflow(&["--runner", "hadoop", "--config", &configuration], &root, &format!("{root}/manifest"));
    let there = succeeded(&there);
    let here = scene.workflow(&["--runner", "local"], &scene.place(""), &scene.place("manifest"));
    let here = succeeded(&here);
    assert!(counters(&here).len() >= 3, "{here}");
    assert_eq!(counters(&there), counters(&here));
    let rows_out = |text: &str| -> u64 {
        let told = text.lines().find(|line| line.starts_with("AnswerDistributionWorkflow ") && line.contains(" done "));
        told.and_then(|line| line.split_whitespace().nth(6)?.parse().ok()).unwrap_or_else(|| panic!("{text}"))
    };
    assert_eq!(rows_out(&there), rows_out(&here));
    for directory in ["work/problem_check_events_x", "work/answer_distribution_per_course_x"] {
        let local = rows_here(&scene.site.path(directory));
        assert!(local.len() > 100 && scene.rows_on_cluster(&format!("{root}/{directory}")) == local, "{directory}");
    }
    let csv = scene.site.path("csv");
    let mut files = 0;
    for course in fs::read_dir(&csv).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(course.path()).unwrap().map(Result::unwrap) {
            let relative = file.path().strip_prefix(&csv).unwrap().display().to_string();
            assert_eq!(scene.hadoop.fs(&["-cat", &format!("{root}/csv/{relative}")]), fs::read(file.path()).unwrap(), "{relative}");
            files += 1;
        }
    }
    assert_eq!(files, 3, "a file for each course");
    assert_eq!(table(&scene.place("hadoop.sqlite")), table(&scene.place("local.sqlite")));
    let again = succeeded(&scene.workflow(&["--runner", "hadoop", "--config", &configuration], &root, &format!("{root}/manifest")));
    assert_eq!(again.matches("skipped").count(), 3, "{again}");
}

#[test]
fn killed_attempts_and_speculation_change_nothing() {
    let scene = scene();
    let speculative = "mapreduce.map.speculative = true\nmapreduce.reduce.speculative = true\n\
                       mapreduce.job.speculative.speculative-cap-running-tasks = 1\nmapreduce.job.speculative.minimum-allowed-tasks = 10";
    let killed_mapper = "case $mapreduce_task_attempt_id in *_m_*_0) head -n 40 | \"$REAL\" \"$@\"; kill -9 $$ ;; esac";
    let killed = scene.with_programs("killed", &[("answer-distribution-mapper", killed_mapper)], speculative);
    let logs = format!("{}/logs", scene.root);
    let output = format!("{}/killed", scene.root);
    let there = succeeded(&scene.job(&killed, "first-last", &logs, &output));
    let here = scene.job_locally("first-last", &scene.place("logs"), &scene.place("killed-local"));
    assert_eq!(counters(&there), counters(&here));
    let rows = rows_here(Path::new(&scene.place("killed-local")));
    assert!(rows.len() > 100 && scene.rows_on_cluster(&output) == rows);

    // A reducer of named files is killed behind its first rows; another one sleeps, so that a second attempt overtakes it.
    let half_reducer = "case $mapreduce_task_attempt_id in\n\
                        *_r_000000_0) \"$REAL\" \"$@\" | head -n 3; kill -9 $$ ;;\n\
                        *_r_000001_0) sleep 240 ;;\nesac";
    scene.job_locally("distribution", &scene.place("killed-local"), &scene.place("distribution"));
    scene.job_locally("course-csv", &scene.place("distribution"), &scene.place("csv-local"));
    let half = scene.with_programs("half", &[("answer-distribution-reducer", half_reducer)], speculative);
    let output = format!("{}/csv-half", scene.root);
    succeeded(&scene.job(&half, "course-csv", &scene.place("distribution"), &output));
    let log = scene.hadoop.log_of("course-csv");
    // Three tasks, one of them twice because it failed, and one beside the sleeping one; a loaded machine may see more overtaken.
    let count = |name: &str| log.split(name).nth(1).and_then(|behind| behind.lines().next()?.parse::<u32>().ok()).unwrap_or_default();
    assert!(count("Failed reduce tasks=") == 1 && count("Launched reduce tasks=") >= 5, "{log}");
    let told = scene.hadoop.fs(&["-ls", "-R", "-C", &output]);
    let names = String::from_utf8(told).unwrap();
    assert!(!names.contains("_temporary") && !names.contains("staging"), "{names}");
    let local = files_below(Path::new(&scene.place("csv-local")));
    assert_eq!(local.len(), 3);
    for (name, bytes) in local {
        assert_eq!(scene.hadoop.fs(&["-cat", &format!("{output}/{name}")]), bytes, "{name}");
    }
}

#[test]
fn a_script_of_a_plan_gives_the_rows_of_the_driver() {
    let scene = scene();
    let root = &scene.root;
    let configuration = scene.hadoop.configuration.display().to_string();
    let events = ["--pattern", r#"[".*tracking.log-(?P<date>\\d{8}).*"]"#, "--expand-interval", "2 days", "--n-reduce-tasks", "3"];
    let task = [&["UserActivityTask", "--interval", "2024-03-04-2024-03-06"], &events[..]].concat();
    let (logs, warehouse) = (format!("[\"{root}/logs\"]"), format!("{root}/script-w"));
    let jar = scene.their_jar("script");
    let of_cluster = ["--source", &logs, "--warehouse-path", &warehouse, "--lib-jar", &jar, "--input-format", "their.Lines"];
    let of_cluster = [&of_cluster[..], &["--format", "hadoop"]].concat();
    let planned = scene.insights(&[&["--config", &configuration, "plan"], &task[..], &of_cluster].concat());
    succeeded(&planned);
    fs::write(scene.place("script.sh"), &planned.stdout).unwrap();
    let script = Command::new("bash").arg(scene.place("script.sh")).output().unwrap();
    succeeded(&script);
    let (logs, warehouse) = (format!("[\"{}\"]", scene.place("logs")), scene.place("script-local"));
    succeeded(&scene.insights(&[&task[..], &["--source", &logs, "--warehouse-path", &warehouse]].concat()));
    for day in ["2024-03-04", "2024-03-05"] {
        let file = format!("user_activity_by_user/dt={day}/user_activity_{day}");
        let here = sorted_lines(&fs::read(format!("{warehouse}/{file}")).unwrap());
        assert!(here.len() > 10 && sorted_lines(&scene.hadoop.fs(&["-cat", &format!("{root}/script-w/{file}")])) == here, "{day}");
    }
    let names = String::from_utf8(scene.hadoop.fs(&["-ls", "-R", "-C", &format!("{root}/script-w")])).unwrap();
    assert!(names.contains("/_marker/") && !names.contains("staging") && !names.contains(".claimed"), "{names}");
}

fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() && !name.starts_with('_') {
                directories.push(entry.path());
            } else if entry.path().extension().is_some_and(|end| end == "csv") {
                found.insert(entry.path().strip_prefix(root).unwrap().display().to_string(), fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn mappers_open_paths_themselves_with_the_same_rows() {
    let scene = scene();
    let configuration = scene.hadoop.configuration.display().to_string();
    let logs = format!("{}/logs", scene.root);
    let output = format!("{}/paths", scene.root);
    let runner = ["--config", &configuration, "--runner", "hadoop", "--map-input", "paths"];
    let job = ["job", "answer-distribution", "first-last", "--n-reduce-tasks", "3", "--input", &logs, "--output", &output];
    let there = succeeded(&scene.insights(&[&runner[..], &job[..]].concat()));
    let here = scene.job_locally("first-last", &scene.place("logs"), &scene.place("paths-local"));
    assert_eq!(counters(&there), counters(&here));
    assert_eq!(scene.rows_on_cluster(&output), rows_here(Path::new(&scene.place("paths-local"))));
}

#[test]
fn formats_in_a_jar_of_hdfs_and_the_environment_of_tasks() {
    let scene = scene();
    let region = "[ \"$AWS_REGION\" = eu-west-1 ] || { echo \"AWS_REGION is $AWS_REGION\" >&2; exit 9; }";
    let properties = format!("{ONE_ATTEMPT}\nmapreduce.map.env.AWS_REGION = eu-west-1");
    let configuration = scene.with_programs("region", &[("answer-distribution-mapper", region)], &properties).display().to_string();
    let (jar, logs, output) = (scene.their_jar("formats"), format!("{}/logs", scene.root), format!("{}/formats-out", scene.root));
    let runner = ["--config", &configuration, "--runner", "hadoop", "--lib-jar", &jar, "--input-format", "their.Lines"];
    let job = ["job", "answer-distribution", "first-last", "--n-reduce-tasks", "3", "--input", &logs, "--output", &output];
    succeeded(&scene.insights(&[&runner[..], &job[..]].concat()));
    scene.job_locally("first-last", &scene.place("logs"), &scene.place("formats-local"));
    assert_eq!(scene.rows_on_cluster(&output), rows_here(Path::new(&scene.place("formats-local"))));
}
