//! Names of environment variables that set something.

/// What all of them begin with.
pub(crate) const PREFIX: &str = "INSIGHTS_";

/// `INSIGHTS_SECTION_KEY`: upper case, every other character than a letter or digit an underscore.
pub fn variable_name(section: &str, key: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }
    };
    let name = section.chars().map(plain).chain(['_']).chain(key.chars().map(plain));
    PREFIX.chars().chain(name).collect()
}
