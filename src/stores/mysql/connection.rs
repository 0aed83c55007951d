//! Connections to the server.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use ::mysql::{Conn, DriverError, Error, OptsBuilder, SslOpts};

use super::errors::Purpose;
use super::target::MysqlTarget;
use crate::config::credentials::Tls;

/// A server that has not let us in by then stands still, or is none.
const LONGEST_LOGIN: Duration = Duration::from_secs(30);
/// So long a server may be silent over one statement: longer than any of them takes, be it an index of all rows.
const LONGEST_SILENCE: Duration = Duration::from_hours(1);

impl MysqlTarget {
    /// As [`Self::connect`]; the error tells the operator what to do.
    pub(crate) fn connect_or_explain(&self, database: Option<&str>, purpose: Purpose) -> anyhow::Result<Conn> {
        self.connect(database).map_err(|error| purpose.explain(self, "Connecting", &error))
    }

    /// Connects. With certificates in the credentials there is no connection to a server that cannot show that it is the one; without
    /// them TLS keeps the traffic private but does not check who the server is. Plain text is only for this machine, or where the
    /// credentials permit it.
    ///
    /// A connection keeps the limits that it was made with, here those of statements. So a thread logs in, and is left alone when that takes
    /// too long; to log in twice, with limits of their own, might be one connection too many for the account.
    pub(crate) fn connect(&self, database: Option<&str>) -> Result<Conn, Error> {
        let (target, database, (done, outcome)) = (self.clone(), database.map(str::to_owned), sync_channel(1));
        let patient = |options: OptsBuilder| options.read_timeout(Some(LONGEST_SILENCE)).write_timeout(Some(LONGEST_SILENCE));
        thread::spawn(move || drop(done.send(target.connect_with(database.as_deref(), patient))));
        outcome.recv_timeout(LONGEST_LOGIN).unwrap_or(Err(Error::DriverError(DriverError::ConnectTimeout)))
    }

    /// As [`Self::connect`], for a look at the server that must not take long.
    pub(super) fn connect_within(&self, database: Option<&str>, limit: Duration) -> Result<Conn, Error> {
        self.connect_with(database, |options| options.tcp_connect_timeout(Some(limit)).read_timeout(Some(limit)).write_timeout(Some(limit)))
    }

    /// Looks whether the LMS database can be reached within this time.
    ///
    /// # Errors
    /// It cannot; the text says what to do.
    pub fn check_reachable(&self, limit: Duration) -> anyhow::Result<()> {
        self.connect_within(Some(&self.database), limit).map(drop).map_err(|error| Purpose::Importing.explain(self, "Connecting", &error))
    }

    fn connect_with(&self, database: Option<&str>, more: impl FnOnce(OptsBuilder) -> OptsBuilder) -> Result<Conn, Error> {
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
        let plain = more(plain);
        if let Some(file) = &self.ssl_ca {
            return Conn::new(plain.ssl_opts(SslOpts::default().with_root_cert_path(Some(file.clone()))));
        }
        if self.tls == Tls::Off {
            return Conn::new(plain);
        }
        let private =
            plain.clone().ssl_opts(SslOpts::default().with_danger_skip_domain_validation(true).with_danger_accept_invalid_certs(true));
        match Conn::new(private) {
            Err(Error::DriverError(DriverError::TlsNotSupported) | Error::TlsError(_))
                if self.tls == Tls::Preferred || self.is_this_machine() =>
            {
                Conn::new(plain)
            }
            connected => connected,
        }
    }
}
