//! Loads of a task's tables into the result store.

use anyhow::Result;

use super::logs::EventLogOptions;
use super::store::{StoreOptions, open_store};
use crate::config::settings::Settings;
use crate::engine::plan::{Action, LoadInput, LoadStep, State, Step, Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::storage::Location;
use crate::stores::LoadMode;
use crate::stores::identity::update_id;
use crate::stores::table::Table;
use crate::stores::target::TargetStore;

/// Loads of one task into one store.
pub struct Loads<'s> {
    /// Where to.
    pub options: &'s StoreOptions,
    /// The configuration.
    pub settings: &'s Settings,
    /// The task.
    pub task: &'static str,
    /// Significant parameters, by name; the choice of logs is added.
    pub identity: Vec<(&'static str, String)>,
    /// The logs that the rows come from.
    pub logs: &'s EventLogOptions,
    /// Whether the tables' rows are replaced.
    pub overwrite: bool,
    /// Whether they may be replaced by no rows.
    pub allow_empty: bool,
}

/// Creates a table that a run has no rows for; rows that are there stay.
struct WithoutRows {
    table: &'static Table,
    store: TargetStore,
    reason: String,
}

impl Work for WithoutRows {
    fn describe(&self) -> Vec<String> {
        vec![format!("into {}; {}", self.store.name, self.reason)]
    }

    fn looks_for_itself(&self) -> bool {
        true
    }

    fn program(&self) -> Result<Option<Program>> {
        Ok(Some(Program::new("mysql-loader").word(self.table.name).word("--create-only").store(&self.store)))
    }

    fn run(&self, _context: &WorkContext<'_>) -> Result<Worked> {
        self.store.store.create_table(self.table)?;
        Ok(Worked::WasThere(format!("the table is there; {}", self.reason)))
    }
}

/// The step that creates a table if it is missing, since there is a reason why this run has no rows for it.
pub(crate) fn without_rows(table: &'static Table, store: TargetStore, reason: impl Into<String>) -> Step {
    let reason = reason.into();
    let state = State::Due("the table is made, without rows, if it is not there".to_owned());
    Step { name: format!("Table {}", table.name), action: Action::Work(Box::new(WithoutRows { table, store, reason })), state }
}

impl Loads<'_> {
    /// The load of a directory of rows.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub fn step(&self, table: &'static Table, directory: &Location) -> Result<Step> {
        self.step_from(table, LoadInput::Directory(directory.clone()))
    }

    /// The load of a directory of rows, or of the days of a table that has a directory for each day.
    ///
    /// # Errors
    /// See [`Self::step`].
    pub fn step_from(&self, table: &'static Table, input: LoadInput) -> Result<Step> {
        let store = open_store(self.options, self.settings)?;
        let mut identity: Vec<_> = self.identity.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let logs = self.logs.identity(self.settings)?;
        identity.extend(logs.iter().map(|(name, value)| (*name, value.as_str())));
        identity.extend([("table", table.name), ("store", &store.name)]);
        let mode = match (self.overwrite, self.options.use_temp_table_for_overwrite) {
            (false, _) => LoadMode::Append,
            (true, false) => LoadMode::Overwrite,
            (true, true) => LoadMode::OverwriteBySwap,
        };
        let reason = if self.overwrite { "its rows are replaced" } else { "its rows are appended, unless they are there" };
        let id = update_id(&identity, self.task);
        let load = LoadStep {
            mode,
            allow_empty: self.allow_empty,
            insert_chunk_size: self.options.insert_chunk_size,
            ..LoadStep::new(table, input, id, store)
        };
        Ok(Step { name: format!("Table {}", table.name), action: Action::Load(load), state: State::Due(reason.to_owned()) })
    }
}
