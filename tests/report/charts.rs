//! What charts look like, by what the browser has made of them.

use std::path::{Path, PathBuf};

use insights_pipeline::report::{ReportOptions, write_report};
use insights_pipeline::storage::Location;
use insights_pipeline::stores::target::StorePlace;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::site::{self, Site};

/// A report, its overview and the page of its first course.
pub(crate) fn written(fill: impl FnOnce(&Path), logs: Option<&str>) -> (TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let (store, out) = (folder.path().join("store.sqlite"), folder.path().join("report"));
    fill(&store);
    let options = ReportOptions { logs: logs.map(|days| days.parse().unwrap()), ..ReportOptions::default() };
    let summary = write_report(&StorePlace::Sqlite(store), None, &options, &Location::from_path(&out).unwrap()).unwrap();
    let pages = [out.join("index.html"), out.join(&summary.pages[1].file)];
    (folder, pages)
}

/// Labels at the foot of a chart: text, left and right end.
const FOOT: &str = "const [place] = document.querySelectorAll(`[data-table=\"${TABLE}\"]`); \
    return [...place.querySelectorAll('text')].map((label) => ({ text: label.textContent, box: label.getBoundingClientRect() })) \
    .filter((label) => /^\\d{4}-\\d{2}-\\d{2}$/.test(label.text)).map(({ text, box }) => [text, box.left, box.right]).sort((a, b) => a[1] - b[1])";

#[test]
fn the_last_day_has_a_label_and_labels_do_not_touch() {
    let browser = Browser::start();
    for days in [2, 9, 30, 400, 731] {
        let (_folder, [_, course]) = written(|store| Site { courses: 1, days, demographic_days: 1 }.write(store), None);
        for width in [1280, 900, 390] {
            browser.look(width, "screen", "light");
            browser.open(&course);
            browser.draw_all();
            let labels = browser.run(&FOOT.replace("${TABLE}", "enrollment-1"));
            let labels = labels.as_array().unwrap();
            assert_eq!(labels.last().unwrap()[0], json!("2024-06-30"), "{days} days, {width} px: {labels:?}");
            for pair in labels.windows(2) {
                assert!(pair[0][2].as_f64().unwrap() + 4.0 < pair[1][1].as_f64().unwrap(), "{days} days, {width} px: {pair:?}");
            }
        }
    }
}

#[test]
fn every_age_has_its_place() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        for (year, count) in [(2004, 3), (2001, 2), (1990, 1)] {
            let sql = "INSERT INTO course_enrollment_birth_year_daily (date, course_id, birth_year, count, cumulative_count) VALUES ('2024-06-30', 'c', ?1, ?2, ?2)";
            connection.execute(sql, [year, count]).unwrap();
        }
        connection
            .execute("INSERT INTO course_enrollment_daily (course_id, date, count, cumulative_count) VALUES ('c', '2024-06-30', 6, 6)", ())
            .unwrap();
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.open(&course);
    browser.draw_all();
    let bars = browser.run(
        "const options = echarts.getInstanceByDom(document.querySelector('[data-table=\"demographics-1\"]')).getOption(); \
         return [options.xAxis[0].data, options.series[0].data]",
    );
    let ages: Vec<String> = (20..=34).map(|age: u32| age.to_string()).collect();
    let mut counts = vec![0; 15];
    (counts[0], counts[3], counts[14]) = (3, 2, 1);
    assert_eq!(bars, json!([ages, counts]));
}

#[test]
fn one_day_is_a_pile_of_bars() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        connection
            .execute("INSERT INTO course_enrollment_daily (course_id, date, count, cumulative_count) VALUES ('c', '2024-06-30', 7, 7)", ())
            .unwrap();
        for (mode, count) in [("audit", 5), ("honor", 1), ("verified", 1)] {
            let sql = "INSERT INTO course_enrollment_mode_daily (date, course_id, mode, count, cumulative_count) VALUES ('2024-06-30', 'c', ?1, ?2, ?2)";
            connection.execute(sql, rusqlite::params![mode, count]).unwrap();
        }
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.open(&course);
    browser.draw_all();
    let series = browser.run(
        "const place = document.querySelectorAll('[data-table=\"enrollment-1\"]')[1]; \
         return echarts.getInstanceByDom(place).getOption().series.map((bar) => [bar.type, bar.stack, bar.data])",
    );
    assert_eq!(series, json!([["bar", "all", [5]], ["bar", "all", [1]], ["bar", "all", [1]]]));
}

