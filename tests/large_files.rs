//! One large log gives the same tables whether one thread reads it or many, whatever its compression.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

#[path = "open_files/limits.rs"]
mod limits;
#[path = "site/mod.rs"]
mod site;

use limits::{contents, run};

const DAYS: &str = "2014-05-01-2014-05-04";

/// Files of a warehouse.
type Tables = BTreeMap<PathBuf, Vec<u8>>;

/// All log lines of some days as one text.
fn log() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
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

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A frame behind one that decoders skip, as `pzstd` writes them.
fn skippable(text: &[u8]) -> Vec<u8> {
    [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zstandard(text)].concat()
}

/// The same log in all forms, by the suffix of its name; members, streams and frames end within lines.
static FORMS: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(|| {
    let text = log();
    let each = |compress: fn(&[u8]) -> Vec<u8>, bytes: usize| text.chunks(bytes).flat_map(compress).collect();
    BTreeMap::from([
        ("", text.clone()),
        (".gz", gzip(&text)),
        (".members.gz", each(gzip, 300_000)),
        // Many blocks of 100,000 bytes.
        (".bz2", bzip2(&text)),
        (".streams.bz2", each(bzip2, 99_000)),
        (".zst", zstandard(&text)),
        (".frames.zst", each(skippable, 1 << 20)),
    ])
});

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
    let mut expected: Option<(Tables, Vec<String>)> = None;
    for (suffix, stored) in &*FORMS {
        let _ = fs::remove_dir_all(folder.join("logs"));
        fs::create_dir(folder.join("logs")).unwrap();
        fs::write(folder.join(format!("logs/tracking.log-20140502{suffix}")), stored).unwrap();
        let threads: &[&str] = match *suffix {
            "" => &["1", "2", "5"],
            ".gz" | ".zst" => &["3"],
            ".bz2" => &["1", "2", "3", "5"],
            _ => &["2", "5"],
        };
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
    fs::create_dir(folder.join("logs")).unwrap();
    let failing = |suffix: &str, stored: &[u8], threads: &str| {
        let file = folder.join(format!("logs/tracking.log-20140502{suffix}"));
        fs::write(&file, stored).unwrap();
        let words = ["job", "user-activity", "daily", "--input", "logs", "--output", "out", "--threads", threads, "--", "--interval", DAYS];
        let output = limits::limited(folder, "true", &words).output().unwrap();
        let said = limits::said(&output);
        assert!(!output.status.success() && contents(&folder.join("out")).is_empty(), "{suffix} {threads}: {said}");
        fs::remove_file(&file).unwrap();
        said
    };
    for suffix in [".gz", ".members.gz", ".bz2", ".streams.bz2", ".frames.zst"] {
        let sound = &FORMS[suffix];
        let said = failing(suffix, &sound[..sound.len() - 100], "4");
        assert!(said.contains(&format!("is cut off: its {} data", &compression(suffix))), "{said}");
        assert!(said.contains(&format!("at byte {}", sound.len() - 100)), "{said}");
    }
    for suffix in [".members.gz", ".bz2", ".streams.bz2", ".frames.zst"] {
        let mut damaged = FORMS[suffix].clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 16;
        let place = |said: &str| {
            let sound = format!("is not sound {} data: reading stopped at compressed byte ", compression(suffix));
            let rest = said.split(&sound).nth(1).unwrap_or_else(|| panic!("{said}"));
            let (offset, reason) = rest.split_once(' ').unwrap();
            (offset.parse::<usize>().unwrap(), reason.lines().next().unwrap().to_owned())
        };
        let [one, many] = ["1", "3"].map(|threads| place(&failing(suffix, &damaged, threads)));
        // Where a decoder stops depends on how much is asked of it at a time, which differs from thread to thread.
        let is_near = |offset: usize| offset.abs_diff(middle) < 1 << 18;
        assert!(is_near(one.0) && is_near(many.0) && one.1 == many.1, "{suffix}: {one:?} {many:?}");
    }
}

/// What errors call the compression of a suffix.
fn compression(suffix: &str) -> &'static str {
    match suffix.rsplit('.').next() {
        Some("gz") => "gzip",
        Some("bz2") => "bzip2",
        _ => "zstd",
    }
}
