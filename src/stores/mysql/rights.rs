//! Whether an account may do what a load does, from `SHOW GRANTS`; nothing is tried.

use std::time::Duration;

use ::mysql::prelude::Queryable;
use anyhow::{Result, bail};

use super::errors::{LOAD_RIGHTS, SWAP_RIGHTS, explain};
use super::target::MysqlTarget;

/// Connects and reads the account's grants.
///
/// # Errors
/// The server cannot be reached, or rights are missing; the text names exactly those.
pub(super) fn check(target: &MysqlTarget, swaps: bool, patience: Duration) -> Result<()> {
    let explained = |error| explain(target, "Looking at the result store", &error);
    let mut conn = target.connect_within(None, patience).map_err(explained)?;
    let account: Option<String> = conn.query_first("SELECT CURRENT_USER()").map_err(explained)?;
    let grants: Vec<String> = conn.query("SHOW GRANTS").map_err(explained)?;
    let wanted = LOAD_RIGHTS.iter().chain(SWAP_RIGHTS.iter().filter(|_| swaps)).copied();
    let missing = missing(wanted, &grants, &target.database);
    if missing.is_empty() {
        return Ok(());
    }
    let account = account.map_or_else(|| format!("'{}'@'%'", target.username), |account| quoted(&account));
    let (rights, database) = (missing.join(", "), &target.database);
    bail!(
        "The account {account} of {} lacks rights on the database {database}: {rights}. As an administrator: GRANT {rights} ON \
         `{database}`.* TO {account};",
        target.address()
    )
}

pub(super) fn quoted(account: &str) -> String {
    account.rsplit_once('@').map_or_else(|| format!("'{account}'"), |(user, host)| format!("'{user}'@'{host}'"))
}

/// The rights that no grant gives. Where a role or single tables may give them, none counts as missing.
fn missing<'r>(wanted: impl Iterator<Item = &'r str>, grants: &[String], database: &str) -> Vec<&'r str> {
    let mut given = Vec::new();
    for grant in grants {
        let Some(rest) = grant.strip_prefix("GRANT ") else { continue };
        let Some((rights, place)) = rest.split_once(" ON ") else {
            // A role that is not active here may be active by default.
            return Vec::new();
        };
        let place = place.split_once(" TO ").map_or(place, |(place, _)| place);
        let Some((of_database, table)) = place.rsplit_once('.') else { continue };
        if !covers(of_database, database) {
            continue;
        }
        if table != "*" {
            return Vec::new();
        }
        given.extend(rights.split(',').map(|right| right.trim().to_ascii_uppercase()));
    }
    let has = |right: &str| given.iter().any(|known| known == right || known.starts_with("ALL PRIVILEGES"));
    wanted.filter(|right| !has(right)).collect()
}

/// Whether `*` or a name in backticks, with the wildcards `%` and `_`, is of this database.
fn covers(pattern: &str, database: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let pattern: Vec<char> = pattern.trim_matches('`').replace("``", "`").chars().collect();
    matches(&pattern, &database.chars().collect::<Vec<_>>())
}

/// `LIKE`, by looking back to the last `%`.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut of, mut back) = (0, 0, None);
    while of < name.len() {
        let (literal, width) = match (pattern.get(at), pattern.get(at + 1)) {
            (Some('\\'), Some(escaped)) => (Some(escaped), 2),
            (found, _) => (found, 1),
        };
        if width == 1 && literal == Some(&'%') {
            back = Some((at + 1, of));
            at += 1;
        } else if literal.is_some_and(|literal| Some(literal) == name.get(of) || (width == 1 && *literal == '_')) {
            at += width;
            of += 1;
        } else if let Some((after, from)) = back {
            (at, of, back) = (after, from + 1, Some((after, from + 1)));
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(grants: &[&str], database: &str) -> Vec<&'static str> {
        let grants: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).collect();
        missing(LOAD_RIGHTS.into_iter().chain(SWAP_RIGHTS), &grants, database)
    }

    #[test]
    fn exactly_the_missing_rights_are_named() {
        let usage = "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*X'";
        assert_eq!(lacking(&[usage], "reports"), ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER"]);
        assert_eq!(lacking(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION"], "reports"), [""; 0]);
        assert_eq!(lacking(&[usage, "GRANT ALL PRIVILEGES ON `reports`.* TO `u`@`%`"], "reports"), [""; 0]);
        let some = "GRANT SELECT, INSERT, DELETE, CREATE ON `my\\_reports`.* TO `u`@`%`";
        assert_eq!(lacking(&[usage, some], "my_reports"), ["UPDATE", "DROP", "ALTER"]);
        assert_eq!(lacking(&[usage, some], "myxreports").len(), 7, "the escaped wildcard is a letter");
        assert_eq!(
            lacking(&["GRANT SELECT, INSERT, UPDATE ON `rep%`.* TO `u`@`%`", "GRANT DELETE ON `_eports`.* TO u"], "reports").len(),
            3
        );
        assert_eq!(lacking(&[usage, "GRANT `loader`@`%` TO `u`@`%`"], "reports"), [""; 0], "a role may give them");
        assert_eq!(lacking(&[usage, "GRANT INSERT ON `reports`.`video` TO `u`@`%`"], "reports"), [""; 0], "so may tables");
    }

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("`a%c`", "abbc", true),
            ("`a%c`", "abcd", false),
            ("`%`", "", true),
            ("`a_`", "ab", true),
            ("`a_`", "a", false),
            ("*", "x", true),
        ] {
            assert_eq!(covers(pattern, name), expected, "{pattern} {name}");
        }
    }
}
