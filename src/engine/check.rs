//! A look at something that a step needs, before anything runs.

use std::time::Duration;

use anyhow::Result;

/// How long a server may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A look at something that a step needs.
pub struct Check<'p> {
    /// The same for the same thing, such as the store of several tables.
    pub what: String,
    /// Looks; the error says what is wrong and what to do.
    pub look: Box<dyn Fn() -> Result<()> + Send + 'p>,
}
