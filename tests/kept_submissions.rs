//! Nights of answers that keep what they have read of log files which do not change: the same rows as from all logs, whatever becomes of the
//! files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use site::{Site, contents_below, files_below, said};

struct Scene {
    site: Site,
    /// All files that the logs may ever have.
    files: Vec<PathBuf>,
}

impl Scene {
    /// Twelve files of six days.
    fn new(seed: u64) -> Self {
        let site = Site::new();
        let words =
            "generate --interval 2024-03-04-2024-03-10 --users 40 --courses 3 --events 6000 --dirty 0.05 --gzip --hosts 2 --out all --seed";
        site.run(&words.split(' ').chain([seed.to_string().as_str()]).collect::<Vec<_>>());
        let mut files = files_below(&site.path("all"));
        files.retain(|file| file.display().to_string().contains("tracking.log"));
        files.sort_by_key(|file| file.file_name().map(ToOwned::to_owned));
        Self { site, files }
    }

    /// Puts a file among the logs.
    fn add(&self, number: usize) {
        let file = &self.files[number];
        let name = file.strip_prefix(self.site.path("all")).unwrap();
        self.site.write(&format!("logs/{}", name.display()), fs::read(file).unwrap());
    }

    /// Runs the workflow under a name; gives what it says.
    fn run(&self, name: &str, more: &[&str]) -> (Option<i32>, String) {
        let place = |name: &str| self.site.place(name);
        let mut command = self.site.program("insights");
        command.args(["AnswerDistributionWorkflow", "--verbose", "--src", &format!("[{}]", place("logs"))]);
        command.args(["--dest", &place("work"), "--output-root", &place("csv"), "--marker", &place("marker")]);
        command.args(["--sqlite", &place("store.sqlite"), "--name", name]).args(more);
        if !more.contains(&"--n-reduce-tasks") {
            command.args(["--n-reduce-tasks", "3"]);
        }
        let done = command.output().unwrap();
        assert!(!said(&done).contains("panicked"), "{}", said(&done));
        (done.status.code(), said(&done))
    }

    /// What the night found kept, when it has the same rows as a run over all logs.
    fn night(&self, night: &str, more: &[&str]) -> usize {
        let (kept, summary) = (self.site.place("kept"), self.site.place("summary.json"));
        let (code, told) = self.run(night, &[&["--kept-submissions", &kept, "--summary", &summary], more].concat());
        assert_eq!(code, Some(0), "{told}");
        let (code, whole) = self.run(&format!("{night}_whole"), more);
        assert_eq!(code, Some(0), "{whole}");
        for directory in ["problem_check_events", "answer_distribution_per_course"] {
            let [kept, whole] = [night.to_owned(), format!("{night}_whole")].map(|name| self.rows(&format!("{directory}_{name}")));
            assert!(kept.values().any(|bytes| !bytes.is_empty()), "{directory}");
            assert!(kept == whole, "{directory} of {night}");
        }
        let files = told.split(", records of ").nth(1).and_then(|rest| rest.split_once(" files were kept"));
        let files = files.map_or(0, |(files, _)| files.parse().unwrap());
        let summary: serde_json::Value = serde_json::from_slice(&fs::read(self.site.path("summary.json")).unwrap()).unwrap();
        assert_eq!(summary["tasks"][0]["steps"][0]["kept_files"], files);
        files
    }

    fn rows(&self, directory: &str) -> BTreeMap<String, Vec<u8>> {
        contents_below(&self.site.path(&format!("work/{directory}")))
            .into_iter()
            .filter(|(name, _)| !name.starts_with(['_', '.']))
            .collect()
    }

    /// The part files of all layers.
    fn parts(&self) -> Vec<PathBuf> {
        files_below(&self.site.path("kept")).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "zst")).collect()
    }
}

