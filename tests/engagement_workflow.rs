//! `ModuleEngagementWorkflowTask` from logs and a real LMS database to a real result store and search engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

#[path = "servers/search_engine.rs"]
mod search_engine;
mod servers;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use mysql::Conn;
use mysql::prelude::Queryable;
use search_engine::{Engine, Kind};
use serde_json::json;
use servers::{MariaDb, Texts, query};

const DAY: &str = "2014-05-16";

/// Two weeks of logs, the LMS database of the same learners, and an empty result store.
struct Scene {
    folder: tempfile::TempDir,
    server: Arc<MariaDb>,
    lms: String,
    reports: String,
    alias: String,
}

impl Scene {
    fn new(engine: &Engine) -> Self {
        let number = std::process::id();
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
            server: MariaDb::shared(),
            lms: format!("lms_engagement_{number}"),
            reports: format!("reports_engagement_{number}"),
            alias: format!("engagement{number}"),
        };
        let days = ["--interval", "2014-05-01-2014-05-16", "--events", "15000", "--users", "150"];
        scene.run("generate", &[&days[..], &["--out", "logs", "--sql", "lms.sql"]].concat());
        // Comparisons of the warehouse are exact, so those of the check must be.
        let mut conn = scene.server.connect();
        conn.query_drop(format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", scene.lms)).unwrap();
        scene.load_lms();
        let MariaDb { host, port, user, password, .. } = &*scene.server;
        let credentials = json!({"host": host, "port": port, "username": user, "password": password});
        fs::write(scene.path("server.json"), credentials.to_string()).unwrap();
        let (here, Self { lms, reports, alias, .. }) = (scene.folder.path().display(), &scene);
        let text = format!(
            "[hive]\nwarehouse_path = {here}/w\n[event-logs]\nsource = [\"{here}/logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {here}/markers\n\
             [database-import]\ncredentials = {here}/server.json\ndatabase = {lms}\ndestination = {here}/w\n\
             [database-export]\ncredentials = {here}/server.json\ndatabase = {reports}\n\
             [elasticsearch]\nhost = {}\n[module-engagement]\nalias = {alias}\nnumber_of_shards = 2\nthrottle = 0\n[enrollments]\noverwrite_n_days = 15\n",
            engine.url
        );
        fs::write(scene.path("override.cfg"), text).unwrap();
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lms(&self) -> Conn {
        let mut conn = self.server.connect();
        conn.select_db(&self.lms).unwrap();
        conn
    }

    /// The generated tables, and learners such as the generator does not make.
    fn load_lms(&self) {
        let MariaDb { host, port, user, password, .. } = &*self.server;
        let client = Command::new("mariadb")
            .args(["-h", host, "-P", &port.to_string(), "-u", user, "--protocol=tcp", &self.lms])
            .env("MYSQL_PWD", password)
            .stdin(Stdio::from(fs::File::open(self.path("lms.sql")).unwrap()))
            .output()
            .unwrap();
        assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
        let mut lms = self.lms();
        for statement in [
            // Learners in several groups of a course, and in groups of no course of theirs.
            "INSERT INTO course_groups_courseusergroup SELECT id + 100, CONCAT('Second ', id), course_id, 'cohort' FROM course_groups_courseusergroup",
            "INSERT INTO course_groups_courseusergroup_users (courseusergroup_id, user_id, id) \
             SELECT g.id, u.id, 100000 + g.id * 1000 + u.id FROM auth_user u JOIN course_groups_courseusergroup g ON (u.id + g.id) % 3 = 0 AND g.id > 100",
            "DELETE FROM auth_userprofile WHERE user_id % 17 = 0",
            "DELETE FROM auth_user WHERE id % 19 = 0",
            "UPDATE auth_userprofile SET goals = CONCAT(REPEAT('é', 20000), 'x'), city = 'A\\tB\\\\C\\nD', name = '\\\\' WHERE user_id % 13 = 0",
        ] {
            lms.query_drop(statement).unwrap();
        }
    }

    fn command(&self, task: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").arg(task).args(arguments).output().unwrap()
    }

    fn run(&self, task: &str, arguments: &[&str]) -> String {
        let output = self.command(task, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{task} {arguments:?}: {said}");
        said
    }

    /// Rows of a partition, sorted.
    fn partition(&self, name: &str) -> Vec<Vec<String>> {
        let mut rows: Vec<_> = self.files(name).iter().flat_map(|file| cells(file)).collect();
        rows.sort();
        rows
    }

    fn files(&self, name: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(&format!("w/{name}"))).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with(['_', '.'])).collect();
        files.sort();
        files
    }

