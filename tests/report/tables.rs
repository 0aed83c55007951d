//! What tables offer: searches, lists, downloads, headings.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::charts::written;
use crate::site::{self, Site};

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
    let csv = browser.downloaded(&format!("{}-geography.csv", course.file_stem().unwrap().to_str().unwrap()));
    assert!(csv.contains("US,29991,99.966668%") && csv.contains("DE,1,0.003333%"), "{csv}");
}

#[test]
fn a_page_without_scripts_has_no_empty_places() {
    let (_folder, pages) = written(|store| Site { courses: 2, days: 30, demographic_days: 1 }.write(store), None);
    let browser = Browser::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    for page in &pages {
        browser.goto(page);
        let seen = "const isSeen = (part) => part.getClientRects().length > 0; const all = (what) => [...document.querySelectorAll(what)].filter(isSeen).length; \
            return [all('.chart, .drawing'), all('thead button'), all('.tools'), all('table') > 0]";
        assert_eq!(browser.run(seen), json!([0, 0, 0, true]), "{}", page.display());
    }
    browser.goto(&pages[0]);
    let trend = browser
        .run("const text = document.querySelector('[data-trend] .vh').getBoundingClientRect(); return text.width > 60 && text.height > 10");
    assert_eq!(trend, json!(true), "the trend is told in words");
}

#[test]
fn every_field_and_button_has_a_name_of_its_own() {
    let (_folder, pages) = written(|store| Site { courses: 2, days: 30, demographic_days: 1 }.write(store), None);
    let browser = Browser::start();
    for page in &pages {
        browser.open(page);
        let names =
            browser.run("return [...document.querySelectorAll('.search input, .download')].map((part) => part.getAttribute('aria-label'))");
        let names: Vec<String> = serde_json::from_value(names).unwrap();
        assert!(names.iter().all(|name| name.starts_with("Search: ") || name.starts_with("Download CSV: ")), "{names:?}");
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), names.len(), "{names:?}");
        let arrow = browser.run("return getComputedStyle(document.querySelector('thead button'), '::after').content");
        assert_eq!(arrow, json!("\"↕\" / \"\""));
    }
}
