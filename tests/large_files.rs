//! One large log gives the same tables whether one thread reads it or many, whatever its compression.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

#[path = "open_files/limits.rs"]
mod limits;
#[path = "site/mod.rs"]
mod site;

use limits::{contents, run};

const DAYS: &str = "2014-05-01-2014-05-04";

/// Files of a warehouse.
type Tables = BTreeMap<PathBuf, Vec<u8>>;

/// All log lines of some days as one text.
fn log(folder: &Path) -> Vec<u8> {
    let words = ["generate", "--interval", DAYS, "--events", "8000", "--users", "700", "--courses", "30", "--out", "made"];
    run(folder, "true", &words);
    let files = contents(&folder.join("made"));
    let text: Vec<u8> =
        files.into_iter().filter(|(name, _)| name.to_string_lossy().contains("tracking.log")).flat_map(|(_, text)| text).collect();
    assert!(text.len() > 5 << 20, "{} bytes are no large log", text.len());
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The same log in all forms, by the suffix of its name; that of many members has them end within lines.
fn forms(text: &[u8]) -> BTreeMap<&'static str, Vec<u8>> {
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text).unwrap();
    let members = text.chunks(1 << 20).flat_map(gzip).collect();
    BTreeMap::from([
        ("", text.to_vec()),
        (".gz", gzip(text)),
        (".members.gz", members),
        (".bz2", bzip2.finish().unwrap()),
        (".zst", zstd::encode_all(text, 1).unwrap()),
    ])
}

fn together(name: &str) -> Vec<String> {
    let with = format!("--interval {DAYS} --n-reduce-tasks 3");
    let answers = format!("--name x --src '[\"logs\"]' --dest {name}/answers --output-root {name}/csv --marker {name}-markers");
    let answers = format!("AnswerDistributionWorkflow {answers} --sqlite {name}.sqlite --n-reduce-tasks 3");
    let tasks = ["UserActivityTask", "UserVideoViewingTask", "LastDailyIpAddressOfUserTask", "CourseEnrollmentEventsTask"];
    let words = ["together", "--config", &format!("{name}.cfg"), "-v"].map(str::to_owned);
    words.into_iter().chain(tasks.map(|task| format!("{task} {with}"))).chain([answers]).collect()
}

/// What the run counted, without its seconds.
fn counted(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.starts_with("    ") && line.contains(" = ")).collect()
}

#[test]
fn all_threads_read_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = log(folder);
    let mut expected: Option<(Tables, Vec<String>)> = None;
    for (suffix, stored) in forms(&text) {
        let _ = fs::remove_dir_all(folder.join("logs"));
        fs::create_dir(folder.join("logs")).unwrap();
        fs::write(folder.join(format!("logs/tracking.log-20140502{suffix}")), stored).unwrap();
        let threads: &[&str] = if suffix.is_empty() { &["1", "2", "5"] } else { &["3"] };
        for threads in threads {
            let name = format!("{}{threads}", suffix.replace('.', "_"));
            let configuration = format!(
                "[hive]\nwarehouse_path = {name}\n[event-logs]\nsource = [\"logs\"]\n\
                 pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 5 days\n[map-reduce]\nmarker = {name}-markers\n"
            );
            fs::write(folder.join(format!("{name}.cfg")), configuration).unwrap();
            let words: Vec<String> = together(&name).into_iter().chain(["--threads", threads].map(str::to_owned)).collect();
            let said = run(folder, "true", &words.iter().map(String::as_str).collect::<Vec<_>>());
            let found = (contents(&folder.join(&name)), counted(&said).into_iter().map(str::to_owned).collect::<Vec<_>>());
            match &expected {
                None => {
                    assert!(found.0.len() > 15 && found.1.len() > 3, "{:?} {:?}", found.0.keys(), found.1);
                    expected = Some(found);
                }
                Some(expected) => {
                    assert_eq!(found.1, expected.1, "{name}");
                    let different: Vec<_> =
                        expected.0.iter().filter(|(file, bytes)| found.0.get(*file) != Some(bytes)).map(|(file, _)| file).collect();
                    assert!(different.is_empty() && found.0.len() == expected.0.len(), "{name}: {different:?}");
                }
            }
        }
    }
}

#[test]
fn damage_behind_good_lines_fails_with_all_threads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = log(folder);
    let mut stored = gzip(&text);
    stored.truncate(stored.len() - 100);
    fs::create_dir(folder.join("logs")).unwrap();
    fs::write(folder.join("logs/tracking.log-20140502.gz"), stored).unwrap();
    let words = ["job", "user-activity", "daily", "--input", "logs", "--output", "out", "--threads", "4", "--", "--interval", DAYS];
    let output = limits::limited(folder, "true", &words).output().unwrap();
    let said = limits::said(&output);
    assert!(!output.status.success() && said.contains("is cut off"), "{said}");
    assert!(contents(&folder.join("out")).is_empty(), "{said}");
}