    fn reports(&self, sql: &str) -> Texts {
        let mut conn = self.server.connect();
        conn.select_db(&self.reports).unwrap();
        query(&mut conn, sql).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for database in [&self.lms, &self.reports] {
            let _ = self.server.connect().query_drop(format!("DROP DATABASE IF EXISTS {database}"));
        }
    }
}

fn cells(file: &Path) -> Vec<Vec<String>> {
    fs::read_to_string(file).unwrap().lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Spec 07, 8, in plain SQL over the tables of the LMS itself.
const ROSTER: &str = r"
    SELECT e.course_id, u.username, '2014-05-09', '2014-05-16', u.email, CLEAN(p.name), e.mode,
        (SELECT MIN(f.date) FROM ce f WHERE f.course_id = e.course_id AND f.user_id = e.user_id AND f.at_end = 1),
        (SELECT g.name FROM course_groups_courseusergroup_users m JOIN course_groups_courseusergroup g ON m.courseusergroup_id = g.id
            WHERE m.user_id = e.user_id AND g.course_id = e.course_id ORDER BY g.id LIMIT 1),
        COALESCE(n.attempts, 0), COALESCE(n.attempted, 0), COALESCE(n.completed, 0), NULLIF(n.ratio, 'inf'),
        COALESCE(n.videos, 0), COALESCE(n.contributions, 0),
        CONCAT_WS(',', IF(e.at_end = 0, 'unenrolled', NULL),
            IF(COALESCE(o.days, 0) = 0 AND COALESCE(n.days, 0) = 0, 'inactive', NULL),
            IF(COALESCE(o.days, 0) > 0 AND COALESCE(n.days, 0) = 0, 'disengaging', NULL),
            (SELECT GROUP_CONCAT(DISTINCT s.segment ORDER BY s.segment) FROM seg s
                WHERE s.course_id = e.course_id AND s.username = u.username AND s.end_date = '2014-05-16')),
        IF(NULLIF(n.ratio, 'inf') IS NULL, -COALESCE(n.attempts, 0), n.attempts),
        p.user_id, CLEAN(p.language), CLEAN(p.location), p.year_of_birth, CLEAN(p.level_of_education), CLEAN(p.gender),
        CLEAN(p.mailing_address), CLEAN(p.city), CLEAN(p.country), CLEAN(p.goals)
    FROM ce e JOIN auth_user u ON e.user_id = u.id JOIN auth_userprofile p ON u.id = p.user_id
        LEFT JOIN summary n ON n.course_id = e.course_id AND n.username = u.username AND n.end_date = '2014-05-16'
        LEFT JOIN summary o ON o.course_id = e.course_id AND o.username = u.username AND o.end_date = '2014-05-09'
    WHERE e.date = '2014-05-15'";

/// The expression of `clean`, since the server's functions need more rights than a test should.
fn with_clean(sql: &str) -> String {
    let mut parts = sql.split("CLEAN(");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (column, rest) = part.split_once(')').unwrap();
        let spaced =
            ["'\\t'", "'\\n'", "'\\r'", "CHAR(1)"].iter().fold(column.to_owned(), |of, byte| format!("REPLACE({of}, {byte}, ' ')"));
        write!(text, "LEFT(REPLACE({spaced}, '\\\\', ''), 20000){rest}").unwrap();
    }
    text
}

