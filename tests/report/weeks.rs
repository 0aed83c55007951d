//! The week by which activity is told: the same on all pages, and never one that has just begun.

use std::path::Path;

use insights_pipeline::report::{ReportOptions, ReportSummary, write_report};
use insights_pipeline::storage::Location;
use insights_pipeline::stores::marker_table::MarkerTable;
use insights_pipeline::stores::target::StorePlace;

use crate::site;

/// Two courses from a Wednesday to a Tuesday: one of them has ended after the first whole week.
fn write(store: &Path) {
    let connection = site::empty(store);
    for (course, weeks) in [("going-on", &["2024-03-04", "2024-03-11", "2024-03-18", "2024-03-25"][..]), ("ended", &["2024-03-11"])] {
        for (active, monday) in (10_i64..).step_by(10).zip(weeks) {
            let sql = "INSERT INTO course_activity (course_id, interval_start, interval_end, label, count) VALUES (?1, ?2, date(?2, '+7 days'), 'ACTIVE', ?3)";
            connection.execute(sql, rusqlite::params![course, monday, active]).unwrap();
        }
        let sql = "INSERT INTO course_enrollment_daily (course_id, date, count, cumulative_count) VALUES (?1, '2024-03-26', 40, 50)";
        connection.execute(sql, [course]).unwrap();
    }
}

fn report(store: &Path, out: &Path, logs: Option<&str>) -> ReportSummary {
    let markers = MarkerTable::default();
    let options = ReportOptions { logs: logs.map(|days| days.parse().unwrap()), markers: Some(&markers), ..ReportOptions::default() };
    write_report(&StorePlace::Sqlite(store.to_owned()), None, &options, &Location::from_path(out).unwrap()).unwrap()
}

/// Texts of the pages by their titles, without markup.
fn pages(out: &Path, summary: &ReportSummary) -> Vec<(String, String)> {
    let plain = |text: String| {
        let words: Vec<_> = text.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect();
        words.concat()
    };
    summary.pages.iter().map(|page| (page.title.clone(), plain(std::fs::read_to_string(out.join(&page.file)).unwrap()))).collect()
}

fn page<'p>(pages: &'p [(String, String)], title: &str) -> &'p str {
    &pages.iter().find(|(known, _)| known == title).unwrap().1
}

#[test]
fn site_and_courses_tell_the_last_whole_week() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let summary = report(&store, &out, Some("2024-03-06-2024-03-27"));
    let pages = pages(&out, &summary);
    for (title, active) in [("All courses", 30), ("going-on", 30), ("ended", 0)] {
        let text = page(&pages, title);
        assert!(text.contains(&format!("active from 2024-03-18 to 2024-03-24{active}")), "{title}: {text}");
        assert!(!text.contains("in the last week") && !text.contains("enrolled now"), "{title}");
    }
    let overview = page(&pages, "All courses");
    assert!(overview.contains("Active 2024-03-18 to 2024-03-24") && overview.contains("enrolled on 2024-03-26"), "{overview}");
    let note = "Hollow points are weeks of which some days are not counted: the week from 2024-03-04 counts only 2024-03-06 to 2024-03-10, \
                the week from 2024-03-25 counts only 2024-03-25 to 2024-03-26.";
    assert!(overview.contains(note) && page(&pages, "going-on").contains(note), "{overview}");
    assert!(!page(&pages, "ended").contains("Hollow points"));
    for lens in summary.pages.iter().flat_map(|page| &page.lenses) {
        assert!(lens.up_to.as_deref() <= Some("2024-03-26"), "nothing goes past the last day: {lens:?}");
    }
    let activity =
        summary.pages.iter().find(|page| page.title == "ended").unwrap().lenses.iter().find(|lens| lens.title == "Weekly activity");
    assert_eq!(activity.unwrap().up_to.as_deref(), Some("2024-03-26"), "the course was quiet up to then");
}

#[test]
fn weeks_without_activity_have_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    let connection = site::empty(&store);
    for (course, monday) in [("early", "2024-01-01"), ("early", "2024-01-22"), ("late", "2024-01-08"), ("late", "2024-02-05")] {
        let sql = "INSERT INTO course_activity (course_id, interval_start, interval_end, label, count) VALUES (?1, ?2, date(?2, '+7 days'), 'ACTIVE', 5)";
        connection.execute(sql, [course, monday]).unwrap();
    }
    let summary = report(&store, &out, None);
    let pages = pages(&out, &summary);
    let weeks = |title: &str, weeks: &[&str]| {
        let zeros = |week: &&str| if week.ends_with('–') { format!("{week}–––") } else { format!("{week}000") };
        let rows = weeks.iter().map(zeros).collect::<Vec<_>>().concat();
        assert!(page(&pages, title).contains(&rows), "{title}: {}", page(&pages, title));
    };
    // Of weeks without any activity at all it is not known whether nobody was there, or no log.
    weeks("early", &["2024-01-225", "2024-01-15–", "2024-01-080", "2024-01-015"]);
    weeks("All courses", &["2024-02-055", "2024-01-29–", "2024-01-225", "2024-01-15–"]);
    let note = "No activity in any course was logged on 14 days: 2024-01-15 to 2024-01-21, 2024-01-29 to 2024-02-04. If anything happened then, it is missing here.";
    assert!(pages.iter().all(|(_, text)| text.matches(note).count() == 1), "{pages:?}");
    assert!(page(&pages, "late").contains("There is no point without events: the week from 2024-01-15, the week from 2024-01-29."));
    assert!(!page(&pages, "early").contains("the week from 2024-01-29") && !page(&pages, "early").contains("2024-02-055"));
}

