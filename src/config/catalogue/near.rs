//! Names that are nearly those of the catalogue.

use super::{is_without_effect, known_settings};

/// How alike a misspelt name and what was meant are at least.
const LIKENESS: f64 = 0.84;

/// The known name that this one misspells; none if it is one of them, or like none. It may be right as it is, since more is read than the
/// catalogue has: only what is nearly the same counts, less than where a word is known to be wrong (`wrong_usage::nearest`).
pub(crate) fn typo_of<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let (wanted, mut best) = (plain(name), None);
    for other in known {
        if other == name {
            return None;
        }
        let (other_plain, longest) = (plain(other), name.chars().count().max(other.chars().count()));
        // A letter or two, which in a short name is already another name.
        let is_typo = longest > 2 && strsim::damerau_levenshtein(&wanted, &other_plain) <= (longest / 4).clamp(1, 3);
        let likeness = strsim::jaro_winkler(&wanted, &other_plain);
        if is_typo && likeness >= LIKENESS && best.is_none_or(|(than, _)| likeness > than) {
            best = Some((likeness, other));
        }
    }
    best.map(|(_, other)| other)
}

/// What a section and key that nobody reads were to be: `[section] key`. `more` are settings that the catalogue does not have, such as
/// options of tasks.
pub(crate) fn nearest_of_setting(section: &str, key: &str, more: &[(&str, String)]) -> Option<String> {
    if is_without_effect(section, key) {
        return None;
    }
    let pairs =
        || known_settings().map(|known| (known.section, known.key)).chain(more.iter().map(|(section, key)| (*section, key.as_str())));
    let is_known_section = pairs().any(|(known, _)| known == section);
    if is_known_section {
        let key = key.to_lowercase();
        let meant = typo_of(&key, pairs().filter(|(known, _)| *known == section).map(|(_, key)| key))?;
        return Some(format!("[{section}] {meant}"));
    }
    let meant = typo_of(section, pairs().map(|(known, _)| known))?;
    let keys = || pairs().filter(|(known, _)| *known == meant).map(|(_, key)| key);
    let is_key = keys().any(|known| known.eq_ignore_ascii_case(key));
    let key = if is_key { key } else { typo_of(key, keys())? };
    Some(format!("[{meant}] {key}"))
}
