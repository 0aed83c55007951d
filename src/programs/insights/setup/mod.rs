//! Setting up a site: `init` writes a configuration, `doctor` looks whether a night would succeed, `explain` says what a name means.

#[cfg(test)]
mod catalogue_tests;
pub(super) mod idle_variables;
pub(crate) mod init;
pub(super) mod names;
mod shown;
mod template;
