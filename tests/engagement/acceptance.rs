//! The recorded acceptance case (rules 07, 12): logs of two days, an LMS, and the values that readers find.

use std::fs;

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::search_engine::{Engine, Kind};
use crate::site::{compact, write_lines};

const DAY: &str = "2015-04-17";
const A: &str = "edX/DemoX/Demo_Course";
const B: &str = "edX/DemoX/Demo_Course_2";
const C: &str = "course-v1:edX+DemoX+Demo_Course_2015";
const PROBLEM: &str = "i4x://edX/DemoX/problem/a0effb954cca4759994f1ac9e9434bf4";
const VIDEO: &str = "i4x-edX-DemoX-video-8c0028eb2a724f48a074bc184cd8635f";

/// A line of the log; `extra` are further fields of the event.
fn line(day: &str, course: &str, username: &str, event_type: &str, payload: &Value) -> String {
    let user_id = if username == "staff" { 4 } else { 1 };
    let (source, context) = ("server", json!({"course_id": course, "user_id": user_id}));
    json!({"time": format!("{day}T10:00:00.000001+00:00"), "username": username, "event_type": event_type, "event_source": source,
           "context": context, "event": payload})
    .to_string()
}

fn enrolled(day: &str, course: &str, username: &str) -> String {
    let user_id = if username == "staff" { 4 } else { 1 };
    line(day, course, username, "edx.course.enrollment.activated", &json!({"course_id": course, "user_id": user_id, "mode": "honor"}))
}

fn attempts(day: &str, course: &str, problem: &str, answers: &[&str]) -> Vec<String> {
    answers.iter().map(|success| line(day, course, "honor", "problem_check", &json!({"problem_id": problem, "success": success}))).collect()
}

fn posts(day: &str, course: &str, topic: &str, count: usize) -> Vec<String> {
    vec![line(day, course, "honor", "edx.forum.thread.created", &json!({"commentable_id": topic})); count]
}

fn plays(day: &str, course: &str, username: &str, videos: &[&str]) -> Vec<String> {
    videos.iter().map(|video| line(day, course, username, "play_video", &json!({"id": video}))).collect()
}

/// Events that give the summaries of the case, 5 and 12 rows.
fn write_logs(scene: &Scene) {
    let (first, second) = ("2015-04-13", "2015-04-16");
    let problem = |number: u32| format!("i4x://edX/DemoX/problem/{number}");
    let days = [
        (
            first,
            [
                vec![enrolled(first, A, "honor"), enrolled(first, B, "honor"), enrolled(first, C, "honor")],
                attempts(first, A, &problem(1), &["incorrect", "correct"]),
                posts(first, A, "general", 3),
                posts(first, B, "general", 1),
                posts(first, C, "general", 3),
            ]
            .concat(),
        ),
        (
            second,
            [
                vec![enrolled(second, B, "staff")],
                attempts(second, A, PROBLEM, &["incorrect", "incorrect", "correct"]),
                attempts(second, A, &problem(2), &["incorrect"]),
                plays(second, A, "honor", &["video-1", "video-2"]),
                posts(second, A, "week", 3),
                attempts(second, B, &problem(3), &["incorrect"]),
                plays(second, B, "honor", &["video-1"]),
                posts(second, B, "general", 2),
                plays(second, B, "staff", &["video-1"]),
                plays(second, C, "honor", &["video-1"]),
                posts(second, C, "general", 3),
                plays(second, "edX/DemoX/Demo_Course_3", "", &[VIDEO, VIDEO]),
                // Votes and searches are no actions.
                vec![line(second, A, "honor", "edx.forum.thread.voted", &json!({"commentable_id": "general"}))],
            ]
            .concat(),
        ),
    ];
    let name = |day: &str| scene.path(&format!("logs/tracking.log-{}", compact(day)));
    fs::remove_dir_all(scene.path("logs")).unwrap();
    (2..17).for_each(|day| write_lines(&name(&format!("2015-04-{day:02}")), std::iter::empty()));
    for (day, lines) in days {
        write_lines(&name(day), lines.into_iter());
    }
}

