//! `insights report` of logs in an object store, into a local folder.

use std::fs;

use insights_pipeline::storage::Location;

use crate::servers::s3;
use crate::site::{Site, said};

#[test]
fn logs_in_an_object_store_give_the_same_report() {
    let site = Site::new();
    site.run(&["generate", "--interval", "2024-03-04-2024-03-08", "--events", "1500", "--out", "logs", "--gzip", "--dirty", "0"]);
    let root = s3::new_directory("s3");
    let local = Location::from_path(&site.path("logs")).unwrap();
    let copied = site.files("logs").into_iter().map(|file| {
        let relative = Location::from_path(&file).unwrap().relative_to(&local).unwrap().to_owned();
        (root.join(&relative), fs::read(file).unwrap())
    });
    crate::write_all(&copied.collect::<Vec<_>>());
    let report = |words: &[&str]| {
        let output = site.tried("report", words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    report(&["logs", "--out", "of-local"]);
    let told = report(&[&root.join("*-2024030[45].gz").to_string(), "--out", "of-s3"]);
    assert!(told.contains("2 files, 2 of them new"), "{told}");
    let told = report(&[root.as_str(), "--out", "of-s3"]);
    assert!(told.contains(&format!("{} files", site.files("logs").len())), "{told}");
    assert!(site.tables("of-s3/insights") == site.tables("of-local/insights"));
    let nothing = site.tried("report", &[root.join("absent/").as_str()]);
    assert_eq!(nothing.status.code(), Some(20), "{}", said(&nothing));
}
