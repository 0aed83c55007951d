//! Jobs on a real pseudo-cluster: the results and counters of the local runner, whatever happens to single attempts; and failures
//! that tell their cause.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

#[path = "servers/hadoop.rs"]
mod hadoop;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use hadoop::Hadoop;
use insights_pipeline::generate::{self, GenerateOptions};
use tempfile::TempDir;

/// Logs in HDFS and on disk, and a place for results.
struct Scene {
    hadoop: Hadoop,
    folder: TempDir,
    /// The directory of this run in HDFS.
    root: String,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let report = generate::run(&GenerateOptions {
            seed: 3,
            interval: "2024-03-04-2024-03-06".to_owned(),
            users: 40,
            courses: 3,
            course_offset: 0,
            user_id_base: 0,
            events: 6_000,
            dirty: 0.05,
            out: Some(logs.clone()),
            single: None,
            hourly: false,
            gzip: true,
            tables: false,
            sql: None,
            hosts: 2,
        });
        assert_eq!(report.unwrap().events, 6_000);
        let hadoop = Hadoop::cluster();
        let root = format!("{}/test-{}", hadoop.hdfs, std::process::id());
        hadoop.fs(&["-mkdir", "-p", &root]);
        hadoop.fs(&["-put", logs.to_str().unwrap(), &format!("{root}/logs")]);
        Scene { hadoop, folder, root }
    })
}

