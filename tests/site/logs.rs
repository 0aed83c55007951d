//! Generated logs.

use std::path::Path;

use insights_pipeline::generate::{self, GenerateOptions};

/// Three days of gzipped logs of two machines, one line in twenty damaged; exactly so many events.
pub(crate) fn generated_logs(directory: &Path, seed: u64, users: u32, events: u32) {
    let report = generate::run(&GenerateOptions {
        seed,
        interval: "2024-03-04-2024-03-06".parse().unwrap(),
        users,
        courses: 3,
        course_offset: 0,
        user_id_base: 0,
        events: events.into(),
        dirty: 0.05,
        out: Some(directory.to_owned()),
        single: None,
        hourly: false,
        gzip: true,
        tables: false,
        sql: None,
        hosts: 2,
    });
    assert_eq!(report.unwrap().events, u64::from(events));
}
