//! `course-catalog`: the steps of the course catalog by themselves, as scripts of a plan run them.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use super::step_program;
use super::version::VERSION;
use crate::config::options::ConfigOptions;
use crate::storage::Location;
use crate::stores::rejected::MaxRejected;
use crate::tracking::CourseKeyRules;
use crate::web::AccessSettings;
use crate::workflows::enrollment::course_catalog::options::limits;
use crate::workflows::enrollment::course_catalog::pull::{Partner, PullStep};
use crate::workflows::enrollment::course_catalog::tables::{CatalogTable, TableStep};

/// Pulls the course runs of partners, and makes the tables of the warehouse from them
#[derive(Parser, Debug)]
#[command(name = "course-catalog", version = VERSION)]
enum Command {
    /// Pulls the course runs of all partners into one file
    Pull(PullOptions),
    /// Writes one table from pulled course runs
    #[command(subcommand)]
    Table(TableCommand),
}

#[derive(Args, Debug)]
struct PullOptions {
    /// A partner's short code and the root of its interface; may be repeated
    #[arg(long = "partner", value_name = "CODE=URL", value_parser = partner)]
    partners: Vec<Partner>,
    /// Course runs per page
    #[arg(long, default_value_t = 100)]
    page_size: u32,
    /// The file; nothing is pulled if it is there
    #[arg(long)]
    destination: Location,
    #[command(flatten)]
    config: ConfigOptions,
}

#[derive(Subcommand, Debug)]
enum TableCommand {
    /// One row for each course run
    #[command(name = "course_catalog")]
    Courses(TableOptions),
    /// One row for each program of each course run
    #[command(name = "program_course")]
    Programs(TableOptions),
}

#[derive(Args, Debug)]
struct TableOptions {
    /// The pulled course runs
    #[arg(long)]
    runs: Location,
    /// The file with the table's rows
    #[arg(long)]
    destination: Location,
    /// Course ids of custom courses (ccx-v1) are not valid
    #[arg(long)]
    no_ccx: bool,
    /// Leave out courses with a text that is too long for its column, however many there are
    #[arg(long)]
    skip_overlong_courses: bool,
    /// How many courses may be left out because they do not fit the table: a share, at least 100 courses, or a number of courses
    #[arg(long, value_name = "SHARE|COURSES", default_value_t = MaxRejected::default())]
    max_rejected: MaxRejected,
}

fn partner(text: &str) -> Result<Partner, String> {
    let (code, root) = text.split_once('=').ok_or_else(|| format!("{text:?} is not of the form CODE=URL"))?;
    Ok(Partner { code: code.to_owned(), root: root.to_owned() })
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Command as clap::CommandFactory>::command()
}

/// Runs the command line.
pub(super) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = Command::parse_from(arguments);
    step_program::run("course-catalog", || {
        Ok(match command {
            Command::Pull(options) => Box::new(options.step()?),
            Command::Table(TableCommand::Courses(options)) => Box::new(options.step(CatalogTable::Courses)?),
            Command::Table(TableCommand::Programs(options)) => Box::new(options.step(CatalogTable::Programs)?),
        })
    })
}

impl PullOptions {
    fn step(self) -> Result<PullStep> {
        let settings = self.config.settings()?;
        let access = if self.partners.is_empty() { None } else { Some(AccessSettings::of_settings(&settings)?) };
        let (directory, file) = directory_of(self.destination)?;
        Ok(PullStep { partners: self.partners, page_size: self.page_size.max(1), access, limits: limits(&settings)?, directory, file })
    }
}

impl TableOptions {
    fn step(self, table: CatalogTable) -> Result<TableStep> {
        let (directory, file) = directory_of(self.destination)?;
        let rules = CourseKeyRules { ccx: !self.no_ccx, ..CourseKeyRules::default() };
        Ok(TableStep {
            table,
            runs: self.runs,
            directory,
            file,
            rules,
            skip_overlong: self.skip_overlong_courses,
            max_rejected: self.max_rejected,
        })
    }
}

fn directory_of(file: Location) -> Result<(Location, Location)> {
    let directory = file.parent().with_context(|| format!("{file} lies in no directory."))?.directory_form();
    Ok((directory, file))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Command::command().debug_assert();
        assert_eq!(partner("a=https://h/v1/?x=1").unwrap().root, "https://h/v1/?x=1");
        assert!(partner("a").is_err());
    }
}
