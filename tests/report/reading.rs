//! Pages in the browser: quiet, for everybody, and with the numbers of the store.

use std::path::{Path, PathBuf};

use insights_pipeline::report::ReportSummary;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::pages::report_with;
use crate::site::{self, HOSTILE, RosterRow, Site};

struct Written {
    folder: TempDir,
    summary: ReportSummary,
}

impl Written {
    fn of(fill: impl FnOnce(&Path), learners: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.sqlite");
        fill(&store);
        let warehouse = folder.path().join("warehouse");
        let summary = report_with(&store, warehouse.exists().then_some(&*warehouse), &folder.path().join("report"), learners);
        Self { folder, summary }
    }

    fn page(&self, file: &str) -> PathBuf {
        self.folder.path().join("report").join(file)
    }

    fn first_course(&self) -> PathBuf {
        self.page(&self.summary.pages[1].file)
    }

    fn store(&self) -> Connection {
        Connection::open(self.folder.path().join("store.sqlite")).unwrap()
    }
}

fn small(path: &Path) {
    small_site(path, 400);
}

fn small_site(path: &Path, days: u64) {
    Site { courses: 2, days, demographic_days: 2 }.write(path);
    // And a course of which next to nothing is known.
    let store = Connection::open(path).unwrap();
    store.execute("INSERT INTO course_activity (course_id, interval_start, interval_end, label, count) VALUES ('quiet', '2024-06-24', '2024-07-01', 'ACTIVE', 1)", ()).unwrap();
    // One course has a roster, the others none.
    let learners = [
        RosterRow { username: "ada", name: "Ada Ångström", cohort: "red", segments: "highly_engaged,struggling" },
        RosterRow { username: "idle", name: "\\N", cohort: "\\N", segments: "unenrolled,inactive" },
    ];
    site::write_roster(&path.with_file_name("warehouse"), "quiet", &learners);
}

fn axe() -> String {
    let place = std::env::var("AXE_CORE")
        .expect("AXE_CORE is not set: run the tests by tests/run.sh, or export the line that tests/servers/axe_core.sh prints.");
    std::fs::read_to_string(place).unwrap()
}

/// Violations, each with the first element that has it.
fn violations(browser: &Browser) -> Value {
    browser.promised(
        "axe.run({ preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((found) => \
         found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`))",
    )
}

#[test]
fn every_page_is_quiet_offline_and_accessible() {
    let site = Written::of(|path| small_site(path, 60), true);
    let axe = axe();
    let browser = Browser::start();
    for page in &site.summary.pages {
        browser.look(1280, "screen", "light");
        browser.open(&site.page(&page.file));
        browser.draw_all();
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{}", page.file);
        let report = format!("file://{}/", site.page("").display());
        let foreign: Vec<_> = browser
            .requests()
            .into_iter()
            .filter(|url| !url.starts_with(report.trim_end_matches("//")) && !url.starts_with("data:"))
            .collect();
        assert_eq!(foreign, Vec::<String>::new(), "{}", page.file);
        browser.run(&axe);
        assert_eq!(violations(&browser), json!([]), "{}", page.file);
        browser.look(390, "screen", "dark");
        browser.run("document.querySelectorAll('[data-chart]').forEach((place) => echarts.getInstanceByDom(place)?.resize())");
        assert_eq!(violations(&browser), json!([]), "{} dark, narrow", page.file);
        assert_eq!(browser.run("return document.documentElement.scrollWidth"), json!(390), "{} is wider than a phone", page.file);
    }
}

#[test]
fn looks_light_dark_narrow_and_printed() {
    let site = Written::of(small, false);
    let browser = Browser::start();
    let (colour, white) = ("return getComputedStyle(document.body).backgroundColor", json!("rgb(255, 255, 255)"));
    for (name, page) in [("overview", site.page("index.html")), ("course", site.first_course())] {
        let mut seen = Vec::new();
        for (look, width, media, scheme) in [
            ("light", 1280, "screen", "light"),
            ("dark", 1280, "screen", "dark"),
            ("narrow", 390, "screen", "light"),
            ("print", 794, "print", "dark"),
        ] {
            browser.look(width, media, scheme);
            browser.open(&page);
            browser.draw_all();
            seen.push((look, browser.run(colour)));
            // Charts fill their place, and no more than that.
            let spilling = browser.run(
                "return [...document.querySelectorAll('.chart')].filter((place) => { const drawn = place.querySelector('svg').getBoundingClientRect(); \
                 return Math.abs(drawn.width - place.getBoundingClientRect().width) > 2 || drawn.height < 60; }).length",
            );
            assert_eq!(spilling, json!(0), "{name} {look}");
            browser.picture(&format!("{name}-{look}"), None);
            for lens in browser.run("return [...document.querySelectorAll('section')].map((lens) => lens.id)").as_array().unwrap() {
                let lens = lens.as_str().unwrap();
                browser.picture(&format!("{name}-{look}-{lens}"), Some(&format!("#{lens}")));
            }
        }
        assert_ne!(seen[0].1, seen[1].1, "dark looks like light");
        assert_eq!(seen[3].1, white, "prints are white, also those of dark screens");
        assert_eq!(browser.run("return getComputedStyle(document.querySelector('.tools')).display"), json!("none"));
        // The button wins over the system, and charts follow it.
        browser.look(1280, "screen", "light");
        browser.open(&page);
        browser.draw_all();
        browser.run("document.querySelector('.theme').click()");
        assert_eq!(browser.run(colour), seen[1].1);
        browser.run("document.querySelector('.theme').click()");
        assert_eq!(browser.run(colour), seen[0].1);
    }
}

