//! Runs every recorded case through the real binaries in a shell pipe, through the same pipe with the combiner, in the mapper and by itself, if there is one, and
//! through the local runner, and compares as `tests/conformance/README.md` says. One case of each job also goes through Hadoop Streaming in
//! Hadoop's in-process engine; with `FULL=1` all of them do, with `QUICK=1` none.
//!
//! `CONFORMANCE_DIR` names another directory of cases, `CONFORMANCE_JOBS=a,b` restricts the run. A case of a job that no program of
//! ours has fails, as does a job named there that has no case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop-local, except with QUICK=1

mod conformance_links;
#[path = "servers/hadoop.rs"]
mod hadoop;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use conformance_links::{Case, ExpectedFile, Link, link_that_makes, staged};
use hadoop::Hadoop;

#[derive(Clone, Copy, Debug)]
enum Mode {
    Pipe,
    CombinedPipe,
    Local,
    Hadoop,
}

/// Produced files by path; a single unnamed one for jobs that write rows.
type Produced = BTreeMap<String, Vec<u8>>;

/// One case under one runner: what is made on the way is kept by kind.
struct Scene<'c> {
    case: &'c Case,
    mode: Mode,
    work: PathBuf,
    made: BTreeMap<&'static str, Produced>,
}

fn run_case(case: &Case, mode: Mode) -> Result<(), String> {
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut scene = Scene { case, mode, work: work.path().to_owned(), made: BTreeMap::new() };
    let link = link_that_makes(&case.job).ok_or("no binary has the job")?;
    scene.run(link)?;
    let mut produced = scene.made.remove(case.job.as_str()).ok_or("the job made nothing")?;
    if case.expected.is_some() {
        produced = Produced::from([(String::new(), produced.into_values().flatten().collect())]);
    }
    compare(case, &case.directory, &produced)
}

impl Scene<'_> {
    /// Runs a link after those that it needs.
    fn run(&mut self, link: &'static Link) -> Result<(), String> {
        let mut inputs = Vec::new();
        for read in link.reads {
            let mut contents: Vec<Vec<u8>> = self.case.files(read.kind).iter().map(|path| staged(read.kind, path)).collect();
            if contents.is_empty()
                && let Some(maker) = link_that_makes(read.kind)
            {
                if !self.made.contains_key(read.kind) {
                    self.run(maker)?;
                }
                contents = vec![self.made[read.kind].values().flatten().copied().collect()];
            }
            let directory = self.work.join("warehouse").join(read.directory);
            fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
            for (number, bytes) in contents.iter().enumerate() {
                let path = directory.join(format!("part-{number:05}"));
                fs::write(&path, bytes).map_err(|error| error.to_string())?;
                inputs.push(path);
            }
        }
        if inputs.is_empty() {
            return Err(format!("the job {} has no input", link.job));
        }
        let options = (link.options)(self.case)?;
        let names_files = shape(link).output == insights_pipeline::streaming::OutputForm::Files;
        let produced = match self.mode {
            Mode::Local | Mode::Hadoop => {
                driver(link, &inputs, &self.work.join(format!("output-{}", link.job)), &options, names_files, self.mode)?
            }
            Mode::Pipe | Mode::CombinedPipe => pipe(link, &inputs, &options, names_files, self.mode)?,
        };
        let produced = self.with_days(link, produced);
        for made in link.makes {
            let of_kind = produced.iter().filter(|(path, _)| path.starts_with(made.path));
            self.made.insert(made.kind, of_kind.map(|(path, bytes)| (path.clone(), bytes.clone())).collect());
        }
        Ok(())
    }

    /// Day files below their table, with those of days without rows.
    fn with_days(&self, link: &Link, produced: Produced) -> Produced {
        let Some((table, stem)) = link.day_files else { return produced };
        let mut produced: Produced = produced.into_iter().map(|(path, bytes)| (format!("{table}/{path}"), bytes)).collect();
        for day in self.case.days().iter().filter(|_| !stem.is_empty()) {
            produced.entry(format!("{table}/dt={day}/{stem}{day}")).or_default();
        }
        produced
    }
}

fn binary(name: &str) -> String {
    let driver = Path::new(env!("CARGO_BIN_EXE_insights"));
    driver.with_file_name(name).display().to_string()
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect::<Vec<_>>().join(" ")
}

