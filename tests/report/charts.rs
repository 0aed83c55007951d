//! What charts and tables look like, by what the browser has made of them.
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
fn names_are_told_apart_and_few_learners_come_last() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        let answer = |module: &str, part: &str, correct: bool, learners: i64| {
            let sql = "INSERT INTO answer_distribution (course_id, module_id, part_id, correct, first_response_count, last_response_count, answer_value_text, \
                       problem_display_name) VALUES ('c', ?1, ?2, ?3, ?4, ?4, ?3, 'Quiz')";
            connection.execute(sql, rusqlite::params![module, part, correct, learners]).unwrap();
        };
        answer("alone", "alone_2_1", false, 1);
        for number in 0..14 {
            answer("quiz", &format!("quiz_{number:02}_1"), true, 10 + number);
            answer("quiz", &format!("quiz_{number:02}_1"), false, 30);
        }
        for (number, learners) in [(0, 9), (1, 10), (2, 50)] {
            let name = format!("block-v1:University+Course+2024+type@video+block@{number}");
            let sql = "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, duration, segment_length, users_at_start, users_at_end) VALUES (?1, 'c', ?1, 60, 5, ?2, 1)";
            connection.execute(sql, rusqlite::params![name, learners]).unwrap();
        }
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.look(900, "screen", "light");
    browser.open(&course);
    browser.draw_all();
    let column = |table: &str, column: usize| {
        browser.run(&format!("return [...document.querySelectorAll('#{table} tbody tr')].map((row) => row.cells[{column}].textContent)"))
    };
    let parts = column("answers-1", 1);
    assert_eq!((parts.as_array().unwrap().len(), &parts[0], &parts[14]), (15, &json!("quiz_00_1"), &json!("alone_2_1")));
    assert_eq!(column("videos-1", 2), json!(["50", "10", "9"]));
    let names =
        browser.run("return echarts.getInstanceByDom(document.querySelector('[data-table=\"answers-1\"]')).getOption().yAxis[0].data");
    assert_eq!(names.as_array().unwrap().len(), 12);
    assert_eq!(names[0], json!("Quiz · quiz_00_1"));
    let note = browser.run("return document.querySelector('#answers .drawn').textContent");
    assert_eq!(note, json!("The chart shows the first 12 of the 15 rows of the table, in its order."));
    assert_eq!(browser.run("return document.querySelector('#videos .drawn').hidden"), json!(true));
    // Ids of one course begin alike: labels keep their ends.
    let labels = browser.run("return [...document.querySelectorAll('#videos-1')].length && [...document.querySelectorAll('[data-table=\"videos-1\"] text')].map((label) => label.textContent)");
    let ends = |end: &str| {
        labels.as_array().unwrap().iter().any(|label| label.as_str().unwrap().contains('…') && label.as_str().unwrap().ends_with(end))
    };
    assert!(ends("block@0") && ends("block@1") && ends("block@2"), "{labels}");
}

#[test]
fn a_phone_shows_numbers_beside_names() {
    let (_folder, [overview, course]) = written(|store| Site { courses: 14, days: 60, demographic_days: 1 }.write(store), None);
    let browser = Browser::start();
    browser.look(390, "screen", "light");
    browser.open(&overview);
    let seen = "const shown = document.querySelector('#courses .scroll').getBoundingClientRect(); \
                return [...document.querySelectorAll('#courses tbody tr')].every((row) => row.cells[1].getBoundingClientRect().right <= shown.right)";
    assert_eq!(browser.run(seen), json!(true), "enrollment is cut");
    // Small lines begin at zero and say how many weeks they hold.
    assert_eq!(browser.run("return document.querySelector('#courses [data-kind=trend]').textContent"), json!("8 weeks"));
    // Figures stand at one height, however long their names are, and fill their row.
    browser.look(700, "screen", "light");
    browser.open(&course);
    let figures = browser.run(
        "const boxes = [...document.querySelectorAll('.figures div')].map((figure) => [figure.getBoundingClientRect().top, figure.querySelector('dd').getBoundingClientRect().top]); \
         const all = document.querySelector('.figures').getBoundingClientRect(); const last = document.querySelector('.figures div:last-child').getBoundingClientRect(); \
         return [boxes.length, new Set(boxes.map(([top, value]) => value - top)).size, all.right - last.right < 3]",
    );
    assert_eq!(figures, json!([5, 1, true]));
}

#[test]
fn prints_keep_headings_with_what_follows_and_show_all_courses() {
    let (_folder, [overview, course]) = written(|store| Site { courses: 40, days: 20, demographic_days: 1 }.write_lightly(store), None);
    let browser = Browser::start();
    browser.look(794, "print", "light");
    browser.open(&overview);
    let shown = browser.run("const place = document.querySelector('#courses .scroll'); return place.scrollHeight - place.clientHeight");
    assert_eq!(shown, json!(0), "all courses are printed");
    let wide = "return [...document.querySelectorAll('table')].filter((table) => table.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length";
    assert_eq!(browser.run(wide), json!(0), "columns are cut");
    browser.open(&course);
    assert_eq!(browser.run(wide), json!(0), "columns are cut");
    let loose = browser.run(
        "return [...document.querySelectorAll('h2, h3, .lens > p:not(:last-child)')].filter((part) => getComputedStyle(part).breakAfter !== 'avoid').length",
    );
    assert_eq!(loose, Value::from(0));
}