/// The README's picture: `REPORT_SCREENSHOTS=FOLDER cargo test --test report -- --ignored readme`, then FOLDER/report-overview.png.
#[test]
#[ignore = "runs the whole demo"]
fn the_picture_of_the_readme_is_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let demo = std::process::Command::new(env!("CARGO_BIN_EXE_insights")).arg("demo").current_dir(folder.path()).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let told = String::from_utf8_lossy(&demo.stdout).into_owned();
    let index = Path::new(told.lines().find_map(|line| line.strip_prefix("Report: ")).unwrap());
    // The demo names learners; what is published does not.
    let mut report = std::process::Command::new(env!("CARGO_BIN_EXE_insights"));
    report.args(["report", "--out", "published", "--sqlite"]).arg(index.with_file_name("insights.sqlite"));
    let report = report.current_dir(folder.path()).output().unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    let browser = Browser::start();
    browser.look(1280, "screen", "light");
    browser.open(&folder.path().join("published/index.html"));
    browser.draw_all();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // The head of the page, as a window shows it.
    browser.run("document.body.style.height = '1020px'; document.body.style.overflow = 'hidden'");
    browser.picture("report-overview", Some("body"));
}

/// Names and values of a chart's lines or bars, by the category or day they stand at.
const SERIES: &str = "const [place] = document.querySelectorAll(`[data-table=\"${TABLE}\"]`); \
    const options = echarts.getInstanceByDom(place).getOption(); \
    const axis = [...options.xAxis ?? [], ...options.yAxis ?? []].find((one) => one.type === 'category'); \
    return options.series.map((line) => line.data.map((value, at) => axis ? [axis.data[at], value] : [value.name, value.value]))";

