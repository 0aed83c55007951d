//! Where the server is, and a connection to it.
use ::mysql::{Conn, DriverError, Error, OptsBuilder, SslOpts};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::errors::explain;
use crate::config::credentials::Credentials;

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
            .finish()
    }
}

impl MysqlTarget {
    /// A database on the server of a credentials file.
    pub fn new(credentials: Credentials, database: &str) -> Self {
        let Credentials { host, port, username, password, ssl_ca } = credentials;
        Self { host, port, username, password, database: database.to_owned(), ssl_ca }
    }

    /// `user@host:port`, for messages.
    pub(super) fn address(&self) -> String {
        format!("{}@{}:{}", self.username, self.host, self.port)
    }

    /// As [`Self::connect`]; the error tells the operator what to do.
    pub(crate) fn connect_or_explain(&self, database: Option<&str>) -> anyhow::Result<Conn> {
        self.connect(database).map_err(|error| explain(self, "Connecting", &error))
    }

    /// Connects, with TLS where the server offers it. Like the preferred mode of the usual clients this keeps the
    /// traffic private but does not check who the server is. With certificates in the credentials it does: there is no
    /// connection to a server that cannot show that it is the one.
    pub(crate) fn connect(&self, database: Option<&str>) -> Result<Conn, Error> {
        let plain = OptsBuilder::new()
            .ip_or_hostname(Some(self.host.clone()))
            .tcp_port(self.port)
            .user(Some(self.username.clone()))
            .pass(Some(self.password.clone()))
            .db_name(database)
            // A local address may be a tunnel: the socket of a server on this machine could be another server.
            .prefer_socket(false)
            .tcp_connect_timeout(Some(Duration::from_secs(10)))
            .tcp_keepalive_time_ms(Some(60_000));
        if let Some(file) = &self.ssl_ca {
            return Conn::new(plain.ssl_opts(SslOpts::default().with_root_cert_path(Some(file.clone()))));
        }
        let private =
            plain.clone().ssl_opts(SslOpts::default().with_danger_skip_domain_validation(true).with_danger_accept_invalid_certs(true));
        match Conn::new(private) {
            Err(Error::DriverError(DriverError::TlsNotSupported) | Error::TlsError(_)) => Conn::new(plain),
            connected => connected,
        }
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
        };
        let printed = format!("{target:?} {target:#?} {}", target.address());
        assert!(!printed.contains("s3cret") && printed.contains("pipeline@db:3306"));
    }
}
