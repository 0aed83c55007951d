//! Calls behind the first one: what is known, what is new, and what is gone.

use super::*;

#[test]
fn a_second_call_adds_what_is_new() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-13", "4000", &["--out", "all", "--gzip"]);
    let whole = report(&site, &["all", "--out", "whole"]);
    let files: Vec<String> = site.files("all").iter().map(|file| file.display().to_string()).collect();
    let all = files.len();
    assert!(all >= 9 && whole.contains(&format!("{all} files, {all} of them new")), "{whole}");
    let (last, first) = files.split_last().unwrap();
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    report(&site, &[&first[..4], &["--out", "grown"]].concat());
    let told = report(&site, &[&first[..], &["--out", "grown"]].concat());
    assert!(told.contains(&format!("{} files, {} of them new", all - 1, all - 5)), "{told}");
    // Files of earlier calls need not be named again.
    let told = report(&site, &[last, "--out", "grown"]);
    assert!(told.contains(&format!("{all} files, 1 of them new")), "{told}");
    let (whole, grown) = (tables(&site, "whole"), tables(&site, "grown"));
    let different: Vec<_> = whole.keys().filter(|table| whole[*table] != grown[*table]).collect();
    assert!(different.is_empty() && whole.len() == grown.len(), "{different:?}");
    assert!(contents_below(&site.path("whole/csv")) == contents_below(&site.path("grown/csv")));

    let told = report(&site, &["all", "--out", "grown"]);
    assert!(told.contains(&format!("{all} files, 0 of them new")) && told.contains("Nothing is new"), "{told}");
    // A day that comes late is put into its place.
    report(&site, &[&first[..2], &first[3..], &[last, "--out", "late"]].concat());
    let told = report(&site, &[first[2], "--out", "late"]);
    assert!(told.contains(&format!("{all} files, 1 of them new")), "{told}");
    assert!(tables(&site, "late") == whole);

    // What is made anew needs the other files of its days, and names all that are missing.
    fs::rename(last, site.path("away.gz")).unwrap();
    fs::rename(first[2], site.path("away too.gz")).unwrap();
    let told = report(&site, &[first[0], "--out", "grown"]);
    assert!(told.contains("Nothing is new") && told.contains("Gone        2 of the files that were read are gone"), "{told}");
    generate(&site, "2024-03-12-2024-03-13", "50", &["--single", "more"]);
    let (code, error) = refused(&site, &["more", "--out", "grown"]);
    assert!(code == Some(20) && error.matches("is gone or has changed").count() == 2, "{error}");
    assert!(error.contains("needs 2 files that earlier calls have read") && error.contains(last) && error.contains(first[2]), "{error}");
    // Under another name they are the same.
    let told = report(&site, &["more", "away.gz", "away too.gz", "--out", "grown"]);
    assert!(told.contains(&format!("{} files, 1 of them new", all + 1)), "{told}");
    report(&site, &["all", "more", "away.gz", "away too.gz", "--out", "more whole"]);
    assert!(tables(&site, "grown") == tables(&site, "more whole"));
}

fn gunzipped(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    text
}

#[test]
fn a_file_that_was_packed_or_moved_is_the_same() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-10", "2500", &["--out", "all", "--gzip"]);
    report(&site, &["all", "--out", "whole"]);
    let files = site.files("all");
    let (last, early) = files.split_last().unwrap();
    // Plain at first, as logs are before they rotate.
    for (number, file) in early.iter().enumerate() {
        site.write(&format!("logs/tracking.log.{number}"), gunzipped(file));
    }
    report(&site, &["logs", "--out", "grown"]);
    // Each takes the name of the one before, and is packed; one by another program.
    for (number, file) in early.iter().enumerate() {
        fs::remove_file(site.path(&format!("logs/tracking.log.{number}"))).unwrap();
        fs::copy(file, site.path(&format!("logs/tracking.log.{}.gz", number + 1))).unwrap();
    }
    let told = report(&site, &["logs", "--out", "grown"]);
    assert!(told.contains(&format!("{} files, 0 of them new", early.len())) && told.contains("Nothing is new"), "{told}");
    for number in (1..=early.len()).rev() {
        let name = |number: usize| site.path(&format!("logs/tracking.log.{number}.gz"));
        fs::rename(name(number), name(number + 1)).unwrap();
    }
    let packed = zstd::encode_all(gunzipped(last).as_slice(), 1).unwrap();
    site.write("logs/tracking.log.1.zst", packed);
    let told = report(&site, &["logs", "--out", "grown"]);
    assert!(told.contains(&format!("{} files, 1 of them new", files.len())), "{told}");
    assert!(tables(&site, "grown") == tables(&site, "whole"));
}

