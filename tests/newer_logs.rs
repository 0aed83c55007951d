//! Logs as today's sites write them: times in all their forms, lines inside other lines, courses in the URLs of newer pages. Each goes
//! through the chains of jobs of all six workflows, in a shell pipe and in the local runner (rules 10, 1 to 3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COURSE: &str = "course-v1:X+C+R";
const RUNNERS: [&str; 2] = ["local", "pipe"];

/// A folder with one log.
struct Place {
    folder: tempfile::TempDir,
    runner: &'static str,
}

impl Place {
    fn new(runner: &'static str, log: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("log"), log).unwrap();
        Self { folder, runner }
    }

    /// Runs a job on what another left behind, and gives its rows, sorted, and what was counted.
    fn job(&self, words: &str, input: &str, output: &str, options: &[&str]) -> (Vec<String>, String) {
        let [workflow, job] = words.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(self.folder.path()).args(["--runner", self.runner, "job", workflow, job]);
        for file in files_below(&self.folder.path().join(input)) {
            command.arg("--input").arg(file);
        }
        let done = command.args(["--output", output, "--"]).args(options).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{words}: {said}");
        let files = files_below(&self.folder.path().join(output));
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let mut rows: Vec<_> = text.lines().map(|line| line.trim_end_matches(['\t', '\r']).to_owned()).collect();
        rows.sort();
        (rows, said)
    }

    fn of_log(&self, words: &str) -> Vec<String> {
        self.job(words, "log", &words.replace(' ', "-"), &["--interval", "2024-03-01-2024-04-01"]).0
    }

    fn answers(&self) -> Vec<String> {
        self.job("answer-distribution first-last", "log", "first-last", &[]).0
    }

    fn enrollment_summaries(&self) -> (Vec<String>, Vec<String>) {
        self.of_log("enrollment events");
        let (rows, _) = self.job("enrollment state", "enrollment-events", "state", &["--interval", "2024-03-01-2024-03-07"]);
        rows.into_iter().partition(|row| row.starts_with("2024-"))
    }
}

fn files_below(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let mut files: Vec<_> = fs::read_dir(place).unwrap().flat_map(|entry| files_below(&entry.unwrap().path())).collect();
    files.retain(|file| {
        file.iter().all(|part| !part.to_string_lossy().starts_with(['_', '.']) || part.to_string_lossy().starts_with(".tmp"))
    });
    files.sort();
    files
}

fn case(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).join("input.log")).unwrap()
}

#[test]
fn a_blank_in_a_time_is_read_like_the_letter() {
    for runner in RUNNERS {
        let (days, summaries) = Place::new(runner, &case("03-time-with-blank")).enrollment_summaries();
        for user in [7, 8] {
            assert!(days.contains(&format!("2024-03-05\t{COURSE}\t{user}\t1\t1\taudit")), "{days:?}");
            let micro = if user == 7 { "00.123456" } else { "01.123456" };
            let summary = format!("{COURSE}\t{user}\taudit\t1\taudit\t2024-03-05 10:00:{micro}\t\\N\t\\N\t\\N\t2024-03-07 00:00:00.000000");
            assert!(summaries.contains(&summary), "{summaries:?}");
        }
    }
}

#[test]
fn zones_and_nanoseconds_keep_the_order_of_events() {
    for runner in RUNNERS {
        let place = Place::new(runner, &case("04-time-z-and-nanoseconds"));
        let (days, summaries) = place.enrollment_summaries();
        assert!(days.contains(&format!("2024-03-05\t{COURSE}\t7\t0\t0\taudit")), "{days:?}");
        let first = |user: u32, time: &str| {
            let found =
                summaries.iter().find(|row| row.starts_with(&format!("{COURSE}\t{user}\t"))).unwrap_or_else(|| panic!("{summaries:?}"));
            assert_eq!(found.split('\t').nth(5).unwrap(), time, "{found}");
        };
        first(7, "2024-03-05 10:00:00.000000");
        first(8, "2024-03-05 10:00:00.123456");
        first(9, "2024-03-05 10:00:00.123456");
        let answers = place.answers();
        assert_eq!(answers.len(), 2, "{answers:?}");
        assert!(answers.iter().all(|row| row.starts_with(&format!("{COURSE}\tp1_2_1\t2024-03-05T10:00:00.123456\t"))), "{answers:?}");
    }
}

