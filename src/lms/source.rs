//! The LMS database, as options and configuration name it.

use anyhow::{Context, Result, bail};

use crate::config::credentials::Credentials;
use crate::config::missing::MissingSetting;
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
        let name = database.or_else(|| settings.get("database-import", "database")).map(str::trim);
        let database = match name.filter(|name| !name.is_empty()) {
            Some(database) => database.to_owned(),
            None => bail!(MissingSetting {
                section: "database-import".to_owned(),
                key: "database".to_owned(),
                option: Some("--database".to_owned())
            }),
        };
        let credentials = Credentials::read(&location).context("The credentials of the LMS database cannot be used.")?;
        let target = MysqlTarget::new(credentials, &database);
        Ok(Self { credentials: location, database, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_name_of_the_database_is_a_missing_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{"host": "db", "username": "u", "password": "p"}"#).unwrap();
        let place = Location::from_path(file.path()).unwrap();
        let read = |text: &str, option| LmsSource::of_settings(&Settings::of_text(text).unwrap(), Some(&place), option);
        assert_eq!(read("[database-import]\ndatabase = edxapp\n", None).unwrap().database, "edxapp");
        for (text, option) in [("", None), ("[database-import]\ndatabase =\n", None), ("[database-import]\ndatabase = edxapp\n", Some(" "))]
        {
            let error = read(text, option).unwrap_err();
            assert!(error.is::<MissingSetting>() && error.to_string().contains("--database"), "{error}");
        }
    }
}
