//! The credentials file of a database (rules 01, 7).

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use super::text::read_text;
use crate::error_text::error_text;
use crate::storage::Location;
use crate::wrong_usage::wrong_usage;

/// Where a database is and who may use it. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Host name or address.
    pub host: String,
    /// TCP port, 3306 if the file names none.
    pub port: u16,
    /// Name of the database user.
    pub username: String,
    /// Password of the database user; may be empty.
    pub password: String,
    /// File of certificates (PEM), the member `ssl_ca`: with it the server must show a certificate for its host that one of these signed.
    pub ssl_ca: Option<PathBuf>,
    /// Whether the connection must be encrypted, the member `tls`.
    pub tls: Tls,
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// `required`: there is no other connection, except to this machine itself.
    #[default]
    Required,
    /// `preferred`: plain text where the server offers no TLS.
    Preferred,
    /// `off`: plain text.
    Off,
}

const DEFAULT_PORT: u16 = 3306;
const EXAMPLE: &str = r#"{"host": "…", "port": "3306", "username": "…", "password": "…"}"#;

impl Credentials {
    /// Reads the JSON text of a credentials file. `where_from` names the file in errors; they never show its content.
    ///
    /// # Errors
    /// The text is not what it must be: wrong usage (rules 01, 9).
    pub fn from_json(text: &str, where_from: &str) -> anyhow::Result<Self> {
        Self::parse(text, where_from).map_err(|error| wrong_usage(error_text(&error)))
    }

    fn parse(text: &str, where_from: &str) -> anyhow::Result<Self> {
        let members = parse_object(text).with_context(|| {
            format!("The credentials in {where_from} cannot be read; the file must be a JSON object such as {EXAMPLE}.")
        })?;
        let required = |name: &str| match members.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => bail!("The member \"{name}\" of the credentials in {where_from} is not a text; put it in quotes."),
            None => bail!("The credentials in {where_from} lack the member \"{name}\"; the file must be like {EXAMPLE}."),
        };
        let port = match members.get("port") {
            None | Some(Value::Null) => Some(DEFAULT_PORT),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64().and_then(|port| u16::try_from(port).ok()),
        };
        let port = port.filter(|port| *port > 0).with_context(|| {
            format!("The member \"port\" of the credentials in {where_from} is not a port; write a number from 1 to 65535.")
        })?;
        let ssl_ca = match members.get("ssl_ca") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if !path.trim().is_empty() => Some(PathBuf::from(path.trim())),
            Some(_) => bail!("The member \"ssl_ca\" of the credentials in {where_from} is not the path of a file with certificates."),
        };
        let tls = match members.get("tls").map(|value| value.as_str().map(str::trim)) {
            None => Tls::default(),
            Some(Some("required")) => Tls::Required,
            Some(Some("preferred")) if ssl_ca.is_none() => Tls::Preferred,
            Some(Some("off")) if ssl_ca.is_none() => Tls::Off,
            Some(Some("preferred" | "off")) => {
                bail!("The credentials in {where_from} name certificates (\"ssl_ca\"), so \"tls\" cannot be anything but \"required\".")
            }
            Some(_) => bail!("The member \"tls\" of the credentials in {where_from} must be \"required\", \"preferred\" or \"off\"."),
        };
        Ok(Self { host: required("host")?, port, username: required("username")?, password: required("password")?, ssl_ca, tls })
    }

    /// Reads a credentials file of any storage.
    pub fn read(location: &Location) -> anyhow::Result<Self> {
        let text = read_text(location)
            .with_context(|| format!("The credentials file {location} cannot be read; check that it exists and may be read."))?;
        let credentials = Self::from_json(&text, location.as_str())?;
        if let Some(file) = &credentials.ssl_ca {
            std::fs::read(file).with_context(|| {
                format!("The file {} of the member \"ssl_ca\" in {location} cannot be read; it must be on this machine.", file.display())
            })?;
        }
        Ok(credentials)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("password", &"(hidden)")
            .field("ssl_ca", &self.ssl_ca)
            .field("tls", &self.tls)
            .finish()
    }
}

/// Messages of the JSON reader may quote the content, so only the place is passed on.
fn parse_object(text: &str) -> anyhow::Result<Map<String, Value>> {
    let value = serde_json::from_str(text).or_else(|error| match without_trailing_comma(text) {
        Some(text) => serde_json::from_str(&text),
        None => Err(error),
    });
    match value {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => bail!("It is JSON, but not an object."),
        Err(error) => bail!("It is not valid JSON at line {}, column {}.", error.line(), error.column()),
    }
}

