//! `insights man`: what `man` knows of all programs, from their command lines.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man;

use super::launcher::LAUNCHERS;
use crate::programs::version::VERSION;
use crate::standard_streams;
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// Options of `insights man`.
#[derive(Args, Clone, Debug)]
pub(super) struct ManOptions {
    /// Command, task or program whose page is printed; without one that of insights
    #[arg(conflicts_with = "out")]
    page: Option<String>,
    /// Write all pages into this directory, as files NAME.1
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

/// Prints a page, or writes all of them.
///
/// # Errors
/// There is no such page, or the directory cannot be written.
pub(super) fn run(programs: Vec<Command>, options: &ManOptions) -> Result<()> {
    let pages = pages(programs);
    if let Some(directory) = &options.out {
        fs::create_dir_all(directory).with_context(|| format!("The directory {} cannot be made.", directory.display()))?;
        for (name, page) in pages {
            let file = directory.join(format!("{name}.1"));
            fs::write(&file, rendered(page)?).with_context(|| format!("{} cannot be written.", file.display()))?;
        }
        return Ok(());
    }
    let name = options.page.as_deref().unwrap_or("insights");
    let of_driver = format!("insights-{name}");
    let Some((_, page)) = pages.iter().find(|(known, _)| known == name || *known == of_driver) else {
        let known = did_you_mean(name, pages.iter().map(|(known, _)| known.strip_prefix("insights-").unwrap_or(known)));
        return Err(wrong_usage(format!("There is no page {name:?}{known}")));
    };
    standard_streams::print(format_args!("{}", String::from_utf8_lossy(&rendered(page.clone())?)))
}

fn rendered(page: Command) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(page).render(&mut text).context("A page cannot be made.")?;
    Ok(text)
}

/// All pages by name. The driver has one for each of its commands; what `plan` tells of tasks is on their own pages.
fn pages(programs: Vec<Command>) -> Vec<(String, Command)> {
    let mut pages = Vec::new();
    for mut program in programs {
        if program.get_name() == "insights" {
            program.build();
            let has_page = |command: &&Command| !LAUNCHERS.contains(&command.get_name()) && command.get_name() != "help";
            pages.extend(program.get_subcommands().filter(has_page).map(|command| {
                let name = format!("insights-{}", command.get_name());
                (name.clone(), command.clone().display_name(name).version(VERSION))
            }));
        }
        pages.push((program.get_name().to_owned(), program));
    }
    pages
}