#[test]
fn unfinished_weeks_are_hollow() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        for monday in ["2024-06-10", "2024-06-17", "2024-06-24"] {
            let sql = "INSERT INTO course_activity (course_id, interval_start, interval_end, label, count) VALUES ('c', ?1, date(?1, '+7 days'), 'ACTIVE', 3)";
            connection.execute(sql, [monday]).unwrap();
        }
    };
    let (_folder, pages) = written(fill, Some("2024-06-10-2024-06-26"));
    let browser = Browser::start();
    for (page, table) in pages.iter().zip(["site-1", "activity-1"]) {
        browser.open(page);
        browser.draw_all();
        let hollow = browser.run(&format!(
            "const options = echarts.getInstanceByDom(document.querySelector('[data-table=\"{table}\"]')).getOption(); \
             return [options.series[0].symbol, ...[0, 1, 2].map((dataIndex) => options.series[0].symbolSize(3, {{ dataIndex }}) > 0)]"
        ));
        assert_eq!(hollow, json!(["emptyCircle", false, false, true]), "{table}");
    }
}

#[test]
fn an_unfinished_week_alone_is_hollow_bars() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        let sql = "INSERT INTO course_activity (course_id, interval_start, interval_end, label, count) VALUES ('c', '2024-06-10', '2024-06-17', 'ACTIVE', 3)";
        connection.execute(sql, ()).unwrap();
    };
    let browser = Browser::start();
    for (logs, border) in [("2024-06-16", "dashed"), ("2024-06-10-2024-06-17", "")] {
        let (_folder, pages) = written(fill, Some(logs));
        for (page, table) in pages.iter().zip(["site-1", "activity-1"]) {
            browser.open(page);
            browser.draw_all();
            let found = browser.run(&format!(
                "const [bar] = echarts.getInstanceByDom(document.querySelector('[data-table=\"{table}\"]')).getOption().series; \
                 return [bar.type, bar.itemStyle.borderType ?? '', document.body.textContent.includes('This week counts only 2024-06-16.')]"
            ));
            assert_eq!(found, json!(["bar", border, !border.is_empty()]), "{table}");
            assert!(!std::fs::read_to_string(page).unwrap().contains("Hollow points"));
        }
        let overview = std::fs::read_to_string(&pages[0]).unwrap().replace("<span class=\"whole-day\">", "");
        assert_eq!(overview.contains("Active on 2024-06-16"), !border.is_empty(), "{overview}");
    }
}

#[test]
fn a_country_with_one_learner_is_none_without() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        for (course, country, learners) in [("c", "US", 900), ("c", "FR", 1), ("d", "FR", 1)] {
            let sql = "INSERT INTO course_enrollment_location_current (date, course_id, country_code, count, cumulative_count) VALUES ('2024-06-30', ?1, ?2, ?3, ?3)";
            connection.execute(sql, rusqlite::params![course, country, learners]).unwrap();
        }
    };
    let (folder, [overview, _]) = written(fill, None);
    let browser = Browser::start();
    // Relative luminance as WCAG defines it.
    let contrast = "const style = getComputedStyle(document.documentElement); \
         const light = (name) => [1, 3, 5].map((at) => parseInt(style.getPropertyValue(name).trim().slice(at, at + 2), 16) / 255) \
           .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0); \
         const [one, other] = [light('--map-low'), light('--land')].sort((a, b) => b - a); return (one + 0.05) / (other + 0.05)";
    for scheme in ["light", "dark"] {
        browser.look(1280, "screen", scheme);
        browser.open(&overview);
        assert!(browser.run(contrast).as_f64().unwrap() >= 2.0, "{scheme}");
    }
    let mut scales = Vec::new();
    for page in std::fs::read_dir(folder.path().join("report/courses")).unwrap() {
        browser.open(&page.unwrap().path());
        browser.draw_all();
        scales.push(browser.run("const [scale] = echarts.getInstanceByDom(document.querySelector('#geography .chart')).getOption().visualMap; return [scale.min, ...scale.text]"));
    }
    scales.sort_by_key(Value::to_string);
    assert_eq!(scales, [json!([0, "1", ""]), json!([1, "900", "1"])]);
}