#[test]
fn nights_that_keep_have_the_rows_of_all_logs() {
    for (seed, more) in [(1, ["--threads", "1"].as_slice()), (2, &["--threads", "2", "--memory", "1M"])] {
        let scene = Scene::new(seed);
        (0..6).for_each(|number| scene.add(number));
        let growing = "{\"event_type\": \"other\"}\n".repeat(3);
        let grow = |lines: usize| {
            let submission = r#"{"event_type":"problem_check","event_source":"server","username":"u","time":"2024-03-04T10:00:00+00:00","context":{"course_id":"c/o/r"},"event":{"problem_id":"p","answers":{"p_2_1":"ANSWER"},"submission":{"p_2_1":{"answer":"ANSWER","response_type":"stringresponse"}}}}"#;
            let lines = (0..lines)
                .map(|line| submission.replace("ANSWER", &line.to_string()).replace("T10:00:00", &format!("T10:00:{line:02}")) + "\n");
            scene.site.write("logs/tracking.log", growing.clone() + &lines.collect::<String>());
        };
        grow(1);
        assert_eq!(scene.night("first", more), 0);
        grow(2);
        scene.add(6);
        assert_eq!(scene.night("second", more), 0, "what two nights have found is kept now");
        grow(3);
        scene.add(7);
        assert_eq!(scene.night("third", more), 6);
        grow(4);
        (8..10).for_each(|number| scene.add(number));
        assert_eq!(scene.night("fourth", more), 7);
        assert_eq!(scene.night("without_change", more), 8, "the log that grew was found twice");
        grow(5);
        let kept = scene.night("grown_since", more);
        assert!((6..9).contains(&kept), "{kept}: the layer with the log that grew may have taken in smaller ones");
        // A file is gone, and another one has been replaced.
        fs::remove_file(files_below(&scene.site.path("logs")).first().unwrap()).unwrap();
        scene.night("file_gone", more);
        scene.night("behind_it", more);
        let last = files_below(&scene.site.path("logs"));
        let replaced = last.iter().find(|file| file.extension().is_some_and(|ending| ending == "gz")).unwrap();
        fs::copy(&scene.files[11], replaced).unwrap();
        scene.night("file_replaced", more);
        scene.night("behind_that", more);
        assert_eq!(scene.night("in_the_end", more), 10);
    }
}

/// The night is over when a log of its comes, and is run again.
#[test]
fn a_log_that_comes_late_has_the_same_name_made_anew() {
    let scene = Scene::new(4);
    (0..5).for_each(|number| scene.add(number));
    let kept = scene.site.place("kept");
    let again = |place: &str| scene.run("night", &["--kept-submissions", place]);
    let (code, told) = again(&kept);
    assert!(code == Some(0) && !told.contains("made anew"), "{told}");
    let (code, told) = again(&kept);
    assert!(code == Some(0) && told.contains("First and last submissions: skipped, the distribution made from it is there"), "{told}");
    (5..7).for_each(|number| scene.add(number));
    let (code, told) = again("none");
    assert!(code == Some(0) && told.contains("First and last submissions: skipped"), "{told}");
    let (code, told) = again(&kept);
    assert!(code == Some(0) && told.contains("The answers of night are made anew: 2 log files have come since, such as "), "{told}");
    assert!(!told.contains("skipped"), "{told}");
    assert_eq!(scene.night("night", &[]), 0, "all is there");
    let (_, told) = again(&kept);
    assert!(told.contains("First and last submissions: skipped"), "{told}");
    // Of what a runner has made that keeps nothing it is not known what it had.
    for is_first in [true, false] {
        let (code, told) = scene.run("other", &["--kept-submissions", &kept, "--runner", "pipe"]);
        assert!(code == Some(0) && told.contains("First and last submissions: skipped") != is_first, "{told}");
        scene.add(7);
    }
    // Results stay where there are no logs any more.
    fs::remove_dir_all(scene.site.path("logs")).unwrap();
    let (code, told) = again(&kept);
    assert!(code == Some(0) && told.contains("First and last submissions: skipped"), "{told}");
}

#[test]
fn with_other_reducers_nothing_counts() {
    let scene = Scene::new(3);
    (0..4).for_each(|number| scene.add(number));
    for night in ["first", "second"] {
        assert_eq!(scene.night(night, &[]), 0);
    }
    assert_eq!(scene.night("third", &[]), 4);
    assert_eq!(scene.night("other", &["--n-reduce-tasks", "5"]), 0);
    assert_eq!(scene.night("other_again", &["--n-reduce-tasks", "5"]), 4, "its files have been found by many nights");
    assert_eq!(scene.parts().len(), 5);
}

