//! Server and driver errors as sentences that tell the operator what to do.

use std::io::ErrorKind;

use ::mysql::{DriverError, Error, MySqlError};
use anyhow::{Error as Report, anyhow};

use super::target::MysqlTarget;

/// `ER_BAD_DB_ERROR`
pub(super) const UNKNOWN_DATABASE: u16 = 1049;
/// `ER_NO_SUCH_TABLE`
pub(super) const UNKNOWN_TABLE: u16 = 1146;
/// `ER_BAD_FIELD_ERROR`
pub(super) const UNKNOWN_COLUMN: u16 = 1054;
/// `ER_DBACCESS_DENIED_ERROR`
pub(super) const DATABASE_DENIED: u16 = 1044;

/// The server refuses `LOAD DATA LOCAL`: `ER_NOT_ALLOWED_COMMAND`, `ER_CLIENT_LOCAL_FILES_DISABLED` (MySQL 8),
/// `ER_LOAD_INFILE_CAPABILITY_DISABLED` (MariaDB).
pub(super) const LOCAL_INFILE_REFUSED: [u16; 3] = [1148, 3948, 4166];

/// What an account needs on the database to create tables and load rows.
pub(super) const LOAD_RIGHTS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"];
/// What it needs besides to exchange a table for its copy.
pub(super) const SWAP_RIGHTS: [&str; 2] = ["DROP", "ALTER"];

/// Error code of the server, if the server sent one.
pub(super) fn code(error: &Error) -> Option<u16> {
    match error {
        Error::MySqlError(error) => Some(error.code),
        _ => None,
    }
}

/// What a statement is for: what an account needs and what is to be done again depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Tables of the result store are created and filled.
    Loading,
    /// Tables of the result store are read.
    Reading,
    /// Tables of the LMS are read.
    Importing,
}

/// Of a load; `doing` is what failed, as the start of a sentence ("Creating the table x").
pub(super) fn explain(target: &MysqlTarget, doing: &str, error: &Error) -> Report {
    Purpose::Loading.explain(target, doing, error)
}

impl Purpose {
    /// `doing` is what failed, as the start of a sentence ("Reading the table x").
    pub(crate) fn explain(self, target: &MysqlTarget, doing: &str, error: &Error) -> Report {
        let at = target.address();
        match error {
            Error::MySqlError(error) => {
                let advice = match self {
                    Purpose::Loading => advice(error, target),
                    Purpose::Reading | Purpose::Importing => advice_on_reading(error, target, self),
                };
                anyhow!("{doing} failed at {at}: {} (MySQL error {}). {advice}", error.message, error.code)
            }
            Error::DriverError(DriverError::CouldNotConnect(Some((_, description, _)))) => anyhow!(
                "The MySQL server at {at} cannot be reached: {description}. Check host and port in the credentials file \
             and that the server is running."
            ),
            Error::DriverError(DriverError::ConnectTimeout) => anyhow!(
                "The MySQL server at {at} did not answer in time. Check host and port in the credentials file, \
             and firewalls on the way."
            ),
            Error::DriverError(DriverError::TlsNotSupported) if target.ssl_ca.is_none() => anyhow!(
                "The MySQL server at {at} offers no TLS, and password and rows are not sent in plain text. Let the server use TLS \
             (ssl_cert, ssl_key); or write \"tls\": \"off\" into the credentials file if the network is safe."
            ),
            Error::DriverError(DriverError::TlsNotSupported) => anyhow!(
                "The MySQL server at {at} offers no TLS, but the credentials file names certificates (ssl_ca) that it must be \
             checked with. Let the server use TLS (ssl_cert, ssl_key), or remove ssl_ca."
            ),
            Error::TlsError(error) => insecure(target, error),
            Error::IoError(error) => broken(self, target, doing, error),
            Error::CodecError(error) => broken(self, target, doing, error),
            other => anyhow!("{doing} failed at {at}: {other}."),
        }
    }

    /// What is to be done once more when the server is well again.
    fn again(self) -> &'static str {
        match self {
            Self::Loading => "run the load again",
            Self::Reading => "run the command again",
            Self::Importing => "run the import again",
        }
    }
}

/// The server's words about a statement that it refused, without the driver's frame around them.
pub(super) fn words(error: &Error) -> String {
    match error {
        Error::MySqlError(error) => error.message.clone(),
        other => other.to_string(),
    }
}

