//! What a plan or a configuration has to say to the operator although nothing failed.

use std::fmt;

/// A sentence or two, and whether somebody should act on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    text: String,
    is_warning: bool,
}

impl Notice {
    /// Good to know.
    pub fn hint(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_warning: false }
    }

    /// Somebody should look: said where it is found, and once more at the end of the run.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_warning: true }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says, if it is a warning.
    pub fn warning_text(&self) -> Option<&str> {
        self.is_warning.then_some(&*self.text)
    }
}

/// As it is said: a warning calls itself one.
impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_warning {
            formatter.write_str("Warning: ")?;
        }
        formatter.write_str(&self.text)
    }
}
