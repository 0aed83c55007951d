//! How much of its tables and videos a page has room for.
use std::collections::HashMap;

use super::lens::{Kind, Lens};
use super::lens_markup::{table_bytes, timelines_bytes, view_id};
use super::shown_rows::ShownRows;

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
    pub(super) fn shrink(&mut self, lenses: &[Lens]) -> bool {
        let pieces = lenses.iter().flat_map(|lens| self.pieces(lens));
        let largest = pieces.filter(|piece| piece.rows > 1).max_by_key(|piece| (!piece.by_day, piece.bytes));
        let Some(Piece { id, rows, .. }) = largest else {
            return false;
        };
        self.most.insert(id, rows / 2);
        true
    }

    fn pieces(&self, lens: &Lens) -> Vec<Piece> {
        let of_view = |(number, view): (usize, &super::lens::View)| {
            let (id, table) = (view_id(lens, number), &view.table);
            let rows = ShownRows::of(table, self.of(&id));
            let by_day = table.columns.first().is_some_and(|column| column.kind == Kind::Day);
            Piece { bytes: table_bytes(table, &id, &rows), rows: rows.rows.len(), by_day, id }
        };
        let most = self.of(SECONDS);
        let videos = Piece {
            id: SECONDS.to_owned(),
            bytes: timelines_bytes(&lens.timelines, most),
            rows: lens.timelines.len().min(most),
            by_day: false,
        };
        lens.views.iter().enumerate().map(of_view).chain([videos]).collect()
    }
}

/// What a page holds of a table, or of the videos' seconds.
struct Piece {
    id: String,
    bytes: usize,
    rows: usize,
    by_day: bool,
}

#[cfg(test)]
mod tests {
    use super::super::lens::{Cell, Column, Table, Timeline, View};
    use super::*;

    fn view(first: Column, rows: i64) -> View {
        let table = Table {
            caption: "".into(),
            file: "",
            columns: vec![first],
            rows: (0..rows).map(|row| vec![Cell::Count(row)]).collect(),
            parts: Vec::new(),
            stored_in: "",
            in_warehouse: None,
        };
        View::new(None, Vec::new(), table)
    }

    #[test]
    fn only_what_is_large_shrinks_and_days_go_last() {
        let views = vec![view(Column::day("Day"), 400), view(Column::text("Name"), 100)];
        let seconds = Timeline { viewers: vec![1; 500], ..Timeline::default() };
        let lenses = [Lens { views, timelines: vec![seconds; 16], ..Lens::empty("lens", "", "", "") }];
        let mut room = Room::default();
        let most = |room: &Room| [room.of("lens-1"), room.of("lens-2"), room.of(SECONDS)];
        assert_eq!(most(&room), [ROWS; 3]);
        assert!(room.shrink(&lenses));
        assert_eq!(most(&room), [ROWS, ROWS, 8]);
        while room.of("lens-1") == ROWS {
            assert!(room.shrink(&lenses));
        }
        assert_eq!(most(&room), [200, 1, 1]);
        while room.shrink(&lenses) {}
        assert_eq!(most(&room), [1; 3]);
    }
}
