//! One line of one learner is no reason for a night without results: such lines in a sound week, and the whole `daily` (rules 10, 4 and 5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use std::fs;
use std::path::Path;
use std::process::Command;

use site::{Site, files_below};

fn line(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/one-line-nights").join(name);
    fs::read_to_string(path).unwrap()
}

/// More rows than a load may leave out: one answer with many parts.
fn many_parts() -> String {
    let mut event: serde_json::Value = serde_json::from_str(&line("variant-text.log")).unwrap();
    for member in ["answers", "correct_map", "submission"] {
        let of_part = event["event"][member]["i4x-a-b-problem-p_2_1"].clone();
        event["event"][member] = (0..150).map(|part| (format!("i4x-a-b-problem-p_{part}_1"), of_part.clone())).collect();
    }
    format!("{event}\n")
}

/// The same of modes, of many events.
fn many_modes() -> String {
    let event = line("mode-101.log");
    (0..130).map(|number| event.replace(&"x".repeat(101), &format!("{number}{}", "x".repeat(300)))).collect()
}

#[test]
fn a_line_stops_no_night() {
    let site = Site::three_weeks(3_000);
    site.daily_warehouse("sound");
    site.daily_warehouse("hostile");
    let (code, said) = site.daily("sound", &[]);
    assert_eq!(code, Some(0), "{said}");
    let names = [
        "answer-12000-deep.log",
        "course-non-latin.log",
        "course-leading-dot.log",
        "course-300-page-url-activity.log",
        "problem-id-256.log",
        "variant-text.log",
        "mode-101.log",
        "video-id-None.log",
    ];
    // A name that steers a terminal, too.
    let file = site.path("logs/tracking.log-20140515-\u{1b}[2J");
    fs::write(file, names.map(line).concat() + &many_parts() + &many_modes()).unwrap();
    let (code, said) = site.daily("hostile", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(said.contains("Enrollment Events: Discard Mode Too Long = 130") && said.contains("150 of "), "{said}");

    let csv = |name: &str| -> Vec<String> {
        let files = files_below(&site.path(name).join("csv"));
        files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    let (sound, hostile) = (csv("sound"), csv("hostile"));
    assert!(sound.iter().all(|name| hostile.contains(name)), "{hostile:?}");
    assert!(hostile.contains(&"course-_______b_c_answer_distribution.csv".to_owned()), "{hostile:?}");

    // Every row of the sound night is there, and nothing of what no table can hold.
    let (sound, hostile) = (site.tables("sound"), site.tables("hostile"));
    assert_eq!(sound.keys().collect::<Vec<_>>(), hostile.keys().collect::<Vec<_>>());
    let missing: Vec<_> = sound["answer_distribution"].iter().filter(|row| !hostile["answer_distribution"].contains(row)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let long = ["a".repeat(256), "p".repeat(256), "[".repeat(100)];
    assert!(hostile.values().flatten().all(|row| !long.iter().any(|text| row.contains(text))));
    assert!(hostile["answer_distribution"].iter().any(|row| row.contains("Универ")));
}

#[test]
fn answers_of_any_depth_end_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let deep = line("answer-12000-deep.log");
    let nested = |depth: usize, kind: (&str, &str)| {
        let (start, end) = (deep.find("[[[").unwrap(), deep.rfind("]]]").unwrap() + 3);
        format!("{}{}1{}{}", &deep[..start], kind.0.repeat(depth), kind.1.repeat(depth), &deep[end..])
    };
    let log: String = [(3, ("[", "]")), (900, ("[", "]")), (50_000, ("[", "]")), (200_000, ("{\"a\":", "}"))]
        .map(|(depth, kind)| nested(depth, kind))
        .concat();
    // What does not count of an event may have any depth; the name of the problem counts.
    let (sound, lists) = (nested(3, ("[", "]")), format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)));
    let log = log
        + &sound.replace("{\"seed\": 1}", &format!("{{\"seed\": 1, \"rest\": {lists}}}"))
        + &sound.replace("\"org_id\": \"a\"", &format!("\"module\": {{\"display_name\": {lists}}}"));
    fs::write(folder.path().join("log"), log).unwrap();
    for runner in ["local", "pipe"] {
        for (job, input, output) in [("first-last", "log", "first"), ("distribution", "first", "counts"), ("course-csv", "counts", "csv")] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
            command.current_dir(folder.path()).args([
                "--runner",
                runner,
                "job",
                "answer-distribution",
                job,
                "--input",
                input,
                "--output",
                output,
            ]);
            let done = command.output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success(), "{job}: {said}");
            let counted = ["Discard Nested Too Deep = 3\n", "Submissions = 3\n"];
            let counted = counted.iter().all(|line| said.contains(&format!("Answer Distribution: {line}")));
            assert!(job != "first-last" || runner != "local" || counted, "{said}");
        }
        let counts: Vec<_> = files_below(&folder.path().join("counts")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        assert_eq!(counts.concat().lines().count(), 1, "both have one part and one learner: {counts:?}");
        fs::remove_dir_all(folder.path().join("csv")).unwrap();
    }
}
