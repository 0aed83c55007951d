//! `ModuleEngagementWorkflowTask` over two weeks of logs, into engines of both dialects.

use std::fs;

use serde_json::json;

use crate::hadoop::Hadoop;
use crate::reader;
use crate::roster_in_sql::roster_in_sql;
use crate::scene::Scene;
use crate::search_engine::{Engine, Kind};
use crate::site::same;

const DAY: &str = "2014-05-16";
const ROSTER: &str = "module_engagement_roster/dt=2014-05-16";
const STORED: &str = "SELECT course_id, username, date, entity_type, entity_id, event, count FROM {reports}.module_engagement";

/// Two weeks of logs, and learners such as the generator does not make.
fn scene() -> Scene {
    let scene = Scene::new("engagement", &["--interval", "2014-05-01-2014-05-16", "--events", "15000", "--users", "150"]);
    scene.change_lms(&[
        // Learners in several groups of a course, and in groups of no course of theirs.
        "INSERT INTO {lms}.course_groups_courseusergroup SELECT id + 100, CONCAT('Second ', id), course_id, 'cohort' \
         FROM {lms}.course_groups_courseusergroup",
        "INSERT INTO {lms}.course_groups_courseusergroup_users (courseusergroup_id, user_id, id) SELECT g.id, u.id, 100000 + g.id * 1000 + u.id \
         FROM {lms}.auth_user u JOIN {lms}.course_groups_courseusergroup g ON (u.id + g.id) % 3 = 0 AND g.id > 100",
        "DELETE FROM {lms}.auth_userprofile WHERE user_id % 17 = 0",
        "DELETE FROM {lms}.auth_user WHERE id % 19 = 0",
        "UPDATE {lms}.auth_userprofile SET goals = CONCAT(REPEAT('é', 20000), 'x'), city = 'A\\tB\\\\C\\nD', name = '\\\\' WHERE user_id % 13 = 0",
    ]);
    scene
}

#[test]
fn from_logs_to_the_roster_index() {
    let engines = [Kind::Elasticsearch, Kind::OpenSearch].map(Engine::shared);
    let [first, second] = &engines;
    let scene = scene();
    scene.configure(&first.url, "");
    let options = ["ModuleEngagementWorkflowTask", "--date", DAY, "--n-reduce-tasks", "3", "--indexing-tasks", "2"];
    let workflow = |more: &[&str]| scene.run(&[&options[..], more].concat());

    // Without days enrolled nothing is begun, and the way out is said.
    let output = scene.command(&options);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(20), "{said}");
    assert!(said.contains("ImportEnrollmentsIntoMysql --interval-end 2014-05-16"), "{said}");
    assert!(!scene.path("w").exists());

    let enrollment = ["ImportEnrollmentsIntoMysql", "--interval", "2014-05-01-2014-05-16", "--date", DAY, "--import-date", DAY];
    scene.run(&[&enrollment[..], &["--n-reduce-tasks", "3", "--overwrite-mysql"]].concat());
    let said = workflow(&[]);
    assert!(said.contains("for 14 jobs"), "{said}");

    // The rows are those of plain SQL over the LMS.
    let roster = scene.partition(ROSTER);
    same("roster", &roster_in_sql(&scene), &roster);
    check_variety(&roster);
    assert!(said.contains("Discard Further Cohort = "), "{said}");
    let days = check_tables(&scene);
    reader::check(first, &scene.alias, DAY, &roster);

    // A second run finds everything done, and replaces only the ranges.
    let (holders, ranges) = (first.holders(&scene.alias), ranges(&scene));
    let said = workflow(&[]);
    assert!(!said.contains("Engagement of") && said.contains("Roster: skipped"), "{said}");
    assert!(said.contains("Roster index of 2014-05-16: skipped"), "{said}");
    assert_eq!((first.holders(&scene.alias), ranges), (holders.clone(), self::ranges(&scene)));
    same("stored again", &days, &scene.reports(STORED));
    same("roster again", &roster, &scene.partition(ROSTER));

    // A search engine that the command line names gets an index of its own; the first is as it was.
    let said = workflow(&["--host", &second.url]);
    assert!(said.contains("Roster: skipped") && !said.contains("index of 2014-05-16: skipped"), "{said}");
    reader::check(second, &scene.alias, DAY, &roster);
    assert_eq!(first.holders(&scene.alias), holders);

    roster_is_made_again(&scene, &roster);
    on_hadoop(&scene, first, &roster);
    scene.change_lms(&["UPDATE {lms}.auth_user SET email = 'new@example.org'"]);
    for (engine, more) in [(first, &["--obfuscate"][..]), (second, &["--obfuscate", "--host", &second.url])] {
        overwritten(&scene, engine, &workflow(&[&["--overwrite"], more].concat()), &days);
    }
}

/// What the generated site has of everything that the roster tells apart.
fn check_variety(roster: &[String]) {
    let rows: Vec<Vec<&str>> = roster.iter().map(|row| row.split('\t').collect()).collect();
    let having = |what: &dyn Fn(&[&str]) -> bool| rows.iter().filter(|row| what(row.as_slice())).count();
    println!("{} rows of the roster", rows.len());
    for segment in ["unenrolled", "inactive", "disengaging", "highly_engaged", "struggling"] {
        let count = having(&|row| row[15].split(',').any(|name| name == segment));
        println!("{segment}: {count}");
        assert!(count > 0, "{segment}");
    }
    assert!(having(&|row| row[8].starts_with("Second")) > 0 && having(&|row| row[8].starts_with("Cohort")) > 0);
    assert!(having(&|row| row[12] == "\\N" && row[16].starts_with('-')) > 0 && having(&|row| row[26].len() == 40_000) > 0);
}

