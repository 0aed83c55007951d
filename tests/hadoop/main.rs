//! Jobs on a real pseudo-cluster: the results and counters of the local runner, whatever happens to single attempts; and failures
//! that tell their cause.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop

mod failures;
#[path = "../servers/hadoop.rs"]
mod hadoop;
mod results;
#[path = "../site/mod.rs"]
mod site;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use hadoop::Hadoop;
use site::{Site, generated_logs};

/// Properties of jobs that fail with their first failed attempt.
const ONE_ATTEMPT: &str = "mapreduce.map.maxattempts = 1\nmapreduce.reduce.maxattempts = 1";

/// Logs in HDFS and on disk, and a place for results.
struct Scene {
    hadoop: Hadoop,
    site: Site,
    /// The directory of this run in HDFS.
    root: String,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let site = Site::new();
        generated_logs(&site.path("logs"), 3, 40, 6_000);
        let hadoop = Hadoop::cluster();
        let root = format!("{}/test-{}", hadoop.hdfs, std::process::id());
        hadoop.fs(&["-mkdir", "-p", &root]);
        hadoop.fs(&["-put", &site.place("logs"), &format!("{root}/logs")]);
        Scene { hadoop, site, root }
    })
}

impl Scene {
    fn place(&self, name: &str) -> String {
        self.site.place(name)
    }

    fn insights(&self, arguments: &[&str]) -> Output {
        self.site.command(arguments)
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
        let directory = self.site.path(name);
        fs::create_dir_all(&directory).unwrap();
        let real = site::programs();
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
        let directory = self.site.path(&format!("jar-{name}"));
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
