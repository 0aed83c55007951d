//! Tasks on EMR: what is asked of AWS, and that a cluster is terminated whatever happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

#[path = "servers/emr.rs"]
mod emr;

use emr::Scenario;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const DONE: &str = "2026-01-01T00:00:00Z INFO Step succeeded with exitCode 0 and took 2 seconds\n";

/// Exit code, and all that was said.
fn ended(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("secret-of-this-test"), "{said}");
    (output.status.code().unwrap(), said)
}

fn run(scenario: &Scenario, arguments: &[&str]) -> (i32, String) {
    ended(&scenario.run_task().args(arguments).output().unwrap())
}

/// A scenario whose cluster is ready and whose step has ended when first asked for.
fn at_once(step: &str, controller: &str) -> Value {
    json!({"clusters": [["WAITING"]], "step": [step], "logs": {"controller": controller}})
}

fn with(mut scenario: Value, member: &str, value: Value) -> Value {
    scenario[member] = value;
    scenario
}

#[test]
fn a_task_runs_as_one_step_of_a_cluster_that_is_terminated() {
    let logs = json!({"controller": DONE, "stdout": "what the driver said\n", "stderr": ""});
    let scenario = Scenario::new(&json!({"clusters": [["STARTING", "WAITING"]], "step": ["PENDING", "COMPLETED"], "logs": logs}));
    fs::create_dir_all(scenario.workspace().join("logs")).unwrap();
    fs::write(scenario.workspace().join("logs/of-yesterday"), "").unwrap();
    let options = ["--source", r#"["s3://b/x"]"#, "--name", "a\tb\n'\"\\ \u{7f}é€😀 $HOME `x` %", "--pattern", r#"[".*\\d{8}"]"#, ""];
    let mut command = scenario.run_task();
    command.arg("UserActivityTask").args(options);
    command.env("OVERRIDE_CONFIG", "s3://b/config/override.cfg").env("SECURE_CONFIG", "s3://b/config/secure.cfg");
    command.env("EMR_PACKAGE_SHA256", "abc").env("EMR_SECURITY_GROUPS", "sg-1").env("EMR_SECURITY_CONFIGURATION", "insights");
    let (code, said) = ended(&command.env("TASKS_REPO", "old").output().unwrap());
    assert_eq!((code, scenario.cluster_states()), (0, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(said.contains("TASKS_REPO has no meaning any more") && said.contains("UserActivityTask is done"), "{said}");

    let [created] = &scenario.requests("RunJobFlow")[..] else { panic!("{said}") };
    assert_eq!(created["LogUri"], scenario.location("emr-logs/"));
    assert_eq!(created["AutoTerminationPolicy"], json!({"IdleTimeout": 14400}));
    assert_eq!((&created["ServiceRole"], &created["JobFlowRole"]), (&json!("insights-emr"), &json!("insights-nodes")));
    assert_eq!(created["Applications"], json!([{"Name": "Hadoop"}]));
    assert_eq!(created["SecurityConfiguration"], "insights");
    assert_eq!(created["Tags"][0], json!({"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}));
    let template = |name: &str| serde_json::from_slice::<Value>(&fs::read(format!("emr/cluster/{name}.json")).unwrap()).unwrap();
    assert_eq!(created["Configurations"], template("configurations"));
    let instances = &created["Instances"];
    assert_eq!(instances["InstanceFleets"], template("instance-fleets"));
    assert_eq!(instances["Ec2SubnetIds"], json!(["subnet-1", "subnet-2"]));
    assert_eq!(instances["AdditionalSlaveSecurityGroups"], json!(["sg-1"]));
    assert_eq!((&instances["TerminationProtected"], &instances["KeepJobFlowAliveWhenNoSteps"]), (&json!(false), &json!(true)));
    let action = json!({"Path": scenario.location("package/install.sh"), "Args": [scenario.location("package/insights.tar.gz"), "abc"]});
    assert_eq!(created["BootstrapActions"], json!([{"Name": "insights", "ScriptBootstrapAction": action}]));

    let [step] = &scenario.requests("AddJobFlowSteps")[..] else { panic!("{said}") };
    let driver = ["/opt/insights/bin/insights", "--runner", "hadoop", "--config", "s3://b/config/override.cfg"];
    let configured = ["--config", "s3://b/config/secure.cfg", "UserActivityTask"];
    // Ten units of core and task nodes.
    let arguments: Vec<_> = driver.into_iter().chain(configured).chain(options).chain(["--n-reduce-tasks", "30"]).collect();
    assert_eq!(step["Steps"][0]["HadoopJarStep"], json!({"Jar": "command-runner.jar", "Args": arguments}));

    let mut logs: Vec<_> = fs::read_dir(scenario.workspace().join("logs")).unwrap().map(|file| file.unwrap().file_name()).collect();
    logs.sort();
    assert_eq!(logs, ["controller", "stderr", "stdout"]);
    assert_eq!(fs::read_to_string(scenario.workspace().join("logs/stdout")).unwrap(), "what the driver said\n");
}

#[test]
fn a_failed_step_shows_its_logs_and_ends_with_30_or_the_code_of_the_driver() {
    let failed = "INFO waitProcessCompletion ended with exit code 1 : hadoop jar\nWARN Step failed with exitCode 1 and took 3 seconds\n";
    let told = with(at_once("FAILED", failed), "log_delay", json!(1));
    let scenario = Scenario::new(&with(told, "logs", json!({"controller": failed, "stderr": "column grade is missing\n"})));
    let (code, said) = run(&scenario, &["UserActivityTask", "--n-reduce-tasks=7"]);
    assert_eq!((code, scenario.cluster_states()), (30, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(said.contains("column grade is missing") && said.contains("failed with exit code 1"), "{said}");
    let arguments = &scenario.requests("AddJobFlowSteps")[0]["Steps"][0]["HadoopJarStep"]["Args"];
    assert_eq!(arguments.as_array().unwrap()[3..], ["UserActivityTask", "--n-reduce-tasks=7"]);

    let scenario = Scenario::new(&at_once("FAILED", &format!("Command exiting with ret '20'\n{failed}")));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (20, vec!["TERMINATED".to_owned()]), "{said}");
}

/// Starts a run whose processes are a group, as those of a terminal are.
fn start(scenario: &Scenario) -> Child {
    let mut command = scenario.run_task();
    command.arg("UserActivityTask").process_group(0).stderr(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Sends a signal to a process, or to a whole group (a negative number), as soon as an action was asked for.
fn signal_after(scenario: &Scenario, action: &str, signal: &str, process: i64) {
    let until = Instant::now() + Duration::from_mins(1);
    while scenario.requests(action).is_empty() {
        assert!(Instant::now() < until, "{action} was never asked for");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-s", signal, "--", &process.to_string()]).status().unwrap().success());
}

/// A run that is interrupted when an action was asked for terminates its cluster and tells the signal by its exit code.
fn interrupt(told: &Value, action: &str, signal: &str, whole_group: bool, expected: i32) {
    let scenario = Scenario::new(told);
    let child = start(&scenario);
    let process = i64::from(child.id());
    signal_after(&scenario, action, signal, if whole_group { -process } else { process });
    let (code, said) = ended(&child.wait_with_output().unwrap());
    assert_eq!((code, scenario.cluster_states()), (expected, vec!["TERMINATED".to_owned()]), "{action} {signal}: {said}");
    assert!(said.contains(&format!("interrupted by SIG{signal}")), "{said}");
}

#[test]
fn an_interruption_while_waiting_terminates_the_cluster() {
    let running = json!({"clusters": [["WAITING"]], "step": ["RUNNING"]});
    interrupt(&running, "DescribeStep", "TERM", false, 143);
    interrupt(&running, "DescribeStep", "INT", true, 130);
    interrupt(&json!({"clusters": [["STARTING"]]}), "DescribeCluster", "HUP", false, 129);
}

#[test]
fn an_interruption_during_creation_terminates_the_cluster() {
    // The answer is on its way while the signal comes.
    let creating = json!({"faults": {"RunJobFlow": [{"seconds": 2}]}});
    interrupt(&creating, "RunJobFlow", "TERM", false, 143);
    interrupt(&creating, "RunJobFlow", "INT", true, 130);
    // The answer is lost, and the signal comes while the cluster is looked for.
    let lost = json!({"faults": {"RunJobFlow": [{"code": "InternalServerException", "status": 500, "performed": true}]}});
    interrupt(&lost, "ListClusters", "INT", true, 130);
}

#[test]
fn throttled_requests_and_lost_answers_are_repeated_without_a_second_cluster_or_step() {
    let throttled = json!({"code": "ThrottlingException", "message": "Rate exceeded"});
    let lost = json!({"code": "InternalServerException", "status": 500, "performed": true});
    let faults = json!({
        "RunJobFlow": [throttled, lost],
        "DescribeCluster": [throttled, {"code": "ServiceUnavailable", "status": 503}],
        "ListInstanceFleets": [null, null, throttled],
        "AddJobFlowSteps": [throttled, lost],
        "DescribeStep": [throttled],
        "TerminateJobFlows": [throttled, {"code": "RequestLimitExceeded"}],
    });
    let scenario = Scenario::new(&with(at_once("COMPLETED", DONE), "faults", faults));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (0, vec!["TERMINATED".to_owned()]), "{said}");
    assert_eq!((scenario.requests("AddJobFlowSteps").len(), scenario.requests("TerminateJobFlows").len()), (2, 3), "{said}");
}

#[test]
fn a_cluster_that_does_not_start_is_followed_by_another() {
    let failed = json!(["TERMINATED_WITH_ERRORS", "INSTANCE_FAILURE", "no machines of these types"]);
    let scenario = Scenario::new(&with(at_once("COMPLETED", DONE), "clusters", json!([[failed], ["WAITING"]])));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.requests("RunJobFlow").len()), (0, 2), "{said}");
    assert!(said.contains("no cluster at try 1 of 3") && said.contains("no machines of these types"), "{said}");
    assert!(scenario.cluster_states().iter().all(|state| state == "TERMINATED"));

    let failed = json!(["TERMINATED_WITH_ERRORS", "BOOTSTRAP_FAILURE", "install.sh returned 1"]);
    let scenario = Scenario::new(&json!({"clusters": [[failed]]}));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.requests("RunJobFlow").len()), (40, 1), "{said}");
    assert!(said.contains("install.sh returned 1"), "{said}");
}

#[test]
fn failures_of_aws_end_with_40() {
    let refused = json!({"code": "ValidationException", "message": "The subnet subnet-1 does not exist, and IdleTimeout is wrong"});
    let scenario = Scenario::new(&json!({"faults": {"RunJobFlow": [refused]}}));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states().len(), scenario.requests("").len()), (40, 0, 1), "{said}");
    assert!(said.contains("subnet-1 does not exist"), "{said}");

    let gone = json!([["WAITING", ["TERMINATED", "USER_REQUEST", "Terminated by user request"]]]);
    let told = with(json!({"step": ["RUNNING"], "logs": {"controller": DONE}}), "clusters", gone);
    let scenario = Scenario::new(&told);
    let mut command = scenario.run_task();
    let (code, said) = ended(&command.arg("UserActivityTask").env("EMR_LOG_WAIT_SECONDS", "0").output().unwrap());
    assert_eq!(code, 40, "{said}");
    assert!(said.contains("did not run to its end") && said.contains("Terminated by user request"), "{said}");

    let refused = json!({"code": "AccessDeniedException", "message": "not authorized to perform: TerminateJobFlows"});
    let told = with(at_once("COMPLETED", DONE), "faults", json!({"TerminateJobFlows": vec![refused; 20]}));
    let scenario = Scenario::new(&told);
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (40, vec!["RUNNING".to_owned()]), "{said}");
    assert!(said.contains("NOT CERTAIN") && said.contains("aws emr terminate-clusters --region us-east-1 --cluster-ids j-"), "{said}");
}

#[test]
fn a_cluster_is_kept_only_by_the_exact_word_false() {
    for (word, state) in [("false", "RUNNING"), ("no", "TERMINATED")] {
        let scenario = Scenario::new(&at_once("COMPLETED", DONE));
        let mut command = scenario.run_task();
        command.arg("UserActivityTask").env("TERMINATE", word).env("NUM_REDUCE_TASKS", "12");
        let (code, said) = ended(&command.output().unwrap());
        assert_eq!((code, scenario.cluster_states()), (0, vec![state.to_owned()]), "{said}");
        assert_eq!(said.contains("TERMINATE=false: the cluster is kept"), word == "false", "{said}");
        let arguments = &scenario.requests("AddJobFlowSteps")[0]["Steps"][0]["HadoopJarStep"]["Args"];
        assert_eq!(arguments.as_array().unwrap()[3..], ["UserActivityTask", "--n-reduce-tasks", "12"]);
    }
}

#[test]
fn what_is_missing_is_said_before_anything_is_asked_of_aws() {
    let scenario = Scenario::new(&json!({}));
    let run = |change: &dyn Fn(&mut Command)| {
        let mut command = scenario.run_task();
        change(command.arg("UserActivityTask"));
        let (code, said) = ended(&command.output().unwrap());
        assert_eq!(code, 2, "{said}");
        said
    };
    let said = run(&|command| _ = command.env_remove("EMR_PACKAGE").env_remove("EMR_SUBNETS"));
    assert!(said.contains("EMR_PACKAGE   the archive of emr/package.sh") && said.contains("EMR_SUBNETS   private subnets"), "{said}");
    assert!(!said.contains("EMR_LOG_URI") && said.contains("emr/README.md"), "{said}");
    let said = run(&|command| _ = command.env("SECURE_CONFIG", "config/secure.cfg"));
    assert!(said.contains("SECURE_CONFIG must be an S3 location") && said.contains("aws s3 cp"), "{said}");
    let said = run(&|command| _ = command.env("NUM_REDUCE_TASKS", "many"));
    assert!(said.contains("NUM_REDUCE_TASKS must be a whole number"), "{said}");
    let said = ended(&scenario.run_task().output().unwrap()).1;
    assert!(said.contains("usage: emr/run-task.sh TASK OPTIONS"), "{said}");
    assert!(scenario.requests("").is_empty());
}

/// Gives a list of steps, as JSON, to `aws emr add-steps`, and reads from the API what has arrived of it, in the same form.
fn steps_as_they_arrive(steps: &str) -> Vec<Value> {
    let scenario = Scenario::new(&json!({}));
    let file = scenario.folder.path().join("steps.json");
    fs::write(&file, steps).unwrap();
    let cluster = ["emr", "create-cluster", "--release-label", "emr-7.14.0", "--use-default-roles", "--instance-type", "m5.xlarge"];
    let created = scenario.aws(&cluster);
    let cluster = created["ClusterId"].as_str().unwrap();
    let added = scenario.aws(&["emr", "add-steps", "--cluster-id", cluster, "--steps", &format!("file://{}", file.display())]);
    let listed = scenario.aws(&["emr", "list-steps", "--cluster-id", cluster]);
    let in_turn = added["StepIds"].as_array().unwrap().iter();
    let found = in_turn.map(|id| listed["Steps"].as_array().unwrap().iter().find(|step| step["Id"] == *id).unwrap());
    let shape = |step: &Value| {
        let (name, action, config) = (&step["Name"], &step["ActionOnFailure"], &step["Config"]);
        json!({"Type": "CUSTOM_JAR", "Name": name, "ActionOnFailure": action, "Jar": config["Jar"], "Args": config["Args"]})
    };
    found.map(shape).collect()
}

#[test]
fn a_list_of_steps_arrives_byte_for_byte() {
    let arguments = ["/opt/insights/bin/insights", "--src", r#"["s3://b/x", "s3://b/é ü"]"#, "--name", "it's \"one\"\\\n\ttwo,three=4", ""];
    let step = |name: &str| json!({"Type": "CUSTOM_JAR", "Name": name, "ActionOnFailure": "CANCEL_AND_WAIT", "Jar": "command-runner.jar", "Args": arguments});
    let steps = [step("first"), step("second, of two")];
    assert_eq!(steps_as_they_arrive(&json!(steps).to_string()), steps);
}

#[test]
fn the_steps_of_a_plan_are_taken_as_they_are() {
    let scenario = Scenario::new(&json!({}));
    for day in ["20140505", "20140506"] {
        scenario.put_object(&format!("logs/tracking.log-{day}.gz"), b"\x1f\x8b");
    }
    scenario.put_object("output.json", br#"{"host": "db", "username": "u", "password": "secret-of-this-test"}"#);
    let place = |key: &str| scenario.location(key);
    let settings = format!(
        "[hive]\nwarehouse_path = {0}\n[map-reduce]\nmarker = {0}markers/\n[event-logs]\nsource = [\"{1}\"]\n\
         pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n\
         [database-export]\ndatabase = reports\ncredentials = {2}\n[manifest]\npath = {3}\n[user-activity]\noverwrite_n_days = 7\n\
         [hadoop]\npool = night\n[job-conf]\nmapreduce.map.memory.mb = 900\n",
        place("w/"),
        place("logs/"),
        place("output.json"),
        place("manifests/")
    );
    scenario.put_object("insights.cfg", settings.as_bytes());
    let mut plan = scenario.command(env!("CARGO_BIN_EXE_insights"));
    let task =
        ["InsertToMysqlCourseActivityTask", "--end-date", "2014-05-12", "--weeks", "1", "--overwrite-mysql", "--n-reduce-tasks", "5"];
    plan.args(["--config", &place("insights.cfg"), "plan"]).args(task).args(["--format", "emr-steps"]);
    let planned = plan.current_dir(scenario.folder.path()).env_remove("LUIGI_CONFIG_PATH").output().unwrap();
    assert!(planned.status.success(), "{}", String::from_utf8_lossy(&planned.stderr));
    let steps = String::from_utf8(planned.stdout).unwrap();
    assert!(!steps.contains("secret-of-this-test"), "{steps}");
    let taken = steps_as_they_arrive(&steps);
    assert_eq!(json!(taken), serde_json::from_str::<Value>(&steps).unwrap());
    let names: Vec<_> = taken.iter().map(|step| step["Name"].as_str().unwrap()).collect();
    let expected = [
        "1. Days of user_activity_by_user: output-committer begin",
        "1. Days of user_activity_by_user",
        "1. Days of user_activity_by_user: output-committer commit",
        "2. Distinct learners of each week: output-committer begin",
        "2. Distinct learners of each week",
        "2. Distinct learners of each week: output-committer commit",
        "3. Table course_activity: mysql-loader course_activity",
    ];
    assert_eq!(names, expected);
    let arguments =
        |step: usize| -> Vec<&str> { taken[step]["Args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect() };
    let job = arguments(1);
    assert_eq!((job[0], job[2]), ("hadoop-streaming", "/opt/insights/bin/insights-hadoop.jar"));
    for word in ["mapreduce.job.queuename=night", "mapreduce.map.memory.mb=900", "mapreduce.job.reduces=5"] {
        assert!(job.contains(&word), "{word} in {job:?}");
    }
    let manifest = job[job.iter().position(|word| *word == "-input").unwrap() + 1];
    assert!(manifest.starts_with(&place("manifests/")), "{manifest}");
    let lines = scenario.command("aws").args(["s3", "cp", manifest, "-"]).output().unwrap().stdout;
    let logs = ["20140505", "20140506"].map(|day| place(&format!("logs/tracking.log-{day}.gz\n"))).concat();
    assert_eq!(String::from_utf8(lines).unwrap(), logs);
    let load = arguments(6);
    assert_eq!(load[..4], ["/opt/insights/bin/mysql-loader", "course_activity", "--input", &place("w/course_activity/dt=2014-05-12/")]);
    assert!(load.contains(&place("output.json").as_str()) && load.contains(&"--overwrite"), "{load:?}");
}

#[test]
fn policies_and_the_security_configuration_are_ones_that_aws_takes() {
    let scenario = Scenario::new(&json!({}));
    for name in ["nodes", "launcher", "service-role"] {
        let document = format!("file://emr/iam/{name}.json");
        scenario.aws(&["iam", "create-policy", "--policy-name", &format!("{}-{name}", scenario.name), "--policy-document", &document]);
    }
    let document = "file://emr/cluster/security-configuration.json";
    let arguments = ["emr", "create-security-configuration", "--name", &scenario.name, "--security-configuration", document];
    assert_eq!(scenario.aws(&arguments)["Name"], *scenario.name);
}

/// A directory of programs as `cargo build` leaves it; all but the driver do nothing.
fn programs(scenario: &Scenario, driver: &str) -> std::path::PathBuf {
    let folder = scenario.folder.path().join("programs");
    fs::create_dir_all(&folder).unwrap();
    let names = fs::read_dir("bin").unwrap().map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    for name in names {
        let text = if name == "insights" { driver } else { "#!/bin/sh\n" };
        fs::write(folder.join(&name), text).unwrap();
        fs::set_permissions(folder.join(&name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(folder.join("insights-hadoop.jar"), "jar").unwrap();
    folder
}

#[test]
fn an_archive_is_packed_fetched_checked_and_installed() {
    let scenario = Scenario::new(&json!({}));
    let (home, packed) = (scenario.folder.path().join("opt/insights"), scenario.folder.path().join("packed"));
    fs::create_dir_all(home.parent().unwrap()).unwrap();
    let pack = |driver: &str, missing: Option<&str>| {
        let programs = programs(&scenario, driver);
        if let Some(name) = missing {
            fs::remove_file(programs.join(name)).unwrap();
        }
        let done = Command::new("emr/package.sh").arg(&packed).env("BINARIES", programs).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    let install = |archive: &str, sum: &str| {
        let mut command = scenario.command("bash");
        // As on a node: the script is fetched, too, and AWS_REGION is not set there.
        command.arg(packed.join("install.sh")).arg(scenario.location(archive)).args(Some(sum).filter(|sum| !sum.is_empty()));
        let done = command.env("INSIGHTS_HOME", &home).env_remove("AWS_REGION").output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
    };
    let version = || String::from_utf8(Command::new(home.join("bin/insights")).output().unwrap().stdout).unwrap();

    let (succeeded, said) = pack("#!/bin/sh\necho one\n", Some("lms-import"));
    assert!(!succeeded && said.contains("lms-import. Build them: cargo build --release --bins"), "{said}");
    let (succeeded, said) = pack("#!/bin/sh\nexit 1\n", None);
    assert!(!succeeded && said.contains("does not run on this machine"), "{said}");
    let (succeeded, said) = pack("#!/bin/sh\n# GLIBC_2.39\n", None);
    assert!(!succeeded && said.contains("GLIBC_2.39") && said.contains("musl"), "{said}");

    let (succeeded, said) = pack("#!/bin/sh\necho one\n", None);
    assert!(succeeded, "{said}");
    scenario.put_object("one.tar.gz", &fs::read(packed.join("insights.tar.gz")).unwrap());
    let sum = fs::read_to_string(packed.join("insights.tar.gz.sha256")).unwrap().split(' ').next().unwrap().to_owned();
    for _ in 0..2 {
        let (succeeded, said) = install("one.tar.gz", &sum.to_uppercase());
        assert!(succeeded && said.contains("one is in "), "{said}");
    }
    assert_eq!(
        (version().as_str(), home.join("bin/insights-hadoop.jar").exists(), home.join("bin/video-mapper").exists()),
        ("one\n", true, true)
    );

    let (succeeded, said) = pack("#!/bin/sh\necho two\n", None);
    assert!(succeeded, "{said}");
    scenario.put_object("two.tar.gz", &fs::read(packed.join("insights.tar.gz")).unwrap());
    scenario.put_object("damaged.tar.gz", b"not an archive");
    for (archive, sum, expected) in [
        ("two.tar.gz", &*sum, "is not the expected archive"),
        ("damaged.tar.gz", "", "is no archive of package.sh"),
        ("missing.tar.gz", "", "could not be fetched"),
    ] {
        let (succeeded, said) = install(archive, sum);
        assert!(!succeeded && said.contains(expected), "{said}");
        assert_eq!(version(), "one\n");
    }
    let (succeeded, said) = install("two.tar.gz", "");
    assert!(succeeded, "{said}");
    assert_eq!(version(), "two\n");
}