#[test]
fn the_same_lines_twice_count_once() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-07", "600", &["--out", "all", "--gzip"]);
    report(&site, &["all", "--out", "whole"]);
    let file = site.files("all").remove(1);
    let text = gunzipped(&file);
    let plain = file.with_extension("");
    fs::write(&plain, &text).unwrap();
    fs::write(file.with_extension("zst"), zstd::encode_all(text.as_slice(), 1).unwrap()).unwrap();
    for _ in 0..2 {
        let told = report(&site, &["all", "--out", "twice"]);
        let said = format!("Read once   {} and {} hold the same lines", plain.display(), file.display());
        assert!(told.contains(&said) && told.matches("Read once").count() == 2, "{told}");
        assert!(tables(&site, "twice") == tables(&site, "whole"));
    }
    // Where one goes the other one is there.
    fs::remove_file(&plain).unwrap();
    generate(&site, "2024-03-07-2024-03-08", "50", &["--single", "more"]);
    report(&site, &["more", "--out", "twice"]);
    report(&site, &["all", "more", "--out", "whole"]);
    assert!(tables(&site, "twice") == tables(&site, "whole"));
}

/// A day that is made anew from an emptied file would lose its rows.
#[test]
fn a_file_that_is_emptied_takes_nothing_away() {
    let site = Site::new();
    let enrolled = |user: u32, day: &str| {
        format!(
            r#"{{"time":"{day}T10:00:00+00:00","event_source":"server","event_type":"edx.course.enrollment.activated","username":"u{user}","context":{{"course_id":"course-v1:a+b+c","user_id":{user}}},"event":{{"course_id":"course-v1:a+b+c","user_id":{user},"mode":"audit"}}}}"#
        )
    };
    let first = format!("{}\n{}\n", enrolled(1, "2024-03-01"), enrolled(2, "2024-03-02"));
    site.write("logs/a.log", &first);
    report(&site, &["logs"]);
    let before = tables(&site, "insights-report");
    for what in ["", "no log\n"] {
        site.write("logs/a.log", what);
        let told = report(&site, &["logs"]);
        assert!(told.contains("Nothing is new") && told.contains("What an earlier call has read of it is still in the report."), "{told}");
        site.write("logs/b.log", enrolled(3, "2024-03-02"));
        let (code, error) = refused(&site, &["logs"]);
        assert!(code == Some(20) && error.contains("logs/a.log is no log any more"), "{error}");
        assert!(tables(&site, "insights-report") == before);
        fs::remove_file(site.path("logs/b.log")).unwrap();
    }
    site.write("logs/a.log", &first);
    site.write("logs/b.log", enrolled(3, "2024-03-02"));
    let told = report(&site, &["logs"]);
    assert!(told.contains("2 files, 1 of them new") && told.contains("3 lines, 3 events"), "{told}");
}

