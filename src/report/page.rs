//! The HTML around lenses: head, figures, navigation, foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::Assets;
use super::cell::Cell;
use super::lens::Lens;
use super::lens_markup::{lens_markup, plain, script_json, shortened, with_days};
use super::room::Room;
use super::texts;

/// What all pages of a report share.
pub(super) struct Frame {
    /// Files beside the pages.
    pub assets: Assets,
    /// When the report was made, `YYYY-MM-DD HH:MM`.
    pub made: String,
    /// Whether learners are named.
    pub personal: bool,
}

/// A page to write.
pub(super) struct Page<'a> {
    /// Its title.
    pub title: &'a str,
    /// The line below, where it differs.
    pub subtitle: Option<&'a str>,
    /// Figures at its top: value and what it counts.
    pub figures: Vec<(Cell, String)>,
    /// What is to be known of all that the page shows.
    pub notes: Vec<String>,
    /// Its lenses.
    pub lenses: &'a [Lens],
    /// What names of downloads begin with, so that those of several pages lie side by side; nothing on the overview.
    pub name: Option<&'a str>,
    /// Steps up to the folder of the report: `../` or nothing.
    pub up: &'static str,
    /// Whether a map may be drawn.
    pub with_map: bool,
}

/// Characters of a title that stand in the heading of its page.
const LONGEST_TITLE: usize = 120;

/// Only files of the report itself are loaded, whatever a text of the store may say. Charts carry styles of their own.
const POLICY: &str = "default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; img-src 'self' file: data:; \
     base-uri 'none'; form-action 'none'";

/// Styles where scripts do not run: no places for charts, and small lines in words.
const STILL: &str = ".charts, .timelines, .drawing { display: none !important } .view.side { display: block !important } \
     [data-trend] .vh { position: static; clip-path: none; overflow: visible }";

/// The whole page, with as many rows of each table as there is room for.
pub(super) fn page(frame: &Frame, page: &Page<'_>, room: &Room) -> String {
    let name = |asset: &super::assets::Asset| format!("{}assets/{}", page.up, asset.name);
    let assets = &frame.assets;
    let title = shortened(page.title, LONGEST_TITLE);
    let is_cut = page.title.chars().count() > LONGEST_TITLE;
    html! {
        (DOCTYPE)
        html lang=(texts::LANGUAGE) dir="ltr" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " · " (texts::REPORT) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(name(&assets.style));
                noscript { style { (PreEscaped(STILL)) } }
                script defer src=(name(&assets.charts)) {}
                @if page.with_map {
                    script defer src=(name(&assets.world)) {}
                }
                script defer src=(name(&assets.script)) {}
            }
            body data-name=[page.name] {
                a.skip href="#main" { (texts::SKIP) }
                header.top {
                    @if page.up.is_empty() {
                        span { (texts::REPORT) }
                    } @else {
                        a href={ (page.up) "index.html" } { "← " (texts::ALL_COURSES) }
                    }
                    button.theme type="button" hidden { (texts::THEME) }
                }
                main #main tabindex="-1" {
                    h1 { bdi { (title) } }
                    @if is_cut {
                        details.whole-title {
                            summary { (texts::WHOLE_TITLE) }
                            p { bdi { (plain(page.title)) } }
                        }
                    }
                    @if let Some(subtitle) = page.subtitle {
                        p.course-id { bdi { (plain(subtitle)) } }
                    }
                    @if frame.personal {
                        p.personal { (texts::PERSONAL) }
                    }
                    noscript { p.personal { (texts::NO_SCRIPT) } }
                    (figures(&page.figures))
                    @for note in &page.notes {
                        p.note { (with_days(note)) }
                    }
                    (body(page, room))
                }
                footer {
                    p { (texts::made(&frame.made)) }
                    p { (texts::ABOUT_DOWNLOADS) }
                    p { (texts::ABOUT_SOURCES) }
                }
                (PreEscaped(format!("<script type=\"application/json\" id=\"texts\">{}</script>", script_json(&texts::of_script()))))
            }
        }
    }
    .into_string()
}

fn figures(figures: &[(Cell, String)]) -> Markup {
    html! {
        @if !figures.is_empty() {
            dl.figures {
                @for (value, name) in figures {
                    div {
                        dt { (with_days(name)) }
                        dd { (value.shown()) }
                    }
                }
            }
        }
    }
}

fn body(page: &Page<'_>, room: &Room) -> Markup {
    html! {
        @if page.up.is_empty() {
            @for lens in page.lenses {
                (lens_markup(lens, room))
            }
        } @else {
            div.layout {
                nav.lenses aria-label=(texts::LENSES) {
                    ul {
                        @for lens in page.lenses {
                            li { a href={ "#" (lens.id) } { (lens.title) } }
                        }
                    }
                }
                div {
                    @for lens in page.lenses {
                        (lens_markup(lens, room))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_is_cut_and_can_be_read_whole() {
        let frame = Frame { assets: Assets::new(), made: String::new(), personal: false };
        let of_title = |title: &str| {
            let page =
                Page { title, subtitle: None, figures: Vec::new(), notes: Vec::new(), lenses: &[], name: None, up: "../", with_map: false };
            super::page(&frame, &page, &Room::default())
        };
        let long = "ä".repeat(300);
        let text = of_title(&long);
        let cut = format!("{}…", "ä".repeat(LONGEST_TITLE));
        assert!(text.contains(&format!("<h1><bdi>{cut}</bdi></h1>")) && text.contains(&format!("<title>{cut} · ")), "{text}");
        assert!(text.contains(&format!("<p><bdi>{long}</bdi></p></details>")), "{text}");
        assert!(!of_title("short").contains("details"));
    }
}
