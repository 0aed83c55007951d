//! A day of all workflows with little memory, many threads and few descriptors.

use std::time::Instant;

use crate::limits::{limited, watched};
use crate::site::{DAY, Site};

/// Events of the load test: 2 GB of log.
const LOAD_EVENTS: u64 = 2_200_000;

/// All workflows of a day over 2 GB of plain log, with little of everything; `LOAD_EVENTS` asks for another number of log lines.
#[test]
#[ignore = "a load figure, for a release build"]
fn a_day_with_few_descriptors_and_little_memory() {
    let site = Site::new();
    let events = std::env::var("LOAD_EVENTS").unwrap_or_else(|_| LOAD_EVENTS.to_string());
    let many = ["--users", "20000", "--courses", "300", "--events", &events];
    site.run(&[&["generate", "--interval", "2014-05-01-2014-05-21", "--out", "logs", "--tables"], &many[..]].concat());
    let daily = |name: &str, limits: &str, more: &[&str]| {
        site.daily_warehouse(name);
        let (config, store) = (format!("{name}.cfg"), format!("{name}.sqlite"));
        let common = ["daily", "--config", &config, "--sqlite", &store, "--n-reduce-tasks", "25", "--date", DAY];
        let started = Instant::now();
        let command = limited(site.folder.path(), limits, &[&common[..], more].concat());
        let (said, descriptors, memory) = watched(command, &site.path("said"));
        said.lines().filter(|line| line.contains(" spills to disk (")).for_each(|line| println!("{line}"));
        let (seconds, memory) = (started.elapsed().as_secs_f64(), memory / 1_000_000);
        println!("{name}: {seconds:.1} s, at most {descriptors} descriptors and {memory} MB\n");
    };
    daily("little", "ulimit -n 256", &["--memory", "64M", "--threads", "16"]);
    daily("much", "true", &["--memory", "4G", "--threads", "2"]);
    let (little, much) = (site.contents("little"), site.contents("much"));
    assert_eq!(little.keys().collect::<Vec<_>>(), much.keys().collect::<Vec<_>>());
    let different: Vec<_> = much.keys().filter(|name| little[*name] != much[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(site.tables("little") == site.tables("much"));
}
