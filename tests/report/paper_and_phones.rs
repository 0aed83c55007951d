//! Pages on paper, and on the small screen of a phone.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::charts::written;
use crate::site::Site;

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
