//! Citations of the rules: each names a section that `docs/rules` has, wherever it stands. Links between pages lead somewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // only tests use it

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is read; of the recorded cases only their description.
const PLACES: [&str; 14] = [
    "src",
    "bin",
    "tests",
    "jobs",
    "emr",
    "examples",
    "benches",
    "packaging",
    "docs",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Cargo.toml",
    "clippy.toml",
];

/// Section numbers of each chapter.
type Sections = BTreeMap<String, BTreeSet<String>>;

/// A chapter, sections of it, and the words that name them.
#[derive(Debug, PartialEq)]
struct Citation {
    chapter: String,
    sections: Vec<String>,
    words: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of text but this one, by their path below the root.
fn texts() -> Vec<(PathBuf, String)> {
    let mut open: Vec<PathBuf> = PLACES.iter().map(|place| root().join(place)).filter(|path| path.exists()).collect();
    let mut texts = Vec::new();
    while let Some(path) = open.pop() {
        let below = path.strip_prefix(root()).unwrap().to_owned();
        let is_case = below.starts_with("tests/conformance") && below != Path::new("tests/conformance");
        if path.is_dir() && !is_case {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() && (!is_case || below.ends_with("README.md")) && !below.ends_with("citations.rs") {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            texts.push((below, text));
        }
    }
    texts.sort();
    texts
}

/// A text without line breaks and the marks of comments, because a citation may go over the end of a line.
fn joined(text: &str) -> String {
    let marks = |line: &'_ str| line.trim_start().trim_start_matches(['/', '!', '#', '*']).trim_start().to_owned();
    text.lines().map(marks).collect::<Vec<_>>().join(" ")
}

/// `7` or `7.1.2` at the begin of a text, and what is behind it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.');
    let behind = &text[number.len()..];
    let is_word = behind.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ':'));
    (number.starts_with(|letter: char| letter.is_ascii_digit()) && !is_word).then_some((number, behind))
}

/// The chapter at the begin of a text: two digits and no more.
fn chapter(text: &str) -> Option<(&str, &str)> {
    let (chapter, behind) = text.split_at_checked(2)?;
    let is_longer = behind.starts_with(|letter: char| letter.is_alphanumeric() || letter == '-') || behind.starts_with(".1");
    (chapter.bytes().all(|byte| byte.is_ascii_digit()) && !is_longer).then_some((chapter, behind))
}

/// `, 3.1 and 3.2`: all numbers of a list.
fn list<'t>(mut text: &'t str, between: &[&str]) -> (Vec<String>, &'t str) {
    let mut numbers = Vec::new();
    while let Some((found, behind)) = between.iter().find_map(|word| number(text.strip_prefix(word)?)) {
        numbers.push(found.to_owned());
        text = behind;
    }
    (numbers, text)
}

/// Where one of the words stands, as a word of its own: the texts behind it.
fn behind<'t>(text: &'t str, words: &[&str]) -> Vec<&'t str> {
    let starts_word = |at: usize| !text[..at].ends_with(|letter: char| letter.is_alphanumeric());
    let found = words.iter().flat_map(|word| text.match_indices(*word).filter(|(at, _)| starts_word(*at)));
    found.map(|(at, word)| &text[at + word.len()..]).collect()
}

/// `rules 03, 3.1 and 3.2`.
fn citations(text: &str) -> Vec<Citation> {
    let citation = |rest| {
        let (chapter, behind) = chapter(rest)?;
        let (sections, behind) = list(behind, &[", ", " and ", " to ", " or "]);
        let words = format!("rules {}", &rest[..rest.len() - behind.len()]);
        Some(Citation { chapter: chapter.to_owned(), sections, words })
    };
    behind(text, &["rules ", "Rules "]).into_iter().filter_map(citation).collect()
}

/// Within the rules: `(01, 1.3)`, `01 section 4.1`, `03 §3.1`, and of the same chapter `section 4.1`, `§3.1`.
fn references(text: &str, own: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices([' ', '(']) {
        let Some((chapter, behind)) = chapter(&text[at + 1..]) else { continue };
        let Some((section, _)) = [", ", " section ", " §"].iter().find_map(|word| number(behind.strip_prefix(word)?)) else { continue };
        // Numbers of a list, such as `9, 10, 11`, are no chapters.
        let in_list = text[..at].trim_end_matches(',').ends_with(|letter: char| letter.is_ascii_digit());
        if ("01"..="10").contains(&chapter) && !in_list {
            let words = format!("{chapter}, {section}");
            found.push(Citation { chapter: chapter.to_owned(), sections: vec![section.to_owned()], words });
        }
    }
    for word in ["section ", "Section ", "sections ", "§"] {
        for (at, _) in text.match_indices(word) {
            let of_other = text[..at].trim_end().ends_with(|letter: char| letter.is_ascii_digit());
            let Some((section, _)) = number(&text[at + word.len()..]).filter(|_| !of_other) else { continue };
            found.push(Citation { chapter: own.to_owned(), sections: vec![section.to_owned()], words: format!("{word}{section}") });
        }
    }
    found
}