#[test]
fn lines_inside_the_lines_of_collectors_are_events() {
    for runner in RUNNERS {
        let place = Place::new(runner, &case("05-collector-wraps"));
        let rows = place.of_log("user-activity daily");
        let expected: Vec<_> =
            (1..=8).flat_map(|user| ["ACTIVE", "PLAYED_VIDEO"].map(|label| format!("{user}\t{COURSE}\t2024-03-05\t{label}\t1"))).collect();
        assert_eq!(rows, expected);
        let engaged = place.of_log("module-engagement daily");
        let expected: Vec<_> = (1..=8).map(|user| format!("{COURSE}\tu{user}\t2024-03-05\tvideo\tv1\tviewed\t1")).collect();
        assert_eq!(engaged, expected);
        assert_eq!(place.of_log("location daily-address").len(), 8);
    }
}

#[test]
fn newer_pages_and_interfaces_name_their_course() {
    for runner in RUNNERS {
        let place = Place::new(runner, &case("08-micro-frontend-urls"));
        let active = |rows: &[String]| -> Vec<u32> {
            let rows = rows.iter().filter(|row| row.contains(&format!("\t{COURSE}\t2024-03-05\tACTIVE\t1")));
            let mut users: Vec<u32> = rows.map(|row| row.split('\t').next().unwrap().parse().unwrap()).collect();
            users.sort_unstable();
            users
        };
        assert_eq!(active(&place.of_log("user-activity daily")), [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        let options = ["--interval", "2024-03-01-2024-04-01", "--course-urls=original"];
        let (old, _) = place.job("user-activity daily", "log", "old", &options);
        assert_eq!(active(&old), [3, 4, 5, 12, 13, 15]);
    }
}

/// One event for each workflow, by a learner, at a time.
fn events(user: usize, time: &str) -> String {
    let event = |event_type: &str, source: &str, payload: &str| {
        format!(
            r#"{{"username":"u{user}","event_type":"{event_type}","event_source":"{source}","ip":"192.0.2.1","time":"{time}","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":{{{payload}}}}}"#
        )
    };
    let answer = r#""problem_id":"p","success":"correct","answers":{"p_2_1":"x"},"submission":{"p_2_1":{"answer":"x","correct":true,"response_type":"stringresponse","variant":""}}"#;
    let enrolled = format!(r#""course_id":"{COURSE}","user_id":{user},"mode":"audit""#);
    let lines = [
        event("problem_check", "server", answer),
        event("play_video", "browser", r#""id":"v","currentTime":0"#),
        event("edx.course.enrollment.activated", "server", &enrolled),
    ];
    lines.join("\n") + "\n"
}

#[test]
fn every_workflow_reads_a_time_alike() {
    // The last one is refused by answer distribution alone.
    let times = [
        "2024-03-05T10:00:00.123456+00:00",
        "2024-03-05T10:00:00+00:00",
        "2024-03-05T10:00:00Z",
        "2024-03-05 10:00:00.5",
        "2024-03-05 10:00:00 UTC",
        "2024-03-05T10:00:00.123456789Z",
        "2024-03-05 10:00:00.123456789+00:00",
        "2024-03-05T10:00:00+09:00",
        "2024-03-05T10:00:00.5-05:00",
    ];
    let no_times = ["2024-03-05", "2024-03-05T10:00", "2024-03-05T25:00:00Z", "2024-03-05T10:00:00,5", "1709632800", "2024-02-30T10:00:00"];
    let mut log: String = times.iter().zip(1..).map(|(time, user)| events(user, time)).collect();
    log += &no_times.map(|time| events(99, time)).concat();
    for (time, user) in times.iter().zip(1..) {
        let pause = format!(
            r#"{{"event_type":"pause_video","event_source":"browser","time":"{}","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":{{"id":"v","currentTime":9}}}}"#,
            time.replace("10:00:00", "10:00:09")
        );
        log = log + &pause + "\n";
    }
    for runner in RUNNERS {
        let place = Place::new(runner, log.as_bytes());
        let options = ["--interval", "2024-03-01-2024-04-01"];
        for (job, rows_of_time) in [
            ("user-activity daily", 3),
            ("location daily-address", 1),
            ("enrollment events", 1),
            ("module-engagement daily", 3),
            ("video viewing", 1),
        ] {
            let (rows, said) = place.job(job, "log", &job.replace(' ', "-"), &options);
            assert_eq!(rows.len(), rows_of_time * times.len(), "{job}: {rows:#?}");
            let malformed = no_times.len() * if ["enrollment events", "video viewing"].contains(&job) { 1 } else { 3 };
            let malformed = if job == "module-engagement daily" { no_times.len() * 2 } else { malformed };
            if runner == "local" {
                assert!(said.contains(&format!("Event: Discard Malformed Time = {malformed}\n")), "{job}: {said}");
            }
        }
        let (rows, said) = place.job("answer-distribution first-last", "log", "first-last", &[]);
        assert_eq!(rows.len(), 2 * (times.len() - 1), "{rows:#?}");
        assert!(runner != "local" || said.contains(&format!("Event: Discard Malformed Time = {}\n", no_times.len())), "{said}");
        let (days, summaries) = place.enrollment_summaries();
        assert_eq!((days.len(), summaries.len()), (2 * times.len(), times.len()), "{summaries:#?}");
        let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/common/mixed-1.geo.mmdb");
        let (countries, _) = place.job("location last-country", "location-daily-address", "countries", &["--geolocation-data", database]);
        assert_eq!(countries.len(), times.len(), "{countries:?}");
    }
}

#[test]
fn a_wrapped_log_gives_what_the_log_gives() {
    let log = case("04-time-z-and-nanoseconds");
    let plain = String::from_utf8(log.clone()).unwrap();
    let as_text = |text: &str| serde_json::to_string(text).unwrap();
    let wrapped: String = plain
        .lines()
        .enumerate()
        .map(|(number, line)| match number % 3 {
            0 => format!("{{\"MESSAGE\":{},\"PRIORITY\":\"6\"}}\n", as_text(&format!("2024-03-05 10:00:00,124 INFO - {line}"))),
            1 => format!("{{\"time\":\"2024-01-01T00:00:00Z\",\"message\":{line}}}\n"),
            _ => format!("fluent: {{\"log\":{},\"stream\":\"stderr\"}}\n", as_text(&format!("{line}\n"))),
        })
        .collect();
    for runner in RUNNERS {
        let (plain, wrapped) = (Place::new(runner, &log), Place::new(runner, wrapped.as_bytes()));
        assert_eq!(plain.enrollment_summaries(), wrapped.enrollment_summaries());
        assert_eq!(plain.answers(), wrapped.answers());
        for job in ["user-activity daily", "location daily-address", "module-engagement daily"] {
            let rows = plain.of_log(job);
            assert!(!rows.is_empty(), "{job}");
            assert_eq!(rows, wrapped.of_log(job));
        }
    }
}

#[test]
fn compressed_files_without_a_suffix_are_read() {
    let plain = case("05-collector-wraps");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, &plain).unwrap();
    let gzip = gzip.finish().unwrap();
    for runner in RUNNERS {
        let rows = Place::new(runner, &gzip).of_log("user-activity daily");
        assert_eq!(rows.len(), 16);
        assert_eq!(rows, Place::new(runner, &plain).of_log("user-activity daily"));
    }
}
