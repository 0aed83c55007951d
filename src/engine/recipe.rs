//! What a job is about to be made from, before it is looked up: the recipe of a record (rules 10, 7).

use anyhow::{Context, Result};

use super::program::{Argument, Program};
use crate::calendar::interval::DateInterval;
use crate::storage::{Location, concurrently};
use crate::warehouse::awaited::Awaited;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::record::{Record, RecordedInput};

/// A job, its options, and where its input lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Workflow and job: `enrollment/state`.
    pub job: String,
    /// Version of the job's rules.
    pub rules: u32,
    /// Options of the job.
    pub options: Vec<String>,
    /// What it reads from the warehouse.
    pub inputs: Vec<RecipeInput>,
    /// What days that it makes from the logs wait for.
    pub awaited: Awaited,
}

/// An input that other runs may make anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipeInput {
    /// A directory that is made as a whole.
    Directory(Location),
    /// Days of a table.
    Days(Location, DateInterval),
}

impl RecipeInput {
    /// As it is now.
    ///
    /// # Errors
    /// The store failed.
    pub fn recorded(&self) -> Result<RecordedInput> {
        match self {
            Self::Directory(directory) => RecordedInput::directory(directory),
            Self::Days(root, days) => RecordedInput::days(root, days),
        }
    }
}

impl Recipe {
    /// The record of a run that reads its input from now on.
    ///
    /// # Errors
    /// The store failed.
    pub fn record(&self) -> Result<Record> {
        let inputs = concurrently(self.inputs.iter().collect(), RecipeInput::recorded)?;
        let (job, options) = (self.job.clone(), self.options.clone());
        Ok(Record { job, rules: self.rules, options, inputs, awaited: self.awaited.clone() })
    }

    /// Has the commits under these locks keep the record. To be called before the input is read: what is made anew in between makes
    /// the result differ from its record, and so it is made again.
    ///
    /// # Errors
    /// The store failed.
    pub fn noted(&self, locks: Vec<OutputLock>) -> Result<Vec<OutputLock>> {
        let text = self.record()?.text()?;
        Ok(locks.into_iter().map(|lock| lock.with_record(&text)).collect())
    }

    /// Adds it to the command line of a program that begins an output.
    #[must_use]
    pub fn words(&self, program: Program) -> Program {
        let program = program.option("--job", &self.job).option("--rules", &self.rules);
        let program = self.options.iter().fold(program, |program, option| program.word(format!("--job-option={option}")));
        let program = self.awaited.words().fold(program, |program, days| program.option("--awaited", &days));
        self.inputs.iter().fold(program, |program, input| match input {
            RecipeInput::Directory(directory) => program.option_place("--input", directory),
            RecipeInput::Days(root, days) => {
                let mut program = program.word("--input-days");
                program.arguments.push(Argument::NamedPlace(format!("{}-{}", days.start(), days.end()), root.clone()));
                program
            }
        })
    }
}

impl std::str::FromStr for RecipeInput {
    type Err = anyhow::Error;

    /// `START-END=TABLE`
    fn from_str(text: &str) -> Result<Self> {
        let (days, root) = text.split_once('=').with_context(|| format!("{text:?} is not of the form START-END=TABLE."))?;
        Ok(Self::Days(root.parse()?, days.parse()?))
    }
}
