//! What tables offer: searches, lists, downloads, headings.
use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::charts::written;
use crate::site;

#[test]
fn shares_that_round_to_nothing_or_all_say_so() {
    let fill = |store: &Path| {
        let connection = site::empty(store);
        for (country, learners) in [("US", 29_991), ("FR", 9), ("DE", 1)] {
            let sql = "INSERT INTO course_enrollment_location_current (date, course_id, country_code, count, cumulative_count) VALUES ('2024-06-30', 'c', ?1, ?2, ?2)";
            connection.execute(sql, rusqlite::params![country, learners]).unwrap();
        }
    };
    let (_folder, [_, course]) = written(fill, None);
    let browser = Browser::start();
    browser.open(&course);
    let shares = "return [...document.querySelectorAll('#geography-1 tbody tr')].map((row) => row.cells[3].textContent)";
    assert_eq!(browser.run(shares), json!([">99.9%", "<0.1%", "<0.1%"]));
    browser.run(
        "document.querySelectorAll('#geography-1 th button')[3].click(); document.querySelectorAll('#geography-1 th button')[3].click()",
    );
    let order = "return [...document.querySelectorAll('#geography-1 tbody tr')].map((row) => row.cells[1].textContent)";
    assert_eq!(browser.run(order), json!(["DE", "FR", "US"]));
    browser.run("document.querySelector('#geography .download').click()");
    let csv = browser.downloaded("geography.csv");
    assert!(csv.contains("US,29991,99.966668%") && csv.contains("DE,1,0.003333%"), "{csv}");
}
