//! Pages as files: which there are, how large, and what they hold.

use std::path::Path;

use insights_pipeline::report::{ReportOptions, ReportSummary, write_report};
use insights_pipeline::storage::Location;
use insights_pipeline::stores::target::StorePlace;

use crate::site::{self, RosterRow, Site};

pub(crate) fn report(store: &Path, folder: &Path, learners: bool) -> ReportSummary {
    report_with(store, None, folder, learners)
}

/// With the roster of a warehouse.
pub(crate) fn report_with(store: &Path, warehouse: Option<&Path>, folder: &Path, learners: bool) -> ReportSummary {
    let options = ReportOptions { learners, ..ReportOptions::default() };
    let warehouse = warehouse.map(|warehouse| Location::from_path(warehouse).unwrap().directory_form());
    write_report(&StorePlace::Sqlite(store.to_owned()), warehouse.as_ref(), &options, &Location::from_path(folder).unwrap()).unwrap()
}

/// A place to look at: keeps its files when `REPORT_TEST_FOLDER` names one.
#[test]
fn report_of_a_small_site() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 14, days: 540, demographic_days: 2 }.write(&store);
    let out = std::env::var_os("REPORT_TEST_FOLDER").map_or_else(|| folder.path().join("report"), Into::into);
    let summary = report(&store, &out, true);
    assert_eq!(summary.pages.len(), 15);
    for page in &summary.pages {
        assert!(page.bytes < 1_500_000, "{page:?}");
        assert!(page.lenses.iter().all(|lens| lens.empty.is_none() && lens.rows > 0), "{page:?}");
    }
}

fn page(folder: &Path, summary: &ReportSummary, place: usize) -> String {
    std::fs::read_to_string(folder.join(&summary.pages[place].file)).unwrap()
}

#[test]
fn learners_are_named_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 2, days: 200, demographic_days: 1 }.write(&store);
    for learners in [false, true] {
        let out = folder.path().join(format!("report-{learners}"));
        let summary = report(&store, &out, learners);
        let texts: String = (0..summary.pages.len()).map(|place| page(&out, &summary, place)).collect();
        assert_eq!(texts.contains("learner0"), learners);
        assert_eq!(texts.contains("holds personal data"), learners);
    }
}

#[test]
fn learners_of_the_roster_have_names_and_segments() {
    let folder = tempfile::tempdir().unwrap();
    let (store, warehouse, out) = (folder.path().join("store.sqlite"), folder.path().join("warehouse"), folder.path().join("report"));
    Site { courses: 2, days: 30, demographic_days: 1 }.write(&store);
    let course = "course-v1:Uni0+C000+2024";
    site::write_roster(
        &warehouse,
        course,
        &[
            RosterRow { username: "ada", name: "Ada Ångström", cohort: "Red <team>", segments: "highly_engaged,struggling" },
            RosterRow { username: "gone", name: "Gone Girl", cohort: "\\N", segments: "unenrolled" },
            RosterRow { username: "idle", name: "\\N", cohort: "\\N", segments: "inactive" },
        ],
    );
    let summary = report_with(&store, Some(&warehouse), &out, true);
    let of_roster = |place: usize| summary.pages[place].lenses.last().unwrap().clone();
    let place = (1..summary.pages.len()).find(|place| page(&out, &summary, *place).contains("Ada Ångström")).unwrap();
    assert_eq!((of_roster(place).rows, of_roster(place).up_to.as_deref()), (3, Some("2024-06-30")));
    let text = page(&out, &summary, place);
    for shown in
        ["Red &lt;team&gt;", "Highly engaged, Struggling", "<td>Inactive</td>", "<td>Unenrolled</td>", "<th scope=\"row\">idle</th>"]
    {
        assert!(text.contains(shown), "{shown}");
    }
    assert!(!text.contains("@example.org") && !text.contains("no roster"), "no address is shown");
    let other = page(&out, &summary, 3 - place);
    assert!(other.contains("the roster of the warehouse has nobody of this course") && other.contains("learner0"));

    // Without --learners nobody is named, and the segments are still counted.
    let summary = report_with(&store, Some(&warehouse), &out, false);
    let text = page(&out, &summary, place);
    assert!(!text.contains("Ada") && text.contains("Active neither in these seven days nor in the seven before"));
    let summary = report(&store, &out, true);
    assert!(page(&out, &summary, place).contains("there is no roster in the warehouse"));
}

#[test]
fn a_course_without_data_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    let connection = site::empty(&store);
    let out = folder.path().join("report");
    let summary = report(&store, &out, false);
    assert_eq!(summary.pages.len(), 1);
    assert!(page(&out, &summary, 0).contains("holds no course yet"));

    let other = "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id) VALUES ('a', 'a', 'v'), ('b', 'b', 'v')";
    let sql = "INSERT INTO course_enrollment_daily (course_id, date, count, cumulative_count) VALUES ('a', '2024-01-01', 1, 1)";
    connection.execute_batch(&format!("{other}; {sql}; DROP TABLE answer_distribution")).unwrap();
    let summary = report(&store, &out, false);
    let reasons: Vec<_> = summary.pages[2].lenses.iter().map(|lens| lens.empty.clone().unwrap_or_default()).collect();
    let begins = [
        "Nobody has enrolled",
        "Age, education and gender have not been counted on this site yet. The table course_enrollment_gender_daily is empty",
        "Countries have not been looked up on this site yet. The table course_enrollment_location",
    ];
    for (reason, begin) in reasons.iter().zip(begins) {
        assert!(reason.starts_with(begin), "{reason}");
    }
    assert_eq!(reasons[4], "");
    assert!(reasons[5].contains("has no table answer_distribution"), "{}", reasons[5]);
    let shown = page(&out, &summary, 2);
    assert!(shown.contains(&reasons[0]) && shown.contains("Answers have not been counted on this site yet."));
    for word in ["Workflow", "InsertToMysql", "--geolocation", "the table answer"] {
        assert!(!shown.contains(word), "pages are for course teams: {word}");
    }
}