#[test]
fn a_print_has_the_rows_that_were_chosen() {
    let (_folder, [_, course]) = written(|store| Site { courses: 1, days: 20, demographic_days: 1 }.write(store), None);
    let browser = Browser::start();
    browser.look(794, "print", "light");
    browser.open(&course);
    let printed = |view: &str| {
        browser.run(&format!(
            "const view = document.querySelector('{view}').closest('.view'); const isSeen = (part) => getComputedStyle(part).display !== 'none'; \
             return [[...view.querySelectorAll('tbody tr')].filter(isSeen).length, isSeen(view.querySelector('.print'))]"
        ))
    };
    browser.run("const list = document.querySelector('#answers select'); list.value = list.options[30].value; list.dispatchEvent(new Event('change'))");
    assert_eq!(printed("#answers-2"), json!([5, false]));
    browser.run("const list = document.querySelector('#answers select'); list.value = ''; list.dispatchEvent(new Event('change'))");
    assert_eq!(printed("#answers-2"), json!([20, true]));
    browser.run("const search = document.querySelector('#answers-1').closest('.view').querySelector('input'); search.value = 'p39'; search.dispatchEvent(new Event('input'))");
    browser.wait("document.querySelectorAll('#answers-1 tbody tr:not([hidden])').length === 1");
    assert_eq!(printed("#answers-1"), json!([1, false]));
    // Seconds of a video come by the script.
    browser.wait("!document.querySelector('.timelines .print').hidden");
    assert_eq!(printed("#videos-seconds"), json!([20, true]));
}

#[test]
fn a_search_tells_what_it_could_not_look_through() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000) INSERT INTO answer_distribution (course_id, module_id, \
                   part_id, correct, first_response_count, last_response_count, answer_value_text) SELECT 'c', 'm', printf('part%05d', n), 0, 1, 1, 'a' FROM n";
        connection.execute(sql, ()).unwrap();
        let video = "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, users_at_start, users_at_end) VALUES ('v', 'c', 'v', 2, 1)";
        connection.execute(video, ()).unwrap();
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.open(&course);
    let told = |table: &str, sought: &str, told: &str| {
        browser.run(&format!(
            "const search = document.querySelector('{table}').closest('.view').querySelector('input'); search.value = '{sought}'; search.dispatchEvent(new Event('input'))"
        ));
        browser.wait(&format!("{told}.test(document.querySelector('{table}').closest('.view').querySelector('[aria-live]').textContent)"));
    };
    told("#answers-1", "part19999", r"/^No row of the first [\d,]+ of 20,000 matches\.$/");
    told("#answers-1", "part00001", r"/^1 of the first [\d,]+ of 20,000 rows$/");
    told("#answers-1", "", r"/^The first [\d,]+ of 20,000 rows$/");
    told("#videos-1", "nothing", r"/^No row matches\.$/");
}

#[test]
fn lists_tell_apart_what_begins_alike() {
    let long = "block-v1:University+Introduction_to_Statistics+2024+type@problem+block@";
    let fill = |store: &Path| {
        let connection = site::empty(store);
        for end in ["0a_2_1", "0a_3_1", "0b_2_1"] {
            let sql = "INSERT INTO answer_distribution (course_id, module_id, part_id, correct, first_response_count, last_response_count, answer_value_text, problem_display_name) \
                       VALUES ('c', 'm', ?1, 1, 10, 10, 'x', 'Which of these statements about the median of a skewed distribution are true?')";
            connection.execute(sql, [format!("{long}{end}")]).unwrap();
            let sql = "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, segment_length, users_at_start) VALUES (?1, 'c', ?1, 5, 9)";
            connection.execute(sql, [format!("{long}{end}")]).unwrap();
            connection
                .execute(
                    "INSERT INTO video_timeline (pipeline_video_id, segment, num_users, num_views) VALUES (?1, 0, 1, 1)",
                    [format!("{long}{end}")],
                )
                .unwrap();
        }
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.open(&course);
    for lens in ["answers", "videos"] {
        let labels = browser.run(&format!(
            "return [...document.querySelectorAll('#{lens} select option')].filter((option) => option.value).map((option) => option.text)"
        ));
        let labels: Vec<String> = serde_json::from_value(labels).unwrap();
        assert_eq!(labels.len(), 3);
        for (label, end) in labels.iter().zip(["0a_2_1", "0a_3_1", "0b_2_1"]) {
            assert!(label.ends_with(end) && label.chars().count() <= 34, "{labels:?}");
        }
        // The closed list shows its end, too.
        let fits = browser.run(&format!(
            "const list = document.querySelector('#{lens} select'); const context = document.createElement('canvas').getContext('2d'); \
             context.font = getComputedStyle(list).font; return context.measureText(list.selectedOptions[0].text).width < list.clientWidth - 60"
        ));
        assert_eq!(fits, json!(true), "{lens}");
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