/// `cat inputs | mapper | sort | reducer`, as an operator would type it.
fn pipe(link: &Link, inputs: &[PathBuf], options: &[String], files: bool, mode: Mode) -> Result<Produced, String> {
    let words = quoted(&std::iter::once(link.job.to_owned()).chain(options.iter().cloned()).collect::<Vec<_>>());
    let (mapper, reducer) = (binary(&format!("{}-mapper", link.workflow)), binary(&format!("{}-reducer", link.workflow)));
    let is_combined = matches!(mode, Mode::CombinedPipe) && link.combines;
    let (flag, combine) =
        if is_combined { (" --combine", format!("{reducer} {words} --combine | LC_ALL=C sort | ")) } else { ("", String::new()) };
    let maps = inputs.iter().map(|path| {
        let path = quoted(&[path.display().to_string()]);
        format!("cat {path} | mapreduce_map_input_file={path} {mapper} {words}{flag}")
    });
    let maps = maps.collect::<Vec<_>>().join(" && ");
    let reduce = if shape(link).map_only() { String::new() } else { format!(" | LC_ALL=C sort | {combine}{reducer} {words}") };
    let shell_line = format!("set -e -o pipefail; ({maps}){reduce}");
    let output = Command::new("bash").args(["-c", &shell_line]).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("{shell_line}\nended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    if !files {
        return Ok(Produced::from([(String::new(), output.stdout)]));
    }
    let mut produced = Produced::new();
    for row in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut fields = row.splitn(2, |byte| *byte == b'\t');
        let path = String::from_utf8(fields.next().unwrap_or_default().to_vec()).map_err(|error| error.to_string())?;
        let row = insights_pipeline::streaming::wire::decode(fields.next().ok_or("a row without path")?);
        let file = produced.entry(path).or_default();
        file.extend_from_slice(&row.map_err(|error| error.to_string())?.ok_or("a null row")?);
        file.push(b'\n');
    }
    Ok(produced)
}

/// The shape of a job.
fn shape(link: &Link) -> &'static insights_pipeline::streaming::JobShape {
    let workflow = insights_pipeline::workflows::WORKFLOWS.iter().find(|workflow| workflow.name == link.workflow);
    let jobs = workflow.expect("a registered workflow").jobs;
    insights_pipeline::streaming::job_named(jobs, link.job).expect("a job of the workflow").shape()
}

/// By a runner of the driver.
fn driver(link: &Link, inputs: &[PathBuf], output: &Path, options: &[String], files: bool, mode: Mode) -> Result<Produced, String> {
    let mut command = Command::new(binary("insights"));
    if matches!(mode, Mode::Hadoop) {
        let hadoop = Hadoop::local();
        command.args(["--runner", "hadoop", "--config"]).arg(&hadoop.configuration);
    }
    command.args(["--threads", "2", "job", link.workflow, link.job, "--n-reduce-tasks", "3", "--output"]).arg(output);
    for input in inputs {
        command.arg("--input").arg(input);
    }
    let result = command.arg("--").args(options).output().map_err(|error| error.to_string())?;
    if !result.status.success() {
        return Err(format!("the runner {mode:?} ended with {}: {}", result.status, String::from_utf8_lossy(&result.stderr)));
    }
    let mut produced = Produced::new();
    collect(output, output, &mut produced);
    if !files {
        return Ok(Produced::from([(String::new(), produced.into_values().flatten().collect())]));
    }
    Ok(produced)
}

fn collect(root: &Path, directory: &Path, produced: &mut Produced) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with(['_', '.']) {
            continue;
        }
        if entry.path().is_dir() {
            collect(root, &entry.path(), produced);
        } else {
            let path = entry.path().strip_prefix(root).unwrap().display().to_string();
            produced.insert(path, fs::read(entry.path()).unwrap());
        }
    }
}

fn compare(case: &Case, directory: &Path, produced: &Produced) -> Result<(), String> {
    let expected: Produced = match (&case.expected, &case.expected_files) {
        (Some(file), _) => Produced::from([(String::new(), fs::read(directory.join(file)).map_err(|error| error.to_string())?)]),
        (None, Some(files)) => {
            let read = |file: &ExpectedFile| Ok((file.output.clone(), fs::read(directory.join(&file.file))?));
            files.iter().map(read).collect::<std::io::Result<_>>().map_err(|error| error.to_string())?
        }
        (None, None) => return Err("the case expects nothing".to_owned()),
    };
    let paths = |files: &Produced| files.keys().cloned().collect::<BTreeSet<_>>();
    if paths(&expected) != paths(produced) {
        return Err(format!("files differ: expected {:?}, produced {:?}", paths(&expected), paths(produced)));
    }
    for (path, bytes) in &expected {
        let found = &produced[path];
        let same = if case.unordered { rows(case, bytes) == rows(case, found) } else { bytes == found };
        if !same {
            return Err(difference(case, path, bytes, found));
        }
    }
    Ok(())
}

/// The rows in comparable form, sorted.
fn rows(case: &Case, bytes: &[u8]) -> Vec<Vec<String>> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut rows: Vec<_> = lines.map(|line| cells(case, line)).collect();
    // Behind the last line end stands no row.
    rows.pop();
    rows.sort();
    rows
}

fn cells(case: &Case, line: &[u8]) -> Vec<String> {
    let text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let cells = line.split(|byte| *byte == b'\t').enumerate();
    cells
        .map(|(column, cell)| {
            if case.json_columns.contains(&column) {
                serde_json::from_slice::<Value>(cell).map_or_else(|_| text(cell), |value| sorted(value).to_string())
            } else if case.set_columns.contains(&column) {
                let mut items: Vec<_> = cell.split(|byte| *byte == b',').map(text).collect();
                items.sort();
                items.join(",")
            } else {
                text(cell)
            }
        })
        .collect()
}

