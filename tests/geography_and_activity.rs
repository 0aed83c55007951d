//! Geography and course activity over 24 weeks, which cross an ISO year with 53 weeks and a 29th of February: history, daily runs,
//! events that come late; and geolocation databases of all kinds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb

mod site;

use std::fs;

use site::mmdb::{self, Database, Value, country, text};
use site::{DatabaseSite, compact, days_before, same};

const START: &str = "2015-10-05";
const HISTORY_END: &str = "2016-03-14";
const ENDS: [&str; 4] = ["2016-03-15", "2016-03-16", "2016-03-19", "2016-03-22"];
const OVERWRITE_N_DAYS: u32 = 3;
const SNAPSHOT: &str = "2016-03-22";
const COURSE: &str = "course-v1:Late+C+R";

/// Countries of the scenario by the first part of an address.
const COUNTRIES: [(&str, &str, &str); 4] =
    [("18", "US", "United States"), ("81", "DE", "Germany"), ("190", "\\N", "No code"), ("2001:db8", "FR", "France")];

fn event(time: &str, user: u32, ip: &str) -> String {
    format!(
        r#"{{"username":"u{user}","time":"{time}+00:00","event_type":"problem_check","event_source":"server","ip":"{ip}","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":{{}}}}"#
    )
}

/// Each with the day of its file, its time, and its learner.
const LATE: [(&str, &str, u32, &str); 9] = [
    // Before the history load: across New Year, in one ISO week, and around the 29th of February.
    ("2016-01-03", "2015-12-31T23:59:59.999999", 900_001, "18.1.1.1"),
    ("2016-01-05", "2016-01-03T00:00:00", 900_001, "81.1.1.1"),
    ("2016-03-02", "2016-02-29T12:00:00", 900_002, "18.1.1.1"),
    ("2016-03-06", "2016-03-06T12:00:00", 900_002, "190.1.1.1"),
    // Between daily runs: in the window of a run, and out of the windows of all runs to come.
    ("2016-03-15", "2016-03-14T10:00:00", 900_003, "81.1.1.1"),
    ("2016-03-15", "2016-02-29T10:00:00", 900_004, "81.1.1.1"),
    ("2016-03-18", "2016-03-17T10:00:00", 900_003, "2001:db8::1"),
    ("2016-03-18", "2016-03-10T10:00:00", 900_004, "81.1.1.1"),
    ("2016-03-21", "2016-01-02T10:00:00", 900_004, "18.1.1.1"),
];

fn database() -> Database {
    let no_code = Value::Map(vec![("country", Value::Map(vec![("names", Value::Map(vec![("en", text("No code"))]))]))]);
    let networks = vec![
        ("18.0.0.0/8", country("US", "United States")),
        ("81.0.0.0/8", country("DE", "Germany")),
        ("190.0.0.0/8", no_code),
        ("2001:db8::/32", country("FR", "France")),
    ];
    Database { networks, ..Database::default() }
}

fn generated() -> DatabaseSite {
    let site = DatabaseSite::new();
    let interval = format!("{START}-{SNAPSHOT}");
    site.run(&[
        "generate",
        "--interval",
        &interval,
        "--events",
        "6000",
        "--users",
        "60",
        "--courses",
        "3",
        "--dirty",
        "0",
        "--out",
        "all",
        "--tables",
    ]);
    for (file_day, time, user, ip) in LATE {
        site.append(&format!("all/tracking.log-{}-late", compact(file_day)), &(event(time, user, ip) + "\n"));
    }
    fs::write(site.path("geo.mmdb"), database().bytes()).unwrap();
    site
}

