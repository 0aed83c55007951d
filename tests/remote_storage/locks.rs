//! Locks: one holder at a time; a killed one is followed at once, a displaced one notices.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use insights_pipeline::storage::{Location, LockAttempt, store_for};
use insights_pipeline::warehouse::RunId;
use insights_pipeline::warehouse::lock::{OutputLock, OutputLocked};

use crate::waiting::wait_for;
use crate::{roots, servers};

const OUTPUT: &str = "TEST_LOCKED_OUTPUT";

/// Another process with the lock of an output.
struct Holder {
    process: Child,
    said: BufReader<std::process::ChildStdout>,
}

#[test]
#[ignore = "other tests run it as a process of its own"]
fn holds_a_lock() {
    let output: Location = servers::variable(OUTPUT, "none: only other tests run this one").parse().unwrap();
    let lock = OutputLock::acquire(&output, &RunId::generate(), "Holder").unwrap();
    println!("\nheld");
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        println!("{}", lock.must_cover(&output).map_or_else(|error| format!("lost: {error:#}"), |()| "covered".to_owned()));
    }
}

impl Holder {
    fn start(output: &Location) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "locks::holds_a_lock", "--nocapture"])
            .env(OUTPUT, output.as_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut holder = Self { said: BufReader::new(process.stdout.take().unwrap()), process };
        holder.wait_for(&["held"]);
        holder
    }

    /// The first line that begins with one of some words.
    fn wait_for(&mut self, words: &[&str]) -> String {
        let mut line = String::new();
        while !words.iter().any(|word| line.starts_with(word)) {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the other process ended early");
        }
        line
    }

    /// What it finds of its lock.
    fn verifies(&mut self) -> String {
        writeln!(self.process.stdin.as_mut().unwrap()).unwrap();
        self.wait_for(&["covered", "lost"])
    }

    fn ends(mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

#[test]
fn a_second_run_is_refused_and_told_of_the_first() {
    for root in roots() {
        let output = root.join("warehouse/video/");
        let first = OutputLock::acquire(&output, &RunId::generate(), "VideoTask").unwrap();
        let error = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap_err();
        let locked = error.downcast_ref::<OutputLocked>().unwrap();
        assert_eq!(locked.holder.as_ref().unwrap().run_id, first.run_id().as_str(), "{error}");
        assert!(error.to_string().contains("VideoTask") && error.to_string().contains("sign of life"), "{error}");
        first.must_cover(&output.join("dt=2016-01-01")).unwrap();
        drop(first);
        let second = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap();
        assert_eq!(second.taken_over_from(), None, "the first run ended in order");
        // Another output of the same warehouse is free.
        OutputLock::acquire(&root.join("warehouse/video_usage/"), &RunId::generate(), "Third").unwrap();
    }
}

#[test]
fn another_process_holds_on_for_as_long_as_it_lives() {
    for root in roots() {
        let output = root.join("table/");
        let mut holder = Holder::start(&output);
        let error = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap_err();
        assert_eq!(error.downcast_ref::<OutputLocked>().unwrap().holder.as_ref().unwrap().pid, holder.process.id());
        assert_eq!(holder.verifies(), "covered\n");
        holder.ends();
        let lock = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap();
        assert_eq!(lock.taken_over_from(), None);
    }
}

#[test]
fn a_killed_process_is_followed_at_once() {
    for root in roots() {
        let output = root.join("table/");
        let mut holder = Holder::start(&output);
        holder.process.kill().unwrap();
        holder.process.wait().unwrap();
        let started = std::time::Instant::now();
        let lock = OutputLock::acquire(&output, &RunId::generate(), "Next").unwrap();
        assert_eq!(lock.taken_over_from().unwrap().pid, holder.process.id());
        lock.must_cover(&output).unwrap();
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }
}

#[test]
fn a_run_that_was_displaced_notices() {
    for root in roots() {
        let output = root.join("table/");
        let mut holder = Holder::start(&output);
        // As if the other machine had been silent for too long.
        let file = root.join(".table.lock");
        let attempt = store_for(&file).unwrap().lock(&file, "displacer", &|_| true).unwrap();
        let LockAttempt::Held { hold, .. } = attempt else { panic!("{attempt:?}") };
        hold.verify().unwrap();
        let mut found = holder.verifies();
        if root.scheme() == "s3" {
            // It notices by its next sign of life.
            found = wait_for("the other process lost its lock", || Some(holder.verifies()).filter(|found| found != "covered\n"));
        }
        assert!(found.starts_with("lost: ") && found.contains("another run"), "{found}");
        hold.verify().unwrap();
        holder.ends();
    }
}
