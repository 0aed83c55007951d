//! Video over 90 days: history, daily runs with mobile events that come late, and what plain SQL says of the viewings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb

mod site;

use std::fs;

use insights_pipeline::calendar::interval::DateInterval;

use site::{DatabaseSite, compact, days_before, same};

const START: &str = "2016-01-01";
const HISTORY_END: &str = "2016-03-25";
const ENDS: [&str; 3] = ["2016-03-26", "2016-03-28", "2016-03-31"];
const OVERWRITE_N_DAYS: u32 = 3;
const COURSE: &str = "course-v1:Late+C+R";

/// A learner who plays from 0 and pauses at some second; the two events are in the files of two days.
struct LateViewing {
    user: u32,
    play: (&'static str, &'static str),
    pause: (&'static str, &'static str),
    seconds: u32,
}

const LATE: [LateViewing; 5] = [
    // The phone was off for two days: both events come in the window of the run for the 28th.
    LateViewing { user: 900_001, play: ("2016-03-27", "2016-03-25T10:00:00"), pause: ("2016-03-27", "2016-03-25T10:00:12"), seconds: 12 },
    // The play event was in time, the pause event comes a run later.
    LateViewing { user: 900_002, play: ("2016-03-25", "2016-03-25T10:00:00"), pause: ("2016-03-27", "2016-03-25T10:00:22"), seconds: 22 },
    // Across midnight at the end of the first run.
    LateViewing { user: 900_003, play: ("2016-03-25", "2016-03-25T23:59:50"), pause: ("2016-03-26", "2016-03-26T00:00:21"), seconds: 31 },
    // Out of the windows of all runs to come.
    LateViewing { user: 900_004, play: ("2016-03-27", "2016-03-10T10:00:00"), pause: ("2016-03-27", "2016-03-10T10:00:41"), seconds: 41 },
    // The pause event is too late for the day of the play event.
    LateViewing { user: 900_005, play: ("2016-03-20", "2016-03-20T10:00:00"), pause: ("2016-03-30", "2016-03-20T10:00:51"), seconds: 51 },
];

fn player_event(event_type: &str, time: &str, user: u32, second: u32) -> String {
    format!(
        r#"{{"username":"u{user}","time":"{time}.5+00:00","event_type":"{event_type}","event_source":"mobile","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":"{{\"id\":\"late\",\"currentTime\":{second},\"code\":\"mobile\"}}"}}"#
    )
}