#[test]
fn enrollment_says_since_when_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let note = "Counted from enrollment events since 2024-03-06; who enrolled before is missing.";
    let summary = report(&store, &out, Some("2024-03-06-2024-03-27"));
    assert!(pages(&out, &summary).iter().all(|(_, text)| text.matches(note).count() == 1));
    let summary = report(&store, &out, None);
    // A store of every night has the same gap: enrollments come from events in any case.
    let note = "Counted from enrollment events since 2024-03-26; who enrolled before is missing.";
    assert!(pages(&out, &summary).iter().all(|(_, text)| text.matches(note).count() == 1));
}

#[test]
fn missing_profiles_and_missing_learners_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let connection = rusqlite::Connection::open(&store).unwrap();
    let gender = |course: &str, gender: Option<&str>| {
        let sql = "INSERT INTO course_enrollment_gender_daily (date, course_id, gender, count, cumulative_count) VALUES ('2024-03-26', ?1, ?2, 40, 50)";
        connection.execute(sql, rusqlite::params![course, gender]).unwrap();
    };
    gender("going-on", None);
    connection.execute("UPDATE course_enrollment_daily SET count = 0 WHERE course_id = 'ended'", ()).unwrap();
    let told = |title: &str, expected: &str| {
        let summary = report(&store, &out, None);
        let pages = pages(&out, &summary);
        assert!(page(&pages, title).contains(expected), "{title}: {expected}");
    };
    told("going-on", "which this site does not import");
    told("ended", "Nobody was enrolled in this course on 2024-03-26.");
    gender("ended", Some("f"));
    told("going-on", "No learner who is enrolled in this course states age, education or gender.");
}

/// The store of a site tells by its other tables how far it reaches.
#[test]
fn a_store_tells_its_last_day() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let summary = report(&store, &out, None);
    assert!(page(&pages(&out, &summary), "ended").contains("active from 2024-03-18 to 2024-03-240"));
    // Where they are older than the week, nights have counted it as a whole.
    let connection = rusqlite::Connection::open(&store).unwrap();
    connection.execute("UPDATE course_enrollment_daily SET date = '2024-03-10'", ()).unwrap();
    let summary = report(&store, &out, None);
    assert!(page(&pages(&out, &summary), "going-on").contains("active from 2024-03-25 to 2024-03-3140"));
}

/// Rows of videos and answers tell no day.
#[test]
fn loads_tell_how_far_videos_and_answers_reach() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let connection = rusqlite::Connection::open(&store).unwrap();
    connection
        .execute_batch(
            "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, duration, users_at_start) VALUES ('c|v', 'ended', 'v', 5, 3);
             INSERT INTO answer_distribution (course_id, module_id, part_id, value_id, correct, first_response_count, last_response_count)
             VALUES ('ended', 'm', 'p', 'v', 1, 3, 3);",
        )
        .unwrap();
    let up_to = || {
        let summary = report(&store, &out, None);
        let page = summary.pages.iter().find(|page| page.title == "ended").unwrap();
        ["Videos", "Answers"].map(|title| page.lenses.iter().find(|lens| lens.title == title).unwrap().up_to.clone().unwrap_or_default())
    };
    assert_eq!(up_to(), ["", ""], "a store without markers");
    connection.execute_batch(&MarkerTable::default().sqlite_create()).unwrap();
    // Videos failed in the last nights; answers were loaded long after their days, as history is.
    for (id, table, time) in
        [("1", "video", "2024-03-19 02:00:00"), ("2", "video", "2024-03-25 02:00:00"), ("3", "answer_distribution", "2025-01-01 12:00:00")]
    {
        let sql = "INSERT INTO table_updates (update_id, target_table, inserted) VALUES (?1, ?2, ?3)";
        connection.execute(sql, [id, table, time]).unwrap();
    }
    assert_eq!(up_to(), ["2024-03-24", "2024-03-26"]);
}

#[test]
fn a_site_without_a_whole_week_has_one_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    write(&store);
    let summary = report(&store, &out, Some("2024-03-25-2024-03-27"));
    let pages = pages(&out, &summary);
    assert!(page(&pages, "going-on").contains("active from 2024-03-25 to 2024-03-26 (the report ends on 2024-03-26)40"));
}