/// The documentation of the original shows a comma after the last member.
fn without_trailing_comma(text: &str) -> Option<String> {
    let members = text.trim_end().strip_suffix('}')?.trim_end().strip_suffix(',')?;
    Some(format!("{members}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrong_usage::WrongUsage;

    #[test]
    fn the_port_may_be_text_number_or_missing() {
        for (member, port) in [(r#""port": "3307","#, 3307), (r#""port": 3308,"#, 3308), ("", 3306)] {
            let text = format!(r#"{{"host": "db", {member} "username": "u", "password": "p,}}", "more": [1]}}"#);
            let credentials = Credentials::from_json(&text, "x.json").unwrap();
            let expected =
                Credentials { host: "db".into(), port, username: "u".into(), password: "p,}".into(), ssl_ca: None, tls: Tls::Required };
            assert_eq!(credentials, expected);
        }
    }

    #[test]
    fn certificates_are_named_by_a_path() {
        let read = |member: &str| {
            Credentials::from_json(&format!(r#"{{"host": "db", "username": "u", "password": "p", "ssl_ca": {member}}}"#), "x")
        };
        assert_eq!(read(r#""/etc/ca.pem""#).unwrap().ssl_ca, Some("/etc/ca.pem".into()));
        assert_eq!(read("null").unwrap().ssl_ca, None);
        for wrong in ["true", "7", r#"" ""#] {
            assert!(read(wrong).unwrap_err().to_string().contains("ssl_ca"), "{wrong}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), r#"{"host": "db", "username": "u", "password": "p", "ssl_ca": "/no/such.pem"}"#).unwrap();
        let error = Credentials::read(&Location::from_path(file.path()).unwrap()).unwrap_err().to_string();
        assert!(error.contains("/no/such.pem") && error.contains("ssl_ca"), "{error}");
    }

    #[test]
    fn plain_text_is_asked_for() {
        let read = |members: &str| {
            let text = format!(r#"{{"host": "db", "username": "u", "password": "p"{members}}}"#);
            Credentials::from_json(&text, "x.json").map(|credentials| credentials.tls).map_err(|error| error.to_string())
        };
        assert_eq!(read("").unwrap(), Tls::Required);
        assert_eq!(read(r#", "tls": "preferred""#).unwrap(), Tls::Preferred);
        assert_eq!(read(r#", "tls": "off""#).unwrap(), Tls::Off);
        assert_eq!(read(r#", "tls": "required", "ssl_ca": "/x.pem""#).unwrap(), Tls::Required);
        assert!(read(r#", "tls": "off", "ssl_ca": "/x.pem""#).unwrap_err().contains("ssl_ca"));
        for wrong in [r#", "tls": "never""#, r#", "tls": false"#, r#", "tls": null"#] {
            assert!(read(wrong).unwrap_err().contains("\"preferred\""), "{wrong}");
        }
    }

    #[test]
    fn a_trailing_comma_is_tolerated() {
        let text = "{\"host\": \"db\", \"username\": \"u\", \"password\": \"p\",\n}\n";
        assert_eq!(Credentials::from_json(text, "x.json").unwrap().password, "p");
    }

    #[test]
    fn neither_errors_nor_debug_show_the_content() {
        for text in [
            r#"{"host": "hunter2""#,
            r#""hunter2""#,
            r#"{"host": "db", "username": "u", "password": 1, "x": "hunter2"}"#,
            r#"{"host": "db", "username": "u", "passwort": "hunter2"}"#,
            r#"{"host": "db", "port": "hunter2", "username": "u", "password": "p"}"#,
            r#"{"host": "db", "port": 70000, "username": "u", "password": "hunter2"}"#,
        ] {
            let error = format!("{:?}", Credentials::from_json(text, "x.json").unwrap_err());
            assert!(error.contains("x.json") && !error.contains("hunter2"), "{error}");
        }
        let text = r#"{"host": "db", "username": "u", "password": "hunter2"}"#;
        assert!(!format!("{:?}", Credentials::from_json(text, "x.json").unwrap()).contains("hunter2"));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_wrong_usage() {
        let with = |members: &str| format!(r#"{{"host": "db", "username": "u"{members}}}"#);
        for text in ["{", "[]", &with(""), &with(r#", "password": 7"#), &with(r#", "password": "p", "port": "x""#)] {
            assert!(Credentials::from_json(text, "x.json").unwrap_err().is::<WrongUsage>(), "{text}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        let place = Location::from_path(file.path()).unwrap();
        let text = with(r#", "password": "p""#);
        std::fs::write(file.path(), format!("\u{feff}{text}")).unwrap();
        assert_eq!(Credentials::read(&place).unwrap().password, "p");
        std::fs::write(file.path(), b"{\"password\": \"\xe9\"}").unwrap();
        let error = Credentials::read(&place).unwrap_err();
        assert!(error.chain().any(<dyn std::error::Error>::is::<WrongUsage>), "{error:?}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Credentials::read(&"/no/such/file.json".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("/no/such/file.json"), "{error}");
    }
}
