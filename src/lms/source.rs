//! The LMS database, as options and configuration name it.

use anyhow::{Context, Result};

use crate::config::credentials::Credentials;
use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::storage::{Location, LocationError};
use crate::stores::mysql::MysqlTarget;

/// The LMS database.
#[derive(Clone, Debug)]
pub(crate) struct LmsSource {
    /// Where its credentials are.
    pub credentials: Location,
    /// Its name.
    pub database: String,
    /// What connections are made from.
    pub target: MysqlTarget,
}

impl LmsSource {
    /// The database that the options or the section `[database-import]` name.
    ///
    /// # Errors
    /// Something is not set, or the credentials cannot be read.
    pub(crate) fn of_settings(settings: &Settings, credentials: Option<&Location>, database: Option<&str>) -> Result<Self> {
        let location = match credentials {
            Some(location) => location.clone(),
            None => settings
                .require("database-import", "credentials", "--credentials")?
                .parse()
                .map_err(|error: LocationError| unusable("database-import", "credentials", error))?,
        };
        let database = match database {
            Some(database) => database.to_owned(),
            None => settings.require("database-import", "database", "--database")?.to_owned(),
        };
        let credentials = Credentials::read(&location).context("The credentials of the LMS database cannot be used.")?;
        let target = MysqlTarget::new(credentials, &database);
        Ok(Self { credentials: location, database, target })
    }
}