/// Members in order of their names, at every depth.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.into_iter().map(|(name, member)| (name, sorted(member))).collect();
            members.into_iter().collect()
        }
        Value::Array(elements) => elements.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn difference(case: &Case, path: &str, expected: &[u8], found: &[u8]) -> String {
    let (expected, found) = (rows(case, expected), rows(case, found));
    let first = |of: &[Vec<String>], other: &[Vec<String>]| of.iter().find(|row| !other.contains(row)).map(|row| row.join("\t"));
    format!(
        "{path}: {} rows expected, {} produced\n      missing: {:?}\n      surplus: {:?}",
        expected.len(),
        found.len(),
        first(&expected, &found),
        first(&found, &expected)
    )
}

fn cases(root: &Path) -> Vec<(String, Case)> {
    let mut found = Vec::new();
    let directories = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("cannot list {}: {error}", path.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        paths.sort();
        paths
    };
    for directory in directories(root).iter().flat_map(|job| directories(job)) {
        let file = directory.join("case.json");
        if file.exists() {
            let mut case: Case =
                serde_json::from_reader(File::open(&file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let name = directory.strip_prefix(root).unwrap().display().to_string();
            case.directory = directory;
            found.push((name, case));
        }
    }
    found
}

/// The case of each job that has most in it: the one that is named so, else the one with the largest input.
fn mixed_cases(cases: &[(String, Case)]) -> BTreeSet<String> {
    let mut chosen = BTreeMap::<&str, ((bool, u64), &str)>::new();
    for (name, case) in cases {
        let sizes = case.inputs.iter().map(|input| fs::metadata(case.directory.join(&input.file)).map_or(0, |file| file.len()));
        let weight = (name.contains("/mixed"), sizes.sum());
        if chosen.get(case.job.as_str()).is_none_or(|(other, _)| weight > *other) {
            chosen.insert(&case.job, (weight, name));
        }
    }
    chosen.into_values().map(|(_, name)| name.to_owned()).collect()
}

/// Whether an environment variable switches something on.
fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value == "1")
}

/// Whether a link has a combiner, or one of those that it may need.
fn combines(link: &Link) -> bool {
    link.combines || link.reads.iter().filter_map(|read| link_that_makes(read.kind)).any(combines)
}

/// Why a case fails, by runner; nothing if it passes.
fn failures_of(case: &Case, through_hadoop: bool) -> Vec<String> {
    let Some(link) = link_that_makes(&case.job) else { return vec![format!("    no program has the job {}", case.job)] };
    let mut modes = vec![Mode::Pipe, Mode::Local];
    modes.extend(combines(link).then_some(Mode::CombinedPipe));
    modes.extend(through_hadoop.then_some(Mode::Hadoop));
    modes.into_iter().filter_map(|mode| run_case(case, mode).err().map(|error| format!("    {mode:?}: {error}"))).collect()
}

/// The failures of each case, in the order of the cases; as many run at a time as there are processors.
fn all_failures(cases: &[&(String, Case)], through_hadoop: impl Fn(&str) -> bool + Sync) -> Vec<Vec<String>> {
    let next = AtomicUsize::new(0);
    let failures: Vec<_> = cases.iter().map(|_| OnceLock::new()).collect();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((name, case)) = cases.get(number) else { break };
                    failures[number].set(failures_of(case, through_hadoop(name))).unwrap();
                }
            });
        }
    });
    failures.into_iter().map(|of| of.into_inner().unwrap()).collect()
}

fn main() -> ExitCode {
    let root =
        std::env::var_os("CONFORMANCE_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance"), PathBuf::from);
    let wanted: Option<BTreeSet<String>> =
        std::env::var("CONFORMANCE_JOBS").ok().map(|jobs| jobs.split(',').map(|job| job.trim().to_owned()).collect());
    let (mut passed, mut failed) = (0, 0);
    let all = cases(&root);
    for job in wanted.iter().flatten().filter(|job| !all.iter().any(|(_, case)| &case.job == *job)) {
        println!("FAILED {job}: there is no case of this job in {}", root.display());
        failed += 1;
    }
    let cases: Vec<_> = all.iter().filter(|(_, case)| wanted.as_ref().is_none_or(|jobs| jobs.contains(&case.job))).collect();
    let (full, quick, mixed) = (is_set("FULL"), is_set("QUICK"), mixed_cases(&all));
    let through_hadoop = |name: &str| !quick && (full || mixed.contains(name));
    for ((name, _), failures) in cases.iter().zip(all_failures(&cases, through_hadoop)) {
        if failures.is_empty() {
            passed += 1;
        } else {
            println!("FAILED {name}\n{}", failures.join("\n"));
            failed += 1;
        }
    }
    println!("conformance: {passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
