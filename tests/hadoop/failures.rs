//! What fails tells its cause.

use super::*;

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
    let programs = site::programs();
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
    let refuses = "echo 'answer distribution: line 1 of the group is not a row' >&2; cat >/dev/null; exit 1";
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
    insights.current_dir(scene.site.folder.path()).args(runner).args(["--input", &logs, "--output", &output]).stderr(said_to);
    let mut insights = insights.spawn().unwrap();
    let log = scene.hadoop.client_log(insights.id(), "Running job: job_");
    let job = log.split("Running job: job_").nth(1).unwrap().lines().next().unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-INT", &insights.id().to_string()]).status().unwrap().success());
    let status = insights.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{status}");
    let text = fs::read_to_string(scene.place("interrupted.log")).unwrap();
    let application = format!("application_{job}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[2], format!("insights: SIGINT: ending {application} on the cluster."), "{text}");
    // That takes as long as the cluster's own command.
    assert!(lines[3..].iter().all(|line| *line == "insights: This takes a while; a second signal ends it at once."), "{text}");
    assert!(
        lines.len() <= 4 && lines[0].ends_with(&format!("{application} on the cluster")) && lines[1].contains("to be watched at http"),
        "{text}"
    );
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