impl Scene {
    fn place(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn insights(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_insights")).current_dir(self.folder.path()).args(arguments).output().unwrap()
    }

    fn workflow(&self, runner: &[&str], root: &str, manifest: &str) -> Output {
        let sqlite = self.place(&format!("{}.sqlite", runner[1]));
        let places = ["work", "csv", "marker"].map(|name| format!("{root}/{name}"));
        let [dest, csv, marker] = places.each_ref().map(String::as_str);
        let logs = format!("[\"{root}/logs\"]");
        let task = ["AnswerDistributionWorkflow", "--name", "x", "--src", &logs, "--dest", dest, "--output-root", csv, "--marker", marker];
        self.insights(&[runner, &task, &["--manifest", manifest, "--n-reduce-tasks", "3", "--sqlite", &sqlite]].concat())
    }

    /// A configuration that ships these programs; they find the real ones at `$REAL`.
    fn with_programs(&self, name: &str, programs: &[(&str, &str)], properties: &str) -> PathBuf {
        let directory = self.folder.path().join(name);
        fs::create_dir_all(&directory).unwrap();
        let real = Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap();
        for program in ["answer-distribution-mapper", "answer-distribution-reducer"] {
            let script = programs.iter().find(|(of, _)| *of == program).map_or("", |(_, script)| *script);
            let text = format!("#!/bin/bash\nREAL={}/{program}\n{script}\nexec \"$REAL\" \"$@\"\n", real.display());
            let path = directory.join(program);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let configuration = directory.join("hadoop.cfg");
        fs::write(&configuration, self.hadoop.settings(&format!("binaries = {}", directory.display()), properties)).unwrap();
        configuration
    }

    fn job(&self, configuration: &Path, job: &str, input: &str, output: &str) -> Output {
        let configuration = configuration.display().to_string();
        let runner = ["--config", &configuration, "--runner", "hadoop"];
        self.insights(
            &[&runner, &["job", "answer-distribution", job, "--n-reduce-tasks", "3", "--input", input, "--output", output][..]].concat(),
        )
    }

    fn job_locally(&self, job: &str, input: &str, output: &str) -> String {
        let run = ["job", "answer-distribution", job, "--n-reduce-tasks", "3", "--input", input, "--output", output];
        succeeded(&self.insights(&run))
    }

    /// A JSON list of a jar in HDFS with the input format `their.Lines`.
    fn their_jar(&self, name: &str) -> String {
        let directory = self.folder.path().join(format!("jar-{name}"));
        fs::create_dir(&directory).unwrap();
        let source = "package their; public class Lines extends org.edx.hadoop.input.ManifestTextInputFormat {}";
        fs::write(directory.join("Lines.java"), source).unwrap();
        let home = self.hadoop.home.display();
        let run = |command: &mut Command| assert!(command.current_dir(&directory).status().unwrap().success(), "{command:?}");
        let classpath = format!("{home}/insights-hadoop.jar:{home}/share/hadoop/common/lib/*");
        run(Command::new("javac").args(["-cp", &classpath, "-d", "classes", "Lines.java"]));
        run(Command::new("jar").args(["--create", "--file", "their.jar", "-C", "classes", "."]));
        let place = format!("{}/{name}/their.jar", self.root);
        self.hadoop.fs(&["-mkdir", "-p", &format!("{}/{name}", self.root)]);
        self.hadoop.fs(&["-put", directory.join("their.jar").to_str().unwrap(), &place]);
        format!("[\"{place}\"]")
    }

    /// All rows below a directory of HDFS, sorted.
    fn rows_on_cluster(&self, directory: &str) -> Vec<Vec<u8>> {
        sorted_lines(&self.hadoop.fs(&["-cat", &format!("{directory}/part-*")]))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

fn sorted_lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.sort();
    lines
}

fn rows_here(directory: &Path) -> Vec<Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_file() && !path.file_name().unwrap().to_string_lossy().starts_with(['_', '.']));
    sorted_lines(&files.flat_map(|path| fs::read(path).unwrap()).collect::<Vec<_>>())
}

/// The counters in what a run says.
fn counters(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().map(str::trim).filter(|line| line.contains(": ") && line.contains(" = ")).collect();
    lines.sort_unstable();
    lines
}

fn table(path: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let store = rusqlite::Connection::open(path).unwrap();
    let columns = "course_id, module_id, part_id, correct, first_response_count, last_response_count, value_id, answer_value_text, \
                   answer_value_numeric, variant, problem_display_name, question_text";
    let mut statement = store.prepare(&format!("SELECT {columns} FROM answer_distribution ORDER BY {columns}")).unwrap();
    let rows = statement.query_map([], |row| (0..12).map(|at| row.get(at)).collect::<Result<_, _>>());
    rows.unwrap().map(Result::unwrap).collect()
}

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
    for directory in ["work/problem_check_events_x", "work/answer_distribution_per_course_x"] {
        let local = rows_here(&scene.folder.path().join(directory));
        assert!(local.len() > 100 && scene.rows_on_cluster(&format!("{root}/{directory}")) == local, "{directory}");
    }
    let csv = scene.folder.path().join("csv");
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

/// A job that must fail leaves no output and tells of its cause.
fn failure(configuration: &Path, job: &str, input: &str, output: &str) -> String {
    let scene = scene();
    let failed = scene.job(configuration, job, input, output);
    assert_eq!(failed.status.code(), Some(30), "{}", said(&failed));
    let text = said(&failed);
    assert!(text.contains("To see it here: ") && text.contains("All that Hadoop said: "), "{text}");
    assert!(!text.contains("\tat "), "a stack of Java: {text}");
    text
}

const ONE_ATTEMPT: &str = "mapreduce.map.maxattempts = 1\nmapreduce.reduce.maxattempts = 1";

#[test]
fn a_damaged_file_is_named() {
    let scene = scene();
    let good = fs::read_dir(scene.place("logs")).unwrap().map(|entry| entry.unwrap().path());
    let good = good
        .flat_map(|path| if path.is_dir() { fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect() } else { vec![path] });
    let mut bytes = fs::read(good.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()).unwrap();
    bytes.truncate(bytes.len() / 2);
    let place = scene.place("damaged.log.gz");
    fs::write(&place, bytes).unwrap();
    let there = format!("{}/damaged.log.gz", scene.root);
    scene.hadoop.fs(&["-put", &place, &there]);
    let configuration = scene.with_programs("one-attempt", &[], ONE_ATTEMPT);
    let text = failure(&configuration, "first-last", &there, &format!("{}/damaged", scene.root));
    assert!(text.contains(&there) && text.contains("behind byte") && text.contains("An input file is damaged"), "{text}");
    // The command that it names shows the failure here.
    let line = text.lines().find_map(|line| line.strip_prefix("To see it here: ")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap();
    let path = std::env::join_paths(
        [&scene.hadoop.home.join("bin"), programs]
            .map(PathBuf::from)
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let seen = Command::new("bash").args(["-c", line]).env("PATH", path.unwrap()).output().unwrap();
    assert!(said(&seen).contains("gzip: stdin: unexpected end of file"), "{line}: {}", said(&seen));
    let left = scene.hadoop.fs(&["-ls", "-C", &scene.root]);
    assert!(!String::from_utf8(left).unwrap().lines().any(|line| line.ends_with("/damaged") || line.contains(".staging-")));
}

#[test]
fn a_failing_reducer_is_heard() {
    let scene = scene();
    let rows = scene.place("bad-rows");
    fs::create_dir_all(&rows).unwrap();
    fs::write(Path::new(&rows).join("part-00000"), "only\ttwo\n").unwrap();
    let refuses = "case $* in *--combine*) exec \"$REAL\" \"$@\" ;; esac; echo 'answer distribution: line 1 of the group is not a row' >&2; cat >/dev/null; exit 1";
    let configuration = scene.with_programs("refuses", &[("answer-distribution-reducer", refuses)], ONE_ATTEMPT);
    let text = failure(&configuration, "first-last", &format!("{}/logs", scene.root), &scene.place("never-a-failing-reducer-is-heard"));
    assert!(text.contains("line 1 of the group is not a row"), "{text}");
    assert!(text.contains("insights --runner pipe job answer-distribution first-last"), "{text}");
}

#[test]
fn a_failure_under_a_second_master_is_heard() {
    let scene = scene();
    // The mapper of the first master ends it; the cluster starts another.
    let second = "case $CONTAINER_ID in\n\
                  *_01_*) kill -9 $(pgrep -f \"log.dir=[^ ]*/${CONTAINER_ID%_*}_000001 .*MRAppMaster\"); sleep 120 ;;\n\
                  *) echo 'first-last: said under the second master' >&2; exit 1 ;;\nesac";
    let configuration = scene.with_programs("second", &[("answer-distribution-mapper", second)], ONE_ATTEMPT);
    let text = failure(&configuration, "first-last", &format!("{}/logs", scene.root), &scene.place("never-a-second-master"));
    assert!(text.contains("said under the second master"), "{text}");
    assert!(text.contains(" in attempt_"), "{text}");
}

#[test]
fn a_missing_library_is_named() {
    let scene = scene();
    let place = |name: &str| scene.place(name);
    fs::write(place("gone.c"), "int gone(void) { return 0; }\n").unwrap();
    fs::write(place("main.c"), "int gone(void);\nint main(void) { return gone(); }\n").unwrap();
    let compile = |arguments: &[&str]| assert!(Command::new("cc").args(arguments).status().unwrap().success());
    compile(&["-shared", "-fPIC", "-o", &place("libgone.so"), &place("gone.c")]);
    compile(&["-o", &place("needs-gone"), &place("main.c"), &place("libgone.so")]);
    fs::remove_file(place("libgone.so")).unwrap();
    let script = format!("exec {}", place("needs-gone"));
    let configuration = scene.with_programs("library", &[("answer-distribution-mapper", &script)], ONE_ATTEMPT);
    let text = failure(&configuration, "first-last", &format!("{}/logs", scene.root), &scene.place("never-a-missing-library-is-named"));
    assert!(text.contains("libgone.so") && text.contains("A library that the program needs is missing"), "{text}");
}

#[test]
fn a_container_beyond_its_memory_is_named() {
    let scene = scene();
    // The line that `tail` keeps grows until the cluster notices.
    let greedy = "(head -c 900M /dev/zero; sleep 60) | tail -n 1 >/dev/null";
    let configuration = scene.with_programs("greedy", &[("answer-distribution-mapper", greedy)], ONE_ATTEMPT);
    let text = failure(
        &configuration,
        "first-last",
        &format!("{}/logs", scene.root),
        &scene.place("never-a-container-beyond-its-memory-is-named"),
    );
    assert!(text.contains("_m_") && text.contains("memory limit. Current usage") && text.contains("The task ran out of memory"), "{text}");
    assert!(!text.contains("|- ") && !text.contains("process-tree"), "{text}");
}

#[test]
fn an_interrupt_ends_the_job_on_the_cluster() {
    let scene = scene();
    let configuration = scene.with_programs("slow", &[("answer-distribution-mapper", "sleep 300")], "").display().to_string();
    let (logs, output) = (format!("{}/logs", scene.root), format!("{}/interrupted", scene.root));
    let runner = ["--config", &configuration, "--runner", "hadoop", "job", "answer-distribution", "first-last"];
    let said_to = fs::File::create(scene.place("interrupted.log")).unwrap();
    // A shell that runs the tests in the background has told them to ignore interrupts.
    let mut insights = Command::new("env");
    insights.args(["--default-signal=INT", env!("CARGO_BIN_EXE_insights")]);
    insights.current_dir(scene.folder.path()).args(runner).args(["--input", &logs, "--output", &output]).stderr(said_to);
    let mut insights = insights.spawn().unwrap();
    let log = scene.hadoop.client_log(insights.id(), "Running job: job_");
    let job = log.split("Running job: job_").nth(1).unwrap().lines().next().unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-INT", &insights.id().to_string()]).status().unwrap().success());
    let status = insights.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
    let text = fs::read_to_string(scene.place("interrupted.log")).unwrap();
    let application = format!("application_{job}");
    assert_eq!(text.trim(), format!("insights: SIGINT: ending {application} on the cluster."));
    let status = Command::new(scene.hadoop.home.join("bin/yarn")).args(["application", "-status", &application]).output().unwrap();
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("State : KILLED"), "{status}");
    // The next run clears up what was staged, and goes through.
    let configuration = scene.hadoop.configuration.clone();
    succeeded(&scene.job(&configuration, "first-last", &logs, &output));
    assert!(!scene.rows_on_cluster(&output).is_empty());
}

#[test]
fn too_little_memory_is_named() {
    let scene = scene();
    let starved = format!("{ONE_ATTEMPT}\nmapreduce.map.java.opts = -Xmx64m\nmapreduce.task.io.sort.mb = 200");
    let configuration = scene.with_programs("memory", &[], &starved);
    let text = failure(&configuration, "first-last", &format!("{}/logs", scene.root), &scene.place("never-too-little-memory-is-named"));
    assert!(text.contains("The task ran out of memory") && text.contains("mapreduce.map.memory.mb"), "{text}");
}