fn roster_in_sql(scene: &Scene) -> Vec<Vec<String>> {
    let mut lms = scene.lms();
    let week = "course_id VARCHAR(255), username VARCHAR(255), start_date VARCHAR(10), end_date VARCHAR(10)";
    for (table, columns, partitions) in [
        (
            "ce",
            "date VARCHAR(10), course_id VARCHAR(255), user_id INT, at_end INT, `change` INT, mode VARCHAR(100)",
            vec!["course_enrollment/dt=2014-05-16"],
        ),
        (
            "summary",
            &*format!("{week}, attempts INT, attempted INT, completed INT, ratio VARCHAR(30), videos INT, contributions INT, days INT"),
            vec!["module_engagement_summary/dt=2014-05-16", "module_engagement_summary/dt=2014-05-09"],
        ),
        ("seg", &*format!("{week}, segment VARCHAR(30), reason TEXT"), vec!["module_engagement_user_segments/dt=2014-05-16"]),
    ] {
        lms.query_drop(format!("DROP TABLE IF EXISTS {table}")).unwrap();
        lms.query_drop(format!("CREATE TABLE {table} ({columns}, INDEX (course_id))")).unwrap();
        let rows: Vec<_> = partitions.iter().flat_map(|partition| scene.partition(partition)).collect();
        assert!(!rows.is_empty(), "{table}");
        for rows in rows.chunks(500) {
            let values: Vec<_> =
                rows.iter().map(|row| format!("({})", row.iter().map(|cell| literal(cell)).collect::<Vec<_>>().join(","))).collect();
            lms.query_drop(format!("INSERT INTO {table} VALUES {}", values.join(","))).unwrap();
        }
    }
    let null = |cell: Option<String>| cell.unwrap_or_else(|| "\\N".to_owned());
    let mut rows: Vec<Vec<String>> =
        query(&mut lms, &with_clean(ROSTER)).unwrap().into_iter().map(|row| row.into_iter().map(null).collect()).collect();
    for row in &mut rows {
        // Single precision, as shortest text.
        if let Ok(ratio) = row[12].parse::<f32>() {
            row[12] = format!("{ratio:?}");
        }
    }
    rows.sort();
    rows
}

fn literal(cell: &str) -> String {
    if cell == "\\N" { "NULL".to_owned() } else { format!("'{}'", cell.replace('\\', "\\\\").replace('\'', "''")) }
}

