//! Enrollment over 65 days: history, daily runs with late events, from scratch, by plain SQL; and runs that are killed and go on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb

mod site;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use insights_pipeline::calendar::interval::DateInterval;

use site::{DatabaseSite, compact, days_before, files_below, same, write_lines};

const START: &str = "2016-01-15";
const HISTORY_END: &str = "2016-03-15";
const ENDS: [&str; 5] = ["2016-03-16", "2016-03-17", "2016-03-18", "2016-03-19", "2016-03-20"];
const OVERWRITE_N_DAYS: u32 = 3;
const TABLES: [&str; 7] = [
    "course_enrollment_daily",
    "course_enrollment_mode_daily",
    "course_enrollment_gender_daily",
    "course_enrollment_birth_year_daily",
    "course_enrollment_education_level_daily",
    "course_meta_summary_enrollment",
    "course_program_metadata",
];
const COURSE: &str = "course-v1:Late+C+R";

fn event(act: &str, time: &str, user: u32, mode: &str) -> String {
    format!(
        r#"{{"username":"u{user}","time":"{time}+00:00","event_type":"edx.course.enrollment.{act}","event_source":"server","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":{{"course_id":"{COURSE}","user_id":{user},"mode":"{mode}"}}}}"#
    )
}

/// Each with the day of its file.
const LATE: [(&str, &str, &str, u32, &str); 10] = [
    // In the windows of runs to come.
    ("2016-03-17", "activated", "2016-03-15T10:00:00", 900_001, "audit"),
    ("2016-03-18", "deactivated", "2016-03-16T10:00:00", 900_001, "audit"),
    // Out of all of them.
    ("2016-03-17", "activated", "2016-02-01T10:00:00", 900_002, "audit"),
    ("2016-01-20", "activated", "2016-01-20T10:00:00", 900_003, "audit"),
    ("2016-03-19", "deactivated", "2016-02-10T10:00:00", 900_003, "audit"),
    ("2016-03-19", "mode_changed", "2016-03-18T10:00:00", 900_003, "verified"),
    // At the same moment, in the order of the types.
    ("2016-03-15", "deactivated", "2016-03-15T11:00:00", 900_004, "honor"),
    ("2016-03-15", "activated", "2016-03-15T11:00:00", 900_004, "verified"),
    // Late in the history already.
    ("2016-02-20", "activated", "2016-02-10T10:00:00", 900_005, "honor"),
    ("2016-03-19", "deactivated", "2016-03-19T23:59:59.999999", 900_005, "honor"),
];

/// Logs in `all/`, and the LMS database that belongs to them.
fn generated(interval: &str, events: &str, users: &str) -> (DatabaseSite, String) {
    let site = DatabaseSite::new();
    let sizes = ["--events", events, "--users", users, "--courses", "3", "--dirty", "0"];
    site.run(&[&["generate", "--interval", interval, "--out", "all", "--sql", "lms.sql"][..], &sizes].concat());
    let lms = site.new_lms("lms.sql");
    (site, lms)
}

fn warehouse(site: &DatabaseSite, name: &str, logs: &str, results: &str, lms: &str) {
    let here = site.folder.path().display();
    let import = format!("[database-import]\ndatabase = {lms}\ncredentials = {here}/credentials.json\ndestination = {here}/{name}\n");
    site.warehouse(name, logs, results, &import);
}