#[test]
fn weeks_and_countries_are_what_plain_sql_says() {
    let site = generated();
    let results = site.new_database();
    site.warehouse("w", "logs", &results, &format!("[geolocation]\ngeolocation_data = {}\n", site.path("geo.mmdb").display()));
    let enrollments = format!("w/student_courseenrollment/dt={SNAPSHOT}");
    let mut rows = fs::read(site.files(&format!("all/student_courseenrollment/dt={SNAPSHOT}"))[0].clone()).unwrap();
    for (user, active) in [(900_001, true), (900_002, false), (900_003, true), (900_004, true)] {
        rows.extend(format!("{user}\u{1}{user}\u{1}{COURSE}\u{1}2015-10-05 10:00:00.0\u{1}{active}\u{1}honor\n").into_bytes());
    }
    site.write_partition(&enrollments, rows);
    site.scratch_from(
        "sce",
        "id INT, user_id INT, course_id VARCHAR(255), created VARCHAR(40), active VARCHAR(5), mode VARCHAR(100)",
        &enrollments,
        '\u{1}',
    );
    site.scratch("countries", "prefix VARCHAR(9), code VARCHAR(10), name VARCHAR(40)", COUNTRIES.iter().map(|(a, b, c)| vec![*a, *b, *c]));

    site.arrive(HISTORY_END);
    for task in ["LastDailyIpAddressOfUserTask", "UserActivityTask"] {
        let interval = format!("{START}-{HISTORY_END}");
        site.run(&[task, "--config", "w.cfg", "--interval", &interval, "--n-reduce-tasks", "2"]);
    }
    let mut runs = vec![(START.to_owned(), HISTORY_END.to_owned())];
    for end in ENDS {
        site.arrive(end);
        let common = ["--config", "w.cfg", "--n-reduce-tasks", "3", "--overwrite-n-days", &OVERWRITE_N_DAYS.to_string()];
        let interval = format!("{START}-{end}");
        let geography = ["InsertToMysqlLastCountryPerCourseTask", "--interval", &interval, "--overwrite", "--import-date", SNAPSHOT];
        site.run(&[&geography[..], &common].concat());
        let activity = ["InsertToMysqlCourseActivityTask", "--end-date", end, "--weeks", "24", "--overwrite-mysql", "--overwrite-hive"];
        site.run(&[&activity[..], &common].concat());
        runs.push((days_before(end, OVERWRITE_N_DAYS), end.to_owned()));

        let runs: Vec<_> = runs.iter().map(|(first, behind)| (first.as_str(), behind.as_str())).collect();
        site.raw_and_counted(&runs);
        let ip = "time VARCHAR(40), ip VARCHAR(60), user_id INT, course_id VARCHAR(255)";
        site.scratch_from("last_ip", ip, "w/last_ip_of_user_id", '\t');
        site.scratch_from(
            "activity",
            "user_id INT, course_id VARCHAR(255), date DATE, label VARCHAR(40), count INT",
            "w/user_activity_by_user",
            '\t',
        );
        daily_rows_are_those_of_the_events_that_count(&site);
        weeks(&site, &results, end);
        countries(&site, &results, end);
    }

    // The late learners, told by hand.
    let late = site.sql("SELECT user_id, date, label FROM activity WHERE user_id > 900000 AND label <> 'ACTIVE'");
    let days = ["1\t2015-12-31", "1\t2016-01-03", "2\t2016-02-29", "2\t2016-03-06", "3\t2016-03-14", "3\t2016-03-17"];
    assert_eq!(late, days.map(|day| format!("90000{day}\tATTEMPTED_PROBLEM")));
    let weeks = site.sql(&format!(
        "SELECT interval_start, interval_end, count FROM {results}.course_activity WHERE course_id = '{COURSE}' AND label = 'ACTIVE'"
    ));
    let week = |start: &str, end: &str, count: u32| format!("{start} 00:00:00\t{end} 00:00:00\t{count}");
    assert_eq!(weeks, [week("2015-12-28", "2016-01-04", 1), week("2016-02-29", "2016-03-07", 1), week("2016-03-14", "2016-03-21", 1)]);
    let of_late = site.sql(&format!(
        "SELECT country_code, count, cumulative_count FROM {results}.course_enrollment_location_current WHERE course_id = '{COURSE}'"
    ));
    assert_eq!(of_late, ["DE\t1\t1", "FR\t1\t1", "UNKNOWN\t0\t1", "\\N\t1\t1"]);
}

