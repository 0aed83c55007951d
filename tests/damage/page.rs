//! The text of `docs/damage.md`, made from the cases.

use std::path::Path;

use crate::case::Case;
use crate::{clock, files, imports, lines, lms, values};

const INTRODUCTION: &str = "# Damage and what comes of it

Real logs, files and databases are damaged now and then. This page says what we make of each kind of damage. The rule behind it: a bad
line or row is left out and counted, the rows of its neighbours stay as they are, and the night goes on; a file that cannot be read to its
end stops the run with a message that names it, and the result of the run before stays as it is. Counters are told at the end of a run,
as `GROUP: NAME = NUMBER`.

Every row is tried by `cargo test --test damage`, which fails if this page says something else. After a change there,
`WRITE=1 cargo test --test damage page` writes it anew.
";

/// The page.
pub(crate) fn text() -> String {
    let mut sections = vec![INTRODUCTION.to_owned()];
    let file = |case: &files::FileCase| vec![case.0.to_owned(), case.2.text()];
    sections.push(section("Log files", &["damage", "outcome"], files::CASES.iter().map(file)));
    let in_line = |case: &Case| vec![case.1.name().to_owned(), case.0.to_owned(), case.3.text()];
    let columns = ["event", "damage", "outcome"];
    sections.push(section("Lines", &columns, lines::CASES.iter().map(in_line)));
    sections.push(section("Values", &columns, values::CASES.iter().map(in_line)));
    sections.push(section("Clocks", &columns, clock::CASES.iter().map(in_line)));
    let row = |case: &lms::RowCase| vec![format!("`{}`", case.1.name()), case.0.to_owned(), case.3.text()];
    sections.push(section("Rows of the LMS", &["table", "damage", "outcome"], lms::CASES.iter().map(row)));
    let import = |case: &imports::ImportCase| vec![case.0.to_owned(), case.2.text()];
    sections.push(section("Imports of the LMS", &["damage", "outcome"], imports::CASES.iter().map(import)));
    sections.join("\n")
}

fn section(title: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
    let head: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(columns.len()));
    let rows: String = rows.map(|row| line(&row)).collect();
    format!("## {title}\n\n{}{rule}{rows}", line(&head))
}

#[test]
fn the_page_says_what_is_tried() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/damage.md");
    let text = text();
    if std::env::var_os("WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = page.lines().zip(text.lines()).find(|(found, wanted)| found != wanted);
    assert!(page == text, "docs/damage.md is another text (first {differing:?}). WRITE=1 cargo test --test damage page writes it.");
    let kinds = text.lines().filter(|line| line.starts_with("| ")).count();
    assert!(kinds > 200, "only {kinds}");
}