#[test]
fn damage_of_what_is_kept_is_told_and_leaves_no_result() {
    let scene = Scene::new(4);
    (0..4).for_each(|number| scene.add(number));
    for night in ["first", "second"] {
        scene.night(night, &[]);
    }
    let part = scene.parts().into_iter().max_by_key(|part| fs::metadata(part).unwrap().len()).unwrap();
    let sound = fs::read(&part).unwrap();
    let kept = scene.site.place("kept");
    // A single bit, anywhere.
    for place in (0..10).map(|tenth| 20 + tenth * (sound.len() - 30) / 10) {
        let mut bytes = sound.clone();
        bytes[place] ^= 1;
        fs::write(&part, bytes).unwrap();
        let (code, told) = scene.run("third", &["--kept-submissions", &kept]);
        assert_eq!(code, Some(30), "{place}: {told}");
        assert!(told.contains("Remove the directory that the file lies in") && told.contains(&part.display().to_string()), "{told}");
        assert!(!scene.site.path("work/problem_check_events_third").exists());
    }
    fs::remove_dir_all(part.parent().unwrap()).unwrap();
    scene.night("fourth", &[]);
}

#[test]
fn where_nothing_can_be_kept_the_night_reads_all_logs_and_says_so() {
    let scene = Scene::new(6);
    (0..4).for_each(|number| scene.add(number));
    scene.site.write("kept", "a file");
    let (code, told) = scene.run("x", &["--kept-submissions", &scene.site.place("kept")]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.matches("is left alone, and all logs are read").count(), 1, "{told}");
    assert!(scene.rows("problem_check_events_x").values().any(|bytes| !bytes.is_empty()));
}

#[test]
fn what_is_kept_below_the_logs_is_no_log() {
    let scene = Scene::new(8);
    (0..4).for_each(|number| scene.add(number));
    let nights = ["first", "second", "third", "fourth"].map(|night| {
        let (code, told) = scene.run(night, &["--kept-submissions", &scene.site.place("logs/kept")]);
        assert_eq!(code, Some(0), "{told}");
        told
    });
    for told in &nights[2..] {
        // The one line is that of its lock, which lies beside it.
        assert!(told.contains("First and last submissions: 1 lines, ") && told.contains(", records of 4 files were kept"), "{told}");
    }
    assert!(scene.rows("problem_check_events_fourth") == scene.rows("problem_check_events_first"));
}

#[test]
fn two_tasks_of_a_run_do_not_keep_in_the_same_place() {
    let scene = Scene::new(7);
    (0..4).for_each(|number| scene.add(number));
    let place = |name: &str| scene.site.place(name);
    for night in ["first", "second", "third"] {
        let task = |name: &str, logs: &str| {
            format!(
                "AnswerDistributionWorkflow --src [{logs}] --dest {} --name {night}_{name} --output-root {} --marker {} --sqlite {} --kept-submissions {}",
                place("work"),
                place("csv"),
                place("marker"),
                place("store.sqlite"),
                place("kept")
            )
        };
        let tasks = [task("all", &place("logs")), task("some", &place("all"))];
        let done = scene.site.program("insights").arg("together").args(tasks).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        assert_eq!(said(&done).contains("records of 4 files were kept"), night == "third", "{}", said(&done));
        let rows = |name: &str| scene.rows(&format!("problem_check_events_{night}_{name}"));
        assert!(
            rows("all") == scene.rows("problem_check_events_first_all") && rows("some") == scene.rows("problem_check_events_first_some")
        );
        assert!(rows("all") != rows("some"));
    }
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for_and_by_no_other_runner() {
    let scene = Scene::new(5);
    (0..2).for_each(|number| scene.add(number));
    for night in ["first", "second"] {
        let (code, told) = scene.run(night, &["--kept-submissions", "none"]);
        assert_eq!(code, Some(0), "{told}");
        let (code, told) = scene.run(&format!("{night}_pipe"), &["--runner", "pipe", "--kept-submissions", &scene.site.place("kept")]);
        assert_eq!(code, Some(0), "{told}");
    }
    assert!(!scene.site.path("kept").exists());
}
