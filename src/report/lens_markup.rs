//! The HTML of a lens: its sentence, charts, tables.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::cell::{Cell, Column, Kind};
use super::lens::{Chart, ChartKind, Lens, Table, Timeline, View};
use super::room::{Piece, Room, SECONDS};
use super::shown_rows::{ShownRows, shown};
use super::texts;

/// Characters of a text that a cell shows, and a download of it has: answers and questions may be whole books, and a page has no room for
/// more of them.
const LONGEST: usize = 240;
/// Bytes of the texts of a table that has room beside its chart.
const NARROW: usize = 60;

/// Rows of a table that are printed; the styles and the script have the same number.
const PRINTED: usize = 20;

/// A lens as a section of a page, with as many rows of each table as there is room for.
pub(super) fn lens_markup(lens: &Lens, room: &Room) -> Markup {
    let heading = format!("{}-heading", lens.id);
    html! {
        section.lens #(lens.id) aria-labelledby=(heading) {
            h2 #(heading) { (lens.title) }
            p { (with_days(&lens.sentence)) }
            @if let Some(day) = &lens.up_to {
                p.up-to { (texts::UP_TO) " " time datetime=(day) { (day) } "." }
            }
            @if let Some(note) = &lens.note {
                p.note { (note) }
            }
            @if let Some(reason) = &lens.empty {
                p.empty { (with_options(&reason.text)) }
            }
            @for (number, view) in lens.views.iter().enumerate() {
                (view_markup(view, &view_id(lens, number), room))
            }
            @if !lens.timelines.is_empty() {
                (timelines_markup(&lens.timelines, room.of(SECONDS)))
            }
        }
    }
}

/// How large the tables of a lens are in its page, and the seconds of its videos.
pub(super) fn pieces(lens: &Lens, room: &Room) -> Vec<Piece> {
    let of_view = |(number, view): (usize, &View)| {
        let (id, table) = (view_id(lens, number), &view.table);
        let rows = ShownRows::of(table, room.of(&id));
        let by_day = table.columns.first().is_some_and(|column| column.kind == Kind::Day);
        Piece { bytes: table_markup(table, &id, &rows).into_string().len(), rows: rows.rows.len(), by_day, id }
    };
    let (most, all) = (room.of(SECONDS), &lens.timelines);
    let videos = Piece { id: SECONDS.to_owned(), bytes: timelines_json(all, most).len(), rows: all.len().min(most), by_day: false };
    lens.views.iter().enumerate().map(of_view).chain([videos]).collect()
}

/// Id of a lens's table.
fn view_id(lens: &Lens, number: usize) -> String {
    format!("{}-{}", lens.id, number + 1)
}

fn view_markup(view: &View, id: &str, room: &Room) -> Markup {
    let table = &view.table;
    let rows = ShownRows::of(table, room.of(id));
    let list = (!table.parts.is_empty()).then_some(texts::CHOOSE_PROBLEM);
    let whole = table.columns.iter().any(|column| column.kind == Kind::Trend);
    // A narrow table stands beside its chart, where there is room.
    let is_narrow =
        table.columns.len() <= 4 && !table.rows.iter().flatten().any(|cell| matches!(cell, Cell::Text(text) if text.len() > NARROW));
    let side = view.charts.len() == 1 && is_narrow && view.charts.iter().all(|(_, chart)| chart.kind != ChartKind::Map);
    html! {
        div.view.whole[whole].side[side] {
            @if let Some(heading) = view.heading {
                h3 { (heading) }
            }
            (choice(list))
            @if !view.charts.is_empty() {
                div.charts {
                    @for (place, (heading, chart)) in view.charts.iter().enumerate() {
                        div {
                            @if let Some(heading) = heading {
                                h3 { (heading) }
                            }
                            (chart_markup(chart, id))
                            @if let Some(note) = view.note.as_ref().filter(|_| place + 1 == view.charts.len()) {
                                p.note { (with_days(note)) }
                            }
                        }
                    }
                }
            }
            div.numbers {
                (tools(table))
                (table_markup(table, id, &rows))
                @if let Some(cut) = rows.note(table) {
                    p.note { (cut) }
                }
                @if let Some(cut) = rows.note_of_texts(table, LONGEST) {
                    p.note { (cut) }
                }
                @if rows.rows.len() > PRINTED && !whole {
                    p.note.print { (texts::PRINT_CUT) }
                }
            }
        }
    }
}

