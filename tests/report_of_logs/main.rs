//! `insights report LOGS…` on what people have: one line, no configuration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
mod named_days;
mod second_calls;
#[path = "../site/mod.rs"]
mod site;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use site::{Site, contents_below, said};

/// Writes logs of some days with `insights generate`.
fn generate(site: &Site, interval: &str, events: &str, more: &[&str]) {
    site.run(&[&["generate", "--interval", interval, "--events", events, "--courses", "2", "--users", "40"], more].concat());
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a report tells; it must succeed.
fn report(site: &Site, words: &[&str]) -> String {
    let output = site.tried("report", words);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    text(&output)
}

/// Exit code and error of a report that there cannot be.
fn refused(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let output = site.tried("report", words);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn tables(site: &Site, folder: &str) -> BTreeMap<String, Vec<String>> {
    site.tables(&format!("{folder}/insights"))
}

#[test]
fn one_plain_file_with_prefixes() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-07", "1500", &["--single", "plain", "--dirty", "0"]);
    let lines = fs::read_to_string(site.path("plain")).unwrap();
    // Two clocks are wrong.
    let stray = |year: &str| format!(r#"{{"time":"{year}-03-04T10:00:00+00:00","event_type":"/","context":{{}}}}"#);
    let lines = format!("{lines}{}\n{}\n", stray("1970"), stray("2099"));
    site.write("plain", &lines);
    let prefixed: Vec<_> = lines.lines().map(|line| format!("Mar  4 10:00:00 host [tracking][env:prod] : {line}\n")).collect();
    site.write("any name.txt", prefixed.concat());
    // A link to it is the same file, and one to nothing is none.
    fs::create_dir(site.path("linked")).unwrap();
    fs::copy(site.path("plain"), site.path("linked/log")).unwrap();
    for (to, name) in [("log", "current"), ("gone", "last")] {
        std::os::unix::fs::symlink(to, site.path("linked").join(name)).unwrap();
    }
    let told = report(&site, &["linked", "--out", "linked report"]);
    assert!(told.contains("1 file, 1 of them new") && told.contains("linked/last: It is a link that leads nowhere"), "{told}");
    let told = report(&site, &["plain", "--out", "plain report"]);
    assert!(told.contains("insights report --sqlite 'plain report/insights.sqlite' --out DIR"), "{told}");
    let told = report(&site, &["any name.txt"]);
    assert!(told.contains("Days        2024-03-0") && told.contains("1502 lines"), "{told}");
    assert!(told.contains("without 2 events outside of them, on 2 days: 1970-03-04, 2099-03-04"), "{told}");
    assert!(told.contains("location             left out: countries need --geolocation FILE"), "{told}");
    let found = tables(&site, "insights-report");
    for table in ["course_enrollment_daily", "course_activity", "video", "module_engagement", "answer_distribution"] {
        assert!(!found[table].is_empty(), "{table}");
    }
    assert!(found == tables(&site, "plain report"), "a prefix changes nothing");
    for file in ["index.html", "csv", "warehouse", "logs.json"] {
        assert!(site.path("insights-report").join(file).exists(), "{file}");
    }
    let page = fs::read_to_string(site.path("insights-report/index.html")).unwrap();
    assert!(page.contains("courses/"), "pages of courses are linked");
}

/// Log files that were not copied are no week without learners.
#[test]
fn days_without_log_files_are_named() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-26", "9000", &["--out", "all", "--dirty", "0"]);
    for file in site.files("all") {
        if (11..18).any(|day| file.display().to_string().contains(&format!("202403{day}"))) {
            fs::remove_file(file).unwrap();
        }
    }
    let told = report(&site, &["all"]);
    let named = told.lines().find(|line| line.starts_with("No events   of 7 days")).unwrap_or_default();
    assert!(named.ends_with(": 2024-03-11 to 2024-03-17"), "{told}");
    report(&site, &["--sqlite", "insights-report/insights.sqlite", "--out", "published"]);
    for folder in ["insights-report", "published"] {
        for file in site::files_below(&site.path(folder)).iter().filter(|file| file.extension().is_some_and(|suffix| suffix == "html")) {
            let page = fs::read_to_string(file).unwrap();
            assert!(page.contains("on 7 days: <span class=\"whole-day\">2024-03-11</span> to"), "{}", file.display());
            let missing = "<td class=\"missing\">–</td>".repeat(4);
            assert!(page.contains(&format!("<th scope=\"row\">2024-03-11</th>{missing}")), "{}", file.display());
        }
    }
    // A single day, and a week that is the last one.
    let files: Vec<String> = site.files("all").iter().map(|file| file.display().to_string()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).filter(|file| !file.contains("20240320")).collect();
    let told = report(&site, &[&files[..], &["--out", "day"]].concat());
    assert!(told.contains(": 2024-03-11 to 2024-03-17, 2024-03-20\n"), "{told}");
    let page = fs::read_to_string(site.path("day/index.html")).unwrap();
    assert!(page.contains("counts only") && page.contains("</span> and <span class=\"whole-day\">2024-03-21</span> to"), "{page}");
}

#[test]
fn a_folder_of_thirty_days() {
    let site = Site::new();
    generate(&site, "2024-03-01-2024-03-31", "3000", &["--out", "logs", "--gzip", "--tables", "--dirty", "0"]);
    let told = report(&site, &["logs", "--out", "thirty"]);
    assert!(told.contains("Days        2024-0") && told.contains(" to 2024-03-3"), "{told}");
    // LMS tables of the same folder are no logs.
    assert!(told.contains("Left out") && told.contains("student_courseenrollment"), "{told}");
}

#[test]
fn what_is_no_log_is_said() {
    let site = Site::new();
    fs::create_dir(site.path("empty")).unwrap();
    site.write("notes.txt", "hello\nworld\n");
    site.write("zero", "");
    site.write("numbers", "1\n2\n3\n");
    site.write("packed.xz", b"\xfd7zXZ\0\0\x04\n\n");
    fs::create_dir(site.path("links")).unwrap();
    std::os::unix::fs::symlink("nothing", site.path("links/current")).unwrap();
    for (word, expected) in [
        ("empty", "The folder empty holds no file"),
        ("absent", "There is nothing at absent"),
        ("*.gz", "No file is named like *.gz"),
        ("notes.txt", "None of its 2 lines is an event: 2 are no JSON objects, as events are"),
        ("numbers", "None of its 3 lines is an event: 3 are no JSON objects"),
        ("packed.xz", "It is packed by xz, which is not read. Unpack it, or pack it by gzip, bzip2 or zstd."),
        ("links", "links/current: It is a link that leads nowhere"),
        ("zero", "It is empty"),
    ] {
        let (code, error) = refused(&site, &[word]);
        assert!(code == Some(20) && error.contains(expected), "{word}: {code:?} {error}");
        assert!(error.starts_with("insights: looking for logs"), "something is said at once");
    }
    assert!(!site.path("insights-report").exists(), "a failed call leaves no folder");
    site.write("broken.gz", b"\x1f\x8b\x08\0broken");
    let (code, error) = refused(&site, &["broken.gz"]);
    assert!(code == Some(30) && error.contains("broken.gz"), "{error}");
    let (code, error) = refused(&site, &[""]);
    assert!(code == Some(2) && error.contains("names no logs"), "{code:?} {error}");
    let (code, error) = refused(&site, &["notes.txt", "--out", "/proc/x"]);
    assert!(code == Some(30) && error.contains("/proc/x cannot be used for the report"), "{code:?} {error}");
    let (code, error) = refused(&site, &["links", "--out", "links"]);
    assert!(code == Some(2) && error.contains("--out links is the folder of the logs links. Choose another --out."), "{code:?} {error}");
    assert_eq!(fs::read_dir(site.path("links")).unwrap().count(), 1);
    let (code, error) = refused(&site, &["notes.txt", "--sqlite", "x"]);
    assert!(code == Some(2) && error.contains("cannot be used with"), "{error}");
    // What tells of logs is of no use for a store.
    for option in [["--geolocation", "X"], ["--interval", "1999-01"]] {
        for store in [["--sqlite", "store.sqlite"], ["--database", "reports"], ["--warehouse", "warehouse"]] {
            let (code, error) = refused(&site, &[store, option].concat());
            assert!(code == Some(2) && error.contains("cannot be used with") && error.contains(option[0]), "{error}");
        }
        let (code, error) = refused(&site, &option);
        assert!(code == Some(2) && error.contains("LOGS"), "{error}");
    }
    let (code, error) = refused(&site, &[]);
    assert!(code == Some(30) && error.contains("name logs to make a report of: insights report LOGS"), "{code:?} {error}");
    let (code, error) = refused(&site, &["-"]);
    assert!(code == Some(20) && error.contains("Pipe logs into it, such as: zcat"), "{error}");
    assert!(!site.path("insights-report").exists());
}

#[test]
fn a_page_of_somebody_else_stays() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "300", &["--single", "log"]);
    report(&site, &["log"]);
    fs::create_dir(site.path("intranet")).unwrap();
    site.write("intranet/index.html", "<h1>Intranet</h1>");
    for words in [&["log"][..], &["--sqlite", "insights-report/insights.sqlite"]] {
        let (code, error) = refused(&site, &[words, &["--out", "intranet"]].concat());
        assert!(code == Some(2) && error.contains("intranet/index.html was written by no report"), "{code:?} {error}");
        assert_eq!(site.files("intranet"), [site.path("intranet/index.html")]);
    }
    fs::remove_file(site.path("intranet/index.html")).unwrap();
    for _ in 0..2 {
        report(&site, &["--sqlite", "insights-report/insights.sqlite", "--out", "intranet"]);
    }
    let (code, error) = refused(&site, &["--sqlite", "insights-report/insights.sqlite", "--out", "/proc/x"]);
    assert!(code == Some(30) && error.contains("The report cannot be written to /proc/x."), "{code:?} {error}");
}

