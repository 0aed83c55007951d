//! The document of `insights status --format json` (docs/status-and-summary.md, docs/schemas/status.json).

use chrono::NaiveDate;
use serde::Serialize;

use crate::programs::insights::run_report::document::Outcome;

/// Version of the document.
pub(super) const VERSION: u32 = 1;

/// All that is known.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Status {
    /// [`VERSION`]
    pub version: u32,
    /// When it was looked: `2026-01-01T03:00:00Z`.
    pub time: String,
    /// The warehouse.
    pub warehouse: WarehouseStatus,
    /// What the tasks of the day would do.
    pub tasks: Vec<TaskStatus>,
    /// The result store.
    pub store: StoreStatus,
    /// The roster index; none if no search engine is configured.
    pub roster: Option<RosterStatus>,
    /// The last runs, the newest first.
    pub runs: Vec<RunStatus>,
}

/// The warehouse.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct WarehouseStatus {
    /// Where it is; none if it is not configured.
    pub place: Option<String>,
    /// Why it cannot be looked at.
    pub error: Option<String>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Its tables.
    pub tables: Vec<TableStatus>,
    /// Locks that are held or were left.
    pub locks: Vec<LockStatus>,
    /// What is being written, or was left.
    pub leftovers: Vec<LeftoverStatus>,
}

/// A table of the warehouse.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct TableStatus {
    /// Its name.
    pub table: String,
    /// Data files.
    pub files: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Whether it has a directory for each day of a history; holes are told of such tables only.
    pub is_history: bool,
    /// Number of days that are there.
    pub days: usize,
    /// The first of them.
    pub first: Option<NaiveDate>,
    /// The last of them.
    pub last: Option<NaiveDate>,
    /// Days between them that are not there and should be.
    pub missing: Vec<NaiveDate>,
    /// Days between them that are not there and that no task asks for yet.
    pub not_due: Vec<NaiveDate>,
    /// The day on which these are due.
    pub due: Option<NaiveDate>,
}

/// A lock.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LockStatus {
    /// Its file.
    pub file: String,
    /// Whether its process has certainly ended.
    pub is_dead: bool,
    /// Who holds it, if that can be read.
    pub holder: Option<String>,
}

/// A directory of a run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LeftoverStatus {
    /// The directory.
    pub place: String,
    /// The run.
    pub run_id: String,
    /// Bytes below it.
    pub bytes: u64,
}

/// What a task of the day would do.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TaskStatus {
    /// Its name.
    pub task: String,
    /// Steps that are due; loads only where their table is not in the result store.
    pub due: Vec<DueStep>,
    /// Days of its history that are missing.
    pub missing_days: Vec<NaiveDate>,
    /// Why it cannot be planned.
    pub error: Option<String>,
}

/// A step that is due.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DueStep {
    /// Its name.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// The result store.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct StoreStatus {
    /// What it is called.
    pub name: Option<String>,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// Its tables.
    pub tables: Vec<StoreTable>,
}

/// A table of the result store.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct StoreTable {
    /// Its name.
    pub table: String,
    /// Its rows; none if it is not there.
    pub rows: Option<i64>,
    /// The last day that its rows are of, if they are of days.
    pub until: Option<String>,
    /// When it was last loaded, in the store's words.
    pub loaded: Option<String>,
}

/// The roster index.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct RosterStatus {
    /// The name by which readers see it.
    pub alias: String,
    /// The indexes that it points to.
    pub indexes: Vec<String>,
    /// Their documents.
    pub documents: Option<u64>,
    /// Why it cannot be looked at.
    pub error: Option<String>,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunStatus {
    /// What was run.
    pub command: String,
    /// The run.
    pub run_id: String,
    /// When it began.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// What became of it.
    pub result: Outcome,
    /// Its exit code.
    pub exit_code: u8,
}
