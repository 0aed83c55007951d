//! Names of roster indexes: `ALIAS_` and a hash of the load; the reader knows rosters by this form (rules 07, 9).

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use sha1::{Digest, Sha1};

const HASH_DIGITS: usize = 16;

/// The name of a load's index. A second index of the same load, while the first is being read, has `_2` behind it.
pub(crate) fn of_load(alias: &str, update_id: &str) -> String {
    let hash = hex::encode(Sha1::digest(update_id));
    format!("{alias}_{}", hash.get(..HASH_DIGITS).unwrap_or_default())
}

/// Whether an index is of the load with this name.
pub(crate) fn is_of_load(index: &str, base: &str) -> bool {
    index.strip_prefix(base).is_some_and(is_counter)
}

/// Whether an index is named as loads of this alias name theirs. `roster_test_…` is not one of `roster`.
pub(crate) fn is_of_alias(index: &str, alias: &str) -> bool {
    let rest = index.strip_prefix(alias).and_then(|rest| rest.strip_prefix('_'));
    rest.and_then(|rest| rest.split_at_checked(HASH_DIGITS))
        .is_some_and(|(hash, counter)| hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_counter(counter))
}

/// The load's name, or the first with a counter that is not taken.
pub(crate) fn first_free(base: &str, taken: &BTreeSet<String>) -> Option<String> {
    let numbered = (2_u64..).map(|number| format!("{base}_{number}"));
    std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken.contains(name))
}

/// Names of aliases obey the rules of index names.
///
/// # Errors
/// The name cannot be used; the text says why.
pub(crate) fn check_alias(alias: &str) -> Result<()> {
    let is_fine = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_' | '.');
    ensure!(
        !alias.is_empty() && alias.chars().all(is_fine) && !alias.starts_with(['-', '_', '.']),
        "The alias {alias:?} cannot be used; write lower-case letters, digits, - and _, beginning with a letter, such as roster."
    );
    Ok(())
}

fn is_counter(text: &str) -> bool {
    text.is_empty() || text.strip_prefix('_').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_aliases() {
        for (alias, is_fine) in
            [("roster", true), ("roster-2_a", true), ("", false), ("Roster", false), ("_r", false), ("a b", false), ("a/*", false)]
        {
            assert_eq!(check_alias(alias).is_ok(), is_fine, "{alias}");
        }
    }

    #[test]
    fn indexes_of_an_alias_and_of_a_load() {
        let base = of_load("roster", "T()");
        assert_eq!(base.len(), "roster_".len() + 16);
        assert!(is_of_load(&base, &base) && is_of_load(&format!("{base}_2"), &base) && is_of_alias(&format!("{base}_12"), "roster"));
        for other in
            ["roster", "roster_test_0123456789abcdef", "roster_0123456789abcdefg", "roster_0123456789abcdef_", "roster_été0123456789ab"]
        {
            assert!(!is_of_alias(other, "roster") && !is_of_load(other, &base), "{other}");
        }
        assert!(is_of_alias("roster_0123456789abcdef", "roster") && !is_of_load("roster_0123456789abcdef", &base));
    }

    #[test]
    fn taken_names_are_numbered() {
        let taken = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(first_free("r", &taken(&[])).as_deref(), Some("r"));
        assert_eq!(first_free("r", &taken(&["r", "r_2"])).as_deref(), Some("r_3"));
    }
}