/// The files of days hold what SQL finds in the JSON of the lines that count.
fn daily_rows_are_those_of_the_events_that_count(site: &DatabaseSite) {
    let time = "CONCAT(SUBSTRING_INDEX(JSON_VALUE(line, '$.time'), '+', 1), IF(LOCATE('.', JSON_VALUE(line, '$.time')), '', '.000000'))";
    let expected = site.sql(&format!(
        "SELECT MAX({time}), JSON_VALUE(line, '$.context.user_id') u, NULLIF(JSON_VALUE(line, '$.context.course_id'), '') c FROM counted \
         WHERE JSON_VALUE(line, '$.context.user_id') > 0 AND JSON_VALUE(line, '$.ip') <> '' GROUP BY day, u, c"
    ));
    same("last_ip_of_user_id", &expected, &site.sql("SELECT time, user_id, course_id FROM last_ip"));
    let expected = site.sql(
        "SELECT u, c, day, COUNT(*) FROM (SELECT day, JSON_VALUE(line, '$.context.user_id') u, \
         COALESCE(NULLIF(JSON_VALUE(line, '$.context.course_id'), ''), NULLIF(REGEXP_SUBSTR(CASE JSON_VALUE(line, '$.event_source') \
             WHEN 'server' THEN JSON_VALUE(line, '$.event_type') WHEN 'browser' THEN JSON_VALUE(line, '$.page') END, \
             '(?<=/courses/)(course-v1:[^/?]+|[^/+]+/[^/+]+/[^/?]+)'), ''), \
         CONCAT('course-v1:', NULLIF(REGEXP_SUBSTR(JSON_VALUE(line, '$.page'), '(?<=/xblock/block-v1:)[^/+]+[+][^/+]+[+][^/+?]+'), ''))) c FROM counted \
         WHERE JSON_VALUE(line, '$.event_type') NOT LIKE 'edx.course.enrollment.%' AND JSON_VALUE(line, '$.event_source') <> 'task') e \
         WHERE u > 0 AND c <> '' GROUP BY u, c, day",
    );
    same("user_activity_by_user", &expected, &site.sql("SELECT user_id, course_id, date, count FROM activity WHERE label = 'ACTIVE'"));
    assert!(expected.len() > 1_000, "{}", expected.len());
}

/// Distinct learners of 24 ISO weeks; SQL numbers the weeks itself (mode 3 is ISO).
fn weeks(site: &DatabaseSite, results: &str, end: &str) {
    let expected = site.sql(&format!(
        "SELECT course_id, YEARWEEK(date, 3) w, label, COUNT(DISTINCT user_id) FROM activity \
         WHERE YEARWEEK(date, 3) < YEARWEEK('{end}', 3) AND YEARWEEK(date, 3) >= YEARWEEK('{end}' - INTERVAL 24 WEEK, 3) GROUP BY course_id, w, label"
    ));
    same(
        "course_activity",
        &expected,
        &site.sql(&format!("SELECT course_id, YEARWEEK(interval_start, 3), label, count FROM {results}.course_activity")),
    );
    let odd = format!(
        "SELECT * FROM {results}.course_activity WHERE WEEKDAY(interval_start) <> 0 OR interval_end <> interval_start + INTERVAL 7 DAY OR TIME(interval_start) <> 0"
    );
    assert_eq!(site.sql(&odd), [""; 0]);
    let shown = site.sql(&format!("SELECT DISTINCT YEARWEEK(interval_start, 3) FROM {results}.course_activity"));
    assert!(shown.contains(&"201553".to_owned()) && shown.contains(&"201609".to_owned()), "{shown:?}");
    assert!(shown.len() >= 23, "{}", shown.len());
}

/// Learners of each course and country.
fn countries(site: &DatabaseSite, results: &str, end: &str) {
    site.execute(&format!(
        "CREATE OR REPLACE TABLE last_country AS SELECT user_id, COALESCE(code, 'UNKNOWN') code, COALESCE(name, 'UNKNOWN') name FROM \
         (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY time DESC, ip DESC) n FROM last_ip WHERE time < '{end}') l \
         LEFT JOIN countries ON l.ip LIKE CONCAT(prefix, '.%') OR l.ip LIKE CONCAT(prefix, ':%') WHERE n = 1"
    ));
    let found = {
        let mut lines = site.lines(&format!("w/last_country_of_user_id/dt={end}"));
        lines.sort();
        lines
    };
    same("last_country_of_user_id", &site.sql("SELECT name, code, user_id FROM last_country"), &found);
    let expected = site.sql(&format!(
        "SELECT '{SNAPSHOT}', course_id, code, SUM(active = 'true'), COUNT(sce.user_id) FROM sce LEFT JOIN last_country ON sce.user_id = last_country.user_id GROUP BY course_id, code"
    ));
    same("course_enrollment_location_current", &expected, &site.table(results, "course_enrollment_location_current"));
    let codes = site.sql(&format!("SELECT DISTINCT country_code FROM {results}.course_enrollment_location_current"));
    assert!(["DE", "UNKNOWN", "US", "\\N"].iter().all(|code| codes.contains(&(*code).to_owned())), "{codes:?}");
}

