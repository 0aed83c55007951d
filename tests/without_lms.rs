//! `insights daily` on a site without LMS database: what is missing is derived from the logs, and real imports replace it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use site::{DAY, Site, files_below};

const NOTICE: &str = "There is no LMS database";
const TABLES: [&str; 6] = [
    "student_courseenrollment",
    "auth_user",
    "auth_userprofile",
    "grades_persistentcoursegrade",
    "course_groups_courseusergroup",
    "course_groups_courseusergroup_users",
];

/// Columns of an import's rows, as text.
fn import(site: &Site, warehouse: &str, table: &str) -> Vec<Vec<String>> {
    let columns = |line: String| line.split('\u{1}').map(str::to_owned).collect();
    site.lines(&format!("{warehouse}/{table}/dt={DAY}")).into_iter().map(columns).collect()
}

/// Whether each learner is active in each course, by an import.
fn active(site: &Site, warehouse: &str) -> BTreeMap<[String; 2], String> {
    let rows = import(site, warehouse, "student_courseenrollment");
    rows.into_iter().map(|row| ([row[1].clone(), row[2].clone()], row[4].clone())).collect()
}

fn without_imports(site: &Site, warehouse: &str) {
    for table in TABLES {
        fs::remove_dir_all(site.path(&format!("{warehouse}/{table}"))).unwrap();
    }
}

#[test]
fn a_day_is_made_from_the_logs_alone_until_there_are_imports() {
    let site = Site::three_weeks(20_000);
    site.daily_warehouse("with");
    let (code, said) = site.daily("with", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(NOTICE), "{said}");

    site.daily_warehouse("w");
    without_imports(&site, "w");
    let (code, said) = site.daily("w", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches(NOTICE).count(), 1, "{said}");
    assert_eq!(said.matches("One scan of").count(), 1, "user names are read in the same scan: {said}");

    // Accounts: those of the LMS that did anything, with their names.
    let names = |warehouse: &str| -> BTreeMap<String, String> {
        import(&site, warehouse, "auth_user").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
    };
    let (real, derived) = (names("with"), names("w"));
    assert!(derived.len() > 10, "{derived:?}");
    assert!(derived.iter().all(|(id, name)| real.get(id) == Some(name)));
    // Enrollments: those of the LMS of which there are events, in the same state.
    let (real, derived) = (active(&site, "with"), active(&site, "w"));
    let known: Vec<_> = derived.keys().filter(|key| real.contains_key(*key)).collect();
    assert!(known.len() > 10);
    // The generator does not know of events that are late or of the same time; the days enrolled do.
    let different = known.iter().filter(|key| real[**key] != derived[**key]).count();
    assert!(different < known.len() / 50, "{different}");
    let days = site.lines(&format!("w/course_enrollment/dt={DAY}")).into_iter().filter(|row| row.starts_with("2014-05-20\t"));
    let at_end = |row: String| {
        let columns: Vec<_> = row.split('\t').collect();
        ([columns[2].to_owned(), columns[1].to_owned()], (columns[3] == "1").to_string())
    };
    assert!(derived == days.map(at_end).collect());
    for table in &TABLES[2..] {
        assert!(import(&site, "w", table).is_empty() && site.path(&format!("w/{table}/dt={DAY}/_SUCCESS")).exists(), "{table}");
    }

    // What needs no LMS is the same; demographics are there, and tell nothing.
    let (real, derived) = (site.tables("with"), site.tables("w"));
    assert_eq!(derived.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>());
    let of_logs: BTreeSet<_> = real.keys().filter(|name| real[*name] == derived[*name]).map(String::as_str).collect();
    for table in
        ["course_enrollment_daily", "course_enrollment_mode_daily", "course_activity", "video", "module_engagement", "answer_distribution"]
    {
        assert!(of_logs.contains(table) && !derived[table].is_empty(), "{table}: {of_logs:?}");
    }
    for table in ["course_enrollment_gender_daily", "course_enrollment_education_level_daily", "course_enrollment_birth_year_daily"] {
        assert!(!derived[table].is_empty() && derived[table].iter().all(|row| row.contains(" Null ")), "{table}: {:?}", derived[table]);
    }
    assert!(!derived["course_enrollment_location_current"].is_empty());
    let roster = site.lines(&format!("w/module_engagement_roster/dt={DAY}"));
    assert!(roster.len() > 250, "{}", roster.len());
    assert!(roster.iter().all(|row| row.split('\t').nth(1) != Some("\\N")));

    // Again: nothing to do.
    let before = files_below(&site.path("w"));
    let (code, said) = site.daily("w", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("One scan of") && said.contains("Import of auth_user: skipped"), "{said}");
    assert!(said.contains("Changes of each group: skipped"), "two tasks ask for the profiles, which are made once: {said}");
    assert_eq!(files_below(&site.path("w")), before);
    let table: Vec<_> =
        said.lines().skip_while(|line| !line.starts_with("Task ")).skip(1).take_while(|line| !line.starts_with("insights")).collect();
    assert!(table.len() > 4 && table.iter().all(|line| line.contains("  up to date  ")), "nothing was due: {said}");
    assert_eq!(said.matches(NOTICE).count(), 1, "{said}");

    // Real imports, one and then all: what was made of the derived ones is made again.
    let put = |table: &str| {
        let (from, to) = (site.path(&format!("with/{table}/dt={DAY}")), site.path(&format!("w/{table}/dt={DAY}")));
        fs::remove_dir_all(&to).unwrap();
        fs::create_dir(&to).unwrap();
        for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    put("auth_userprofile");
    let (code, said) = site.daily("w", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches(NOTICE).count(), 1, "others are still derived: {said}");
    let table = "course_enrollment_gender_daily";
    assert!(site.tables("w")[table] == real[table] && !said.contains("One scan of"), "{said}");
    TABLES.iter().filter(|table| **table != "auth_userprofile").for_each(|table| put(table));
    let (code, said) = site.daily("w", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(NOTICE) && !said.contains("One scan of"), "{said}");
    let now = site.tables("w");
    let different: Vec<_> = real.keys().filter(|name| now[*name] != real[*name]).collect();
    assert!(different.is_empty(), "{different:?}: {said}");
    let roster = |name: &str| BTreeSet::from_iter(site.lines(&format!("{name}/module_engagement_roster/dt={DAY}")));
    assert!(roster("w") == roster("with"));
}

#[test]
fn what_is_configured_or_imported_by_others_is_never_derived() {
    let site = Site::three_weeks(2_000);
    site.daily_warehouse("w");
    // An import of other tables is there: a missing one is missing input.
    fs::remove_dir_all(site.path("w/student_courseenrollment")).unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "location"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("no complete import of the LMS table student_courseenrollment") && !said.contains(NOTICE), "{said}");
    // An LMS database that is configured and cannot be reached is an error.
    for table in TABLES.iter().filter(|table| **table != "student_courseenrollment") {
        fs::remove_dir_all(site.path(&format!("w/{table}"))).unwrap();
    }
    site.write("lms.json", r#"{"host": "127.0.0.1", "port": 1, "username": "u", "password": "p"}"#);
    let configured = format!("\n[database-import]\ncredentials = {}\ndatabase = lms\n", site.place("lms.json"));
    let text = fs::read_to_string(site.path("w.cfg")).unwrap() + &configured;
    fs::write(site.path("w.cfg"), text).unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "location", "--only", "module-engagement"]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("The LMS database cannot be used") && !said.contains(NOTICE), "{said}");
    assert!(!site.path("w/auth_userprofile").exists());
}
