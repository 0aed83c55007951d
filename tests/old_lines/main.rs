//! The task lines of the old documentation run to their ends on a complete site, with servers: what an old crontab does on its first day
//! here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: mariadb, opensearch

#[path = "../servers/search_engine.rs"]
mod search_engine;
#[path = "../site/mod.rs"]
mod site;

use search_engine::{Engine, Kind};
use site::{Configuration, DatabaseSite, FROM_DATE, OLD_LINES, TO_DATE, mmdb, said};

/// In front of the lines in turn.
const LAUNCHERS: [&str; 4] =
    ["insights", "launch-task", "insights launch-task", "remote-task --host localhost --user hadoop --remote-name x --skip-setup --wait"];

/// The tables that the lines fill.
const TABLES: [&str; 13] = [
    "answer_distribution",
    "course_activity",
    "course_enrollment_birth_year_daily",
    "course_enrollment_daily",
    "course_enrollment_education_level_daily",
    "course_enrollment_gender_daily",
    "course_enrollment_location_current",
    "course_enrollment_mode_daily",
    "course_meta_summary_enrollment",
    "module_engagement",
    "module_engagement_metric_ranges",
    "video",
    "video_timeline",
];

#[test]
fn every_line_of_the_old_documentation_runs_to_its_end() {
    let (site, engine) = (DatabaseSite::new(), Engine::shared(Kind::OpenSearch));
    let interval = format!("{FROM_DATE}..{TO_DATE}");
    let logs = ["--events", "6000", "--users", "60", "--courses", "3", "--gzip", "--out", "logs", "--sql", "lms.sql"];
    site.run(&[&["generate", "--interval", &interval], &logs[..]].concat());
    let (lms, reports) = (site.new_lms("lms.sql"), site.new_database());
    let networks = vec![("0.0.0.0/1", mmdb::country("FR", "France")), ("128.0.0.0/1", mmdb::country("US", "United States"))];
    site.write("countries.mmdb", mmdb::Database { networks, ..mmdb::Database::default() }.bytes());
    let alias = format!("old_lines_{}", std::process::id());
    // No day of the history is there: what a task may not do without (rules 06, 2) lies in its window.
    let sections = format!(
        "[enrollments]\ninterval_start = {FROM_DATE}\noverwrite_n_days = 3\n[location-per-course]\ninterval_start = {FROM_DATE}\n\
         overwrite_n_days = 3\n[user-activity]\noverwrite_n_days = 14\n[videos]\noverwrite_n_days = 14\n[module-engagement]\n\
         overwrite_n_days = 3\nalias = {alias}\nnumber_of_shards = 1\n[elasticsearch]\nhost = {}\n[geolocation]\n\
         geolocation_data = countries.mmdb\n[database-import]\ncredentials = credentials.json\ndatabase = {lms}\n[database-export]\n\
         credentials = credentials.json\ndatabase = {reports}\n",
        engine.url
    );
    // Where the old programs looked for it.
    site.write("override.cfg", Configuration::of_site(&site, "warehouse").text(&sections));
    site.link_launchers();

    for (line, launcher) in OLD_LINES.iter().zip(LAUNCHERS.iter().cycle()) {
        // One of them begins with a launcher of its own.
        let typed = if line.starts_with("remote-task ") { (*line).to_owned() } else { format!("{launcher} {line}") };
        let ran = site.typed(&typed);
        assert_eq!(ran.status.code(), Some(0), "{typed}\n{}", said(&ran));
    }

    for table in TABLES {
        assert!(!site.table(&reports, table).is_empty(), "{table} is empty");
    }
    assert_eq!(engine.holders(&alias).len(), 1);
    assert!(engine.count(&alias) > 0);
}
