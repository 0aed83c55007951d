//! Video: as many viewings as a large site has in a day.

use std::fs;

use crate::site::{DatabaseSite, compact, write_lines};

const COURSE: &str = "course-v1:Late+C+R";

/// A million viewings, and one video of ten hours that many watch as a whole: the time grows with the number of viewings, the memory
/// does not.
#[test]
#[ignore = "a load figure, for a release build"]
fn a_million_viewings() {
    let site = DatabaseSite::new();
    let day = "2016-02-29";
    let mut peaks = Vec::new();
    for viewings in [500_000_u32, 1_000_000] {
        let lines = (0..viewings).flat_map(|number| {
            let (user, second) = (number / 10, number % 86_000);
            // One viewing in ten is of the long video, from anywhere in the first minute to the tenth hour.
            let (video, length) = if number % 10 == 0 { (0, 36_000 - number % 7) } else { (1 + number % 97, 61 + number % 1_000) };
            let time = |second: u32| format!("{day}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            let line = |event_type: &str, second: u32, position: u32| {
                format!(
                    r#"{{"username":"u{user}","time":"{}.{:06}+00:00","event_type":"{event_type}","event_source":"browser","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":"{{\"id\":\"video{video}\",\"currentTime\":{position},\"code\":\"html5\"}}"}}"#,
                    time(second),
                    number % 10
                )
            };
            [line("play_video", second, number % 60), line("pause_video", second + 1, number % 60 + length - 60.min(length))]
        });
        write_lines(&site.path(&format!("logs{viewings}/tracking.log-{}", compact(day))), lines);
        let results = site.new_database();
        let name = format!("w{viewings}");
        site.warehouse(&name, &format!("logs{viewings}"), &results, "");
        let config = format!("{name}.cfg");
        let task = ["InsertToMysqlAllVideoTask", "--config", &config, "--interval", day, "--overwrite-n-days", "1"];
        let figures = site.measured(&[&task[..], &["--n-reduce-tasks", "4", "--memory", "64M"]].concat());
        println!("{viewings} viewings: {figures}");
        let longest = site.sql(&format!("SELECT MAX(segment) >= 7180, COUNT(DISTINCT pipeline_video_id) FROM {results}.video_timeline"));
        assert_eq!(longest, ["1\t98"]);
        // 100,000 viewings of ten hours are more seconds than the column holds.
        let most = site.sql(&format!("SELECT MAX(total_viewed_seconds) = 2147483647 FROM {results}.video"));
        assert_eq!(most, [u32::from(viewings == 1_000_000).to_string()]);
        fs::remove_dir_all(site.path(&format!("logs{viewings}"))).unwrap();
        peaks.push(figures);
    }
    assert!(peaks[1].peak_megabytes < peaks[0].peak_megabytes * 1.3 + 20.0, "{} {}", peaks[0], peaks[1]);
    assert!(peaks[1].seconds < peaks[0].seconds * 3.0, "{} {}", peaks[0], peaks[1]);
}
