//! `InsertToMysqlAllVideoTask` with durations that a server on this machine knows in place of `YouTube`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod json_server;
mod site;

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::{Value, json};

use json_server::{Asked, JsonServer, Reply};
use site::configuration::ANY;
use site::{Configuration, Site, said};

const KEY: &str = "k3y-of-the-service";

/// A log of viewings, and a configuration.
struct Scene {
    site: Site,
}

/// A viewing from 0 to `end` of the module `m-CODE`.
fn viewing(code: &str, members: &str, end: &str) -> String {
    let line = |second: u32, event_type: &str, payload: &str| {
        format!(
            r#"{{"time":"2014-05-02T10:00:{second:02}+00:00","event_type":"{event_type}","event_source":"browser","context":{{"user_id":7,"course_id":"c/o/r"}},"event":{{"id":"m-{code}",{payload}}}}}"#
        )
    };
    let play = line(1, "play_video", &format!(r#""code":"{code}",{members}"currentTime":0"#));
    format!("{play}\n{}\n", line(30, "pause_video", &format!(r#""currentTime":{end}"#)))
}

impl Scene {
    fn new(lines: &str, google: &str) -> Self {
        let site = Site::new();
        let places = Configuration { markers: site.place("markers"), pattern: ANY, ..Configuration::of_site(&site, "w") };
        site.write("site.cfg", places.text(google));
        site.write("logs/tracking.log", lines);
        Self { site }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    /// What a whole run from the logs says; never the key.
    fn run(&self, runner: &str) -> String {
        for table in ["video_usage", "video"] {
            let _ = fs::remove_dir_all(self.path(&format!("w/{table}")));
        }
        let words = "InsertToMysqlAllVideoTask --config site.cfg --sqlite store.sqlite --n-reduce-tasks 2 --interval 2014-05-01-2014-05-04";
        let words = words.split_whitespace().chain(["--runner", runner]);
        let output = self.site.program("insights").args(words).output().unwrap();
        let said = said(&output);
        assert!(output.status.success() && !said.contains(KEY), "{said}");
        said
    }

    /// Module and duration of each video.
    fn videos(&self) -> Vec<(String, i64)> {
        let store = Connection::open(self.path("store.sqlite")).unwrap();
        let mut statement = store.prepare("SELECT encoded_module_id, duration FROM video ORDER BY 1").unwrap();
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    }
}

fn videos(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(module, duration)| ((*module).to_owned(), *duration)).collect()
}

fn google(server: &JsonServer) -> String {
    format!("[google]\napi_key = {KEY}\napi_url = {}/videos\n", server.url)
}

/// The ids that were asked for.
fn ids(line: &str) -> Vec<String> {
    let query = line.strip_prefix("GET /videos?id=").unwrap();
    let (ids, rest) = query.split_once('&').unwrap();
    assert_eq!(rest, format!("part=contentDetails&key={KEY}"));
    ids.replace("%2C", ",").split(',').map(str::to_owned).collect()
}

fn item(id: &str, duration: &str) -> Value {
    json!({"id": id, "contentDetails": {"duration": duration}})
}

#[test]
fn durations_are_asked_for_together_and_once() {
    let server = JsonServer::start(|_, _| {
        // In another order than asked, with one that was not.
        Reply::json(&json!({"items": [item("short", "PT20S"), item("other", "PT9S"), item("known", "PT1M40S"), item("live", "PT0S")]}))
    });
    let lines = [
        viewing("known", "", "24"),
        viewing("short", "", "21.5"),
        viewing("gone", "", "24"),
        viewing("live", "", "1"),
        viewing("told", r#""duration":444,"#, "24"),
        viewing("html5", "", "24"),
        viewing("a&b=c", "", "24"),
    ];
    let site = Scene::new(&lines.concat(), &google(&server));
    let said = site.run("local");
    assert!(said.contains("4 of 4 durations were asked for, 3 found"), "{said}");
    let expected = videos(&[("m-a&b=c", 24), ("m-gone", 24), ("m-html5", 24), ("m-known", 100), ("m-live", 0), ("m-told", 444)]);
    // The viewing of the short video ends behind its end.
    assert_eq!(site.videos(), expected);
    assert_eq!(server.lines("").iter().map(|line| ids(line)).collect::<Vec<_>>(), [["gone", "known", "live", "short"]]);
    let day = fs::read_dir(site.path("w/video_viewing_by_date/dt=2014-05-02")).unwrap().map(|file| file.unwrap().path());
    let rows: String = day
        .filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("video"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    assert!(rows.lines().count() == 6 && rows.lines().all(|row| row.split('\t').count() == 8), "{rows}");
    assert!(rows.contains("7\tc/o/r\tm-known\t100\t2014-05-02T10:00:01\t0.0\t24.0\tpause_video\n"), "{rows}");

    // Only what is unknown or 0 is asked for again, under any runner.
    site.run("pipe");
    assert_eq!(ids(&server.lines("")[1]), ["gone", "live"]);
    assert_eq!(site.videos(), expected);
}

#[test]
fn many_videos_are_asked_for_fifty_at_a_time() {
    let server = JsonServer::start(|asked: &Asked, _| {
        let items: Vec<_> = ids(&asked.line).iter().map(|id| item(id, "PT50S")).collect();
        Reply::json(&json!({"items": items}))
    });
    let lines: String = (0..101).map(|number| viewing(&format!("id{number:03}"), "", "24")).collect();
    let site = Scene::new(&lines, &google(&server));
    site.run("local");
    assert_eq!(server.lines("").iter().map(|line| ids(line).len()).collect::<Vec<_>>(), [50, 50, 1]);
    assert_eq!(site.videos().iter().filter(|(_, duration)| *duration == 50).count(), 101);
}

#[test]
fn whatever_goes_wrong_means_an_unknown_duration() {
    let lines: String = (0..230).map(|number| viewing(&format!("id{number:03}"), "", "24")).collect();
    for reply in [
        Reply::Status(403, json!({"error": {"message": format!("the key {KEY} is bad")}}).to_string()),
        Reply::Status(500, String::new()),
        Reply::Status(200, "{\"items\": [".to_owned()),
        Reply::Half("{\"items\": []}".to_owned()),
        Reply::Closed,
    ] {
        let told = reply.clone();
        let server = JsonServer::start(move |_, _| told.clone());
        let site = Scene::new(&lines, &google(&server));
        let said = site.run("local");
        assert!(said.contains("YouTube gives no durations of 50 videos"), "{said}");
        assert!(said.contains("The durations of 80 videos are not asked for"), "{said}");
        // 24 is what the last segment says of a video of unknown length.
        assert!(site.videos().len() == 230 && site.videos().iter().all(|(_, duration)| *duration == 24), "{reply:?}");
    }
}

#[test]
fn without_a_key_nothing_is_asked() {
    let server = JsonServer::start(|_, _| Reply::Closed);
    let site = Scene::new(&viewing("known", "", "24"), &google(&server).replace("api_key", "no_key"));
    let said = site.run("local");
    assert!(server.asked().is_empty() && !said.contains("Durations"), "{said}");
    assert_eq!(site.videos(), videos(&[("m-known", 24)]));
    assert!(!site.path("w/video_youtube_duration").exists());
}