#[test]
fn daily_runs_give_what_a_computation_from_scratch_and_plain_sql_give() {
    let (site, lms) = generated("2016-01-15-2016-03-20", "7000", "60");
    for (file_day, act, time, user, mode) in LATE {
        site.append(&format!("all/tracking.log-{}-late", compact(file_day)), &(event(act, time, user, mode) + "\n"));
    }
    let results = site.new_database();
    warehouse(&site, "w", "logs", &results, &lms);
    site.arrive(HISTORY_END);
    let history = format!("{START}-{HISTORY_END}");
    site.run(&["CourseEnrollmentEventsTask", "--config", "w.cfg", "--interval", &history, "--n-reduce-tasks", "2"]);
    let mut runs = vec![(START.to_owned(), HISTORY_END.to_owned())];
    for end in ENDS {
        site.arrive(end);
        daily_run(&site, "w.cfg", end, OVERWRITE_N_DAYS, "3");
        runs.push((days_before(end, OVERWRITE_N_DAYS), end.to_owned()));
        let runs: Vec<_> = runs.iter().map(|(first, behind)| (first.as_str(), behind.as_str())).collect();
        site.raw_and_counted(&runs);

        from_scratch_gives_the_same(&site, &lms, &results, end);
        states_are_those_of_the_events_that_count(&site, end);
        tables_are_sums_over_the_states(&site, &lms, &results, end);
        what_the_tables_have_in_common(&site, &results, end);
    }
    // The late learners, told by hand: who is enrolled on the last day, and since when a row is there.
    let late = site.sql(
        "SELECT user_id, MIN(date), MAX(IF(date = '2016-03-19', CONCAT(at_end, mode), '')) FROM ce WHERE user_id > 900000 GROUP BY user_id",
    );
    assert_eq!(
        late,
        ["900001\t2016-03-15\t0audit", "900003\t2016-01-20\t1verified", "900004\t2016-03-15\t0honor", "900005\t2016-02-10\t0honor"]
    );
}

fn daily_run(site: &DatabaseSite, config: &str, end: &str, overwrite_n_days: u32, reducers: &str) -> String {
    let (interval, days) = (format!("{START}-{end}"), overwrite_n_days.to_string());
    let words = ["ImportEnrollmentsIntoMysql", "--config", config, "--interval", &interval, "--overwrite-n-days", &days];
    let dates = ["--date", end, "--import-date", end, "--overwrite-mysql", "--overwrite-hive", "--n-reduce-tasks", reducers];
    site.run(&[&words[..], &dates].concat())
}

/// The same tables from a new warehouse, in one run over all days. An event that came too late for its day's last window does not
/// count, so that this run is given the logs without such events; days of events are independent of each other.
fn from_scratch_gives_the_same(site: &DatabaseSite, lms: &str, results: &str, end: &str) {
    let (name, logs) = (format!("scratch-{end}"), format!("logs-{end}"));
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in site.sql("SELECT day, line FROM counted") {
        let (day, line) = row.split_once('\t').unwrap();
        days.entry(day.to_owned()).or_default().push(line.to_owned());
    }
    for (day, lines) in days {
        write_lines(&site.path(&format!("{logs}/tracking.log-{}", compact(&day))), lines.into_iter());
    }
    let database = site.new_database();
    warehouse(site, &name, &logs, &database, lms);
    let length = format!("{START}-{end}").parse::<DateInterval>().unwrap().days().count();
    daily_run(site, &format!("{name}.cfg"), end, length.try_into().unwrap(), "1");
    for table in TABLES {
        same(table, &site.table(&database, table), &site.table(results, table));
    }
    for table in ["course_enrollment", "course_enrollment_summary", "course_grade_by_mode"] {
        let sorted = |warehouse: &str| {
            let mut lines = site.lines(&format!("{warehouse}/{table}/dt={end}"));
            lines.sort();
            lines
        };
        same(table, &sorted(&name), &sorted("w"));
        assert!(!sorted("w").is_empty(), "{table}");
    }
}

