//! Log files that are cleared away a few days behind the night that read them (rules 10, 6).

use std::collections::BTreeMap;
use std::fs;

use chrono::Days;

use crate::scene::{Kind, Scene, date};

const TABLES: [&str; 4] = ["course_enrollment_events", "last_ip_of_user_id", "user_activity_by_user", "module_engagement"];

/// How many rows each day of each table has.
fn rows(scene: &Scene, warehouse: &str) -> BTreeMap<String, usize> {
    let days = TABLES.iter().flat_map(|table| fs::read_dir(scene.path(&format!("{warehouse}/{table}"))).unwrap());
    let days = days.map(|day| day.unwrap().path()).filter(|path| path.is_dir());
    let rows = days.map(|day| {
        let files = fs::read_dir(&day).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|file| !file.file_name().unwrap().to_str().unwrap().starts_with('_'));
        let lines = files.map(|file| fs::read_to_string(file).unwrap().lines().count()).sum();
        (day.strip_prefix(scene.path(warehouse)).unwrap().display().to_string(), lines)
    });
    rows.collect()
}

#[test]
fn days_keep_what_they_have_when_their_logs_are_cleared_away() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-13"), &[]);
    scene.night(date("05-13"));
    let mut before = rows(&scene, "site");
    // Four days of logs, where a window of three and the two days before it would take five.
    for day in (14..=21).map(|day| date(&format!("05-{day}"))) {
        scene.logs_before(day, &[]);
        scene.cleared_before(day - Days::new(4));
        scene.import(day, "f");
        let (code, said) = scene.daily("site", day);
        assert_eq!(code, Some(0), "{day}: {said}");
        for table in TABLES {
            let kept = format!("{table}: 1 of the last days stays as it is, for log files of it are not there any more: ");
            assert!(said.contains(&kept), "{table}: {said}");
        }
        let behind = rows(&scene, "site");
        for (made, rows) in before {
            assert!(behind[&made] >= rows, "{day}: {made} has lost rows: {} of {rows} are left", behind[&made]);
        }
        before = behind;
        let (code, said) = scene.daily("site", day);
        assert!(code == Some(0) && !said.contains("One scan of"), "{said}");
    }
    // What is logged some days late may be missing, and nothing else.
    scene.logs_before(date("05-21"), &[]);
    scene.scratch(date("05-21"));
    for (made, rows) in rows(&scene, "scratch") {
        assert!(before[&made] + 2 >= rows, "{made} has {} rows for {rows}", before[&made]);
    }
}

#[test]
fn a_late_log_of_the_day_counts_although_another_is_gone() {
    let mut scene = Scene::new(Kind::Sqlite);
    let day = "dt=2014-05-09";
    scene.logs_before(date("05-13"), &[date("05-09")]);
    scene.night(date("05-13"));
    let before = rows(&scene, "site");
    let copy = scene.path("logs").join(format!("{}.gz", Scene::log(date("05-08"))));
    fs::write(&copy, []).unwrap();
    scene.logs_before(date("05-13"), &[]);
    scene.cleared_before(date("05-08"));
    let (code, said) = scene.daily("site", date("05-13"));
    assert_eq!(code, Some(0), "{said}");
    let told = format!("log file lies beside its compressed or plain form, such as {}", scene.path("logs").join("").display());
    assert!(said.contains(&told), "{said}");
    for (made, behind) in rows(&scene, "site").into_iter().filter(|(made, _)| made.ends_with(day)) {
        assert!(behind > before[&made] + 5, "{made}: {behind} rows, {} before: {said}", before[&made]);
    }
}

/// A log holds events of the days before it, too.
#[test]
fn a_log_that_is_gone_takes_nothing_from_the_days_before_it() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-20"), &[]);
    scene.night(date("05-20"));
    let before = rows(&scene, "site");
    fs::remove_file(scene.path("logs").join(Scene::log(date("05-19")))).unwrap();
    fs::write(scene.path("logs").join(Scene::log(date("05-20"))), []).unwrap();
    scene.import(date("05-21"), "f");
    let (_, said) = scene.daily("site", date("05-21"));
    let told =
        "module_engagement: 2 of the last days stay as they are, for log files of theirs are not there any more: 2014-05-18, 2014-05-19.";
    assert!(said.contains(told) && !said.contains("There is no log file"), "{said}");
    let behind = rows(&scene, "site");
    for (made, rows) in before.into_iter().filter(|(made, _)| made.starts_with("module_engagement/")) {
        assert_eq!(behind[&made], rows, "{made}");
    }
}
