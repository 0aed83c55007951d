//! The command lines of all programs, the driver first: for what shells and `man` are told.

use clap::Command;

use super::Workflows;
use super::command::{command, with_tasks};
use super::launcher::LAUNCHERS;
use crate::programs::streaming_program::{self, Side};
use crate::programs::version::VERSION;
use crate::programs::{course_catalog, lms_import, mysql_loader, output_committer, roster_indexer, video_durations};

/// All of them.
pub(super) fn all_programs(workflows: Workflows) -> Vec<Command> {
    let steps = [mysql_loader::command(), lms_import::command(), roster_indexer::command(), output_committer::command()];
    let steps = steps.into_iter().chain([course_catalog::command(), video_durations::command()]);
    let of_jobs =
        workflows.iter().flat_map(|workflow| [Side::Map, Side::Reduce].map(|side| streaming_program::command(workflow.jobs, side)));
    let launchers = LAUNCHERS.iter().map(|name| {
        let about = "Runs a task by the command line of the old pipeline; `insights help` tells them";
        with_tasks(workflows, Command::new(*name).about(about).version(VERSION))
    });
    std::iter::once(command(workflows)).chain(steps).chain(of_jobs).chain(launchers).collect()
}
