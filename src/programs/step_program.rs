//! The `main` of a program that does one step of a plan by itself.

use std::process::ExitCode;

use anyhow::Result;

use super::exit_code::failed;
use crate::engine::RunnerOptions;
use crate::engine::plan::{Runner, Work, WorkContext};
use crate::error_text::error_text;
use crate::say;
use crate::warehouse::RunId;

/// Makes the step and does it; jobs of it run in this process. The exit codes are those of the driver.
pub(super) fn run(program: &str, make: impl FnOnce() -> Result<Box<dyn Work>>) -> ExitCode {
    let context = WorkContext { task: program, run_id: &RunId::generate(), runner: Runner::Local, options: &RunnerOptions::default() };
    match make().and_then(|work| work.run(&context)) {
        Ok(worked) => {
            say!("{program}: {}", worked.told());
            ExitCode::SUCCESS
        }
        Err(error) => {
            say!("{program}: {}", error_text(&error));
            failed(&error)
        }
    }
}
