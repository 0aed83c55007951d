//! Programs of one step that `insights` holds: each by itself would carry all that speaks to S3, HDFS and databases once more. An
//! executable of their name only hands its command line over to the `insights` that lies beside it; a link of that name does as well.

use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::exit_code::failed;
use super::{course_catalog, lms_import, output_committer, video_durations};
use crate::error_text::error_text;
use crate::say;

const DRIVER: &str = "insights";

/// The `main` of a program, with its command line.
type Main = fn(Vec<OsString>) -> ExitCode;

/// The programs by their names.
const PROGRAMS: [(&str, Main); 4] = [
    ("lms-import", |arguments| lms_import::main(arguments)),
    ("course-catalog", |arguments| course_catalog::main(arguments)),
    ("video-durations", |arguments| video_durations::main(arguments)),
    ("output-committer", |arguments| output_committer::main(arguments)),
];

/// Runs the program that a command line calls by its first word, if it is one of these.
pub(super) fn called(arguments: &[OsString]) -> Option<ExitCode> {
    let name = Path::new(arguments.first()?).file_name()?;
    let (_, program) = PROGRAMS.iter().find(|(program, _)| name == *program)?;
    Some(program(arguments.to_vec()))
}

/// The `main` of an executable of one of these names.
pub(super) fn hand_over(name: &str) -> ExitCode {
    let Err(error) = become_driver(name);
    say!("{name}: {}", error_text(&error));
    failed(&error)
}

/// Gives only an error: without one this process is another program.
fn become_driver(name: &str) -> Result<Infallible> {
    let own = std::env::current_exe().context("This system does not tell where programs lie.")?;
    let driver = own.with_file_name(DRIVER);
    let error = Command::new(&driver).arg0(name).args(std::env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("{} cannot be run. Install {name} and {DRIVER} into one directory", driver.display()))
}
