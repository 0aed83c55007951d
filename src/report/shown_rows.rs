//! Which rows of a table a page shows, where it has no room for all.

use std::borrow::Cow;

use super::cell::{Cell, thousands};
use super::lens::Table;
use super::texts;

/// The rows of a table that a page shows.
pub(super) struct ShownRows<'t> {
    /// The rows; those that sum up others are made here.
    pub rows: Vec<Cow<'t, [Cell]>>,
    /// Whether some rows sum up others.
    pub summed: bool,
    /// How many rows there are in all.
    pub all: usize,
}

impl<'t> ShownRows<'t> {
    /// At most so many rows of a table: the first ones, or the first ones of each part, so that every part stays.
    pub(super) fn of(table: &'t Table, most: usize) -> Self {
        let all = table.in_warehouse.unwrap_or(table.rows.len());
        if table.parts.is_empty() || table.rows.len() <= most {
            return Self { rows: table.rows.iter().take(most).map(|row| Cow::Borrowed(&**row)).collect(), summed: false, all };
        }
        let is_one = |one: &Vec<Cell>, other: &Vec<Cell>| table.parts.iter().all(|column| one.get(*column) == other.get(*column));
        let parts: Vec<&[Vec<Cell>]> = table.rows.chunk_by(is_one).collect();
        let each = rows_of_each(&parts, most);
        let summed = parts.iter().any(|part| part.len() > each);
        let rows = parts.into_iter().flat_map(|part| of_part(table, part, each));
        Self { rows: rows.take(most).collect(), summed, all }
    }

    /// Tells that there are more rows than these.
    pub(super) fn note(&self, table: &Table) -> Option<String> {
        let text = match table.in_warehouse {
            Some(_) => texts::cut_of_warehouse,
            None if self.summed => texts::cut_of_parts,
            None => texts::cut,
        };
        (self.all > self.rows.len()).then(|| text(&shown(self.rows.len()), &shown(self.all), table.stored_in))
    }

    /// Tells that texts of these rows are cut behind so many characters. Who has only a download would take them for whole.
    pub(super) fn note_of_texts(&self, table: &Table, longest: usize) -> Option<String> {
        let is_cut = |cell: &Cell| matches!(cell, Cell::Text(text) | Cell::Link { text, .. } if text.chars().nth(longest).is_some());
        let text = if table.in_warehouse.is_some() { texts::cut_texts_of_warehouse } else { texts::cut_texts };
        self.rows.iter().any(|row| row.iter().any(is_cut)).then(|| text(longest, table.stored_in))
    }
}

/// A count with commas.
pub(super) fn shown(count: usize) -> String {
    thousands(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many rows each part may have so that all of them fit; two at least, one for the sum.
fn rows_of_each(parts: &[&[Vec<Cell>]], most: usize) -> usize {
    let fit = |each: usize| parts.iter().map(|part| part.len().min(each)).sum::<usize>() <= most;
    let (mut low, mut high) = (2, most.max(2));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fit(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

fn of_part<'t>(table: &'t Table, part: &'t [Vec<Cell>], each: usize) -> impl Iterator<Item = Cow<'t, [Cell]>> {
    let (first, others) = if part.len() > each { part.split_at(each.saturating_sub(1)) } else { (part, &[][..]) };
    let sum = (!others.is_empty()).then(|| Cow::Owned(sum_of(table, others)));
    first.iter().map(|row| Cow::Borrowed(&**row)).chain(sum)
}

/// One row for many of one part: the sums of their counts, and how many they are.
fn sum_of(table: &Table, rows: &[Vec<Cell>]) -> Vec<Cell> {
    let name = (0..table.columns.len()).find(|column| !table.parts.contains(column));
    let of_column = |column: usize| {
        let cells = || rows.iter().filter_map(|row| row.get(column));
        let counts = cells().filter_map(|cell| if let Cell::Count(count) = cell { Some(*count) } else { None });
        match cells().next() {
            Some(cell) if table.parts.contains(&column) => cell.clone(),
            Some(_) if name == Some(column) => Cell::Text(texts::answers::others(&shown(rows.len()))),
            Some(Cell::Count(_)) => Cell::Count(counts.sum()),
            _ => Cell::Missing,
        }
    };
    (0..table.columns.len()).map(of_column).collect()
}

#[cfg(test)]
mod tests {
    use super::super::cell::Column;
    use super::*;

    /// Parts with so many answers, the first of each given by the most learners.
    fn answers(parts: &[(&str, i64)]) -> Table {
        let row = |part: &str, number: i64| vec![Cell::Text(part.to_owned()), Cell::Text(format!("{number}")), Cell::Count(number)];
        Table {
            caption: "".into(),
            file: "",
            columns: vec![Column::text("Part"), Column::text("Answer"), Column::number("Learners")],
            rows: parts.iter().flat_map(|(part, count)| (1..=*count).rev().map(|number| row(part, number))).collect(),
            parts: vec![0],
            stored_in: "answer_distribution",
            in_warehouse: None,
        }
    }

    fn told(table: &Table, most: usize) -> Vec<String> {
        let rows = ShownRows::of(table, most).rows;
        rows.iter().map(|row| row.iter().map(Cell::shown).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_part_with_very_many_answers_leaves_the_others_whole() {
        let table = answers(&[("free", 100), ("choice", 3), ("last", 2)]);
        let shown = ["free 100 100", "free 99 99", "free Other answers: 98 different 4,851", "choice 3 3", "choice 2 2", "choice 1 1"];
        assert_eq!(told(&table, 8), [&shown[..], &["last 2 2", "last 1 1"]].concat());
        let note = ShownRows::of(&table, 8).note(&table).unwrap();
        assert!(note.starts_with("8 of 105 rows: of each part the answers that most learners gave"), "{note}");
        assert_eq!(ShownRows::of(&table, 105).note(&table), None);
    }

    #[test]
    fn parts_beyond_all_room_are_cut() {
        let table = answers(&[("a", 1), ("b", 1), ("c", 1)]);
        assert_eq!(told(&table, 2), ["a 1 1", "b 1 1"]);
        let note = ShownRows::of(&table, 2).note(&table).unwrap();
        assert!(note.starts_with("The first 2 of 3 rows"), "{note}");
    }

    #[test]
    fn texts_that_are_cut_are_told() {
        let mut table = answers(&[("a", 3)]);
        assert_eq!(ShownRows::of(&table, 3).note_of_texts(&table, 4), None);
        table.rows[1][1] = Cell::Text("äöüß".to_owned());
        assert_eq!(ShownRows::of(&table, 3).note_of_texts(&table, 4), None);
        table.rows[1][1] = Cell::Text("äöüßx".to_owned());
        let note = ShownRows::of(&table, 3).note_of_texts(&table, 4).unwrap();
        assert!(note.starts_with("Texts of more than 4 characters are cut, here and in the download"), "{note}");
        assert!(note.ends_with("the table answer_distribution of the result store."), "{note}");
        // A row that is not shown is not cut either.
        assert_eq!(ShownRows::of(&table, 1).note_of_texts(&table, 4), None);
        table.in_warehouse = Some(3);
        assert!(ShownRows::of(&table, 3).note_of_texts(&table, 4).unwrap().ends_with("of the warehouse."));
    }
}
