//! The line that runs a task again, as messages tell it.

/// What somebody types to run a task again; empty if nobody can.
#[derive(Clone, Debug, Default)]
pub struct TypedLine {
    /// All of it: `insights TASK --OPTION VALUE`.
    pub whole: String,
    /// What stands before the name of any task.
    pub program: String,
    /// The options that say where results are, with a space before each.
    pub places: String,
}