fn scene() -> Scene {
    let scene = Scene::new("accepted", &["--interval", "2015-04-13-2015-04-14", "--events", "10", "--users", "2"]);
    write_logs(&scene);
    let tables = [
        "auth_user",
        "auth_userprofile",
        "course_groups_courseusergroup",
        "course_groups_courseusergroup_users",
        "student_courseenrollment",
        "grades_persistentcoursegrade",
    ];
    for table in tables {
        scene.change_lms(&[&format!("DELETE FROM {{lms}}.{table}")]);
    }
    let account = |id: u32, name: &str| {
        format!(
            "INSERT INTO {{lms}}.auth_user (id, username, date_joined, is_active, is_superuser, is_staff, email, password, first_name, last_name) \
             VALUES ({id}, '{name}', '2014-01-01', 1, 0, 0, '{name}@example.com', '', '', '')"
        )
    };
    let profile = |values: &str| {
        format!(
            "INSERT INTO {{lms}}.auth_userprofile (id, meta, user_id, name, gender, year_of_birth, level_of_education, language, location, \
             mailing_address, city, country, goals) VALUES {values}"
        )
    };
    let group = |id: u32, course: &str| {
        format!(
            "INSERT INTO {{lms}}.course_groups_courseusergroup (id, name, course_id, group_type) VALUES ({id}, 'Group {id}', '{course}', 'cohort')"
        )
    };
    scene.change_lms(&[
        &account(1, "honor"),
        &account(4, "staff"),
        &profile(
            "(1, '', 1, 'honor', 'm', 1984, 'a', 'es-ES', 'Europe', 'Luna\\n10 - 3\\n28300\\nARANJUEZ', 'Madrid', 'ES', 'Me\\tencanta\\taprender.')",
        ),
        &profile("(4, '', 4, 'staff', NULL, 2000, '', '', '', NULL, NULL, '', REPEAT('x', 32766))"),
        &group(1, A),
        &group(2, B),
        &group(3, C),
        "INSERT INTO {lms}.course_groups_courseusergroup_users (courseusergroup_id, user_id, id) VALUES (1, 1, 1), (2, 1, 2), (3, 1, 3), (2, 4, 4)",
    ]);
    scene
}

/// Ranges of a course as text: metric, range, lower and upper bound.
fn ranges(scene: &Scene, course: &str) -> Vec<String> {
    let query = "SELECT metric, range_type, low_value, high_value, start_date, end_date FROM {reports}.module_engagement_metric_ranges";
    let rows = scene.reports(&format!("{query} WHERE course_id = '{course}'"));
    let week = "\t'2015-04-10'\t'2015-04-17'";
    let of_week = |row: &String| row.strip_suffix(week).or_else(|| row.strip_suffix(&week.replace('\'', ""))).map(str::to_owned);
    rows.iter().map(|row| of_week(row).unwrap_or_else(|| panic!("{row}")).replace('\t', " ")).collect()
}

fn sorted<const N: usize>(rows: [&str; N]) -> Vec<String> {
    let mut rows = rows.map(str::to_owned).to_vec();
    rows.sort();
    rows
}

fn check_ranges(scene: &Scene) {
    let low_and_normal = |metric: &str, bound: u32| [format!("{metric} low 0 {bound}"), format!("{metric} normal {bound} \\N")];
    let of_a = [
        ("discussion_contributions", 6),
        ("problem_attempts", 6),
        ("problem_attempts_per_completed", 3),
        ("problems_attempted", 3),
        ("problems_completed", 2),
        ("videos_viewed", 2),
    ];
    let mut of_a: Vec<_> = of_a.iter().flat_map(|(metric, bound)| low_and_normal(metric, *bound)).collect();
    of_a.sort();
    assert_eq!(ranges(scene, A), of_a);
    let of_b = sorted([
        "discussion_contributions low 0 0.45",
        "discussion_contributions normal 0.45 2.55",
        "discussion_contributions high 2.55 \\N",
        "problem_attempts low 0 0.15",
        "problem_attempts normal 0.15 0.85",
        "problem_attempts high 0.85 \\N",
        "problems_attempted low 0 0.15",
        "problems_attempted normal 0.15 0.85",
        "problems_attempted high 0.85 \\N",
        "problem_attempts_per_completed low 0 \\N",
        "problem_attempts_per_completed normal \\N \\N",
        "problems_completed normal 0 \\N",
        "videos_viewed low 0 1",
        "videos_viewed normal 1 \\N",
    ]);
    assert_eq!(ranges(scene, B), of_b);
    let of_c = sorted([
        "discussion_contributions low 0 6",
        "discussion_contributions normal 6 \\N",
        "problem_attempts normal 0 \\N",
        "problem_attempts_per_completed normal 0 \\N",
        "problems_attempted normal 0 \\N",
        "problems_completed normal 0 \\N",
        "videos_viewed low 0 1",
        "videos_viewed normal 1 \\N",
    ]);
    assert_eq!(ranges(scene, C), of_c);
}

