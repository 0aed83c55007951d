//! What does a step where the driver is not there: one of our small programs, with its arguments.

use std::fmt::Display;

use crate::storage::Location;
use crate::stores::marker_table::MarkerTable;
use crate::stores::rejected::MaxRejected;
use crate::stores::target::{StorePlace, TargetStore};

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Name of the executable.
    pub name: &'static str,
    /// What stands behind it.
    pub arguments: Vec<Argument>,
    /// Whether it looks into configuration files, for what must not stand on a command line.
    pub reads_configuration: bool,
}

/// A word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Anything.
    Text(String),
    /// A file or directory, which the machine that runs the program must reach.
    Place(Location),
    /// A name, a sign of equality and a file or directory.
    NamedPlace(String, Location),
}

impl Program {
    /// The program without arguments.
    pub fn new(name: &'static str) -> Self {
        Self { name, arguments: Vec::new(), reads_configuration: false }
    }

    /// Adds a word.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.arguments.push(Argument::Text(word.into()));
        self
    }

    /// Adds words.
    #[must_use]
    pub fn words(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.arguments.extend(words.into_iter().map(Argument::Text));
        self
    }

    /// Adds an option that is set.
    #[must_use]
    pub fn flag(self, option: &str, is_set: bool) -> Self {
        if is_set { self.word(option) } else { self }
    }

    /// Adds an option with its value.
    #[must_use]
    pub fn option(self, option: &str, value: &dyn Display) -> Self {
        self.word(option).word(value.to_string())
    }

    /// Adds a file or directory.
    #[must_use]
    pub fn place(mut self, place: &Location) -> Self {
        self.arguments.push(Argument::Place(place.clone()));
        self
    }

    /// Adds an option whose value is a file or directory.
    #[must_use]
    pub fn option_place(self, option: &str, place: &Location) -> Self {
        self.word(option).place(place)
    }

    /// Adds the options that name a result store.
    #[must_use]
    pub fn store(self, store: &TargetStore) -> Self {
        let is_usual = store.markers == MarkerTable::default();
        let program = if is_usual { self } else { self.option("--marker-table", &store.markers) };
        let is_usual = store.max_rejected == MaxRejected::default();
        let program = if is_usual { program } else { program.option("--max-rejected", &store.max_rejected) };
        match &store.place {
            StorePlace::Mysql { credentials, database } => {
                program.option_place("--credentials", credentials).option("--database", database)
            }
            StorePlace::Sqlite(path) => match Location::from_path(path) {
                Ok(place) => program.option_place("--sqlite", &place),
                Err(_) => program.option("--sqlite", &path.display()),
            },
        }
    }

    /// Says that it looks into configuration files.
    #[must_use]
    pub fn configured(mut self) -> Self {
        self.reads_configuration = true;
        self
    }
}
