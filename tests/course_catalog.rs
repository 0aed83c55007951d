//! `ImportEnrollmentsIntoMysql` with the course catalog of a server on this machine: pages, tokens, and servers that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod exported;
mod json_server;
mod site;

use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use json_server::{Asked, JsonServer, Reply};
use site::configuration::ANY;
use site::{Configuration, Site, said};

const SECRET: &str = "s3cret-of-the-client";
const PASSWORD: &str = "pass-of-the-user";
const TOKEN: &str = "t0ken-that-opens";

/// A few enrollments, two LMS tables, and a configuration.
struct Scene {
    site: Site,
}

impl Scene {
    fn new(root: &str, more: &str) -> Self {
        let site = Site::new();
        let places = Configuration { markers: site.place("markers"), pattern: ANY, ..Configuration::of_site(&site, "w") };
        let sections = format!(
            "[enrollments]\noverwrite_n_days = 3\n\
             [course-catalog-api]\napi_root_url = {root}/api/v1/\npage_size = 2\npartner_short_codes = [\"one\"]\n\
             [edx-rest-api]\nclient_id = the-client\nclient_secret = {SECRET}\nauth_url = {root}/token\ntimeout = 1\n{more}"
        );
        site.write("site.cfg", places.text(&sections));
        let event = |course: &str, user: u32| {
            format!(
                r#"{{"time":"2014-05-02T10:00:00+00:00","event_type":"edx.course.enrollment.activated","event_source":"server","context":{{}},"event":{{"course_id":"{course}","user_id":{user},"mode":"honor"}}}}"#
            )
        };
        let lines = [event("course-v1:X+A+R", 1), event("course-v1:X+A+R", 2), event("X/B/R", 1), event("X/Unlisted/R", 3)];
        site.write("logs/tracking.log", lines.join("\n") + "\n");
        for table in [
            "auth_userprofile/dt=2014-05-05",
            "grades_persistentcoursegrade/dt=2014-05-05",
            "grades_persistentcoursegrade/dt=2014-05-06",
            "grades_persistentcoursegrade/dt=2014-05-07",
        ] {
            site.write_partition(&format!("w/{table}"), "");
        }
        Self { site }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    fn run(&self, date: &str, more: &[&str]) -> Output {
        let options = "--config site.cfg --sqlite store.sqlite --n-reduce-tasks 2 --interval 2014-05-01-2014-05-04 --import-date 2014-05-05 \
                       --overwrite-mysql --overwrite-hive --enable-course-catalog";
        let words = ["ImportEnrollmentsIntoMysql"].into_iter().chain(options.split_whitespace()).chain(["--date", date]);
        self.site.program("insights").args(words).args(more).output().unwrap()
    }

    fn succeeds(&self, date: &str, more: &[&str]) -> String {
        let output = self.run(date, more);
        let said = told(&output);
        assert!(output.status.success(), "{said}");
        said
    }

    /// A run that fails, leaves the files of the day unmade and the tables of the store as they were.
    fn fails(&self, date: &str, more: &[&str]) -> String {
        let before = self.tables();
        let output = self.run(date, more);
        let said = told(&output);
        assert_eq!(output.status.code(), Some(30), "{said}");
        for file in ["discovery_api_raw", "course_catalog", "program_course"] {
            let directory = self.path(&format!("w/{file}/dt={date}"));
            let files: Vec<_> = fs::read_dir(directory).into_iter().flatten().map(|file| file.unwrap().file_name()).collect();
            let left: Vec<_> = files.iter().filter(|name| name.to_str().unwrap().contains("course")).collect();
            let is_pulled = file == "discovery_api_raw" && said.contains(" course runs of ");
            assert!(left.is_empty() || is_pulled, "{left:?}: {said}");
        }
        assert_eq!(self.tables(), before, "{said}");
        said
    }

    fn tables(&self) -> Vec<String> {
        let Ok(store) = Connection::open(self.path("store.sqlite")) else { return Vec::new() };
        let queries = [
            "SELECT course_id || '|' || ifnull(catalog_course_title, '-') || '|' || ifnull(catalog_course, '-') || '|' || \
             ifnull(start_time, '-') || '|' || ifnull(pacing_type, '-') || '|' || enrollment_mode || '|' || count \
             FROM course_meta_summary_enrollment ORDER BY 1",
            "SELECT course_id || '|' || program_id || '|' || program_type || '|' || ifnull(program_title, '-') \
             FROM course_program_metadata ORDER BY 1",
        ];
        let rows = |query: &str| {
            let Ok(mut statement) = store.prepare(query) else { return Vec::new() };
            statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>()
        };
        queries.iter().flat_map(|query| rows(query)).collect()
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("w/{name}"))).unwrap()
    }
}