fn check_warehouse(scene: &Scene) {
    let week = |rows: [&str; 4]| {
        sorted(rows).iter().map(|row| row.replace("WEEK", "2015-04-10 2015-04-17").replace(' ', "\t")).collect::<Vec<_>>()
    };
    let summaries = [
        &format!("{A} honor WEEK 6 3 2 3.0 2 6 2"),
        &format!("{B} honor WEEK 1 1 0 inf 1 3 2"),
        &format!("{B} staff WEEK 0 0 0 inf 1 0 1"),
        &*format!("{C} honor WEEK 0 0 0 inf 1 6 2"),
    ];
    assert_eq!(scene.partition("module_engagement_summary/dt=2015-04-17"), week(summaries));
    let segments = scene.partition("module_engagement_user_segments/dt=2015-04-17");
    let expected = format!("{B}\thonor\t2015-04-10\t2015-04-17\thighly_engaged\tproblems_attempted,discussion_contributions");
    assert_eq!(segments, [expected]);
    let rows = |day: &str| scene.partition(&format!("module_engagement/dt={day}")).len();
    assert_eq!((rows("2015-04-13"), rows("2015-04-16")), (5, 12));
}

fn document(course: &str, username: &str, of_course: Value, of_learner: Value) -> Value {
    let mut source = json!({"course_id": course, "username": username, "start_date": "2015-04-10", "end_date": "2015-04-17",
        "email": format!("{username}@example.com"), "name": username, "enrollment_mode": "honor"});
    for part in [of_course, of_learner] {
        part.as_object().unwrap().iter().for_each(|(name, value)| source[name] = value.clone());
    }
    source
}