fn chart_markup(chart: &Chart, table: &str) -> Markup {
    let kind = if chart.kind == ChartKind::Map { "map" } else { "plot" };
    html! {
        div.chart role="img" aria-label=(chart.label) data-kind=(kind) data-table=(table) data-chart=(json(chart)) {}
        @if chart.limit > 0 {
            p.note.drawn hidden {}
        }
    }
}

/// The list that chooses a part of the rows. The script shows it, since it does nothing without.
fn choice(name: Option<&str>) -> Markup {
    html! {
        @if let Some(name) = name {
            div.tools.choice hidden {
                label.part { (name) select {} }
            }
        }
    }
}

/// Search, download and the count of rows; as [`choice`]. Who hears the page is told of which table they are.
fn tools(table: &Table) -> Markup {
    let of_table = |name: &str| texts::of_table(name, &table.caption);
    html! {
        div.tools hidden {
            label.search { (texts::SEARCH) input type="search" autocomplete="off" aria-label=(of_table(texts::SEARCH)); }
            button.download type="button" aria-label=(of_table(texts::DOWNLOAD)) { (texts::DOWNLOAD) }
            span aria-live="polite" {}
        }
    }
}

fn table_markup(table: &Table, id: &str, rows: &ShownRows<'_>) -> Markup {
    let numbers = table.columns.iter().enumerate().filter(|(_, column)| column.kind == Kind::Number);
    let days = table.columns.first().filter(|column| column.kind == Kind::Day).map(|_| "d1".to_owned());
    let classes: Vec<String> = numbers.map(|(place, _)| format!("n{}", place + 1)).chain(days).collect();
    let parts = (!table.parts.is_empty()).then(|| json(&table.parts));
    let is_cut = rows.all > rows.rows.len();
    let all = (is_cut && !rows.summed).then(|| shown(rows.all));
    let summed = rows.summed.then_some("yes");
    let grid = table.columns.iter().any(|column| column.kind == Kind::Trend).then_some("grid");
    html! {
        div.scroll.(grid.unwrap_or_default()) tabindex="0" role="region" aria-label=(table.caption) {
            table #(id) class=(classes.join(" ")) data-file={ (table.file) ".csv" } data-parts=[parts] data-all=[all] data-summed=[summed] {
                caption.vh { (table.caption) }
                thead { tr { @for column in &table.columns { (heading_markup(column)) } } }
                tbody {
                    @for row in &rows.rows {
                        tr { @for (place, (cell, column)) in row.iter().zip(&table.columns).enumerate() { (cell_markup(cell, column.kind, place == 0)) } }
                    }
                }
            }
        }
    }
}

/// A heading; the script makes it a button that sorts.
fn heading_markup(column: &Column) -> Markup {
    let kind = match column.kind {
        Kind::Text | Kind::Prose | Kind::Id => "text",
        Kind::Day => "day",
        Kind::Number => "number",
        Kind::Trend => "trend",
    };
    html! {
        th scope="col" data-kind=(kind) {
            span.value { (with_days(&column.title)) }
        }
    }
}

fn cell_markup(cell: &Cell, kind: Kind, first: bool) -> Markup {
    match cell {
        Cell::Link { text, target, detail } => html! {
            th scope="row" {
                a.value href=(target) { bdi { (short(text)) } }
                span.detail dir="auto" { (plain(detail)) }
            }
        },
        Cell::Trend(values) => html! {
            td data-trend=(json(values)) {
                span.vh { (cell.shown()) }
                span.drawing aria-hidden="true" {}
            }
        },
        Cell::Missing => html! { td.missing { (cell.shown()) } },
        Cell::Text(text) if first => html! { th scope="row" { (short(text)) } },
        Cell::Text(text) => {
            let class = match kind {
                Kind::Prose => Some("prose"),
                Kind::Id => Some("id"),
                Kind::Text | Kind::Day | Kind::Number | Kind::Trend => None,
            };
            html! { td class=[class] { (short(text)) } }
        }
        _ => html! { td data-exact=[cell.exact()] { (cell.shown()) } },
    }
}