/// Nothing could be read or written: because of TLS, or because the connection is gone.
fn broken(purpose: Purpose, target: &MysqlTarget, doing: &str, error: &(dyn std::error::Error + 'static)) -> Report {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let of_system = error.downcast_ref::<std::io::Error>();
        if of_system.is_some_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)) {
            let at = target.address();
            return anyhow!(
                "The MySQL server at {at} did not answer in time. Check host and port in the credentials file, and the server."
            );
        }
        let inner = of_system.and_then(std::io::Error::get_ref);
        if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return insecure(target, error);
        }
        cause = error.source();
    }
    lost(purpose, &target.address(), doing, error)
}

fn insecure(target: &MysqlTarget, error: &dyn std::fmt::Display) -> Report {
    let at = target.address();
    match &target.ssl_ca {
        Some(file) => anyhow!(
            "The MySQL server at {at} is not trusted: {error}. Its certificate must be for the host {}, and signed by a \
             certificate in {} (ssl_ca in the credentials file).",
            target.host,
            file.display()
        ),
        None => anyhow!(
            "No TLS connection to the MySQL server at {at} could be made: {error}. Correct the server's certificate; or write \
             \"tls\": \"off\" into the credentials file if the network is safe."
        ),
    }
}

fn lost(purpose: Purpose, at: &str, doing: &str, error: &dyn std::fmt::Display) -> Report {
    let kept = match purpose {
        Purpose::Loading => "The server rolls back what was not committed",
        Purpose::Reading => "Nothing was changed",
        Purpose::Importing => "An earlier import stays",
    };
    let again = purpose.again();
    anyhow!("{doing} failed: the connection to the MySQL server at {at} was lost ({error}). {kept}; {again} when the server is up.")
}

/// The account as the server names it: `'user'@'host'`.
fn account_in(message: &str) -> Option<&str> {
    let middle = message.find("'@'")?;
    let start = message.get(..middle)?.rfind('\'')?;
    let host = middle + "'@'".len();
    let end = host + message.get(host..)?.find('\'')?;
    message.get(start..=end)
}

/// Advice to who only reads: rights to write and the fate of a load are no part of it.
fn advice_on_reading(error: &MySqlError, target: &MysqlTarget, purpose: Purpose) -> String {
    let (account, database, again) = (&target.username, &target.database, purpose.again());
    match (error.code, purpose) {
        (1045 | 1698 | 1130 | 1153, _) => advice(error, target),
        (DATABASE_DENIED | 1142 | 1143 | 1227 | 1370, _) => {
            let named = account_in(&error.message).map_or_else(|| format!("'{account}'@'%'"), str::to_owned);
            format!(
                "The account {account} may not read the database {database}. As an administrator: GRANT SELECT ON `{database}`.* TO {named};"
            )
        }
        (1205 | 1213, _) => format!("Another session was in the way (SHOW FULL PROCESSLIST). End it or wait for it, then {again}."),
        (1040 | 1203 | 1226, _) => format!("The server has no connection left. Wait, then {again}."),
        (1053 | 1077 | 1152 | 1317 | 1927, _) => format!("The server or an administrator ended this session; {again}."),
        (1021 | 1114 | 3, _) => format!("The server has no room left on its disk. Make room, then {again}."),
        (UNKNOWN_DATABASE, _) => "Correct the name of the database.".into(),
        (UNKNOWN_TABLE | UNKNOWN_COLUMN, Purpose::Importing) => {
            "The import reads the tables and columns that docs/rules/09-lms-import.md lists in section 4. Check that the database is \
             that of the LMS (database of [database-import]); an LMS of another release may lack some of them."
                .into()
        }
        (UNKNOWN_TABLE | UNKNOWN_COLUMN, _) => {
            format!("Check that {database} is a result store; tables that a loader of another version made may have other columns.")
        }
        _ => "Nothing was changed.".into(),
    }
}

