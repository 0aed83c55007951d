//! Days of engagement before the weeks of the roster follow what the other tables follow (rules 10, 6 and 7).

use std::fs;
use std::path::PathBuf;

use crate::reads_no_log;
use crate::scene::{Kind, Scene, date};

/// Rows of a day in the warehouse.
fn made(scene: &Scene, day: &str) -> usize {
    let directory = fs::read_dir(scene.path(&format!("site/module_engagement/dt={day}"))).unwrap();
    let files = directory.map(|entry| entry.unwrap().path()).filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("part"));
    files.map(|path| fs::read_to_string(path).unwrap().lines().count()).sum()
}

fn store(scene: &Scene) -> rusqlite::Connection {
    rusqlite::Connection::open(scene.path("site.sqlite")).unwrap()
}

/// Rows of a day in the store.
fn loaded(scene: &Scene, day: &str) -> usize {
    let count = "SELECT count(*) FROM module_engagement WHERE date = ?1";
    store(scene).query_row(count, [day], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
}

#[test]
fn a_late_day_that_was_made_but_not_loaded_is_loaded_by_the_next_night() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-12"), &[date("05-08")]);
    scene.night(date("05-12"));
    scene.logs_before(date("05-25"), &[date("05-08")]);
    scene.night(date("05-25"));
    let before = loaded(&scene, "2014-05-08");
    scene.logs_before(date("05-25"), &[]);
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON module_engagement WHEN new.date < '2014-05-11' BEGIN SELECT RAISE(ABORT, 'no'); END";
    store(&scene).execute_batch(fails).unwrap();
    let (code, said) = scene.daily("site", date("05-25"));
    assert!(code == Some(30) && said.contains("no"), "{code:?} {said}");
    assert!(made(&scene, "2014-05-08") > before && loaded(&scene, "2014-05-08") == before);
    store(&scene).execute_batch("DROP TRIGGER fails").unwrap();
    let (code, said) = scene.daily("site", date("05-25"));
    assert!(code == Some(0) && said.contains("which site.sqlite lacked or had of an earlier run"), "{code:?} {said}");
    assert_eq!(loaded(&scene, "2014-05-08"), made(&scene, "2014-05-08"));
    let (code, said) = scene.daily("site", date("05-25"));
    assert!(code == Some(0) && said.contains("Table module_engagement, days before 2014-05-11: up to date"), "{said}");
}

#[test]
fn days_made_under_other_options_are_made_anew() {
    let mut scene = Scene::new(Kind::Sqlite);
    for day in ["05-12", "05-25"] {
        scene.logs_before(date(day), &[]);
        scene.night(date(day));
    }
    let record = |scene: &Scene, day: u32| -> PathBuf { scene.path(&format!("site/module_engagement/dt=2014-05-{day:02}/_record")) };
    for (sections, is_off) in [("[ccx]\nenabled = false\n", true), ("", false)] {
        scene.sections = sections.to_owned();
        scene.night(date("05-25"));
        for day in 1..=24 {
            assert_eq!(fs::read_to_string(record(&scene, day)).unwrap().contains("--ccx=false"), is_off, "{day}");
            let day = format!("2014-05-{day:02}");
            assert_eq!(loaded(&scene, &day), made(&scene, &day), "{day}");
        }
        let said = scene.night(date("05-25"));
        assert!(reads_no_log(&said), "{said}");
    }
    // With the weeks of the roster and more days than may be filled at once they stay, and the warning names the task.
    scene.sections = "[ccx]\nenabled = false\n[daily]\nfill_days = 5\n".to_owned();
    let (_, said) = scene.daily("site", date("05-25"));
    assert!(said.contains("Warning: 10 days of module_engagement before 2014-05-11 were made under other options, with more"), "{said}");
    assert!(!fs::read_to_string(record(&scene, 8)).unwrap().contains("--ccx=false"));
    let days = ["--interval", "2014-05-01-2014-05-11", "--sqlite", "site.sqlite"];
    scene.task("ModuleEngagementIntervalTask", &days);
    assert!(fs::read_to_string(record(&scene, 8)).unwrap().contains("--ccx=false"));
}

#[test]
fn days_made_under_other_options_stay_where_their_logs_are_gone() {
    let mut scene = Scene::new(Kind::Sqlite);
    for day in ["05-12", "05-24"] {
        scene.logs_before(date(day), &[]);
        scene.night(date(day));
    }
    let days = || (1..=19).map(|day| format!("2014-05-{day:02}"));
    let before: Vec<_> = days().map(|day| made(&scene, &day)).collect();
    assert!(before.iter().filter(|rows| **rows > 0).count() > 15, "{before:?}");
    // The same date, whose weeks are there, and the next one.
    scene.sections = "[ccx]\nenabled = false\n".to_owned();
    scene.cleared_before(date("05-20"));
    for day in ["05-24", "05-25"] {
        if day == "05-25" {
            fs::copy(scene.path("all").join(Scene::log(date("05-24"))), scene.path("logs").join(Scene::log(date("05-24")))).unwrap();
            scene.import(date("05-25"), "f");
        }
        for _ in 0..2 {
            let (code, said) = scene.daily("site", date(day));
            assert_eq!(code, Some(0), "{said}");
            for (day, before) in days().zip(&before) {
                assert_eq!((made(&scene, &day), loaded(&scene, &day)), (*before, *before), "{day}: {said}");
            }
        }
    }
    for table in ["course_enrollment_events", "user_activity_by_user"] {
        let file = fs::read_dir(scene.path(&format!("site/{table}/dt=2014-05-15"))).unwrap().next().unwrap().unwrap();
        assert!(fs::metadata(file.path()).unwrap().len() > 0, "{table}");
    }
}