fn timelines_json(timelines: &[Timeline], most: usize) -> String {
    let short = |timeline: &Timeline| Timeline { name: short(&timeline.name), ..timeline.clone() };
    script_json(&timelines.iter().take(most).map(short).collect::<Vec<_>>())
}

fn timelines_markup(timelines: &[Timeline], most: usize) -> Markup {
    use texts::videos as words;
    let id = SECONDS;
    let chart = Chart::new(ChartKind::Lines, 0, vec![1, 2], words::SECONDS_CAPTION);
    let table = Table {
        caption: words::SECONDS_CAPTION.into(),
        file: "seconds",
        columns: vec![Column::number(words::SECOND), Column::number(words::VIEWERS), Column::number(words::REPLAYS)],
        rows: Vec::new(),
        parts: Vec::new(),
        stored_in: "video_timeline",
        in_warehouse: None,
    };
    html! {
        div.view.timelines.side {
            h3 { (words::SECONDS) }
            (PreEscaped(format!("<script type=\"application/json\">{}</script>", timelines_json(timelines, most))))
            (choice(Some(texts::CHOOSE_VIDEO)))
            div.charts { (chart_markup(&chart, id)) }
            div.numbers {
                (tools(&table))
                (table_markup(&table, id, &ShownRows::of(&table, 0)))
                @if timelines.len() > most {
                    p.note { (words::cut(&shown(most), &shown(timelines.len()), table.stored_in)) }
                }
                @if timelines.iter().any(|timeline| timeline.is_coarse) {
                    p.note { (words::COARSE) }
                }
                p.note.print hidden { (texts::PRINT_CUT) }
            }
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// JSON that is safe inside a script element: no `<` can end it.
pub(super) fn script_json(value: &impl Serialize) -> String {
    json(value).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A text whose days are not broken at the end of a line.
pub(super) fn with_days(text: &str) -> Markup {
    let is_day = |word: &str| word.len() >= 10 && word.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok());
    html! {
        @for (place, word) in plain(text).split(' ').enumerate() {
            @if place > 0 { " " }
            @if is_day(word) { span.whole-day { (word) } } @else { (word) }
        }
    }
}

/// A text whose options stay in one line with their value: `--geolocation FILE`.
fn with_options(text: &str) -> Markup {
    let text = plain(text);
    let mut words = text.split(' ').peekable();
    let mut pieces: Vec<(String, bool)> = Vec::new();
    while let Some(word) = words.next() {
        let is_value = |next: &&str| word.starts_with("--") && next.starts_with(|first: char| first.is_ascii_uppercase());
        let value = words.next_if(is_value).map(|value| format!(" {value}"));
        pieces.push((format!("{word}{}", value.unwrap_or_default()), word.starts_with("--")));
    }
    html! {
        @for (place, (piece, is_option)) in pieces.iter().enumerate() {
            @if place > 0 { " " }
            @if *is_option { span.option { (piece) } } @else { (piece) }
        }
    }
}

/// A text without control characters, which some parsers refuse.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|letter| if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter }).collect()
}

/// A text that is not longer than a cell should be.
fn short(text: &str) -> String {
    shortened(text, LONGEST)
}

/// The first characters of a text, at most so many.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => plain(text.get(..end).unwrap_or_default()) + "…",
        None => plain(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_store_never_become_markup() {
        let hostile = "</script><img src=x onerror=alert(1)>\"'&\u{0}\u{202e}";
        let cell = cell_markup(&Cell::Text(hostile.to_owned()), Kind::Text, false).into_string();
        assert!(!cell.contains("<img") && cell.contains("&lt;/script&gt;") && cell.contains('\u{fffd}'), "{cell}");
        let json = script_json(&[hostile]);
        assert!(!json.contains('<'), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap()[0], hostile);
    }

    #[test]
    fn an_option_stays_with_its_value() {
        let text = "It is named by --geolocation FILE. With --open, or --learners too";
        let expected = "It is named by <span class=\"option\">--geolocation FILE.</span> With <span class=\"option\">--open,</span> or \
                        <span class=\"option\">--learners</span> too";
        assert_eq!(with_options(text).into_string(), expected);
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let shown = short(&"ä".repeat(1000));
        assert_eq!(shown.chars().count(), LONGEST + 1);
        assert!(shown.ends_with('…'));
        assert_eq!(short("whole"), "whole");
    }
}