/// The number of a chapter's page, such as `docs/rules/03-enrollment.md`.
fn chapter_of(path: &Path) -> Option<&str> {
    chapter(path.strip_prefix("docs/rules").ok()?.to_str()?.split('-').next()?).map(|(number, _)| number)
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim())
}

fn sections(texts: &[(PathBuf, String)]) -> Sections {
    let chapters = texts.iter().filter_map(|(path, text)| Some((chapter_of(path)?, text)));
    let numbers = |text| headings(text).skip(1).filter_map(|heading| number(heading).map(|(number, _)| number.to_owned())).collect();
    chapters.map(|(chapter, text)| (chapter.to_owned(), numbers(text))).collect()
}

fn is_there(citation: &Citation, sections: &Sections) -> bool {
    sections.get(&citation.chapter).is_some_and(|known| citation.sections.iter().all(|section| known.contains(section)))
}

/// The citations of before.
fn old_form(text: &str) -> Vec<String> {
    let is_number = |rest: &&str, digits: usize| rest.bytes().take_while(u8::is_ascii_digit).count() == digits;
    let chapters = behind(text, &["spec ", "Spec ", "spec/"]).into_iter().filter(|rest| is_number(rest, 2));
    let others = behind(text, &["design "]).into_iter().filter(|rest| is_number(rest, 1));
    chapters.chain(others).map(|rest| rest.chars().take(20).collect()).collect()
}

fn report(heading: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{heading}\n{}", wrong.join("\n"));
}

#[test]
fn every_citation_has_its_section() {
    let texts = texts();
    let sections = sections(&texts);
    assert_eq!(sections.len(), 10, "the chapters of docs/rules");
    let (mut cited, mut wrong) = (0, Vec::new());
    for (path, text) in &texts {
        let citations = citations(&joined(text));
        cited += citations.len();
        let missing = citations.iter().filter(|citation| !is_there(citation, &sections));
        wrong.extend(missing.map(|citation| format!("{}: {}", path.display(), citation.words)));
    }
    report("There is no such section in docs/rules:", &wrong);
    assert!(cited > 100, "only {cited} citations were found");
}

#[test]
fn no_citation_is_of_the_old_form() {
    let texts = texts();
    let found = texts.iter().flat_map(|(path, text)| old_form(&joined(text)).into_iter().map(|rest| format!("{}: {rest}", path.display())));
    report("Cite docs/rules as in `rules 01, 1.1`:", &found.collect::<Vec<_>>());
}

#[test]
fn rules_refer_to_sections_that_there_are() {
    let texts = texts();
    let sections = sections(&texts);
    let (mut referred, mut wrong) = (0, Vec::new());
    for (path, text) in &texts {
        let Some(chapter) = chapter_of(path) else { continue };
        let references = references(&text.replace('\n', " "), chapter);
        referred += references.len();
        let missing = references.iter().filter(|reference| !is_there(reference, &sections));
        wrong.extend(missing.map(|reference| format!("{}: {}", path.display(), reference.words)));
    }
    report("There is no such section:", &wrong);
    assert!(referred > 100, "only {referred} references were found");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for (path, text) in texts().iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "md")) {
        // Between fences there is code.
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.is_empty() || link.contains("://") || link.contains(char::is_whitespace) {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { root().join(path) } else { root().join(path).parent().unwrap().join(file) };
            let has_anchor = anchor.is_none_or(|anchor| anchors_of(&target).contains(anchor));
            if !target.exists() || !has_anchor {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    report("These links lead nowhere:", &wrong);
}

/// The anchors of a page's headings, as they are made of their words.
fn anchors_of(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap_or_default();
    let anchor = |heading: &str| heading.to_lowercase().replace(' ', "-");
    let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    headings(&text).map(|heading| anchor(heading).chars().filter(is_kept).collect()).collect()
}

#[test]
fn citations_are_told_from_other_texts() {
    let sections = Sections::from([("03".to_owned(), ["3", "3.1", "3.2"].map(str::to_owned).into())]);
    let wrong = |text: &str| citations(&joined(text)).iter().filter(|citation| !is_there(citation, &sections)).count();
    for right in
        ["(rules 03)", "Rules 03, 3.1: so", "rules 03, 3.1 and 3.2.", "rules 03,\n/// 3.1, step 7", "rules 03, 3 step 9", "rules 2"]
    {
        assert_eq!(wrong(right), 0, "{right}");
    }
    for bad in ["rules 04", "rules 03, 4", "rules 03, 3.1 to 3.3", "rules 03,\n    //! 3.4", "rules 03, 3.1.1"] {
        assert_eq!(wrong(bad), 1, "{bad}");
    }
    let words = |text: &str| references(text, "07").into_iter().map(|found| found.words).collect::<Vec<_>>();
    assert_eq!(words("as in (01, 1.3), 03 §3.1 and section 5"), ["01, 1.3", "03, 3.1", "section 5"]);
    assert!(words("on 2024-03-02, 10:00, and 9, 10, 11").is_empty());
    assert_eq!(old_form(&format!("({} 01, 2; {} 4)", "spec", "design")).len(), 2);
}