#[test]
fn broken_lines_are_counted() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "5000", &["--single", "sound", "--dirty", "0"]);
    let lines = fs::read_to_string(site.path("sound")).unwrap();
    let broken = |(number, line): (usize, &str)| if number % 5 < 2 { line[..line.len() / 2].to_owned() } else { line.to_owned() };
    let broken: Vec<String> = lines.lines().enumerate().map(broken).collect();
    site.write("broken", broken.join("\n"));
    let output = site.tried("report", &["broken"]);
    let (told, loud) = (text(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success() && loud.contains("40 percent of all lines are damaged and not counted (2000 of 5000)"), "{loud}");
    assert!(told.contains("5000 lines, 3000 events"), "{told}");
    assert!(told.contains("2000 lines are no JSON object, such as line 1 of "), "{told}");
}

#[test]
fn an_hour_and_three_years() {
    let site = Site::new();
    generate(&site, "2024-03-04", "800", &["--single", "day", "--dirty", "0"]);
    let lines = fs::read_to_string(site.path("day")).unwrap();
    let hour: Vec<&str> = lines.lines().filter(|line| line.contains("2024-03-04T10:")).collect();
    assert!(hour.len() > 10);
    site.write("hour", hour.join("\n"));
    let told = report(&site, &["hour", "--out", "of-hour"]);
    assert!(told.contains("Days        2024-03-04 to 2024-03-04"), "{told}");
    assert!(!tables(&site, "of-hour")["course_activity"].is_empty());

    // A few events a month; the days between are there, too.
    let event = |day: &str| {
        format!(
            r#"{{"time":"{day}T10:00:00+00:00","event_source":"server","event_type":"edx.course.enrollment.activated","username":"u","context":{{"course_id":"course-v1:a+b+c","user_id":7}},"event":{{"course_id":"course-v1:a+b+c","user_id":7,"mode":"audit"}}}}"#
        )
    };
    let days = ["2021-01-05", "2021-02-20", "2021-04-01", "2022-01-01", "2022-06-01", "2023-01-10", "2023-12-30"];
    site.write("years", days.map(event).join("\n"));
    let told = report(&site, &["years", "--out", "of-years", "--interval", "2023"]);
    assert!(told.contains("Days        2023-01-01 to 2023-12-31"), "{told}");
    assert!(told.contains("without 5 events outside of them"), "{told}");
}