/// What a run said; never a secret.
fn told(output: &Output) -> String {
    let said = said(output);
    for secret in [SECRET, PASSWORD, TOKEN] {
        assert!(!said.contains(secret), "{said}");
    }
    said
}

fn run_of(key: &str, title: &str) -> Value {
    json!({"key": key, "course": "X+A", "title": title, "start": "2014-01-01T00:00:00Z", "pacing_type": "self_paced",
        "programs": [{"uuid": format!("u-{title}"), "type": "XSeries", "title": "The  program"}]})
}

fn token(asked: &Asked) -> Option<Reply> {
    asked.line.contains("/token").then(|| Reply::json(&json!({"access_token": TOKEN, "expires_in": 3600, "token_type": "JWT"})))
}

fn good_page() -> Reply {
    Reply::json(&json!({"next": null, "results": [run_of("course-v1:X+A+R", "A")]}))
}

#[test]
fn pages_of_several_partners_reach_the_tables() {
    // Tokens that end at once: each request has its own.
    let server = JsonServer::start(|asked, number| {
        let page = |next: Value, results: Value| Reply::json(&json!({"next": next, "results": results}));
        if asked.line.contains("/token") {
            return Reply::json(&json!({"access_token": format!("{TOKEN}-{number}"), "expires_in": 0}));
        }
        match asked.line.as_str() {
            line if line.contains("page=3") => page(Value::Null, json!([])),
            line if line.contains("page=2") => page(json!(format!("{}page=3&x=%2B", next_of(asked))), json!([run_of("X/B/R", "B\t b")])),
            line if line.contains("/two/") => page(Value::Null, json!([run_of("course-v1:Y+Z+R", "Z")])),
            _ => page(
                json!(format!("{}page=2", next_of(asked))),
                json!([run_of("course-v1:X+A+R", "A  a"), json!({"key": "k", "course": "c"})]),
            ),
        }
    });
    let site = Scene::new(&server.url, "");
    let (one, two) = (format!("{}/one/v1/", server.url), format!("{}/two", server.url));
    let roots = format!("[\"{one}\", \"{two}\"]");
    let partners = ["--partner-short-codes", "[\"one\", \"two\"]", "--partner-api-urls", &roots];
    let said = site.succeeds("2014-05-05", &[&partners[..], &["--api-page-size", "7"]].concat());
    assert!(said.contains("4 course runs of 2 partners"), "{said}");
    let lines = server.lines("course_runs");
    assert_eq!(
        lines,
        [
            "GET /one/v1/course_runs/?limit=7&partner=one&exclude_utm=1",
            "GET /one/v1/course_runs/?page=2",
            "GET /one/v1/course_runs/?page=3&x=%2B",
            "GET /two/course_runs/?limit=7&partner=two&exclude_utm=1"
        ]
    );
    let tokens: Vec<_> =
        server.asked().into_iter().filter(|asked| asked.line.contains("course_runs")).map(|asked| asked.authorization).collect();
    assert_eq!(tokens, [0, 2, 4, 6].map(|number| format!("jwt {TOKEN}-{number}")));
    let form = &server.asked()[0];
    assert_eq!(form.body, format!("grant_type=client_credentials&client_id=the-client&client_secret={SECRET}&token_type=jwt"));

    let raw = site.file("discovery_api_raw/dt=2014-05-05/course_runs.json");
    let partners: Vec<_> = raw.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["partner_short_code"].clone()).collect();
    assert_eq!(partners, ["one", "one", "one", "two"]);
    let catalog = site.file("course_catalog/dt=2014-05-05/course_catalog.tsv");
    let columns: Vec<_> = catalog.lines().map(|line| line.split('\t').collect::<Vec<_>>()).collect();
    assert_eq!(columns.iter().map(Vec::len).collect::<Vec<_>>(), [19; 4]);
    assert_eq!((columns[2][2], columns[2][11], columns[1][11], columns[3][12]), ("B b", "X", "\\N", "two"));
    assert_eq!(site.file("program_course/dt=2014-05-05/program_course.tsv").lines().count(), 3);
    assert_eq!(
        site.tables(),
        [
            "X/B/R|B b|X+A|2014-01-01 00:00:00|self_paced|honor|1",
            "X/Unlisted/R|-|-|-|-|honor|1",
            "course-v1:X+A+R|A a|X+A|2014-01-01 00:00:00|self_paced|honor|2",
            "X/B/R|u-B  b|XSeries|The program",
            "course-v1:X+A+R|u-A  a|XSeries|The program",
            "course-v1:Y+Z+R|u-Z|XSeries|The program",
        ]
    );

    // Once for each day: nothing is asked again.
    let asked = server.asked().len();
    site.succeeds("2014-05-05", &[]);
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn the_programs_of_a_plan_make_what_the_driver_makes() {
    let server = JsonServer::start(|asked, _| token(asked).unwrap_or_else(good_page));
    let site = Scene::new(&server.url, exported::CLUSTER);
    site.succeeds("2014-05-06", &[]);
    let mut plan = site.site.program("insights");
    plan.args(["--config", "site.cfg", "plan"]);
    plan.args(["ImportEnrollmentsIntoMysql", "--interval", "2014-05-01-2014-05-04", "--import-date", "2014-05-05", "--date", "2014-05-05"]);
    let planned =
        plan.args(["--enable-course-catalog", "--overwrite-hive", "--sqlite", "store.sqlite", "--format", "hadoop"]).output().unwrap();
    assert!(planned.status.success(), "{}", told(&planned));
    let script = String::from_utf8(planned.stdout.clone()).unwrap();
    told(&planned);
    let commands = exported::commands(&script, "course-catalog");
    assert_eq!(commands.len(), 3, "{script}");
    for command in commands {
        let output = exported::run(&command);
        assert!(output.status.success(), "{command}: {}", told(&output));
    }
    for file in [
        "discovery_api_raw/dt=DATE/course_runs.json",
        "course_catalog/dt=DATE/course_catalog.tsv",
        "program_course/dt=DATE/program_course.tsv",
    ] {
        let [by_programs, by_driver] = ["2014-05-05", "2014-05-06"].map(|date| site.file(&file.replace("DATE", date)));
        assert!(!by_driver.is_empty() && by_programs == by_driver, "{file}");
    }
    // A table that only has to be there.
    let command =
        format!("\"$INSIGHTS_BIN\"/mysql-loader course_program_metadata --create-only --sqlite {}", site.path("other.sqlite").display());
    assert!(exported::run(&command).status.success());
    let store = Connection::open(site.path("other.sqlite")).unwrap();
    assert_eq!(store.query_row("SELECT count(*) FROM course_program_metadata", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

/// The address that the request came to, without its query.
fn next_of(asked: &Asked) -> String {
    let path = asked.line.trim_start_matches("GET ").split('?').next().unwrap().to_owned();
    format!("{}{path}?", asked.host)
}

#[test]
fn a_password_is_granted_one_token_for_all_pages() {
    let server = JsonServer::start(|asked, _| {
        let next = if asked.line.contains("page=") { Value::Null } else { json!(format!("{}page=2", next_of(asked))) };
        token(asked).unwrap_or_else(|| Reply::json(&json!({"next": next, "results": [run_of("X/B/R", "B")]})))
    });
    let site = Scene::new(&server.url, &format!("oauth_username = staff\noauth_password = {PASSWORD}\n"));
    site.succeeds("2014-05-05", &[]);
    let asked = server.asked();
    assert_eq!(asked.iter().map(|asked| asked.line.contains("/token")).collect::<Vec<_>>(), [true, false, false]);
    let form = format!("grant_type=password&client_id=the-client&client_secret={SECRET}&token_type=jwt&username=staff&password={PASSWORD}");
    assert_eq!(asked[0].body, form);
    assert!(asked[1..].iter().all(|asked| asked.authorization == format!("JWT {TOKEN}")), "{asked:?}");
}

#[test]
fn without_partners_nothing_is_asked() {
    let server = JsonServer::start(|_, _| Reply::Closed);
    let site = Scene::new(&server.url, "");
    let said = site.succeeds("2014-05-05", &["--partner-short-codes", "[]"]);
    // There need not be a program, and that there is none is said.
    assert!(said.contains("0 course runs of 0 partners"), "{said}");
    assert!(said.contains("Table course_program_metadata: 0 rows into store.sqlite") && said.contains(" holds none"), "{said}");
    assert!(server.asked().is_empty());
    assert_eq!(site.file("discovery_api_raw/dt=2014-05-05/course_runs.json"), "");
    assert_eq!(site.tables().len(), 3, "{:?}", site.tables());
}

#[test]
fn servers_that_misbehave_leave_everything_as_it_was() {
    // What a course_runs request of the day 2014-05-06 is answered; all else is fine.
    let bad: std::sync::Arc<std::sync::Mutex<Option<Reply>>> = std::sync::Arc::default();
    let answer = std::sync::Arc::clone(&bad);
    let server =
        JsonServer::start(move |asked, _| token(asked).unwrap_or_else(|| answer.lock().unwrap().clone().unwrap_or_else(good_page)));
    let site = Scene::new(&server.url, "");
    site.succeeds("2014-05-05", &[]);
    assert_eq!(site.tables().len(), 4);
    let status = |status, body: &str| Reply::Status(status, body.to_owned());
    let many = "x".repeat(256);
    let long = json!({"key": "course-v1:X+Long+R", "course": "X+Long", "title": many});
    let runs = |runs: &[Value]| status(200, &json!({"results": runs}).to_string());
    for (reply, requests, expected) in [
        (status(500, &format!("it broke with {TOKEN} and {SECRET}")), 1, "HTTP 500 (it broke with (hidden) and (hidden))"),
        (status(404, ""), 1, "HTTP 404"),
        (Reply::Half(json!({"next": null, "results": [run_of("X/B/R", "B")]}).to_string()), 4, "gives no whole answer"),
        (Reply::Closed, 4, "gives no whole answer"),
        (Reply::Late(Duration::from_secs(3)), 4, "timeout"),
        (status(200, r#"{"next": null, "results": [{"key": "X/B"#), 1, "not valid JSON at line 1"),
        (status(200, "<html>"), 1, "not valid JSON"),
        (status(200, "[]"), 1, "no list called results"),
        (status(200, r#"{"results": {}}"#), 1, "no list called results"),
        (status(200, r#"{"results": ["X/B/R"]}"#), 1, "a result that is no object"),
        (status(200, r#"{"results": [], "next": 2}"#), 1, "no address"),
        (status(200, &format!(r#"{{"results": [], "next": "{}/again?key=k"}}"#, server.url)), 2, "leads back"),
        (status(200, r#"{"results": [], "next": "http://other.example/api/?key=k"}"#), 1, "not on the configured server"),
        (status(200, r#"{"results": [], "next": "/api/v1/course_runs/?key=k"}"#), 1, "is no address"),
    ] {
        let before = server.lines("GET").len();
        *bad.lock().unwrap() = Some(reply.clone());
        let said = site.fails("2014-05-06", &[]);
        assert!(said.contains(expected) && said.contains("cannot be pulled"), "{reply:?}: {said}");
        assert!(!said.contains("key=k"), "{said}");
        assert_eq!(server.lines("GET").len() - before, requests, "{reply:?}: {said}");
    }
    *bad.lock().unwrap() = Some(runs(std::slice::from_ref(&long)));
    let said = site.fails("2014-05-06", &[]);
    fs::remove_dir_all(site.path("w/discovery_api_raw/dt=2014-05-06")).unwrap();
    assert!(
        said.contains("remove it to pull it again")
            && said.contains("1 of 1 courses do not fit the table course_catalog: the course \"course-v1:X+Long+R\" does not fit"),
        "{said}"
    );
    *bad.lock().unwrap() = Some(runs(&[long.clone(), run_of("course-v1:X+B+R", "B")]));
    let said = site.succeeds("2014-05-06", &[]);
    assert!(said.contains("1 rows; 1 of 2 courses were left out: the course \"course-v1:X+Long+R\" does not fit"), "{said}");
    *bad.lock().unwrap() = Some(runs(&[long]));
    let said = site.succeeds("2014-05-07", &["--skip-overlong-courses"]);
    assert!(said.contains("0 rows; left out, as a value is too long: course-v1:X+Long+R"), "{said}");
}

/// In an answer, or in what another program pulled (rules 01, 1.1).
#[test]
fn half_of_a_surrogate_pair_costs_no_course() {
    const HALF: &str = r#"{"key": "X/B/R", "course": "X+B", "title": "x \ud83d"}"#;
    let pair = r#"{"key": "course-v1:X+A+R", "course": "X+A", "title": "\ud83d\ude00"}"#;
    let body = format!(r#"{{"next": null, "results": [{HALF}, {pair}]}}"#);
    let server = JsonServer::start(move |asked, _| token(asked).unwrap_or_else(|| Reply::Status(200, body.clone())));
    let site = Scene::new(&server.url, "");
    let titles = || site.tables().iter().filter_map(|row| Some(row.split('|').nth(1)?.to_owned())).collect::<Vec<_>>();
    site.succeeds("2014-05-05", &[]);
    assert_eq!(titles(), ["x \u{fffd}", "-", "😀"]);
    site.site.write("w/discovery_api_raw/dt=2014-05-06/course_runs.json", format!("{HALF}\n"));
    site.site.write("w/discovery_api_raw/dt=2014-05-06/_SUCCESS", "");
    site.succeeds("2014-05-06", &[]);
    assert!(site.file("course_catalog/dt=2014-05-06/course_catalog.tsv").starts_with("X/B/R\tX+B\tx \u{fffd}\t"));
}

#[test]
fn a_busy_server_is_asked_again_and_a_refused_token_is_explained() {
    let server = JsonServer::start(|asked, number| match token(asked) {
        Some(token) => token,
        None if number < 3 => Reply::Status(503, "busy".to_owned()),
        None => good_page(),
    });
    let site = Scene::new(&server.url, "");
    let said = site.succeeds("2014-05-05", &[]);
    assert!(said.contains("HTTP 503 (busy); waiting"), "{said}");
    assert_eq!(server.lines("GET").len(), 3);

    let server = JsonServer::start(|asked, _| Reply::Status(401, format!("no: {}", asked.body)));
    let said = Scene::new(&server.url, "").fails("2014-05-05", &[]);
    assert!(said.contains("client_secret of [edx-rest-api]") && said.contains("HTTP 401") && said.contains("(hidden)"), "{said}");

    let server = JsonServer::start(|_, _| Reply::json(&json!({"expires_in": 5})));
    let said = Scene::new(&server.url, "").fails("2014-05-05", &[]);
    assert!(said.contains("has no access_token"), "{said}");
}
