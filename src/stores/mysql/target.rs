//! Where the server is, and how it is to be reached.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::config::credentials::{Credentials, Tls};

/// A result database on a server, with the account that fills it. Its `Debug` form hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct MysqlTarget {
    /// Host name or address.
    pub host: String,
    /// TCP port, usually 3306.
    pub port: u16,
    /// Account.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Name of the result database; created if absent.
    pub database: String,
    /// File of certificates, one of which must have signed the server's.
    pub ssl_ca: Option<PathBuf>,
    /// Whether plain text will do.
    pub tls: Tls,
}

impl fmt::Debug for MysqlTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MysqlTarget")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("username", &self.username)
            .field("password", &"(hidden)")
            .field("database", &self.database)
            .field("ssl_ca", &self.ssl_ca)
            .field("tls", &self.tls)
            .finish()
    }
}

impl MysqlTarget {
    /// A database on the server of a credentials file.
    pub fn new(credentials: Credentials, database: &str) -> Self {
        let Credentials { host, port, username, password, ssl_ca, tls } = credentials;
        Self { host, port, username, password, database: database.to_owned(), ssl_ca, tls }
    }

    /// `user@host:port`, for messages.
    pub(crate) fn address(&self) -> String {
        format!("{}@{}:{}", self.username, self.host, self.port)
    }

    /// How the connection is protected, for messages.
    pub fn security(&self) -> String {
        match (&self.ssl_ca, self.tls) {
            (Some(file), _) => format!("TLS, the server is checked by {}", file.display()),
            (None, Tls::Off) => "plain text: \"tls\" is off in the credentials".to_owned(),
            (None, Tls::Preferred) => {
                "TLS if the server offers it, else plain text: \"tls\" is preferred in the credentials; the server is not checked"
                    .to_owned()
            }
            (None, Tls::Required) if self.is_this_machine() => "this machine; the server is not checked".to_owned(),
            (None, Tls::Required) => "TLS, the server is not checked: the credentials name no \"ssl_ca\"".to_owned(),
        }
    }

    /// Plain text that does not leave the machine is as private as TLS.
    pub(super) fn is_this_machine(&self) -> bool {
        self.host == "localhost" || self.host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_printed() {
        let target = MysqlTarget {
            host: "db".into(),
            port: 3306,
            username: "pipeline".into(),
            password: "s3cret".into(),
            database: "reports".into(),
            ssl_ca: None,
            tls: Tls::Required,
        };
        let printed = format!("{target:?} {target:#?} {}", target.address());
        assert!(!printed.contains("s3cret") && printed.contains("pipeline@db:3306"));
    }

    #[test]
    fn how_the_server_is_checked_is_said() {
        let target = |host: &str, tls, ssl_ca: Option<&str>| MysqlTarget {
            host: host.into(),
            port: 3306,
            username: "u".into(),
            password: "s3cret".into(),
            database: "reports".into(),
            ssl_ca: ssl_ca.map(PathBuf::from),
            tls,
        };
        for (target, expected) in [
            (target("db", Tls::Required, Some("/ca.pem")), "checked by /ca.pem"),
            (target("db", Tls::Required, None), "TLS, the server is not checked"),
            (target("db", Tls::Preferred, None), "else plain text"),
            (target("db", Tls::Off, None), "plain text"),
            (target("127.0.0.1", Tls::Required, None), "this machine"),
            (target("[::1]", Tls::Required, None), "this machine"),
            (target("localhost.example", Tls::Required, None), "TLS, the server is not checked"),
        ] {
            assert!(target.security().contains(expected), "{target:?} {}", target.security());
        }
    }
}
