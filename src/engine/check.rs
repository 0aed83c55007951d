//! A look at something that a step needs, before anything runs.

use std::time::Duration;

use anyhow::Result;

/// How long a server may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A look at something that a step needs.
pub struct Check<'p> {
    /// The same for the same thing, such as the store of several tables.
    pub what: String,
    /// The check of what it is a part of, such as the database of a table; a step that has the one has the other before it. Parts of a
    /// thing are looked at one after the other, and not if the thing itself is not in order.
    pub part_of: Option<String>,
    /// Looks; the error says what is wrong and what to do.
    pub look: Box<dyn Fn() -> Result<()> + Send + 'p>,
}