/// The four documents, field by field.
fn check_documents(engine: &Engine, alias: &str) {
    let of_honor = || {
        json!({"user_id": 1, "location": "Europe", "language": "es-ES", "year_of_birth": 1984, "gender": "m", "level_of_education": "a",
            "country": "ES", "city": "Madrid", "mailing_address": "Luna 10 - 3 28300 ARANJUEZ", "goals": "Me encanta aprender."})
    };
    let of_staff = json!({"user_id": 4, "year_of_birth": 2000, "language": "", "location": "", "country": "", "level_of_education": "",
        "goals": "x".repeat(20_000)});
    let expected = [
        (
            format!("{A}|honor"),
            document(
                A,
                "honor",
                json!({"cohort": "Group 1", "enrollment_date": "2015-04-13", "problem_attempts": 6,
            "problems_attempted": 3, "problems_completed": 2, "problem_attempts_per_completed": 3.0, "videos_viewed": 2,
            "discussion_contributions": 6, "attempt_ratio_order": 6, "segments": [""]}),
                of_honor(),
            ),
        ),
        (
            format!("{B}|honor"),
            document(
                B,
                "honor",
                json!({"cohort": "Group 2", "enrollment_date": "2015-04-13", "problem_attempts": 1,
            "problems_attempted": 1, "problems_completed": 0, "videos_viewed": 1, "discussion_contributions": 3,
            "attempt_ratio_order": -1, "segments": ["highly_engaged"]}),
                of_honor(),
            ),
        ),
        (
            format!("{B}|staff"),
            document(
                B,
                "staff",
                json!({"cohort": "Group 2", "enrollment_date": "2015-04-16", "problem_attempts": 0,
            "problems_attempted": 0, "problems_completed": 0, "videos_viewed": 1, "discussion_contributions": 0,
            "attempt_ratio_order": 0, "segments": [""]}),
                of_staff,
            ),
        ),
        (
            format!("{C}|honor"),
            document(
                C,
                "honor",
                json!({"cohort": "Group 3", "enrollment_date": "2015-04-13", "problem_attempts": 0,
            "problems_attempted": 0, "problems_completed": 0, "videos_viewed": 1, "discussion_contributions": 6,
            "attempt_ratio_order": 0, "segments": [""]}),
                of_honor(),
            ),
        ),
    ];
    let (_, answer) = engine.send("POST", &format!("/{alias}/_search"), Some(&json!({"size": 10})));
    let hits = answer["hits"]["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 4);
    for (id, source) in expected {
        let hit = hits.iter().find(|hit| hit["_id"] == id.as_str()).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(hit["_source"], source, "{id}");
    }
}

#[test]
fn the_recorded_case() {
    let scene = scene();
    let engines = [Kind::Elasticsearch, Kind::OpenSearch].map(Engine::shared);
    scene.configure(&engines[0].url, "");
    let enrollment = ["ImportEnrollmentsIntoMysql", "--interval", "2015-04-01-2015-04-17", "--date", DAY, "--import-date", DAY];
    scene.run(&[&enrollment[..], &["--n-reduce-tasks", "2", "--overwrite-mysql"]].concat());
    let task = ["ModuleEngagementWorkflowTask", "--date", DAY, "--n-reduce-tasks", "2"];

    // A quiet day among the last three stops the workflow, and the way out is said.
    let output = scene.command(&task);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(30), "{said}");
    assert!(said.contains("allow_empty_insert = true in the section [module-engagement]"), "{said}");

    scene.configure(&engines[0].url, "allow_empty_insert = true");
    scene.run(&task);
    scene.run(&[&task[..], &["--host", &engines[1].url]].concat());
    check_warehouse(&scene);
    check_ranges(&scene);
    let rows = || scene.reports("SELECT date, course_id, username, entity_type, entity_id, event, count FROM {reports}.module_engagement");
    let stored = rows();
    let recorded = format!("{A}\thonor\tproblem\t{PROBLEM}\tattempted\t3");
    assert_eq!(stored.len(), 17);
    assert!(stored.iter().any(|row| row.replace('\'', "") == format!("2015-04-16\t{recorded}")), "{stored:?}");
    for engine in &engines {
        check_documents(engine, &scene.alias);
    }

    // Without a search engine the tables are the same. Events without a user name are kept under one, who has no account.
    let more = "allow_empty_insert = true\nstore_anonymous_username = ANONYMOUS USER";
    scene.configure("", more);
    let roster = scene.partition("module_engagement_roster/dt=2015-04-17");
    let said = scene.run(&[&task[..], &["--overwrite", "--overwrite-n-days", "7"]].concat());
    assert!(!said.contains("Roster index"), "{said}");
    let anonymous: Vec<_> = rows().into_iter().filter(|row| !stored.contains(row)).map(|row| row.replace('\'', "")).collect();
    assert_eq!(anonymous, [format!("2015-04-16\tedX/DemoX/Demo_Course_3\tANONYMOUS USER\tvideo\t{VIDEO}\tviewed\t2")]);
    assert_eq!(rows().len(), 18);
    check_ranges(&scene);
    let of_course = sorted([
        "discussion_contributions normal 0 \\N",
        "problem_attempts normal 0 \\N",
        "problem_attempts_per_completed normal 0 \\N",
        "problems_attempted normal 0 \\N",
        "problems_completed normal 0 \\N",
        "videos_viewed low 0 1",
        "videos_viewed normal 1 \\N",
    ]);
    assert_eq!(ranges(&scene, "edX/DemoX/Demo_Course_3"), of_course);
    assert_eq!(scene.partition("module_engagement_roster/dt=2015-04-17"), roster);
}
