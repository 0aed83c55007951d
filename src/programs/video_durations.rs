//! `video-durations`: looks up durations by itself, as scripts of a plan do.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use super::step_program;
use super::version::VERSION;
use crate::config::options::ConfigOptions;
use crate::storage::Location;
use crate::workflows::video::duration_step::DurationStep;
use crate::workflows::video::youtube::YouTube;

/// Asks `YouTube` for the durations of videos that players did not report, with `api_key` of [google]
#[derive(Parser, Debug)]
#[command(name = "video-durations", version = VERSION)]
struct Options {
    /// Directory of viewings
    #[arg(long)]
    viewings: Location,
    /// The file of known durations
    #[arg(long)]
    destination: Location,
    #[command(flatten)]
    config: ConfigOptions,
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Options as clap::CommandFactory>::command()
}

/// Runs the command line.
pub(super) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Options { viewings, destination, config } = Options::parse_from(arguments);
    step_program::run("video-durations", || {
        let service = YouTube::of_settings(&config.settings()?).context("There is no api_key in the section [google].")?;
        let directory = destination.parent().with_context(|| format!("{destination} lies in no directory."))?.directory_form();
        Ok(Box::new(DurationStep { service, viewings, directory, file: destination }))
    })
}