/// `course_enrollment` is what SQL finds in the JSON of the lines that count: each day the last event of the learner so far.
fn states_are_those_of_the_events_that_count(site: &DatabaseSite, end: &str) {
    let columns = "date DATE, course_id VARCHAR(255), user_id INT, at_end INT, change_ INT, mode VARCHAR(255)";
    site.scratch_from("ce", columns, &format!("w/course_enrollment/dt={end}"), '\t');
    let of_event =
        |name: &str| format!("COALESCE(JSON_VALUE(line, '$.event.{name}'), JSON_VALUE(JSON_VALUE(line, '$.event'), '$.{name}'))");
    site.execute("CREATE OR REPLACE TABLE ev (day DATE, course_id VARCHAR(255), user_id INT, ts VARCHAR(40), type VARCHAR(60), mode VARCHAR(255), INDEX (course_id, user_id, day))");
    site.execute(&format!(
        "INSERT INTO ev SELECT day, {}, {}, CONCAT(SUBSTRING_INDEX(JSON_VALUE(line, '$.time'), '+', 1), IF(LOCATE('.', JSON_VALUE(line, '$.time')), '', '.000000')), \
         SUBSTRING(JSON_VALUE(line, '$.event_type'), 23), {} FROM counted \
         WHERE JSON_VALUE(line, '$.event_type') IN ('edx.course.enrollment.activated', 'edx.course.enrollment.deactivated', 'edx.course.enrollment.mode_changed')",
        of_event("course_id"),
        of_event("user_id"),
        of_event("mode")
    ));
    let last = |what: &str, which: &str| {
        format!(
            "(SELECT {what} FROM ev WHERE ev.course_id = p.course_id AND ev.user_id = p.user_id AND ev.day <= d.day {which} ORDER BY ts DESC, type DESC, mode DESC LIMIT 1)"
        )
    };
    let expected = format!(
        "SELECT d.day, p.course_id, p.user_id, COALESCE({}, 0), {} FROM (SELECT course_id, user_id, MIN(day) first FROM ev GROUP BY course_id, user_id) p \
         JOIN (SELECT DATE('{START}') + INTERVAL seq DAY day FROM seq_0_to_100) d ON d.day >= p.first AND d.day < '{end}'",
        last("type = 'activated'", "AND type <> 'mode_changed'"),
        last("mode", "")
    );
    let expected = site.sql(&expected);
    assert!(expected.len() > 3_000, "{}", expected.len());
    same("course_enrollment", &expected, &site.sql("SELECT date, course_id, user_id, at_end, mode FROM ce"));
    let wrong = "SELECT * FROM (SELECT change_, at_end - COALESCE(LAG(at_end) OVER (PARTITION BY course_id, user_id ORDER BY date), 0) right_ FROM ce) c WHERE change_ <> right_";
    assert_eq!(site.sql(wrong), [""; 0]);
}

/// Each table, from the states and the rows of the LMS.
fn tables_are_sums_over_the_states(site: &DatabaseSite, lms: &str, results: &str, end: &str) {
    let sums = format!("SUM(at_end), COUNT(ce.user_id) FROM ce LEFT JOIN {lms}.auth_userprofile p ON ce.user_id = p.user_id");
    let last = days_before(end, 1);
    let education = "CASE level_of_education WHEN 'el' THEN 'primary' WHEN 'jhs' THEN 'junior_secondary' WHEN 'hs' THEN 'secondary' \
                     WHEN 'a' THEN 'associates' WHEN 'b' THEN 'bachelors' WHEN 'm' THEN 'masters' WHEN 'p' THEN 'doctorate' \
                     WHEN 'p_se' THEN 'doctorate' WHEN 'p_oth' THEN 'doctorate' WHEN 'none' THEN 'none' WHEN 'other' THEN 'other' END";
    site.execute(&format!(
        "CREATE OR REPLACE TABLE grades AS SELECT user_id, CONVERT(course_id USING utf8mb4) COLLATE utf8mb4_bin course_id, passed_timestamp, letter_grade, modified \
         FROM {lms}.grades_persistentcoursegrade"
    ));
    site.execute(
        "CREATE OR REPLACE TABLE passing AS SELECT ce.course_id, ce.user_id, MAX(date) date, MAX(passed_timestamp) passed, MAX(letter_grade) letter \
         FROM ce JOIN grades ON ce.course_id = grades.course_id AND ce.user_id = grades.user_id WHERE date <= DATE(modified) GROUP BY ce.course_id, ce.user_id",
    );
    let modes = |day: &str| {
        format!("(SELECT course_id, mode, SUM(at_end) n, COUNT(user_id) c FROM ce WHERE date = '{day}' GROUP BY course_id, mode)")
    };
    let queries = [
        "SELECT course_id, date, SUM(at_end), COUNT(user_id) FROM ce GROUP BY course_id, date".to_owned(),
        "SELECT date, course_id, mode, SUM(at_end), COUNT(user_id) FROM ce GROUP BY course_id, date, mode".to_owned(),
        format!("SELECT date, course_id, NULLIF(gender, '') g, {sums} GROUP BY date, course_id, g"),
        format!("SELECT date, course_id, year_of_birth y, {sums} WHERE date = '{last}' GROUP BY date, course_id, y"),
        format!("SELECT date, course_id, {education} e, {sums} WHERE date = '{last}' GROUP BY date, course_id, e"),
        format!(
            "SELECT e.course_id, NULL, NULL, NULL, NULL, NULL, NULL, e.mode, e.n, e.n - COALESCE(s.n, 0), e.c, COALESCE(g.passing, 0) FROM {} e \
             LEFT JOIN {} s ON e.course_id = s.course_id AND e.mode = s.mode \
             LEFT JOIN (SELECT ce.course_id, ce.mode, SUM(passed IS NOT NULL AND letter IS NOT NULL AND letter <> '') passing \
             FROM ce LEFT JOIN passing p ON ce.course_id = p.course_id AND ce.user_id = p.user_id AND ce.date = p.date GROUP BY ce.course_id, ce.mode) g \
             ON e.course_id = g.course_id AND e.mode = g.mode",
            modes(&last),
            modes(&days_before(end, 8))
        ),
    ];
    for (table, expected) in TABLES.iter().zip(queries) {
        let found = site.table(results, table);
        same(table, &site.sql(&expected), &found);
        assert!(!found.is_empty(), "{table}");
    }
    let passing = site.sql(&format!("SELECT SUM(passing_users) > 0 FROM {results}.course_meta_summary_enrollment"));
    assert_eq!(passing, ["1"], "nobody passes, so nothing is compared");
}