/// What is written while a run is under way is not synced file by file: a power cut may empty it, whatever its markers say.
#[test]
fn a_run_that_a_power_cut_ended_is_made_anew() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-09", "1500", &["--out", "all", "--gzip"]);
    report(&site, &["all", "--out", "whole"]);
    report(&site, &["all", "--out", "cut"]);
    let record = site.path("cut/logs.json");
    let known = fs::read_to_string(&record).unwrap().replace(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION")), "\"version\":\"\"");
    assert!(known.contains("\"version\":\"\""), "{known}");
    fs::write(&record, known).unwrap();
    let mut emptied = 0;
    for file in site.files("cut/warehouse") {
        if !file.file_name().unwrap().to_string_lossy().starts_with(['_', '.']) {
            fs::write(file, "").unwrap();
            emptied += 1;
        }
    }
    assert!(emptied > 20, "{emptied}");
    report(&site, &["all", "--out", "cut"]);
    let (whole, cut) = (tables(&site, "whole"), tables(&site, "cut"));
    let different: Vec<_> = whole.keys().filter(|table| whole[*table] != cut[*table]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(contents_below(&site.path("whole/csv")) == contents_below(&site.path("cut/csv")));
}

#[test]
fn a_file_that_has_grown_is_read_again() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "600", &["--single", "log", "--dirty", "0"]);
    let lines = fs::read_to_string(site.path("log")).unwrap();
    site.write("growing", &lines[..lines.len() / 2]);
    report(&site, &["growing", "--out", "grown"]);
    site.write("growing", &lines);
    let told = report(&site, &["growing", "--out", "grown"]);
    assert!(told.contains("1 file, 1 of them new") && told.contains("600 lines, 600 events"), "{told}");
    report(&site, &["log", "--out", "whole"]);
    assert!(tables(&site, "grown") == tables(&site, "whole"));
}

/// The table of engagement holds two weeks: a second call weeks later leaves no days of the first one behind.
#[test]
fn calls_that_are_weeks_apart_leave_no_hole() {
    let site = Site::new();
    generate(&site, "2024-03-01-2024-04-06", "6000", &["--out", "all", "--gzip"]);
    report(&site, &["all", "--out", "whole"]);
    let files: Vec<String> = site.files("all").iter().map(|file| file.display().to_string()).collect();
    let first: Vec<&str> = files.iter().take(10).map(String::as_str).collect();
    report(&site, &[&first[..], &["--out", "grown"]].concat());
    assert!(!tables(&site, "grown")["module_engagement"].is_empty());
    report(&site, &["all", "--out", "grown"]);
    let (whole, grown) = (tables(&site, "whole"), tables(&site, "grown"));
    let different: Vec<_> = whole.keys().filter(|table| whole[*table] != grown[*table]).collect();
    assert!(different.is_empty() && whole.len() == grown.len(), "{different:?}");
    // And back again: days that were removed are made anew.
    report(&site, &["all", "--out", "grown", "--interval", "2024-03-01-2024-03-20"]);
    report(&site, &["all", "--out", "short", "--interval", "2024-03-01-2024-03-20"]);
    let (short, grown) = (tables(&site, "short"), tables(&site, "grown"));
    let different: Vec<_> = short.keys().filter(|table| short[*table] != grown[*table]).collect();
    assert!(different.is_empty(), "{different:?}");
}

#[test]
fn a_second_call_at_the_same_time_is_refused() {
    let site = Site::new();
    generate(&site, "2024-03-04-2024-03-06", "300", &["--single", "log"]);
    let mut first = site.program("insights");
    first.args(["report", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut first = first.spawn().unwrap();
    let lock = site.path("insights-report/.logs.json.lock");
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while fs::read_to_string(&lock).unwrap_or_default().is_empty() {
        assert!(std::time::Instant::now() < until && first.try_wait().unwrap().is_none(), "there is no lock");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let (code, error) = refused(&site, &["log"]);
    assert!(code == Some(10) && error.contains("insights-report/logs.json is being written by report (process "), "{error}");
    first.stdin.take().unwrap().write_all(&fs::read(site.path("log")).unwrap()).unwrap();
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    report(&site, &["log"]);
}
