//! How an error and its causes read as sentences, and how texts from logs and file names reach a terminal and a shell.

use std::borrow::Cow;
use std::fmt::Write;
use std::io::{self, ErrorKind};

/// Numbers of Linux; the standard library has no kinds for them.
const TOO_MANY_IN_SYSTEM: i32 = 23;
const TOO_MANY_IN_PROCESS: i32 = 24;
/// Of a file; that a firewall forbids a connection is another.
const NO_RIGHT: i32 = 13;

/// The error and all its causes, outermost first: sentences one after the other, fragments behind a colon, and what can be done about a
/// disk or a process that is at its limits, whichever file met them. What would steer a terminal is made [`visible`].
pub(crate) fn error_text(error: &anyhow::Error) -> String {
    let (mut text, mut said_by_option) = (String::new(), None);
    for cause in error.chain() {
        let of_option = cause.downcast_ref().map(option_error_text);
        let told = of_option.clone().unwrap_or_else(|| cause.to_string());
        // What is wrong with an option tells its own cause.
        if said_by_option.take().is_some_and(|said: String| said.contains(&told)) {
            continue;
        }
        said_by_option = of_option;
        if text.ends_with('.') {
            text.push(' ');
        } else if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&told);
    }
    let remedy = error.chain().filter_map(|cause| cause.downcast_ref().map(remedy)).find(|remedy| !remedy.is_empty());
    // A cause may be the text of another error, its remedy included.
    if let Some(remedy) = remedy.filter(|remedy| !text.contains(*remedy)) {
        text.push_str(if text.ends_with('.') { " " } else { ". " });
        text.push_str(remedy);
    }
    visible(&text).into_owned()
}

/// What is wrong on a command line, without the word that other messages begin with.
pub(crate) fn option_error_text(wrong: &clap::Error) -> String {
    wrong.render().to_string().trim_start_matches("error: ").trim_end().to_owned()
}

/// What the operator can do about a file that could not be opened or written; empty where the cause says it all.
fn remedy(error: &io::Error) -> &'static str {
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::StorageFull, _) => "The disk is full: make room there, or choose another place.",
        (ErrorKind::QuotaExceeded, _) => "The quota is used up: make room there, or choose another place.",
        (ErrorKind::FileTooLarge, _) => "Files may not become so large there: see the limit of the file system, and `ulimit -f`.",
        (_, Some(NO_RIGHT)) => "The account that runs this has no right to it: `namei -l PATH` shows where.",
        (_, Some(TOO_MANY_IN_PROCESS)) => "This process may not open more files: raise the limit with `ulimit -n`.",
        (_, Some(TOO_MANY_IN_SYSTEM)) => "The machine has too many open files: see /proc/sys/fs/file-max.",
        _ => "",
    }
}

/// A text of one or more lines in which nothing steers a terminal: control characters, escapes among them, and marks that turn the
/// direction of writing are spelled as `\u{1b}`. Line ends and TABs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    spelled(text, |character| steers(character) && !matches!(character, '\n' | '\t'))
}

/// [`visible`] as one line: line ends and TABs are spelled too, so that a name cannot look like a message of its own.
pub(crate) fn visible_in_line(text: &str) -> Cow<'_, str> {
    spelled(text, steers)
}

fn spelled(text: &str, is_spelled: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_spelled) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_spelled(character) { out.extend(character.escape_unicode()) } else { out.push(character) }
    }
    Cow::Owned(out)
}

/// A number with its noun: `1 day`, `2 days`.
pub(crate) fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into() {
        Ok(1) => format!("1 {noun}"),
        Ok(number) => format!("{number} {noun}s"),
        Err(_) => format!("many {noun}s"),
    }
}

/// A number, and what is said of one thing or of several.
pub(crate) fn told_of(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Whether a character does something on a terminal instead of being shown.
pub(crate) fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A word as the shell reads it back. Characters that would steer the terminal it is shown on are spelled, as bash reads them.
pub(crate) fn quoted(word: &str) -> String {
    if word.contains(steers) {
        let mut spelled = String::from("$'");
        word.chars().for_each(|character| push_spelled(character, &mut spelled));
        return spelled + "'";
    }
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Appends a character that stands between `$'` and `'`.
fn push_spelled(character: char, out: &mut String) {
    match character {
        '\'' | '\\' => out.extend(['\\', character]),
        _ if steers(character) => {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
        _ => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn sentences_and_fragments() {
        let error = anyhow::anyhow!("no space left").context("Writing the output failed.").context("Step 2");
        assert_eq!(error_text(&error), "Step 2: Writing the output failed. no space left");
    }

    #[test]
    fn an_option_tells_its_cause_once() {
        let days = clap::Arg::new("days").long("days").value_parser(|text: &str| text.parse::<u8>());
        let wrong = clap::Command::new("x").arg(days).try_get_matches_from(["x", "--days", "many"]).unwrap_err();
        let text = error_text(&anyhow::Error::from(wrong).context("Job x"));
        assert!(text.starts_with("Job x: invalid value 'many' for '--days <days>': invalid digit"), "{text}");
        assert_eq!(text.matches("invalid digit found in string").count(), 1, "{text}");
    }

    #[test]
    fn the_disk_is_blamed_only_when_it_is_full() {
        let told = |number| error_text(&anyhow::Error::from(io::Error::from_raw_os_error(number)).context("Writing failed."));
        for (number, word) in [(28, "disk"), (122, "quota"), (24, "ulimit -n"), (23, "machine"), (27, "ulimit -f"), (13, "no right")] {
            assert!(told(number).contains(word), "{number}: {}", told(number));
        }
        for number in [2, 5, 30] {
            assert!(told(number).ends_with(&format!("(os error {number})")), "{}", told(number));
        }
    }

    #[test]
    fn a_remedy_is_told_once() {
        let error = || anyhow::Error::from(io::Error::from_raw_os_error(TOO_MANY_IN_PROCESS)).context("Cannot open a.log.");
        let text = error_text(&error());
        assert!(
            text.starts_with("Cannot open a.log. ")
                && text.ends_with(" (os error 24). This process may not open more files: raise the limit with `ulimit -n`."),
            "{text}"
        );
        assert_eq!(error_text(&error().context(text)).matches("ulimit").count(), 1);
    }

    #[test]
    fn nothing_steers_a_terminal() {
        let name = "a\u{1b}[2J\u{1b}]0;title\u{7}\r\u{9b}31m\u{7f}\u{202e}gol\nb\té😀";
        assert_eq!(visible(name), "a\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{d}\\u{9b}31m\\u{7f}\\u{202e}gol\nb\té😀");
        assert_eq!(visible_in_line("a\nb\tc"), "a\\u{a}b\\u{9}c");
        assert!(matches!(visible("Course é, 課程\n"), Cow::Borrowed(_)));
        assert_eq!(
            error_text(&anyhow::anyhow!("b\u{1b}[1m").context("The file a\u{1b}c\rd failed.")),
            "The file a\\u{1b}c\\u{d}d failed. b\\u{1b}[1m"
        );
    }

    #[test]
    fn names_that_steer_a_terminal_are_spelled_and_read_back() {
        let word = "a\u{1b}[2Jb'c\\d\n\u{202e}0é";
        let shown = quoted(word);
        assert!(!shown.contains(steers), "{shown}");
        let output = Command::new("bash").args(["-c", &format!("printf %s {shown}")]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
    }
}
