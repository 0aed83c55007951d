//! Damage that real logs, files and databases have, and what comes of each: the table in `docs/damage.md` is made from the cases here,
//! and every row of it is tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod case;
mod clock;
mod file_runs;
mod files;
mod imports;
mod lines;
mod lms;
mod page;
mod trial;
mod values;

fn all_right(cases: &[case::Case]) {
    let wrong: Vec<_> = cases.iter().filter_map(case::Case::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn damaged_lines() {
    all_right(lines::CASES);
}

#[test]
fn damaged_values() {
    all_right(values::CASES);
}

#[test]
fn damaged_clocks() {
    all_right(clock::CASES);
}

#[test]
fn damaged_files() {
    let wrong: Vec<_> = files::CASES.iter().filter_map(files::FileCase::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files::CASES.len(), wrong.join("\n"));
}

#[test]
fn damaged_rows_of_the_lms() {
    let wrong: Vec<_> = lms::CASES.iter().filter_map(lms::RowCase::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lms::CASES.len(), wrong.join("\n"));
}

#[test]
fn damaged_imports() {
    let wrong: Vec<_> = imports::CASES.iter().filter_map(imports::ImportCase::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), imports::CASES.len(), wrong.join("\n"));
}
