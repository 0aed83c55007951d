use super::*;
use crate::storage::write_bytes;

fn row(course: &str, username: &str, name: &str, cohort: &str, segments: &str) -> String {
    let week = "2020-03-01\t2020-03-08";
    format!(
        "{course}\t{username}\t{week}\tmail@x\t{name}\thonor\t2020-03-01\t{cohort}\t5\t2\t1\t5.0\t1\t0\t{segments}\t5\t5\ten\t\\N\t1990\t\\N\t\\N\tstreet\t\\N\t\\N\t\\N\n"
    )
}

fn warehouse(files: &[(&str, String)]) -> (tempfile::TempDir, Location) {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Location::from_path(folder.path()).unwrap().directory_form();
    for (name, text) in files {
        write_bytes(&warehouse.join(&format!("{TABLE}/{name}")), text.as_bytes()).unwrap();
    }
    (folder, warehouse)
}

fn read(warehouse: &Location, keep_learners: bool, last_day: Option<NaiveDate>) -> Result<Option<Roster>> {
    Roster::read(warehouse, keep_learners, last_day, &std::env::temp_dir())
}

fn names(roster: &Roster, course: &str, most: usize) -> Vec<String> {
    let learners = roster.learners(roster.course(course).unwrap(), most).unwrap();
    learners.into_iter().map(|learner| learner.username).collect()
}

#[test]
fn the_latest_complete_partition_is_read() {
    let (_folder, warehouse) = warehouse(&[
        ("dt=2020-03-01/part-00000", row("a", "old", "\\N", "\\N", "")),
        ("dt=2020-03-01/_SUCCESS", String::new()),
        ("dt=2020-03-08/part-00000", row("a", "bob", "Bob", "\\N", "")),
        ("dt=2020-03-08/_SUCCESS", String::new()),
        ("dt=2020-03-15/part-00000", row("a", "new", "\\N", "\\N", "")),
        ("dt=notes/part-00000", "x".to_owned()),
    ]);
    let roster = read(&warehouse, true, None).unwrap().unwrap();
    assert_eq!((roster.end.to_string().as_str(), names(&roster, "a", 9)), ("2020-03-08", vec!["bob".to_owned()]));
    assert_eq!(roster.course("b"), None);
    let earlier = read(&warehouse, true, "2020-03-06".parse().ok()).unwrap().unwrap();
    assert_eq!(names(&earlier, "a", 9), ["old"]);
    let (_folder, empty) = self::warehouse(&[]);
    assert!(read(&empty, true, None).unwrap().is_none());
}

#[test]
fn learners_of_a_course_come_from_all_files_the_active_first() {
    let first = [row("a", "zoe", "Zoe", "red", "highly_engaged,struggling"), row("b", "eve", "Eve", "\\N", "")].concat();
    let second =
        [row("a", "amy", "\\N", "", "inactive"), row("a", "ben", "Ben", "\\N", "unenrolled,inactive"), row("a", "cid", "Cid", "\\N", "")];
    let more = [row("b", "fay", "Fay", "\\N", "disengaging"), row("a", "dan", "Dan", "\\N", "disengaging")].concat();
    let (_folder, warehouse) = warehouse(&[
        ("dt=2020-03-08/part-00000", first),
        ("dt=2020-03-08/part-00001", [second.concat(), "no row\n".to_owned(), more].concat()),
        ("dt=2020-03-08/_SUCCESS", String::new()),
    ]);
    let roster = read(&warehouse, true, None).unwrap().unwrap();
    assert_eq!(names(&roster, "a", 9), ["cid", "zoe", "dan", "amy", "ben"]);
    assert_eq!(names(&roster, "a", 2), ["cid", "zoe"]);
    assert_eq!(names(&roster, "b", 9), ["eve", "fay"]);
    let course = roster.course("a").unwrap();
    assert_eq!((course.learners, course.inactive, course.unenrolled), (5, 2, 1));
    let learners = roster.learners(course, 2).unwrap();
    let zoe = learners.last().unwrap();
    assert_eq!((zoe.name.as_deref(), zoe.cohort.as_deref(), zoe.mode.as_deref()), (Some("Zoe"), Some("red"), Some("honor")));
    assert_eq!(zoe.segments, ["highly_engaged", "struggling"]);
    assert_eq!(zoe.metrics.clone().map(Option::unwrap), ["5", "2", "1", "5.0", "1", "0"]);
    let kept = format!("{:?}", roster.learners(course, 9).unwrap());
    assert!(!kept.contains("mail@x") && !kept.contains("street"), "{kept}");
    let counted = read(&warehouse, false, None).unwrap().unwrap();
    assert_eq!(counted.course("a").map(|course| course.inactive), Some(2));
    assert!(names(&counted, "a", 9).is_empty(), "nobody is kept who is not to be named");
}

#[test]
fn the_temporary_file_is_where_it_is_wanted() {
    let (folder, warehouse) =
        warehouse(&[("dt=2020-03-08/part-00000", row("a", "bob", "Bob", "\\N", "")), ("dt=2020-03-08/_SUCCESS", String::new())]);
    let there = folder.path().join("not/yet");
    let roster = Roster::read(&warehouse, true, None, &there).unwrap().unwrap();
    assert!(there.exists() && names(&roster, "a", 9) == ["bob"]);
    std::fs::write(folder.path().join("file"), "").unwrap();
    let nowhere = folder.path().join("file/x");
    let error = format!("{:#}", Roster::read(&warehouse, true, None, &nowhere).unwrap_err());
    assert!(error.contains("file/x cannot be written. Name another directory by --temporary."), "{error}");
}

#[test]
fn long_names_are_cut_between_characters() {
    assert_eq!(cut("é".repeat(300).as_bytes()), "é".repeat(255).as_bytes());
    assert_eq!(cut(b"short"), b"short");
}