/// What readers of the tables rely on (rules 08, 9). Gives the rows of all days.
fn check_tables(scene: &Scene) -> Vec<String> {
    let mut days: Vec<_> = (2..16).flat_map(|day| scene.partition(&format!("module_engagement/dt=2014-05-{day:02}"))).collect();
    days.sort();
    assert!(!days.is_empty());
    same("stored", &days, &scene.reports(STORED));
    let loaded =
        scene.reports("SELECT COUNT(*) FROM {reports}.table_updates WHERE update_id LIKE 'ModuleEngagementMysqlTask(date=2014-05-%'");
    assert_eq!(loaded, ["14"]);
    let discussions = "SELECT DISTINCT event FROM {reports}.module_engagement WHERE entity_type = 'discussion'";
    assert_eq!(scene.reports(discussions), ["contributed"]);
    let twice =
        "SELECT 1 FROM {reports}.module_engagement GROUP BY course_id, username, date, entity_type, entity_id, event HAVING COUNT(*) > 1";
    assert!(scene.reports(twice).is_empty());
    let twice = "SELECT 1 FROM {reports}.module_engagement_metric_ranges GROUP BY course_id, metric, range_type HAVING COUNT(*) > 1";
    assert!(scene.reports(twice).is_empty());
    // The last range of each metric has no upper bound, and no range begins below nothing.
    let bounded = "SELECT 1 FROM {reports}.module_engagement_metric_ranges GROUP BY course_id, metric \
                   HAVING SUM(high_value IS NULL) = 0 OR MIN(COALESCE(low_value, 0)) < 0";
    assert!(scene.reports(bounded).is_empty());
    assert_eq!(ranges(scene).len(), scene.partition("module_engagement_metric_ranges/dt=2014-05-16").len());
    days
}

fn ranges(scene: &Scene) -> Vec<String> {
    scene.site.table(&scene.reports, "module_engagement_metric_ranges")
}

/// A roster that is gone is made again by its own task, by the real mappers too.
fn roster_is_made_again(scene: &Scene, roster: &[String]) {
    let bytes = || scene.site.files(&format!("w/{ROSTER}")).iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let task = ["ModuleEngagementRosterPartitionTask", "--date", DAY, "--n-reduce-tasks", "3"];
    let before = bytes();
    fs::remove_dir_all(scene.path("w/module_engagement_roster")).unwrap();
    let said = scene.run(&task);
    assert!(!said.contains("Table ") && !said.contains("index"), "{said}");
    assert!(bytes() == before);
    // The real mappers tell the tables apart by the paths of their input, as on a cluster.
    fs::remove_dir_all(scene.path("w/module_engagement_roster")).unwrap();
    scene.run(&[&task[..], &["--runner", "pipe"]].concat());
    same("roster by pipe", roster, &scene.partition(ROSTER));
}

/// The joins and the loading tasks through Hadoop Streaming, in Hadoop's in-process engine.
fn on_hadoop(scene: &Scene, engine: &Engine, roster: &[String]) {
    let hadoop = Hadoop::local().configuration.display().to_string();
    let run = |task: &str, more: &[&str]| {
        let common = ["--runner", "hadoop", "--config", &hadoop, task, "--date", DAY, "--n-reduce-tasks", "3"];
        scene.run(&[&common[..], more].concat())
    };
    for table in ["module_engagement_roster", "module_engagement_roster_learners", "module_engagement_roster_cohorts"] {
        fs::remove_dir_all(scene.path(&format!("w/{table}"))).unwrap();
    }
    run("ModuleEngagementRosterPartitionTask", &[]);
    same("roster by Hadoop", roster, &scene.partition(ROSTER));
    let before = engine.holders(&scene.alias);
    let said = run("ModuleEngagementRosterIndexTask", &["--overwrite", "--indexing-tasks", "2", "--throttle", "0", "--batch-size", "50"]);
    assert!(said.contains(&format!("Elasticsearch: Records Indexed = {}", roster.len())), "{said}");
    assert_ne!(engine.holders(&scene.alias), before);
    reader::check(engine, &scene.alias, DAY, roster);
}

/// With --overwrite another index takes the old one's place, from new imports.
fn overwritten(scene: &Scene, engine: &Engine, said: &str, days: &[String]) {
    assert!(said.contains("Import of auth_user: ") && said.contains("Summary of the week before 2014-05-16: "), "{said}");
    same("replaced days", days, &scene.reports(STORED));
    let after = scene.partition(ROSTER);
    assert!(after.iter().all(|row| row.split('\t').nth(4) == Some("new@example.org")));
    let username = after[0].split('\t').nth(1).unwrap();
    let (_, hits) = engine.search(&scene.alias, json!({"query": {"term": {"username": username}}}));
    assert_eq!(hits[0]["email"], json!(format!("{username}@example.com")));
    assert_eq!((engine.holders(&scene.alias), engine.count(&scene.alias)), (engine.indexes(&scene.alias), after.len() as u64));
}
