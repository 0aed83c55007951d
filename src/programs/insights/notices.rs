//! How notices are said.

use crate::notice::Notice;
use crate::say_at;
use crate::standard_streams::voice::Level;

/// Says a notice on a line of its own. Who filters lines by their level finds warnings as such.
pub(super) fn tell(notice: &Notice) {
    let level = if notice.warning_text().is_some() { Level::Warning } else { Level::Info };
    say_at!(level, "insights: {notice}");
}