#[test]
fn a_store_that_is_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |store: &Path| {
        let out = Location::from_path(&folder.path().join("report")).unwrap();
        let error = write_report(&StorePlace::Sqlite(store.to_owned()), None, &ReportOptions::default(), &out).unwrap_err();
        assert!(!folder.path().join("report").exists());
        format!("{error:#}")
    };
    let missing = folder.path().join("missing.sqlite");
    assert!(refused(&missing).contains("There is no result store"));
    assert!(!missing.exists(), "reading makes no file");
    let other = folder.path().join("other.sqlite");
    std::fs::write(&other, "no database, and long enough to be read as the head of a file").unwrap();
    assert!(refused(&other).contains("not a SQLite database"), "{}", refused(&other));
    let empty = folder.path().join("empty.sqlite");
    std::fs::write(&empty, "").unwrap();
    assert!(refused(&empty).contains("holds no result table"));
}

#[test]
fn a_page_never_outgrows_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    let connection = site::empty(&store);
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000) INSERT INTO answer_distribution (course_id, module_id, \
               part_id, correct, first_response_count, last_response_count, answer_value_text, question_text) \
               SELECT 'a', 'm' || n, 'p' || n, 0, 1, 1, printf('%.*c', 5000, '<'), 'q' FROM n";
    connection.execute(sql, ()).unwrap();
    let out = folder.path().join("report");
    let summary = report(&store, &out, false);
    assert_eq!(summary.pages[1].lenses[5].rows, 60_000);
    let text = page(&out, &summary, 1);
    assert!(text.len() <= 1_500_000 && text.len() == summary.pages[1].bytes, "{}", text.len());
    assert!(text.contains("of 30,000 rows; the rest is in the table answer_distribution"));
}

#[test]
fn many_answers_to_one_part_leave_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 1, days: 20, demographic_days: 1 }.write(&store);
    let connection = rusqlite::Connection::open(&store).unwrap();
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000) INSERT INTO answer_distribution (course_id, module_id, \
               part_id, correct, first_response_count, last_response_count, answer_value_text, problem_display_name) \
               SELECT (SELECT course_id FROM video LIMIT 1), 'free', 'free_2_1', 0, 1, 1, 'answer ' || n, 'Free text' FROM n";
    connection.execute(sql, ()).unwrap();
    let out = folder.path().join("report");
    let summary = report(&store, &out, false);
    let text = page(&out, &summary, 1);
    let table = text.split("id=\"answers-2\"").nth(1).unwrap().split("</table>").next().unwrap();
    for part in ["p0_2_1", "p39_2_1", "free_2_1"] {
        assert!(table.contains(&format!("<td class=\"id\">{part}</td>")), "{part}");
    }
    assert!(table.contains("<td>Other answers: 1,201 different</td><td class=\"missing\">–</td><td>1,201</td><td>1,201</td>"), "{table}");
    assert!(text.contains("4,000 of 5,200 rows: of each part the answers that most learners gave"));
}

#[test]
fn many_long_videos_cut_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 1, days: 428, demographic_days: 1 }.write(&store);
    let connection = rusqlite::Connection::open(&store).unwrap();
    let videos = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 600) INSERT INTO video (pipeline_video_id, course_id, \
                  encoded_module_id, duration, segment_length, users_at_start, users_at_end, total_viewed_seconds) \
                  SELECT 'long' || n, (SELECT course_id FROM course_enrollment_daily LIMIT 1), 'long' || n, 3600, 5, 1000, 900, 1 FROM n";
    let seconds = "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 719) INSERT INTO video_timeline (pipeline_video_id, segment, \
                   num_users, num_views) SELECT pipeline_video_id, n, 1000, 1100 FROM n, video WHERE pipeline_video_id LIKE 'long%'";
    connection.execute_batch(&format!("{videos}; {seconds}")).unwrap();
    let out = folder.path().join("report");
    let summary = report(&store, &out, false);
    let text = page(&out, &summary, 1);
    assert!(text.len() <= 1_500_000);
    assert!(text.contains(" of 624 videos that most learners began; the others are in the table video_timeline"));
    assert!(!text.contains("rows; the rest is in the table"), "no table is cut");
}

#[test]
fn a_new_report_takes_the_place_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 2, days: 20, demographic_days: 1 }.write(&store);
    let out = folder.path().join("report");
    let before = report(&store, &out, false);
    std::fs::write(out.join("courses/notes.txt"), "mine").unwrap();
    let connection = rusqlite::Connection::open(&store).unwrap();
    for table in site::tables().filter(|table| table.name != "video_timeline") {
        connection.execute(&format!("DELETE FROM {} WHERE course_id LIKE '%C000%'", table.name), ()).unwrap();
    }
    let after = report(&store, &out, false);
    let gone = before.pages.iter().find(|page| page.file.contains("C000")).unwrap();
    assert_eq!(after.pages.len(), 2);
    assert!(!out.join(&gone.file).exists() && out.join("courses/notes.txt").exists());
}

/// For measures by hand: `REPORT_LARGE_STORE=FILE cargo test --test report -- --ignored`, then `insights report --sqlite FILE`.
#[test]
#[ignore = "makes a large file"]
fn a_store_of_five_hundred_courses_and_two_years() {
    let path = std::env::var_os("REPORT_LARGE_STORE").expect("REPORT_LARGE_STORE names no file");
    Site { courses: 500, days: 730, demographic_days: 30 }.write(Path::new(&path));
}