/// A site of one day with one learner for each address; gives name and code of each.
struct Addresses {
    site: DatabaseSite,
    addresses: Vec<String>,
}

impl Addresses {
    fn new(addresses: &[&str]) -> Self {
        let site = DatabaseSite::new();
        let line = |(user, address): (u32, &&str)| event("2016-02-29T10:00:00", user, address) + "\n";
        fs::write(site.path("logs/tracking.log-20160229"), (1..).zip(addresses).map(line).collect::<String>()).unwrap();
        let results = site.new_database();
        site.warehouse("w", "logs", &results, "");
        let enrollments = site.path("w/student_courseenrollment/dt=2016-03-01");
        fs::create_dir_all(&enrollments).unwrap();
        fs::write(enrollments.join("part-m-00000"), format!("1\u{1}1\u{1}{COURSE}\u{1}\\N\u{1}true\u{1}honor\n")).unwrap();
        fs::write(enrollments.join("_SUCCESS"), "").unwrap();
        Self { site, addresses: addresses.iter().map(|address| (*address).to_owned()).collect() }
    }

    fn run(&self, file: &[u8]) -> std::process::Output {
        fs::write(self.site.path("geo.mmdb"), file).unwrap();
        let words =
            ["--config", "w.cfg", "--interval", "2016-02-29", "--overwrite-n-days", "1", "--import-date", "2016-03-01", "--overwrite"];
        let task = ["InsertToMysqlLastCountryPerCourseTask", "--n-reduce-tasks", "2", "--geolocation-data", "geo.mmdb"];
        self.site.command(&[&task[..], &words].concat())
    }

    /// `address name code`, in the order of the addresses.
    fn found(&self, file: &[u8]) -> Vec<String> {
        let output = self.run(file);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut lines: Vec<(usize, String)> = Vec::new();
        for line in self.site.lines("w/last_country_of_user_id/dt=2016-03-01") {
            let (country, user) = line.rsplit_once('\t').unwrap();
            let number = user.parse().unwrap();
            lines.push((number, format!("{} {}", self.addresses[number - 1], country.replace('\t', " "))));
        }
        lines.sort();
        lines.into_iter().map(|(_, text)| text).collect()
    }

    /// What a run with an unusable file says; the result of before stays.
    fn refused(&self, file: &[u8]) -> String {
        let before = self.site.lines("w/last_country_of_user_id");
        let output = self.run(file);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(30), "{said}");
        assert_eq!(self.site.lines("w/last_country_of_user_id"), before);
        said
    }
}

