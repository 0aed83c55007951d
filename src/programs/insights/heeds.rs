//! Which options of every task a command heeds: help of the others is not shown with it.

use clap::{Arg, Args, Command};

use super::run_options::{CONFIGURATION, MACHINE, RunOptions, VOICE};
use super::{examples, topics};

/// Which options of every task a command heeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heeds {
    /// All of them.
    All,
    /// None but how anything is said, as all of these.
    Nothing,
    /// What a run may use of the machine.
    Machine,
    /// Files of configuration.
    Configuration,
    /// Both of these.
    MachineAndConfiguration,
}

impl Heeds {
    /// Whether files of configuration matter.
    pub(super) fn reads_settings(self) -> bool {
        matches!(self, Self::All | Self::Configuration | Self::MachineAndConfiguration)
    }

    fn heeds(self, id: &str) -> bool {
        if VOICE.contains(&id) {
            return true;
        }
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Machine => MACHINE.contains(&id),
            Self::Configuration => CONFIGURATION.contains(&id),
            Self::MachineAndConfiguration => MACHINE.contains(&id) || CONFIGURATION.contains(&id),
        }
    }
}

/// A command with its help. An option of every task that it does not heed is not shown there, and where it is given it is refused.
pub(super) fn told(command: Command, about: &'static str, heeds: Heeds) -> Command {
    let examples = examples::of_command(command.get_name());
    let command = command.about(about).long_about(None).after_help(examples).mut_args(topics::placed);
    let unheeded = of_every_task().into_iter().filter(|option| !heeds.heeds(option.get_id().as_str()));
    unheeded.fold(command, |command, option| command.arg(option.global(false).hide(true)))
}

/// The options of every task that help shows.
pub(super) fn of_every_task() -> Vec<Arg> {
    RunOptions::augment_args(Command::new("")).get_arguments().filter(|option| !option.is_hide_set()).cloned().collect()
}
