//! Standard error and standard output that somebody may have closed, or that lie on a full disk.
//!
//! What is said on standard error never ends the work: [`say!`] is `eprintln!` without its panic. Text on standard output matters, but a
//! reader that has seen enough (`head`) is no failure: [`print_line!`] then gives [`ReaderGone`].
//!
//! How much is said, and whether as text or as JSON, is for the whole process ([`voice`]).

pub(crate) mod voice;

use std::fmt;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};

use self::voice::Level;

/// Says a line on standard error, if somebody listens.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::standard_streams::say(format_args!($($text)*)) };
}

/// Says a line of another kind than usual ([`Level`](crate::standard_streams::voice::Level)).
#[macro_export]
macro_rules! say_at {
    ($level:expr, $($text:tt)*) => { $crate::standard_streams::say_of($level, &[], format_args!($($text)*)) };
}

/// Prints a line on standard output; gives an error if it cannot be written.
#[macro_export]
macro_rules! print_line {
    ($($text:tt)*) => { $crate::standard_streams::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// The reader of standard output has closed it. Nothing is wrong, and nothing is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReaderGone;

impl fmt::Display for ReaderGone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("The reader of standard output has closed it.")
    }
}

impl std::error::Error for ReaderGone {}

/// See [`say!`](crate::say).
pub(crate) fn say(text: fmt::Arguments<'_>) {
    say_of(Level::Info, &[], text);
}

/// Says a line of some kind; in JSON with what it is about, by name.
pub(crate) fn say_of(level: Level, about: &[(&str, &str)], text: fmt::Arguments<'_>) {
    if level.is_said() {
        write_line(level, about, text);
    }
}

fn write_line(level: Level, about: &[(&str, &str)], text: fmt::Arguments<'_>) {
    // One write, so that lines of several threads do not mix.
    let line = voice::line(level, about, text);
    // The test harness keeps only what its own macro prints.
    #[cfg(test)]
    eprint!("{line}");
    #[cfg(not(test))]
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Prints a text on standard output.
///
/// # Errors
/// [`ReaderGone`], or it cannot be written.
pub(crate) fn print(text: fmt::Arguments<'_>) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_fmt(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        written => written.context("Writing to standard output failed."),
    }
}