#[test]
fn databases_of_all_kinds_are_read() {
    let four = mmdb::mapped("18.1.2.3");
    let addresses =
        ["18.1.2.3", &four, "18.2.3.4", "10.0.2.2", "192.168.7.7", "127.0.0.1", "2001:db8::7", "2001:db9::7", "fe80::1", "no address"];
    let scene = Addresses::new(&addresses);
    let of = |countries: [&str; 10]| -> Vec<String> {
        addresses
            .iter()
            .zip(countries)
            .map(|(address, country)| format!("{address} {}", if country.is_empty() { "UNKNOWN UNKNOWN" } else { country }))
            .collect()
    };
    let (usa, germany, france) = (country("US", "United States"), country("DE", "Germany"), country("FR", "France"));
    let narrow = || vec![("18.0.0.0/8", usa.clone()), ("18.2.0.0/16", germany.clone())];
    let only_four = of(["United States US", "United States US", "Germany DE", "", "", "", "", "", "", ""]);
    for record_size in [24, 28, 32] {
        let four = Database { ip_version: 4, record_size, networks: narrow(), ..Database::default() };
        assert_eq!(scene.found(&four.bytes()), only_four, "IPv4, {record_size}");
    }
    for (record_size, mapped) in [(28, true), (24, false)] {
        let mut networks = narrow();
        networks.push(("2001:db8::/32", france.clone()));
        let six = Database { kind: "GeoIP2-Country", record_size, mapped, networks, ..Database::default() };
        let expected = of(["United States US", "United States US", "Germany DE", "", "", "", "France FR", "", "", ""]);
        assert_eq!(scene.found(&six.bytes()), expected, "IPv6, mapped {mapped}");
    }

    // A city database has more in its records, and countries beside the one that counts.
    let city = |country: Value| {
        let names = |name: &str| Value::Map(vec![("names", Value::Map(vec![("en", text(name))]))]);
        Value::Map(vec![
            ("city", names("A city with a name that is longer than twenty-eight bytes")),
            ("country", country),
            ("location", Value::Map(vec![("accuracy_radius", Value::Number(1_000))])),
            ("registered_country", Value::Map(vec![("iso_code", text("ZZ")), ("names", Value::Map(vec![("en", text("Elsewhere"))]))])),
            ("subdivisions", Value::List(vec![names("A part")])),
        ])
    };
    let only = |members: Vec<(&'static str, Value)>| city(Value::Map(members));
    let names = |language: &'static str, name: &str| ("names", Value::Map(vec![(language, text(name))]));
    let networks = vec![
        ("18.1.0.0/16", only(vec![names("en", "No code")])),
        ("18.2.0.0/16", only(vec![("iso_code", text("NN"))])),
        ("10.0.0.0/8", only(vec![("iso_code", text("GE")), names("de", "Nur deutsch")])),
        ("192.168.0.0/16", only(vec![("iso_code", text(" ")), names("en", "")])),
        ("127.0.0.0/8", Value::Map(vec![("registered_country", country("ZZ", "Elsewhere"))])),
        ("2001:db8::/32", only(vec![("iso_code", text("MA")), names("en", &"M".repeat(300))])),
        ("2001:db9::/32", only(vec![("iso_code", Value::Number(7)), names("en", "Code is a number")])),
        ("fe80::/10", text("no map")),
    ];
    let found = scene.found(&Database { kind: "GeoLite2-City", networks, ..Database::default() }.bytes());
    let long = format!("{} MA", "M".repeat(300));
    let missing = ["No code UNKNOWN", "No code UNKNOWN", "UNKNOWN NN", "UNKNOWN GE", "", "", &long, "Code is a number UNKNOWN", "", ""];
    assert_eq!(found, of(missing));
}

#[test]
fn files_that_are_no_database_are_refused_with_the_way_out() {
    let scene = Addresses::new(&["18.1.2.3", "81.1.2.3"]);
    let whole = Database {
        networks: vec![("18.0.0.0/8", country("US", "United States")), ("81.0.0.0/8", country("DE", "Germany"))],
        ..Database::default()
    }
    .bytes();
    scene.found(&whole);
    // The old form has no such metadata at all: a tree of three-byte records and a byte for the edition.
    let old: Vec<u8> = (0..3000_u32).flat_map(|number| number.to_le_bytes()[..3].to_vec()).chain([0xff, 0xff, 0xff, 106]).collect();
    let way_out = "GeoLite2-Country.mmdb";
    let said = scene.refused(&old);
    assert!(said.contains("GeoIP.dat") && said.contains(way_out), "{said}");
    let marker = whole.windows(11).rposition(|window| window == b"MaxMind.com").unwrap();
    for (what, bytes) in [("empty", Vec::new()), ("cut in the middle", whole[..marker / 2].to_vec())] {
        let said = scene.refused(&bytes);
        assert!(said.contains(way_out), "{what}: {said}");
    }
    for (what, bytes) in [
        ("cut in the metadata", whole[..marker + 30].to_vec()),
        ("without the begin of the tree", whole[marker / 2..].to_vec()),
        ("a tree that leads out of the file", [&[0x7f; 600][..], &whole[600..]].concat()),
        ("a data section of garbage", [&whole[..marker - 60], &[0xff; 57][..], &whole[marker - 3..]].concat()),
    ] {
        let said = scene.refused(&bytes);
        assert!(said.contains("The geolocation database") && said.contains("geo.mmdb"), "{what}: {said}");
    }
    let said = scene.refused(&Database { kind: "GeoLite2-ASN", ..Database::default() }.bytes());
    assert!(said.contains("GeoLite2-ASN") && said.contains("Country or City"), "{said}");
    // And with a good file the work goes on.
    assert_eq!(scene.found(&whole), ["18.1.2.3 United States US", "81.1.2.3 Germany DE"]);
}
