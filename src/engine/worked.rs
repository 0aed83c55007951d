//! What became of work that is neither a job nor a load.

/// What became of it, with a line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worked {
    /// It did something.
    Done(String),
    /// Nothing was to be done.
    WasThere(String),
}

impl Worked {
    /// The line for the operator.
    pub fn told(&self) -> &str {
        match self {
            Self::Done(told) | Self::WasThere(told) => told,
        }
    }
}