#[test]
fn only_pages_are_for_others() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-07", "800", &["--single", "log"]);
    let mut command = site.program("insights");
    let output = command.args(["report", "log", "--out", "made"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let told = text(&output);
    assert!(told.contains("personal data") && told.contains("insights report --sqlite made/insights.sqlite --out DIR"), "{told}");
    let open = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0;
    let mut seen = 0;
    for file in site::files_below(&site.path("made")) {
        let name = file.strip_prefix(site.path("made")).unwrap().to_owned();
        let is_page = ["index.html", "courses", "assets"].iter().any(|pages| name.starts_with(pages));
        assert_eq!(open(&file), is_page, "{}", name.display());
        seen += 1;
    }
    assert!(seen > 20);
    assert!(open(&site.path("made")) && ["warehouse", "csv", "markers"].iter().all(|folder| !open(&site.path("made").join(folder))));
    // The pages alone are those of the folder, and nothing else.
    report(&site, &["--sqlite", "made/insights.sqlite", "--out", "published"]);
    let pages = |folder: &str| -> BTreeMap<String, String> {
        let root = site.path(folder);
        let pages = site::files_below(&root).into_iter().filter(|file| file.extension().is_some_and(|suffix| suffix == "html"));
        pages
            .map(|file| {
                let text = fs::read_to_string(&file).unwrap();
                let (before, after) = text.split_once("Made on ").unwrap();
                let after = after.split_once(" UTC").unwrap().1;
                (file.strip_prefix(&root).unwrap().display().to_string(), format!("{before}{after}"))
            })
            .collect()
    };
    assert!(pages("published") == pages("made"));
    assert!(pages("made")["index.html"].contains("Counted from enrollment events since "));
    assert!(!site.path("published/insights.sqlite").exists() && !site.path("published/warehouse").exists());
}

#[test]
fn a_report_of_nothing_is_none() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-07", "300", &["--single", "log", "--dirty", "0"]);
    let (code, error) = refused(&site, &["log", "--interval", "2020-01"]);
    assert!(
        code == Some(20) && error.contains("No event lies in the interval 2020-01-01 to 2020-01-31: those of the logs are from 2024-03"),
        "{error}"
    );
    assert!(!site.path("insights-report").exists());
    for option in ["--config", "--additional-config"] {
        let (code, error) = refused(&site, &["log", option, "nope.cfg"]);
        assert!(code == Some(2) && error.contains("reads no configuration") && error.contains(option), "{error}");
    }
    let id = format!("course-v1:{}+b+c", "a".repeat(300));
    let event = format!(
        r#"{{"time":"2024-03-04T10:00:00+00:00","event_source":"browser","event_type":"play_video","username":"u","context":{{"course_id":"{id}","user_id":7}},"event":"{{\"id\":\"v\",\"code\":\"x\",\"currentTime\":0}}"}}"#
    );
    site.write("long", &event);
    let output = site.tried("report", &["long"]);
    let (told, error) = (text(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.code() == Some(20) && error.contains("No event of these logs names a course"), "{error}");
    assert!(told.contains("Course ID Too Long") && told.contains("0 courses\n  No event of these logs names a course."), "{told}");
}

#[test]
fn lenses_say_what_the_logs_do_not_hold() {
    let site = Site::new();
    let event = r#"{"time":"2024-03-04T10:00:00+00:00","event_source":"server","event_type":"edx.course.enrollment.activated","username":"u","context":{"course_id":"course-v1:a+b+c","user_id":7},"event":{"course_id":"course-v1:a+b+c","user_id":7,"mode":"audit"}}"#;
    site.write("log", event);
    let told = report(&site, &["log"]);
    assert!(told.contains("1 line, 1 event\n") && told.contains("1 course\n") && told.contains("--geolocation FILE"), "{told}");
    let course = site::files_below(&site.path("insights-report/courses")).pop().unwrap();
    let page = fs::read_to_string(course).unwrap();
    for sentence in [
        "No viewing of a video is complete in these logs: nobody played one up to a pause, a jump or its end.",
        "Nobody answered a problem in these logs.",
        "Countries were not looked up for this report. They need a geolocation database, such as GeoLite2-Country.mmdb, which MaxMind gives",
        "names its file by <span class=\"option\">--geolocation FILE.</span>",
        "which logs do not hold.",
        "Nobody tried a problem, played a video or posted in the last seven days of these logs.",
    ] {
        assert!(page.contains(sentence), "{sentence}");
    }
    for word in ["InsertToMysql", "Workflow", "geolocation_data", "insights daily"] {
        assert!(!page.contains(word), "pages are for course teams: {word}");
    }
}

#[test]
fn a_wrong_geolocation_database_is_told_first() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "300", &["--single", "log"]);
    let told = |file: &str, expected: &str| {
        let (code, error) = refused(&site, &["log", "--geolocation", file]);
        assert!(code == Some(2) && error.contains(expected) && error.matches(expected).count() == 1, "{error}");
        assert!(!error.contains("--geolocation-data") && !site.path("insights-report").exists(), "{error}");
    };
    told("nope.mmdb", "The geolocation database nope.mmdb cannot be opened.");
    told("log", "log is no geolocation database of the form mmdb.");
    // The one of an earlier call has to be there when something is made by it.
    let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/last_country_of_user/ip_kinds/geo.mmdb");
    fs::copy(database, site.path("geo.mmdb")).unwrap();
    report(&site, &["log", "--geolocation", "geo.mmdb"]);
    fs::remove_file(site.path("geo.mmdb")).unwrap();
    report(&site, &["log"]);
    generate(&site, "2024-03-06-2024-03-07", "300", &["--single", "more"]);
    let (code, error) = refused(&site, &["more"]);
    assert!(code == Some(2) && error.contains("geo.mmdb cannot be opened."), "{error}");
}

