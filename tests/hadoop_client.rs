//! What Hadoop's client needs on this machine: jars, paths of all kinds, logs, secrets; and what a failed job tells to do. In Hadoop's
//! in-process engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop-local

#[path = "servers/hadoop.rs"]
mod hadoop;
mod site;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;

use hadoop::Hadoop;
use site::{Site, mmdb, programs};

struct Scene {
    site: Site,
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

impl Scene {
    /// Settings of `[hadoop]` and properties in a file `hadoop.cfg`.
    fn new(hadoop: &str, properties: &str) -> Self {
        let scene = Self { site: Site::new() };
        fs::write(scene.path("hadoop.cfg"), Hadoop::local().settings(hadoop, properties)).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    /// Programs in a directory; the mapper is the one of `answer-distribution`, behind these lines of a shell.
    fn programs(&self, directory: &str, before_mapper: &str) {
        fs::create_dir(self.path(directory)).unwrap();
        for name in ["answer-distribution-reducer", "location-mapper", "location-reducer"] {
            symlink(programs().join(name), self.path(directory).join(name)).unwrap();
        }
        let mapper = self.path(directory).join("answer-distribution-mapper");
        let real = programs().join("answer-distribution-mapper");
        fs::write(&mapper, format!("#!/bin/bash\n{before_mapper}\nexec {} \"$@\"\n", real.display())).unwrap();
        fs::set_permissions(&mapper, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A gzipped log of some lines without events.
    fn log(&self, name: &str) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut encoder, "{\"x\": 1}\n".repeat(2_000).as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        fs::write(self.path(name), bytes).unwrap();
        name.to_owned()
    }

    fn cut(&self, name: &str) {
        let bytes = fs::read(self.path(name)).unwrap();
        fs::write(self.path(name), &bytes[..bytes.len() / 2]).unwrap();
    }

    fn insights(&self) -> Command {
        let mut insights = self.site.program("insights");
        insights.args(["--config", "hadoop.cfg"]);
        insights
    }

    /// The job `first-last` over logs.
    fn first_last(&self, inputs: &[String], more: &[&str]) -> Command {
        let mut job = self.insights();
        job.args(["--runner", "hadoop"]).args(more).args(["job", "answer-distribution", "first-last", "--output", "out"]);
        job.args(inputs.iter().flat_map(|input| ["--input", input]));
        job
    }

    /// The command of a failure report, run in the shell as an operator pastes it.
    fn pasted(&self, report: &str) -> (String, Output) {
        let line = report.lines().find_map(|line| line.strip_prefix("To see it here: ")).unwrap_or_else(|| panic!("{report}"));
        let path =
            std::env::join_paths([programs().to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
        let mut shell = Command::new("bash");
        let line = line.replace("/tmp/try", "tried");
        shell.args(["-o", "pipefail", "-c", &line]).current_dir(&self.site.folder).env("PATH", path.unwrap());
        (line, shell.output().unwrap())
    }
}

#[test]
fn our_jar_is_built_by_a_command_that_links_into_the_distribution() {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(Hadoop::local().home.join("bin/hadoop"), bin.join("hadoop")).unwrap();
    let classpath = Command::new(bin.join("hadoop")).arg("classpath").output().unwrap().stdout;
    assert!(!String::from_utf8_lossy(&classpath).contains("tools/lib"), "as Apache Hadoop has it");
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
    let jar = folder.path().join("built.jar");
    let mut build = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("emr/jar/build.sh"));
    let build = build.arg(&jar).env("PATH", path.unwrap()).env_remove("HADOOP_HOME").env_remove("HADOOP_LIB").output().unwrap();
    succeeded(&build);
    assert!(fs::metadata(jar).unwrap().len() > 10_000);
}

#[test]
fn paths_may_be_relative_and_hold_blanks() {
    let scene = Scene::new("binaries = b ins, all", "");
    scene.programs("b ins, all", "");
    let theirs = scene.path("their own.jar");
    fs::copy(Hadoop::local().home.join("insights-hadoop.jar"), &theirs).unwrap();
    let settings = fs::read_to_string(scene.path("hadoop.cfg")).unwrap();
    let ours = Hadoop::local().home.join("insights-hadoop.jar").display().to_string();
    fs::copy(&ours, scene.path("o urs.jar")).unwrap();
    fs::write(scene.path("hadoop.cfg"), settings.replace(&ours, "o urs.jar")).unwrap();
    let output = scene.first_last(&[scene.log("a b.gz")], &["--lib-jar", r#"["their own.jar"]"#]).output().unwrap();
    succeeded(&output);
    assert!(scene.path("out/_SUCCESS").exists());

    let networks = vec![("18.0.0.0/8", mmdb::country("US", "United States"))];
    fs::write(scene.path("G L, new.mmdb"), mmdb::Database { networks, ..mmdb::Database::default() }.bytes()).unwrap();
    fs::create_dir_all(scene.path("rows/dt=2014-05-01")).unwrap();
    fs::write(scene.path("rows/dt=2014-05-01/x"), "2014-05-01T10:00:00.000000\t18.1.2.3\t7\tcourse-v1:a+b+c\n").unwrap();
    let mut job = scene.insights();
    job.args(["--runner", "hadoop", "job", "location", "last-country", "--input", "rows/dt=2014-05-01", "--output", "countries"]);
    succeeded(&job.args(["--", "--geolocation-data", "G L, new.mmdb"]).output().unwrap());
    let parts = fs::read_dir(scene.path("countries")).unwrap().map(|entry| entry.unwrap().path());
    let rows: String = parts.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(rows.contains("United States"), "{rows}");
}

#[test]
fn secrets_reach_the_job_and_nothing_else() {
    let properties = "fs.s3a.secret.key = of-<this>-test\nmapreduce.map.env.AWS_REGION = eu";
    let scene = Scene::new("binaries = programs", properties);
    let kept = scene.path("command");
    // Streaming gives tasks the properties as their environment; the client is the process above them.
    let arrived = "[ \"$fs_s3a_secret_key\" = 'of-<this>-test' ] && [ \"$mapreduce_map_env_AWS_REGION\" = eu ] || exit 9";
    scene.programs("programs", &format!("{arrived}\ntr '\\0' ' ' </proc/$PPID/cmdline >{}", kept.display()));
    let settings = fs::read_to_string(scene.path("hadoop.cfg")).unwrap();
    let without_directory = settings.lines().filter(|line| !line.starts_with("log-directory")).map(|line| format!("{line}\n"));
    fs::write(scene.path("hadoop.cfg"), without_directory.collect::<String>()).unwrap();
    fs::create_dir(scene.path("temporary")).unwrap();
    let output = scene.first_last(&[scene.log("a.gz")], &[]).env("TMPDIR", scene.path("temporary")).output().unwrap();
    succeeded(&output);
    let command = fs::read_to_string(&kept).unwrap();
    assert!(command.contains("-mapper") && !command.contains("of-<this>-test"), "{command}");
    let directory = fs::read_dir(scene.path("temporary")).unwrap().map(|entry| entry.unwrap().path());
    let [directory] = &directory.collect::<Vec<_>>()[..] else { panic!("a directory of logs only") };
    assert!(directory.file_name().unwrap().to_string_lossy().starts_with("insights-hadoop-logs-"), "{}", directory.display());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let log = fs::read_dir(directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!((mode(directory), mode(&log)), (0o700, 0o600));
    let text = fs::read_to_string(log).unwrap();
    assert!(text.starts_with("+ ") && text.contains("Running job: ") && !text.contains("of-<this>-test"), "{text}");
}

#[test]
fn the_pool_goes_to_the_scheduler_that_is_configured() {
    let scene = Scene::new("scheduler = fair\npool = night", "");
    succeeded(&scene.first_last(&[scene.log("a.gz")], &[]).output().unwrap());
    let settings = fs::read_to_string(scene.path("hadoop.cfg")).unwrap();
    let logs = settings.lines().find_map(|line| line.strip_prefix("log-directory = ")).unwrap();
    let logs = fs::read_dir(logs).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let of_fair = logs.filter(|log| log.contains("-D mapred.fairscheduler.pool=night")).count();
    assert_eq!(of_fair, 1);
    fs::write(scene.path("hadoop.cfg"), settings.replace("scheduler = fair", "scheduler = fifo")).unwrap();
    let output = scene.first_last(&[scene.log("a.gz")], &[]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("scheduler of [hadoop] is \"fifo\""), "{}", said(&output));
}

#[test]
fn the_damaged_file_of_a_group_is_seen_here() {
    let scene = Scene::new("", "");
    let logs = ["a.gz", "b.gz", "c d.gz", "e.gz", "f.gz"].map(|name| scene.log(name));
    scene.cut("c d.gz");
    for map_input in ["lines", "paths"] {
        let output = scene.first_last(&logs, &["--map-input", map_input]).output().unwrap();
        let report = said(&output);
        assert!(!output.status.success() && report.contains("An input file is damaged"), "{report}");
        let (line, seen) = scene.pasted(&report);
        assert_eq!(line, "cat 'c d.gz' | gzip -dc | answer-distribution-mapper first-last >/dev/null");
        assert!(said(&seen).contains("unexpected end of file"), "{}", said(&seen));
    }
}

#[test]
fn a_failure_that_names_no_file_is_tried_with_all_files_of_the_mapper() {
    let scene = Scene::new("binaries = programs", "");
    scene.programs("programs", "echo 'first-last: Reading 5 files from a.gz on failed.' >&2; cat >/dev/null; exit 1");
    let logs = ["a.gz", "b.gz", "c d.gz", "e.gz", "it's.gz"].map(|name| scene.log(name));
    let output = scene.first_last(&logs, &[]).output().unwrap();
    let report = said(&output);
    let (line, seen) = scene.pasted(&report);
    assert!(line.starts_with("mapfile -t inputs <"), "{line}");
    succeeded(&seen);
    let commands = said(&seen);
    let read = commands.lines().filter(|line| line.starts_with("+ cat ") && line.contains("-mapper first-last"));
    assert_eq!(read.count(), 5, "{commands}");
}
