//! Files for other programs, read by those programs: what the page of analysis says is what comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test program
// needs: analysis-python
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use rusqlite::Connection;
use rusqlite::types::Value;

use site::Site;

const PAGE: &str = include_str!("../docs/analysis.md");

/// The blocks of the page in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    PAGE.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What a script of Python leaves in `answer`, every value as text.
fn answer(site: &Site, script: &str) -> Vec<Vec<String>> {
    let python = std::env::var("ANALYSIS_PYTHON").expect(
        "ANALYSIS_PYTHON is not set: run the tests by tests/run.sh, or export the line that tests/servers/analysis_python.sh prints.",
    );
    let script = format!("{script}\nimport json\nprint(json.dumps([[str(value) for value in row] for row in answer]))\n");
    let output = Command::new(python).arg("-c").arg(&script).current_dir(site.folder.path()).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sql(store: &Connection, query: &str) -> Vec<Vec<String>> {
    let mut statement = store.prepare(query).unwrap();
    let width = statement.column_count();
    let text = |value| match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column).map(text)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

/// Learners active on each day, counted in the text of the warehouse.
fn active_by_day(site: &Site) -> Vec<Vec<String>> {
    let mut days: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in site.lines("insights-report/warehouse/user_activity_by_user") {
        let row: Vec<&str> = line.split('\t').collect();
        if row[3] == "ACTIVE" {
            days.entry(row[2].to_owned()).or_default().insert(row[0].to_owned());
        }
    }
    days.into_iter().map(|(day, learners)| vec![day, learners.len().to_string()]).collect()
}

#[test]
fn the_page_of_analysis_says_what_comes_out() {
    let site = Site::new();
    site.run(&["generate", "--interval", "2024-03-04-2024-03-20", "--events", "2500", "--users", "80", "--courses", "3", "--out", "logs"]);
    site.run(&["report", "logs", "--interval", "2024-03-04-2024-03-20"]);
    let store = Connection::open(site.path("insights-report/insights.sqlite")).unwrap();
    // Texts with all that a form could stumble over.
    let odd = "=1+1, \"quoted\"\n\u{202e}–";
    store.execute("UPDATE answer_distribution SET question_text = ?1 WHERE id % 3 = 0", [odd]).unwrap();
    let from_store = ["export", "--all", "--sqlite", "insights-report/insights.sqlite"];
    for (format, out) in [("parquet", "tables"), ("csv", "csv"), ("jsonl", "jsonl")] {
        site.run(&[&from_store[..], &["--format", format, "--out", out]].concat());
    }
    site.run(&["export", "--all", "--warehouse", "insights-report/warehouse", "--out", "warehouse-tables"]);

    // Spark is too large for a test.
    let scripts: Vec<_> = blocks("python").into_iter().filter(|script| !script.contains("pyspark")).collect();
    let [one_duckdb, one_pandas, days_duckdb, days_pandas] = scripts[..] else { panic!("{scripts:?}") };
    let expected = sql(&store, blocks("sql")[0]);
    // The week that has two days of logs is none that is compared.
    let weeks = "SELECT course_id, count FROM course_activity WHERE label = 'ACTIVE' AND interval_end = '2024-03-18 00:00:00' ORDER BY 1";
    let mut answered: Vec<_> = expected.iter().map(|row| row[..2].to_vec()).collect();
    answered.sort();
    assert!(answered.len() >= 2 && answered == sql(&store, weeks), "{expected:?}");
    assert_eq!(answer(&site, one_duckdb), expected);
    assert_eq!(answer(&site, one_pandas), expected);
    let expected = active_by_day(&site);
    assert!(expected.len() >= 10, "{expected:?}");
    assert_eq!(answer(&site, days_duckdb), expected);
    assert_eq!(answer(&site, days_pandas), expected);

    // Every table has the rows of the store, and the same texts in each form.
    let names: Vec<String> = site.tables("insights-report/insights").into_keys().collect();
    let counts = names.iter().map(|name| sql(&store, &format!("SELECT '{name}', COUNT(*), COUNT(*) FROM {name}")).concat());
    let script = format!(
        "import duckdb\ncount = lambda file: duckdb.sql(f\"SELECT COUNT(*) FROM '{{file}}'\").fetchall()[0][0]\n\
         answer = [(name, count(f'tables/{{name}}.parquet'), count(f'csv/{{name}}.csv')) for name in {names:?}]"
    );
    assert_eq!(answer(&site, &script), counts.collect::<Vec<_>>());
    let texts = "SELECT part_id, question_text FROM answer_distribution WHERE question_text IS NOT NULL ORDER BY id";
    let script = "import json\nrows = [json.loads(line) for line in open('jsonl/answer_distribution.jsonl', newline='\\n')]\n\
                  answer = [(row['part_id'], row['question_text']) for row in rows if row['question_text'] is not None]";
    assert_eq!(answer(&site, script), sql(&store, texts));
    let script = "import pandas\nrows = pandas.read_parquet('tables/answer_distribution.parquet').dropna(subset=['question_text'])\n\
                  answer = rows[['part_id', 'question_text']].itertuples(index=False)";
    assert_eq!(answer(&site, script), sql(&store, texts));
    let script = "import csv\nrows = csv.DictReader(open('csv/answer_distribution.csv', newline=''))\n\
                  answer = [[text] for text in sorted({row['question_text'] for row in rows if row['question_text'].startswith(\"'\")})]";
    assert_eq!(answer(&site, script), [[format!("'{odd}")]]);

    // Some days of the tables that have days; of the others it is said that these are all rows.
    let output = site.tried("export", &[&from_store[1..], &["--interval", "2024-03-10..2024-03-12", "--out", "days"]].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.matches("  all rows, since the table has no column date").count() >= 3, "{said}");
    let script =
        "import duckdb\nanswer = duckdb.sql(\"SELECT 'days', COUNT(*), 0 FROM 'days/course_enrollment_daily.parquet'\").fetchall()";
    let of_days = "SELECT 'days', COUNT(*), 0 FROM course_enrollment_daily WHERE date IN ('2024-03-10', '2024-03-11')";
    assert_eq!(answer(&site, script), sql(&store, of_days));

    // Types as the tables declare them.
    let types = |file: &str| {
        let script = format!("import duckdb\nanswer = [row[:2] for row in duckdb.sql(\"DESCRIBE SELECT * FROM '{file}'\").fetchall()]");
        answer(&site, &script).into_iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", ")
    };
    let expected = "course_id VARCHAR, interval_start TIMESTAMP, interval_end TIMESTAMP, label VARCHAR, count INTEGER";
    assert_eq!(types("tables/course_activity.parquet"), expected);
    assert!(types("tables/answer_distribution.parquet").contains("correct BOOLEAN"));
    assert!(types("tables/course_enrollment_daily.parquet").contains("date DATE"));
    assert!(types("warehouse-tables/video_viewing_by_date/*/*.parquet").ends_with("event_type VARCHAR, dt DATE"));
}

#[test]
fn what_cannot_be_exported_is_said() {
    let site = Site::new();
    let refused = |words: &[&str]| {
        let output = site.tried("export", words);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused(&["course_activty", "--out", "tables"]);
    assert!(error.contains("There is no table course_activty. Did you mean course_activity?"), "{error}");
    let error = refused(&["video", "--out", "tables"]);
    assert!(error.contains("There is no result store insights.sqlite"), "{error}");
    let error = refused(&["--all", "--warehouse", "logs", "--out", "tables"]);
    assert!(error.contains("There is no table to export"), "{error}");
    let error = refused(&["video_usage", "--warehouse", "logs", "--out", "tables"]);
    assert!(error.contains("has no table video_usage yet"), "{error}");
    assert!(!site.path("tables").exists());
}
