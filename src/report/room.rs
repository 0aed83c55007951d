//! How much of its tables and videos a page has room for.

use std::collections::HashMap;

/// Rows of one table, before a page is found too large.
const ROWS: usize = 4000;
/// Name of the videos' seconds.
pub(super) const SECONDS: &str = "videos-seconds";

/// The most rows of each table, by its id, and the most videos with their seconds.
#[derive(Default)]
pub(super) struct Room {
    most: HashMap<String, usize>,
}

impl Room {
    /// The most rows of a table.
    pub(super) fn of(&self, id: &str) -> usize {
        self.most.get(id).copied().unwrap_or(ROWS)
    }

    /// Halves whatever is largest. Days and weeks, whose charts would begin late, go last. Whether there was anything left to halve.
    pub(super) fn shrink(&mut self, pieces: impl Iterator<Item = Piece>) -> bool {
        let largest = pieces.filter(|piece| piece.rows > 1).max_by_key(|piece| (!piece.by_day, piece.bytes));
        let Some(Piece { id, rows, .. }) = largest else {
            return false;
        };
        self.most.insert(id, rows / 2);
        true
    }
}

/// What a page holds of a table, or of the videos' seconds.
pub(super) struct Piece {
    /// Id of the table.
    pub id: String,
    /// Bytes in the page.
    pub bytes: usize,
    /// Rows, or videos, in the page.
    pub rows: usize,
    /// Whether the rows are days or weeks.
    pub by_day: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_large_shrinks_and_days_go_last() {
        let mut room = Room::default();
        let most = |room: &Room| ["days", "names", SECONDS].map(|id| room.of(id));
        let shrink = |room: &mut Room| {
            let known = [("days", 400, 5, true), ("names", 100, 10, false), (SECONDS, 16, 100, false)];
            let pieces = known.map(|(id, all, bytes, by_day)| {
                let rows = room.of(id).min(all);
                Piece { id: id.to_owned(), bytes: rows * bytes, rows, by_day }
            });
            room.shrink(pieces.into_iter())
        };
        assert!(shrink(&mut room));
        assert_eq!(most(&room), [ROWS, ROWS, 8]);
        while room.of("days") == ROWS {
            assert!(shrink(&mut room));
        }
        assert_eq!(most(&room), [200, 1, 1]);
        while shrink(&mut room) {}
        assert_eq!(most(&room), [1; 3]);
    }
}
