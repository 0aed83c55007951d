//! Names that begin alike, and more of them than a table or a chart shows.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::charts::written;
use crate::site;

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