/// What holds between the tables, whatever the events were.
fn what_the_tables_have_in_common(site: &DatabaseSite, results: &str, end: &str) {
    let daily = format!("{results}.course_enrollment_daily");
    for table in ["mode_daily", "gender_daily", "birth_year_daily", "education_level_daily"] {
        let odd = format!(
            "SELECT * FROM (SELECT course_id, date, SUM(count) n, SUM(cumulative_count) c FROM {results}.course_enrollment_{table} GROUP BY course_id, date) t \
             LEFT JOIN {daily} d ON t.course_id = d.course_id AND t.date = d.date WHERE NOT (n <=> d.count AND c <=> d.cumulative_count)"
        );
        assert_eq!(site.sql(&odd), [""; 0], "{table}");
    }
    let falls = format!(
        "SELECT * FROM (SELECT cumulative_count - LAG(cumulative_count) OVER (PARTITION BY course_id ORDER BY date) rise FROM {daily}) c WHERE rise < 0"
    );
    let odd = format!("SELECT * FROM {daily} WHERE count < 0 OR count > cumulative_count OR date < '{START}' OR date >= '{end}'");
    let gaps = format!("SELECT course_id FROM {daily} GROUP BY course_id HAVING COUNT(*) <> DATEDIFF('{end}', MIN(date))");
    let summaries = format!(
        "SELECT * FROM (SELECT course_id, SUM(count) n, SUM(cumulative_count) c FROM {results}.course_meta_summary_enrollment GROUP BY course_id) m \
         LEFT JOIN {daily} d ON m.course_id = d.course_id AND date = '{end}' - INTERVAL 1 DAY WHERE NOT (n <=> d.count AND c <=> d.cumulative_count)"
    );
    for query in [falls, odd, gaps, summaries] {
        assert_eq!(site.sql(&query), [""; 0], "{query}");
    }
}

/// The steps whose result makes those before them unnecessary.
const WHOLE_PARTS: [&str; 4] =
    ["Days enrolled", "Learners of each group and day", "Passing learners of each mode", "Summary of each course"];

/// A run of the whole workflow over ten days, in an empty warehouse.
struct Interrupted {
    site: DatabaseSite,
    lms: String,
}

