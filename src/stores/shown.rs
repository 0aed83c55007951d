//! Values of rows in messages.

/// So many characters of a value are shown.
pub(super) const SHOWN: usize = 40;

/// A value as messages show it: its first characters, nothing that a terminal would obey.
pub(crate) fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