#[test]
fn from_logs_to_the_roster_index() {
    let engine = Engine::shared(Kind::OpenSearch);
    let scene = Scene::new(&engine);
    let options = ["--date", DAY, "--n-reduce-tasks", "3", "--indexing-tasks", "2"];
    let workflow = |more: &[&str]| scene.run("ModuleEngagementWorkflowTask", &[&options[..], more].concat());

    // Without days enrolled nothing is begun, and the way out is said.
    let output = scene.command("ModuleEngagementWorkflowTask", &options);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(20), "{said}");
    assert!(said.contains("ImportEnrollmentsIntoMysql --interval-end 2014-05-16"), "{said}");
    assert!(!scene.path("w").exists());

    let interval = ["--interval", "2014-05-01-2014-05-16", "--date", DAY, "--import-date", DAY, "--n-reduce-tasks", "3"];
    scene.run("ImportEnrollmentsIntoMysql", &[&interval[..], &["--overwrite-mysql"]].concat());
    let said = workflow(&[]);
    assert!(said.contains("for 14 jobs"), "{said}");

    // The rows are those of plain SQL over the LMS.
    let (expected, roster) = (roster_in_sql(&scene), scene.partition("module_engagement_roster/dt=2014-05-16"));
    let only_in = |rows: &[Vec<String>], others: &[Vec<String>]| rows.iter().find(|row| !others.contains(row)).cloned();
    assert_eq!((only_in(&expected, &roster), only_in(&roster, &expected)), (None, None));
    assert_eq!(expected.len(), roster.len());
    let having = |what: &dyn Fn(&[String]) -> bool| roster.iter().filter(|row| what(row.as_slice())).count();
    println!("{} rows of the roster", roster.len());
    for segment in ["unenrolled", "inactive", "disengaging", "highly_engaged", "struggling"] {
        let count = having(&|row| row[15].split(',').any(|name| name == segment));
        println!("{segment}: {count}");
        assert!(count > 0, "{segment}");
    }
    assert!(having(&|row| row[8].starts_with("Second")) > 0 && having(&|row| row[8].starts_with("Cohort")) > 0);
    assert!(having(&|row| row[12] == "\\N" && row[16].starts_with('-')) > 0 && having(&|row| row[26].len() == 40_000) > 0);
    assert!(said.contains("Discard Further Cohort = "), "{said}");

    // The index is published, with its marker; the tables hold what the warehouse holds.
    let holders = engine.holders(&scene.alias);
    assert_eq!((holders.len(), engine.count(&scene.alias)), (1, roster.len() as u64));
    let marker = || engine.search("index_updates", json!({"query": {"term": {"target_index": scene.alias}}}));
    let (count, markers) = marker();
    assert_eq!(count, 1);
    let update_id = markers[0]["update_id"].as_str().unwrap();
    assert!(update_id.contains("date=2014-05-16,") && update_id.contains(",source=[") && !update_id.contains("throttle"), "{update_id}");
    let engagement = "SELECT course_id, username, date, entity_type, entity_id, event, count FROM module_engagement";
    let stored = || {
        let text = |row: Vec<Option<String>>| row.into_iter().map(|cell| cell.unwrap_or_default().trim_matches('\'').to_owned());
        let mut rows: Vec<Vec<String>> = scene.reports(engagement).into_iter().map(|row| text(row).collect()).collect();
        rows.sort();
        rows
    };
    let mut days: Vec<_> = (2..16).flat_map(|day| scene.partition(&format!("module_engagement/dt=2014-05-{day:02}"))).collect();
    days.sort();
    assert!(!days.is_empty() && stored() == days);
    let ranges = || scene.reports("SELECT COUNT(*) FROM module_engagement_metric_ranges");
    let in_warehouse = scene.partition("module_engagement_metric_ranges/dt=2014-05-16").len();
    assert_eq!(ranges(), [[Some(in_warehouse.to_string())]]);
    let loaded = scene.reports("SELECT COUNT(*) FROM table_updates WHERE update_id LIKE 'ModuleEngagementMysqlTask(date=2014-05-%'");
    assert_eq!(loaded, [[Some("14".to_owned())]]);

    // A second run finds everything done, and replaces only the ranges.
    let said = workflow(&[]);
    assert!(
        !said.contains("Engagement of") && said.contains("Roster: skipped") && said.contains("Roster index of 2014-05-16: skipped"),
        "{said}"
    );
    assert_eq!(
        (engine.holders(&scene.alias), marker().1, ranges()),
        (holders.clone(), markers, vec![vec![Some(in_warehouse.to_string())]])
    );
    assert!(stored() == days && scene.partition("module_engagement_roster/dt=2014-05-16") == roster);

    // A roster that is gone is made again by its own task; with --overwrite another index takes the old one's place.
    let bytes = |scene: &Scene| {
        scene.files("module_engagement_roster/dt=2014-05-16").iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>()
    };
    let before = bytes(&scene);
    fs::remove_dir_all(scene.path("w/module_engagement_roster")).unwrap();
    let said = scene.run("ModuleEngagementRosterPartitionTask", &["--date", DAY, "--n-reduce-tasks", "3"]);
    assert!(!said.contains("Table ") && !said.contains("index"), "{said}");
    assert!(bytes(&scene) == before);
    // The real mappers tell the tables apart by the paths of their input, as on a cluster.
    fs::remove_dir_all(scene.path("w/module_engagement_roster")).unwrap();
    scene.run("ModuleEngagementRosterPartitionTask", &["--date", DAY, "--n-reduce-tasks", "3", "--runner", "pipe"]);
    assert!(scene.partition("module_engagement_roster/dt=2014-05-16") == roster);
    scene.lms().query_drop("UPDATE auth_user SET email = 'new@example.org'").unwrap();
    let said = workflow(&["--overwrite", "--obfuscate"]);
    assert!(said.contains("Import of auth_user: ") && said.contains("Summary of the week before 2014-05-16: "), "{said}");
    assert!(stored() == days, "the days of the last week are replaced, not doubled");
    let after = scene.partition("module_engagement_roster/dt=2014-05-16");
    assert!(after.len() == roster.len() && after.iter().all(|row| row[4] == "new@example.org"));
    let (_, hits) = engine.search(&scene.alias, json!({"query": {"term": {"username": after[0][1]}}}));
    assert_eq!(hits[0]["email"], json!(format!("{}@example.com", after[0][1])));
    assert_eq!(engine.holders(&scene.alias).len(), 1);
}