impl Interrupted {
    fn words(config: &str) -> Vec<&str> {
        let task = ["ImportEnrollmentsIntoMysql", "--config", config, "--interval", "2016-01-15-2016-01-25", "--overwrite-n-days", "9"];
        [&task[..], &["--date", "2016-01-25", "--import-date", "2016-01-25", "--overwrite-mysql", "--n-reduce-tasks", "2"]].concat()
    }

    /// Names of the steps that a run announces.
    fn steps(said: &str) -> Vec<&str> {
        let told = said.lines().filter(|line| ![" ", "insights:", "Result store:"].iter().any(|other| line.starts_with(other)));
        told.filter_map(|line| Some(line.split_once(": ")?.0)).collect()
    }

    /// Runs until the given number of steps is announced, and kills it then.
    fn killed_after(&self, config: &str, steps: usize) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        let command = command.current_dir(self.site.folder.path()).env_remove("LUIGI_CONFIG_PATH").args(Self::words(config));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut announced = 0;
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while announced < steps {
            let line = lines.next().expect("the run ended before").unwrap();
            announced += Self::steps(&line).len();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// All files of a warehouse but the metadata of imports, which has their time.
    fn contents(&self, warehouse: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.site.path(warehouse);
        let mut all = Vec::new();
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    // What the runs were is told by their names.
                    if entry.file_name() != "_runs" {
                        directories.push(entry.path());
                    }
                } else if entry.file_name() != "_metadata" {
                    let name = entry.path().strip_prefix(&root).unwrap().display().to_string();
                    // A marker holds the name of the run.
                    // They hold ids of runs.
                    let names_runs = ["_SUCCESS", "_record", "_days"].iter().any(|name| entry.file_name() == *name);
                    let bytes = if names_runs { Vec::new() } else { fs::read(entry.path()).unwrap() };
                    all.push((name, bytes));
                }
            }
        }
        all.sort();
        all
    }
}

/// At every boundary between two steps: killed there and started again, the warehouse has the same bytes and the store the same rows.
#[test]
fn a_run_killed_after_any_step_goes_on_to_the_same_result() {
    let (site, lms) = generated("2016-01-15-2016-01-25", "900", "30");
    let scene = Interrupted { site, lms };
    let site = &scene.site;
    site.arrive("2016-01-25");
    let results = site.new_database();
    warehouse(site, "undisturbed", "logs", &results, &scene.lms);
    let said = site.run(&Interrupted::words("undisturbed.cfg"));
    let steps = Interrupted::steps(&said);
    assert_eq!(steps.len(), 16, "{steps:?}");
    let expected = scene.contents("undisturbed");
    assert!(files_below(&site.path("undisturbed")).len() > 30);
    for killed_after in 1..=steps.len() {
        let name = format!("killed{killed_after}");
        let database = site.new_database();
        warehouse(site, &name, "logs", &database, &scene.lms);
        let config = format!("{name}.cfg");
        scene.killed_after(&config, killed_after);
        let said = site.run(&Interrupted::words(&config));
        let at = steps[killed_after - 1];
        // A part that was wholly made is not made again. The events of the last days are, until their states are there: they are
        // whatever the logs hold when the states are made.
        let done = steps.iter().take(killed_after).rposition(|step| WHOLE_PARTS.contains(step)).map_or(0, |last| last + 1);
        for step in steps.iter().take(done).filter(|step| !step.starts_with("Table ") && !step.starts_with("Import ")) {
            assert!(said.contains(&format!("{step}: skipped")), "killed after {at}: {step} was made again: {said}");
        }
        let found = scene.contents(&name);
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected), "killed after {at}");
        let different: Vec<_> =
            found.iter().zip(&expected).filter(|(found, expected)| found != expected).map(|((name, _), _)| name).collect();
        assert!(different.is_empty(), "killed after {at}: the bytes of {different:?} differ");
        for table in TABLES {
            same(&format!("{table}, killed after {at}"), &site.table(&results, table), &site.table(&database, table));
        }
    }
}