#[test]
fn standard_input_is_kept() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "400", &["--single", "log", "--gzip"]);
    let log = fs::read(site.path("log")).unwrap();
    let piped = || {
        let mut command = site.program("insights");
        command.args(["report", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&log).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        text(&output)
    };
    assert!(piped().contains("1 file, 1 of them new"));
    assert!(piped().contains("1 file, 0 of them new"), "the same again is known by its content");
    report(&site, &["log", "--out", "named"]);
    assert!(tables(&site, "insights-report") == tables(&site, "named"));
}

#[test]
fn small_inputs_of_many_kinds() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut inputs = site::files_below(&cases);
    inputs.retain(|path| path.extension().is_some_and(|suffix| suffix == "log"));
    assert!(inputs.len() >= 12);
    let site = Site::new();
    for (number, input) in inputs.iter().enumerate() {
        let output = site.tried("report", &[&input.display().to_string(), "--out", &format!("case{number}")]);
        let told = text(&output);
        // A course whose id no table can hold leaves nothing to look at.
        let expected = if told.contains("Course ID Too Long") { Some(20) } else { Some(0) };
        assert_eq!(output.status.code(), expected, "{}: {}", input.display(), said(&output));
        assert!(told.contains("Report: ") && told.contains(" event"), "{}: {told}", input.display());
    }
    // Rows that a column cannot hold are told, and keep nothing else from the table.
    let number = inputs.iter().position(|path| path.ends_with("mode-101.log")).unwrap();
    assert_eq!(tables(&site, &format!("case{number}"))["course_enrollment_daily"].len(), 1);
}

#[test]
fn the_demo_fills_all_tables() {
    let site = Site::new();
    let output = site.tried("demo", &["--events", "1500", "--courses", "2", "--users", "60"]);
    assert!(output.status.success(), "{}", said(&output));
    let told = text(&output);
    for workflow in ["enrollment ", "location ", "user-activity ", "video ", "module-engagement ", "answer-distribution "] {
        assert!(told.lines().any(|line| line.starts_with(workflow)), "{workflow}: {told}");
    }
    let found = tables(&site, "insights-demo/seed1-1500events-2courses-60users/report");
    assert!(found.iter().all(|(name, rows)| name == "course_program_metadata" || !rows.is_empty()), "{found:?}");
}