#[test]
fn numbers_of_charts_and_tables_are_those_of_the_store() {
    let site = Written::of(small, false);
    let store = site.store();
    let course: String = store
        .query_row("SELECT course_id FROM course_meta_summary_enrollment ORDER BY catalog_course_title LIMIT 1", (), |row| row.get(0))
        .unwrap();
    let sql = |query: &str| -> Vec<Value> {
        let mut statement = store.prepare(query).unwrap();
        let parameters = if query.contains("?1") { vec![course.as_str()] } else { Vec::new() };
        let rows =
            statement.query_map(rusqlite::params_from_iter(parameters), |row| Ok(json!([row.get::<_, String>(0)?, row.get::<_, i64>(1)?])));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let browser = Browser::start();
    browser.open(&site.first_course());
    browser.draw_all();
    let series = |table: &str| browser.run(&SERIES.replace("${TABLE}", table));
    // Cells as numbers, in the order of the first column.
    let cells = |table: &str, column: usize| {
        browser.run(&format!(
            "return [...document.getElementById('{table}').tBodies[0].rows].map((row) => [row.cells[0].textContent, \
             Number(row.cells[{column}].textContent.replace(/,/g, ''))]).sort((a, b) => (a[0] < b[0] ? -1 : 1))"
        ))
    };
    let days = sql("SELECT date, count FROM course_enrollment_daily WHERE course_id = ?1 ORDER BY date");
    assert_eq!(days.len(), 400);
    assert_eq!(series("enrollment-1")[0], json!(days));
    assert_eq!(cells("enrollment-1", 1), json!(days));
    let verified = sql("SELECT date, count FROM course_enrollment_mode_daily WHERE course_id = ?1 AND mode = 'verified' ORDER BY date");
    assert_eq!(cells("enrollment-1", 4), json!(verified));
    for (line, label) in ["ACTIVE", "PLAYED_VIDEO", "ATTEMPTED_PROBLEM", "POSTED_FORUM"].iter().enumerate() {
        let weeks = sql(&format!(
            "SELECT substr(interval_start, 1, 10), count FROM course_activity WHERE course_id = ?1 AND label = '{label}' ORDER BY 1"
        ));
        assert_eq!(series("activity-1")[line], json!(weeks), "{label}");
        assert_eq!(cells("activity-1", line + 1), json!(weeks), "{label}");
    }
    let ages = "SELECT CAST(2024 - birth_year AS TEXT), count FROM course_enrollment_birth_year_daily WHERE course_id = ?1 AND date = '2024-06-30' AND \
                birth_year IS NOT NULL AND count > 0 ORDER BY birth_year DESC";
    let drawn: Vec<Value> = series("demographics-1")[0].as_array().unwrap().iter().filter(|bar| bar[1] != 0).cloned().collect();
    assert_eq!(drawn, sql(ages));
    let countries = "SELECT country_code, count FROM course_enrollment_location_current WHERE course_id = ?1 AND length(country_code) = 2 AND count > 0 \
                     ORDER BY count DESC, country_code";
    assert_eq!(series("geography-1")[0], json!(sql(countries)));
    let videos = "SELECT encoded_module_id, users_at_start FROM video WHERE course_id = ?1 ORDER BY encoded_module_id";
    assert_eq!(cells("videos-1", 2), json!(sql(videos)));
    let seconds = "SELECT CAST(segment * 5 AS TEXT), num_users FROM video_timeline WHERE pipeline_video_id = (SELECT pipeline_video_id FROM video WHERE \
                   course_id = ?1 ORDER BY users_at_start DESC LIMIT 1) ORDER BY segment";
    assert_eq!(series("videos-seconds")[0], json!(sql(seconds)));
    let part = browser.run("return document.querySelector('#answers select').value.split(' · ')[1]");
    let answers = format!(
        "SELECT iif(correct, '✓ ', '') || answer_value_text, last_response_count FROM answer_distribution WHERE course_id = ?1 AND part_id = '{}' \
         ORDER BY last_response_count DESC, 1",
        part.as_str().unwrap()
    );
    let mut drawn = series("answers-2")[1].as_array().unwrap().clone();
    let mut stored = sql(&answers);
    drawn.sort_by_key(Value::to_string);
    stored.sort_by_key(Value::to_string);
    assert_eq!(drawn, stored);

    browser.open(&site.page("index.html"));
    browser.draw_all();
    let all = sql("SELECT date, SUM(count) FROM course_enrollment_daily GROUP BY date ORDER BY date");
    assert_eq!(series("site-1")[0], json!(all));
    let active = sql("SELECT substr(interval_start, 1, 10), SUM(count) FROM course_activity WHERE label = 'ACTIVE' GROUP BY 1 ORDER BY 1");
    assert_eq!(series("site-2")[0], json!(active));
    let last = "SELECT catalog_course_title, SUM(count) FROM course_meta_summary_enrollment GROUP BY course_id ORDER BY 1";
    let shown = browser.run(
        "return [...document.querySelectorAll('#courses tbody tr')].filter((row) => row.querySelector('.detail').textContent) \
         .map((row) => [row.querySelector('.value').textContent, Number(row.cells[1].textContent.replace(/,/g, ''))]).sort((a, b) => (a[0] < b[0] ? -1 : 1))",
    );
    assert_eq!(shown, json!(sql(last)));
}

#[test]
fn the_keyboard_reaches_everything() {
    let site = Written::of(small, false);
    let browser = Browser::start();
    browser.open(&site.page("index.html"));
    let focused = |selector: &str| browser.run(&format!("return document.activeElement.matches({selector:?})")) == json!(true);
    let tab = "\u{e004}";
    browser.keys(tab);
    assert!(focused(".skip"), "the first stop is the skip link");
    browser.keys("\u{e007}");
    assert!(focused("#main"));
    browser.keys(tab);
    assert!(focused("#courses .search input"));
    browser.keys("poetry");
    browser.wait("document.querySelector('#courses [aria-live]').textContent === '1 of 3 rows'");
    browser.keys(tab);
    assert!(focused("#courses .download"));
    browser.keys("\u{e007}");
    let csv = browser.downloaded("courses.csv");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    browser.keys(tab);
    assert!(focused("#courses .scroll"), "the table can be scrolled");
    browser.keys(tab);
    assert!(focused("#courses th button"));
    browser.keys("\u{e007}");
    assert_eq!(browser.run("return document.querySelector('#courses th').getAttribute('aria-sort')"), json!("ascending"));
    browser.keys("\u{e007}");
    assert_eq!(browser.run("return document.querySelector('#courses th').getAttribute('aria-sort')"), json!("descending"));
    browser.run(
        "const search = document.querySelector('#courses .search input'); search.value = ''; search.dispatchEvent(new Event('input'))",
    );
    browser.wait("[...document.querySelectorAll('#courses tbody tr')].every((row) => !row.hidden)");
    let names = browser.run("return [...document.querySelectorAll('#courses tbody .value')].map((link) => link.textContent)");
    let mut sorted: Vec<String> = serde_json::from_value(names.clone()).unwrap();
    sorted.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
    assert_eq!(names, json!(sorted));
    // Onto a course's page and back.
    browser.run("document.querySelector('#courses tbody a').focus()");
    browser.keys("\u{e007}");
    browser.wait("location.pathname.includes('/courses/') && document.documentElement.dataset.ready === 'yes'");
    browser.run("document.querySelector('.top a').focus()");
    browser.keys("\u{e007}");
    browser.wait("location.pathname.endsWith('/index.html')");
}

/// Rows of text hold no line ends, so one course has no roster.
fn hostile_with_roster(store: &Path) {
    site::hostile(store);
    for text in HOSTILE.iter().filter(|text| !text.contains(['\n', '\t'])) {
        let row = RosterRow { username: text, name: text, cohort: text, segments: text };
        site::write_roster(&store.with_file_name("warehouse"), text, &[row]);
    }
}

#[test]
fn hostile_texts_change_nothing() {
    let site = Written::of(hostile_with_roster, true);
    let browser = Browser::start();
    assert_eq!(site.summary.pages.len(), HOSTILE.len() + 1);
    for (number, page) in site.summary.pages.iter().enumerate() {
        browser.open(&site.page(&page.file));
        browser.draw_all();
        assert_eq!(browser.run("return window.hacked"), Value::Null, "{}", page.title);
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{}", page.title);
        assert_eq!(browser.run("return document.querySelectorAll('img, b, iframe, object, embed').length"), json!(0), "{}", page.title);
        assert_eq!(
            browser.run("return document.querySelectorAll('body > main section').length"),
            json!(if number == 0 { 2 } else { 8 }),
            "{}",
            page.title
        );
        if number > 0 {
            let shown = browser.run("return document.querySelector('h1 bdi').textContent");
            assert_eq!(shown, json!(page.title.replace('\0', "\u{fffd}")));
            // A tooltip is markup: it shows the text, too.
            browser.run(
                "const place = document.querySelector('[data-table=\"answers-2\"]'); \
                 echarts.getInstanceByDom(place).dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: 0 })",
            );
            assert_eq!(
                browser.run("return [window.hacked, document.querySelectorAll('.chart img, .chart b').length]"),
                json!([null, 0]),
                "{}",
                page.title
            );
        }
    }
    browser.open(&site.page("index.html"));
    browser.run("document.querySelector('#courses .download').click()");
    let csv = browser.downloaded("courses.csv");
    let csv = csv.trim_start_matches('\u{feff}');
    assert!(csv.contains("\r\n'=cmd|' /C calc'!A0,") && csv.contains("\r\n'@SUM(1+1)*cmd,"), "{csv}");
    assert!(csv.contains("\"\"\"'><b>bold</b>&amp;{{7*7}}\""), "{csv}");
    assert!(csv.contains("\"comma, \"\"quote\"\"\nline\t\u{fffd}end\""), "{csv}");
}

#[test]
fn five_hundred_courses_open_at_once() {
    let site = Written::of(|path| Site { courses: 500, days: 60, demographic_days: 1 }.write_lightly(path), false);
    assert!(site.summary.pages.iter().all(|page| page.bytes <= 1_500_000));
    let browser = Browser::start();
    browser.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": "new MutationObserver(() => { window.firstChart ??= document.querySelector('[data-drawn]') && performance.now(); })\
                 .observe(document, { attributes: true, subtree: true, attributeFilter: ['data-drawn'] })" }),
    );
    browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" }));
    browser.open(&site.page("index.html"));
    browser.wait("window.firstChart");
    let first = browser.run("return window.firstChart").as_f64().unwrap();
    println!("first chart of 500 courses after {first:.0} ms");
    let metrics = browser.devtools("Performance.getMetrics", json!({}));
    let metrics = metrics["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "TaskDuration").unwrap();
    println!("work of the page until then: {:.0} ms", metrics["value"].as_f64().unwrap() * 1000.0);
    let height = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap();
    assert!(height < 3000, "the whole site is not far below 500 courses: {height} px");
    // The goal is a second; a busy machine gets more.
    assert!(first < 30_000.0, "{first} ms");
    browser.run(
        "const search = document.querySelector('#courses .search input'); search.value = 'C499'; search.dispatchEvent(new Event('input'))",
    );
    browser.wait("document.querySelectorAll('#courses tbody tr:not([hidden])').length === 1");
    browser.draw_all();
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
