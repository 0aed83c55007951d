//! Settings whose value is not what it must be: wrong usage, as a setting that is missing (rules 01, 9).

use crate::error_text::error_text;
use crate::wrong_usage::wrong_usage;

/// The error of such a setting; `why` says what is wrong with the value.
pub(crate) fn unusable(section: &str, key: &str, why: impl Into<anyhow::Error>) -> anyhow::Error {
    wrong_usage(format!("{key} of [{section}] cannot be used. {}", error_text(&why.into())))
}