fn advice(error: &MySqlError, target: &MysqlTarget) -> String {
    let account = &target.username;
    let database = &target.database;
    match error.code {
        1045 | 1698 => "Check username and password in the credentials file.".into(),
        1130 => format!("Permit the account {account} to connect from this machine."),
        DATABASE_DENIED | 1142 | 1143 | 1227 | 1370 => {
            format!(
                "Grant the account {account} the rights {} on the database {database}; with --use-temp-table-for-overwrite {}, too.",
                LOAD_RIGHTS.join(", "),
                SWAP_RIGHTS.join(" and ")
            )
        }
        1205 => "Another session holds a lock on the table for too long. See SHOW FULL PROCESSLIST, end that session \
                 or wait for it, then run the load again; --lock-wait sets how long to wait."
            .into(),
        1213 => "Another session was in the way (deadlock). Nothing has changed; run the load again.".into(),
        1040 | 1203 | 1226 => "The server has no connection left. Run the load again later.".into(),
        1053 | 1077 | 1152 | 1317 | 1927 => {
            "The server or an administrator ended this session. Nothing was committed; run the load again.".into()
        }
        1021 | 1114 | 3 => "The server has no room left on its disk. Make room, then run the load again.".into(),
        1153 => "Raise max_allowed_packet on the server.".into(),
        1290 | 1792 | 1836 => "The server is read-only. Load into the primary server.".into(),
        UNKNOWN_COLUMN | 1136 => {
            format!("The table exists with other columns, and a loader never alters a table. Drop or migrate it in {database}.")
        }
        1366 if error.message.starts_with("Incorrect string value") => format!(
            "The character set of the table cannot hold this text, so nothing was loaded. Convert it to utf8mb4: ALTER \
             DATABASE {database} CHARACTER SET utf8mb4, and ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4."
        ),
        1048 | 1263 | 1264 | 1265 | 1292 | 1366 | 1406 => {
            "The data does not fit the column, so nothing was loaded. Correct the step that makes these rows.".into()
        }
        _ => "Nothing of this load was kept.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> MysqlTarget {
        MysqlTarget {
            host: "db".into(),
            port: 3307,
            username: "pipeline".into(),
            password: "s3cret".into(),
            database: "reports".into(),
            ssl_ca: Some("ca.pem".into()),
            tls: crate::config::credentials::Tls::Required,
        }
    }

    #[test]
    fn who_reads_is_not_told_to_write() {
        let target = target();
        let server = |code| Error::MySqlError(MySqlError { state: "HY000".into(), message: "No".into(), code });
        let unfinished = Error::IoError(std::io::Error::other("bytes remaining on stream"));
        for purpose in [Purpose::Reading, Purpose::Importing] {
            let all = (0..4000).map(server).map(|error| purpose.explain(&target, "Reading x", &error).to_string());
            for text in all.chain([purpose.explain(&target, "Reading x", &unfinished).to_string()]) {
                for of_loads in ["INSERT", "load", "CREATE", "ALTER", "primary", "committed", "MySqlError"] {
                    let is_name = of_loads == "load" && text.contains("loader of another version");
                    assert!(is_name || !text.contains(of_loads), "{text}");
                }
            }
            assert!(
                purpose.explain(&target, "Reading x", &server(1142)).to_string().contains("GRANT SELECT ON `reports`.* TO 'pipeline'@'%';")
            );
        }
        assert_eq!(account_in("Access denied for user 'a'@'10.%' to database 'b'"), Some("'a'@'10.%'"));
        assert_eq!(account_in("Access denied"), None);
        for code in [UNKNOWN_TABLE, UNKNOWN_COLUMN] {
            let text = Purpose::Importing.explain(&target, "Reading x", &server(code)).to_string();
            assert!(text.contains("09-lms-import.md") && text.contains("[database-import]"), "{text}");
        }
        assert_eq!(words(&server(1054)), "No");
    }

    #[test]
    fn every_text_names_the_place_and_hides_the_password() {
        let target = target();
        let server = |code| Error::MySqlError(MySqlError { state: "HY000".into(), message: "Lock wait timeout exceeded".into(), code });
        let lost = Error::IoError(std::io::Error::other("broken pipe"));
        for (error, expected) in [
            (server(1205), "SHOW FULL PROCESSLIST"),
            (server(1045), "username and password"),
            (server(1142), "Grant the account pipeline the rights SELECT, INSERT, UPDATE, DELETE, CREATE on the database reports"),
            (server(9999), "MySQL error 9999"),
            (lost, "was lost (broken pipe)"),
            (Error::DriverError(DriverError::ConnectTimeout), "did not answer in time"),
            (Error::DriverError(DriverError::TlsNotSupported), "offers no TLS"),
            (Error::IoError(std::io::Error::other(rustls::Error::DecryptError)), "signed by a certificate in ca.pem"),
        ] {
            let text = format!("{:#}", explain(&target, "Loading rows", &error));
            assert!(text.contains(expected) && text.contains("pipeline@db:3307"), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
