//! The generator as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use clap::Parser;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::{GenerateOptions, GenerateReport, run};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: GenerateOptions,
}

fn options(directory: &Path, arguments: &str) -> GenerateOptions {
    let out = directory.to_str().unwrap();
    let words = ["generate", "--out", out].into_iter().chain(arguments.split_whitespace());
    Command::parse_from(words).options
}

/// Runs the generator and gives every file by its path below the directory.
fn generate(arguments: &str) -> (GenerateReport, BTreeMap<String, Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let report = run(&options(directory.path(), arguments)).unwrap();
    let mut files = BTreeMap::new();
    collect(directory.path(), "", &mut files);
    (report, files)
}

fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

fn hash(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hash = Sha1::new();
    for (name, bytes) in files {
        hash.update(name);
        hash.update(bytes);
    }
    hex::encode(hash.finalize())
}

fn lines(files: &BTreeMap<String, Vec<u8>>) -> Vec<&[u8]> {
    let logs = files.iter().filter(|(name, _)| name.contains("tracking.log"));
    logs.flat_map(|(_, bytes)| bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let arguments = "--events 3000 --tables --hosts 2";
    let (_, files) = generate(arguments);
    assert_eq!(hash(&files), hash(&generate(arguments).1));
    assert_ne!(hash(&files), hash(&generate("--events 3000 --tables --hosts 2 --seed 2").1));
}

#[test]
fn the_bytes_are_the_same_on_every_platform_and_in_every_version() {
    // Change this only on purpose: benchmarks and recorded results rely on it.
    let (_, files) = generate("--events 2000 --tables");
    assert_eq!(hash(&files), "2d70c09c3a982e0a65f42bdf73e76e59969702fe");
}

#[test]
fn clean_lines_are_json_within_the_days_and_in_order() {
    let (report, files) = generate("--events 5000 --dirty 0 --interval 2016-01-01-2016-01-04");
    let lines = lines(&files);
    assert_eq!((report.events, lines.len()), (5000, 5000));
    let mut late = 0;
    let mut times: Vec<String> = Vec::new();
    for line in lines {
        let event: Value = serde_json::from_slice(line).unwrap();
        let time = event["time"].as_str().unwrap().to_owned();
        assert!(line.is_ascii());
        assert!(time.as_str() >= "2015-12-31T23:30" && time.as_str() < "2016-01-04T01:00", "{time}");
        late += usize::from(times.last().is_some_and(|last| *last > time));
        times.push(time);
    }
    assert!(late > 50, "{late} late events");
    times.sort();
    times.dedup();
    assert_eq!(times.len(), 5000, "no two events have the same time");
    let days: Vec<&String> = files.keys().collect();
    let names = ["20151231", "20160101", "20160102", "20160103", "20160104"];
    assert_eq!(days, names.map(|day| format!("tracking.log-{day}")).iter().collect::<Vec<_>>());
}

#[test]
fn every_kind_of_event_occurs() {
    let (_, files) = generate("--events 6000 --dirty 0 --courses 9");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines(&files) {
        let event: Value = serde_json::from_slice(line).unwrap();
        let kind = event["event_type"].as_str().unwrap();
        let shape = match &event["event"] {
            Value::String(_) => "text",
            Value::Array(_) => "list",
            _ => "object",
        };
        let kind = match kind.rsplit('/').next() {
            Some(end) if kind.starts_with("/courses/") && kind.contains("handler") => end,
            _ if kind.starts_with("/courses/") => "/courses/",
            _ => kind,
        };
        *kinds.entry(format!("{} {kind} {shape}", event["event_source"].as_str().unwrap())).or_default() += 1;
    }
    let wanted = [
        "browser problem_check text",
        "server problem_check object",
        "server problem_check text",
        "browser problem_graded list",
        "browser load_video text",
        "mobile load_video object",
        "browser play_video text",
        "mobile play_video object",
        "browser pause_video text",
        "browser seek_video text",
        "browser stop_video text",
        "server edx.forum.thread.created object",
        "server edx.forum.response.created object",
        "server edx.forum.comment.created object",
        "server edx.forum.thread.voted object",
        "server edx.forum.response.voted object",
        "server edx.forum.searched object",
        "server edx.course.enrollment.activated object",
        "server edx.course.enrollment.activated text",
        "server edx.course.enrollment.deactivated object",
        "server edx.course.enrollment.mode_changed object",
        "browser page_close text",
        "browser seq_next text",
        "browser seq_prev text",
        "browser seq_goto text",
        "browser book text",
        "server /dashboard text",
        "server /courses/ text",
        "task edx.instructor.report object",
        "server goto_position text",
        "browser show_transcript text",
    ];
    for kind in wanted {
        assert!(kinds.contains_key(kind), "{kind} is missing in {kinds:#?}");
    }
}

#[test]
fn learners_courses_and_answers_have_all_their_forms() {
    let (_, files) = generate("--events 4000 --dirty 0 --courses 9");
    let text = lines(&files).concat();
    let text = String::from_utf8(text).unwrap();
    for part in [
        "\\u00dcn\\u00efcode_",
        "a_very_long_username",
        "K\\u00fcrs_6",
        "course-v1:",
        "2001:db8::",
        "_dynamath",
        "i4x://",
        "block-v1:",
        "course_user_tags",
        "referer",
        "\"submission\"",
        "multiplechoiceresponse",
        "customresponse",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
}

#[test]
fn a_share_of_the_lines_is_damaged() {
    let (_, files) = generate("--events 4000 --dirty 0.5");
    let broken = lines(&files).iter().filter(|line| serde_json::from_slice::<Value>(line).is_err()).count();
    // Eight of the thirty damages break the JSON: about 530 lines.
    assert!((400..700).contains(&broken), "{broken} broken lines");
    assert!(lines(&files).iter().any(|line| str::from_utf8(line).is_err()));
}

#[test]
fn files_per_hour_and_host_hold_the_same_lines() {
    let (plain, daily) = generate("--events 2000 --interval 2016-01-01");
    let (report, hourly) = generate("--events 2000 --interval 2016-01-01 --hourly --gzip --hosts 3");
    assert!(hourly.contains_key("host3/tracking.log-20160101-07.gz"), "{:?}", hourly.keys());
    let mut unpacked = BTreeMap::new();
    for (name, bytes) in &hourly {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        unpacked.insert(name.clone(), text);
    }
    let (mut daily_lines, mut hourly_lines) = (lines(&daily), lines(&unpacked));
    daily_lines.sort_unstable();
    hourly_lines.sort_unstable();
    assert!(daily_lines == hourly_lines);
    assert_eq!((plain.files, report.files), (daily.len() as u64, hourly.len() as u64));
    assert_eq!(report.bytes, hourly.values().map(|bytes| bytes.len() as u64).sum::<u64>());
}

#[test]
fn a_single_file_holds_all_lines_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let single = directory.path().join("all.log");
    let mut options = options(directory.path(), "--events 1000");
    options.out = None;
    options.single = Some(single.clone());
    let report = run(&options).unwrap();
    assert_eq!((report.files, report.events), (1, 1000));
    let (_, files) = generate("--events 1000");
    assert!(fs::read(single).unwrap() == files.into_values().flatten().collect::<Vec<u8>>());
}

#[test]
fn tables_are_complete_imports_that_fit_the_log() {
    let (_, files) = generate("--events 4000 --users 120 --courses 4 --tables --user-id-base 5000");
    let mut rows: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for (table, columns) in [
        ("student_courseenrollment", 6),
        ("auth_user", 8),
        ("auth_userprofile", 11),
        ("grades_persistentcoursegrade", 11),
        ("course_groups_courseusergroup", 4),
        ("course_groups_courseusergroup_users", 2),
    ] {
        assert_eq!(files[&format!("{table}/dt=2014-05-08/_SUCCESS")], b"");
        let metadata: Value = serde_json::from_slice(&files[&format!("{table}/dt=2014-05-08/_metadata")]).unwrap();
        assert_eq!(metadata["format"]["columns"].as_array().unwrap().len(), columns);
        let text = str::from_utf8(&files[&format!("{table}/dt=2014-05-08/part-m-00000")]).unwrap();
        let table_rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\u{1}').collect()).collect();
        assert!(table_rows.iter().all(|row| row.len() == columns), "{table}");
        rows.insert(table, table_rows);
    }
    assert_eq!(rows["auth_user"].len(), 120);
    assert_eq!(rows["auth_userprofile"].len(), 120);
    assert_eq!(rows["course_groups_courseusergroup"].len(), 4);
    let enrolled = rows["student_courseenrollment"].len();
    assert!(enrolled > 50, "{enrolled} enrollments");
    let graded = rows["grades_persistentcoursegrade"].len();
    assert!(graded > enrolled / 3 && graded < enrolled, "{graded} grades");
    let members = rows["course_groups_courseusergroup_users"].len();
    assert!((30..90).contains(&members), "{members} cohort members");
    assert!(rows["student_courseenrollment"].iter().all(|row| row[1].parse::<u32>().is_ok_and(|id| id > 5000)));
    let values = |column: usize| rows["auth_userprofile"].iter().map(move |row| row[column]);
    assert!(values(2).any(|gender| gender == "\\N") && values(2).any(str::is_empty));
    assert!(values(7).any(|address| address.contains("Main St Apt")));
}

#[test]
fn sql_has_all_tables_and_rows() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = options(directory.path(), "--events 500 --users 1200");
    options.out = None;
    options.sql = Some(directory.path().join("lms.sql"));
    run(&options).unwrap();
    let sql = fs::read_to_string(directory.path().join("lms.sql")).unwrap();
    assert_eq!(sql.matches("CREATE TABLE").count(), 6);
    assert_eq!(sql.matches("@example.org'").count(), 1200);
    assert_eq!(sql.matches("INSERT INTO `auth_user` ").count(), 3);
    assert!(sql.contains("O\\'Neil") && sql.contains("C:\\\\Home"));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in ["--users 0", "--courses 0", "--hosts 0", "--dirty 1.5"] {
        assert!(run(&options(directory.path(), arguments)).is_err(), "{arguments}");
    }
    let mut nowhere = options(directory.path(), "");
    nowhere.out = None;
    assert!(run(&nowhere).unwrap_err().to_string().contains("--single"));
}