fn generated() -> DatabaseSite {
    let site = DatabaseSite::new();
    site.run(&[
        "generate",
        "--interval",
        "2016-01-01-2016-03-31",
        "--events",
        "9000",
        "--users",
        "40",
        "--courses",
        "2",
        "--dirty",
        "0.02",
        "--out",
        "all",
    ]);
    let append = |day: &str, line: String| {
        site.append(&format!("all/tracking.log-{}-mobile", compact(day)), &(line + "\n"));
    };
    for LateViewing { user, play, pause, seconds } in LATE {
        append(play.0, player_event("play_video", play.1, user, 0));
        append(pause.0, player_event("pause_video", pause.1, user, seconds));
    }
    // Whatever a browser sends as duration, the tables are loaded.
    let strange = |event_type: &str, time: &str, second: u32| {
        player_event(event_type, time, 900_006, second).replace("late", "strange").replace(r#"\"code"#, r#"\"duration\":1e15,\"code"#)
    };
    append("2016-02-29", strange("play_video", "2016-02-29T10:00:00", 0));
    append("2016-02-29", strange("pause_video", "2016-02-29T10:00:12", 12));
    site
}

/// The tables after each daily run are those of a computation from scratch under the same rules.
///
/// A viewing begins where the learner's last seek went, and is closed by a later event, so that the viewings of a day depend on the
/// window that they were made in (rules 06, 2 and 4.2): one window over all days would be another computation. Valid is this one: each
/// window by itself, in a new warehouse, over the logs that had arrived at its end; then each day from the last window that holds it;
/// then the tables from these days in a further new warehouse. Nothing is ever replaced there, and no run sees what another made.
#[test]
fn tables_after_each_daily_run_are_those_from_scratch() {
    let site = generated();
    let results = site.new_database();
    site.warehouse("w", "logs", &results, "");
    site.arrive(HISTORY_END);
    let history = format!("{START}-{HISTORY_END}");
    site.run(&["UserVideoViewingByDateTask", "--config", "w.cfg", "--interval", &history, "--n-reduce-tasks", "2"]);
    let mut windows = vec![(history, "window0".to_owned())];
    window_by_itself(&site, &windows[0]);
    for end in ENDS {
        site.arrive(end);
        windows.push((format!("{}-{end}", days_before(end, OVERWRITE_N_DAYS)), format!("window{}", windows.len())));
        window_by_itself(&site, windows.last().unwrap());
        let interval = format!("{START}-{end}");
        site.run(&["InsertToMysqlAllVideoTask", "--config", "w.cfg", "--interval", &interval, "--n-reduce-tasks", "3"]);

        let scratch = format!("scratch-{end}");
        for day in interval.parse::<DateInterval>().unwrap().days() {
            let holds = |window: &&(String, String)| window.0.parse::<DateInterval>().unwrap().contains(day);
            let (_, warehouse) = windows.iter().rev().find(holds).unwrap();
            let (from, to) = (format!("{warehouse}/video_viewing_by_date/dt={day}"), format!("{scratch}/video_viewing_by_date/dt={day}"));
            fs::create_dir_all(site.path(&to)).unwrap();
            for file in site.files(&from) {
                fs::copy(&file, site.path(&to).join(file.file_name().unwrap())).unwrap();
            }
        }
        let from_scratch = site.new_database();
        site.warehouse(&scratch, "logs", &from_scratch, "");
        let config = format!("{scratch}.cfg");
        site.run(&[
            "InsertToMysqlAllVideoTask",
            "--config",
            &config,
            "--interval",
            &interval,
            "--overwrite-n-days",
            "0",
            "--n-reduce-tasks",
            "1",
        ]);
        let sorted = |directory: &str| {
            let mut lines = site.lines(directory);
            lines.sort();
            lines
        };
        same("viewings", &sorted(&format!("{scratch}/video_viewing_by_date")), &sorted("w/video_viewing_by_date"));
        for table in ["video", "video_timeline"] {
            same(table, &site.table(&from_scratch, table), &site.table(&results, table));
        }
        plain_sql_agrees(&site, &results);
    }
    let late = site.sql("SELECT user_id, end FROM viewings WHERE user_id BETWEEN 900001 AND 900005");
    assert_eq!(late, ["900001\t12", "900002\t22", "900003\t31"]);
    let of_late =
        site.sql(&format!("SELECT segment, num_users, num_views FROM {results}.video_timeline WHERE pipeline_video_id = '{COURSE}|late'"));
    assert_eq!(of_late, ["0\t3\t3", "1\t3\t3", "2\t3\t3", "3\t2\t2", "4\t2\t2", "5\t1\t1", "6\t1\t1"]);
}

/// The viewings of one window, in a warehouse of its own.
fn window_by_itself(site: &DatabaseSite, (interval, name): &(String, String)) {
    site.warehouse(name, "logs", "none", "");
    site.run(&["UserVideoViewingByDateTask", "--config", &format!("{name}.cfg"), "--interval", interval, "--n-reduce-tasks", "1"]);
}

/// Both tables from the files of days, by SQL that expands each viewing into its segments.
fn plain_sql_agrees(site: &DatabaseSite, results: &str) {
    let columns = "user_id INT, course_id VARCHAR(255), module VARCHAR(255), duration DOUBLE, begin VARCHAR(40), start DOUBLE, end DOUBLE, type VARCHAR(20)";
    site.scratch_from("viewings", columns, "w/video_viewing_by_date", '\t');
    assert!(site.sql("SELECT COUNT(*) FROM viewings")[0].parse::<u32>().unwrap() > 200);
    site.execute(
        "CREATE OR REPLACE TABLE segments AS SELECT CONCAT(course_id, '|', module) video, seq, COUNT(DISTINCT user_id) users, COUNT(*) views \
         FROM viewings JOIN seq_0_to_7200 ON seq BETWEEN FLOOR(start / 5) AND FLOOR(end / 5) GROUP BY video, seq",
    );
    site.execute(
        "CREATE OR REPLACE TABLE drops AS SELECT video, seq FROM (SELECT *, LEAD(users) OVER (PARTITION BY video ORDER BY seq) later FROM segments) s \
         WHERE later <= users * 0.05",
    );
    site.execute(
        "CREATE OR REPLACE TABLE ends AS SELECT CONCAT(course_id, '|', module) video, MAX(duration = -1) is_unknown, GREATEST(MAX(duration), 0) seconds \
         FROM viewings GROUP BY video",
    );
    site.execute(
        "CREATE OR REPLACE TABLE final AS SELECT video, is_unknown, seconds, IF(is_unknown, COALESCE((SELECT MAX(seq) FROM drops WHERE drops.video = ends.video), \
         (SELECT MAX(seq) FROM segments WHERE segments.video = ends.video)), FLOOR(seconds / 5)) seq FROM ends",
    );
    // Later segments are shown, too, if nobody watched the final one (rules 06, 6.2).
    site.execute(
        "CREATE OR REPLACE TABLE shown AS SELECT segments.* FROM segments JOIN final ON segments.video = final.video WHERE segments.seq <= final.seq \
         OR NOT EXISTS (SELECT 1 FROM segments s WHERE s.video = final.video AND s.seq = final.seq)",
    );
    same("video_timeline", &site.sql("SELECT video, seq, users, views FROM shown"), &site.table(results, "video_timeline"));
    let users = |segment: &str| format!("COALESCE((SELECT users FROM segments s WHERE s.video = f.video AND s.seq = {segment}), 0)");
    let expected = format!(
        "SELECT f.video, SUBSTRING_INDEX(f.video, '|', 1), SUBSTRING(f.video, LOCATE('|', f.video) + 1), LEAST(FLOOR(f.length), 2147483647), 5, {}, {}, \
         (SELECT SUM(views) * 5 FROM shown WHERE shown.video = f.video) \
         FROM (SELECT video, IF(is_unknown, (seq + 1) * 5 - 1, seconds) length FROM final) f",
        users("0"),
        users("FLOOR(GREATEST(length - 30, length * 0.95) / 5)")
    );
    same("video", &site.sql(&expected), &site.table(results, "video"));
}
