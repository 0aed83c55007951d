//! Course keys: what a course id may look like, its organisation, its canonical text and its file name (rules 01, 2).

mod grammar;
mod known_courses;
mod newer_url;
#[cfg(test)]
mod tests;
mod url;

use std::borrow::Cow;
use std::fmt::{self, Write};

use grammar::Body;
pub(super) use known_courses::KnownCourses;

/// Which course ids count as valid; an option of every job that reads course ids from events.
#[derive(clap::Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseKeyRules {
    // The default is to accept them, as the recorded results do.
    /// Whether course ids of the form ccx-v1 count ([ccx] enabled)
    #[arg(long, action = clap::ArgAction::Set, default_value_t = Self::default().ccx)]
    pub ccx: bool,
    /// In which URLs a course is looked for when an event names none ([event-logs] `course_urls`)
    #[arg(long, value_enum, default_value_t = Self::default().course_urls)]
    pub course_urls: CourseUrls,
}

/// URLs that name the course of an event.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseUrls {
    /// Those of rules 01, 2.4: /courses/ID and /xblock/BLOCK
    Original,
    /// Those of micro-frontends and JSON interfaces too, also percent-encoded
    All,
}

impl Default for CourseKeyRules {
    fn default() -> Self {
        Self { ccx: true, course_urls: CourseUrls::All }
    }
}

/// A valid course id, taken apart. Borrows from the text it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseKey<'a> {
    text: &'a str,
    form: Form,
    body: Body<'a>,
}

/// The kinds of keys; they differ in which parts they need and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Course,
    Library,
    Ccx,
    Old,
}

impl CourseKeyRules {
    /// True if `id` is a course id (rules 01, 2.2). It is not trimmed: surrounding whitespace makes it invalid.
    pub fn is_valid(&self, id: &str) -> bool {
        self.parse(id).is_some()
    }

    /// Takes a course id apart; `None` if it is invalid.
    pub fn parse<'a>(&self, id: &'a str) -> Option<CourseKey<'a>> {
        let colon = memchr::memchr(b':', id.as_bytes());
        let Some((namespace, rest)) = colon.and_then(|at| Some((id.get(..at)?, id.get(at + 1..)?))) else {
            return grammar::old_body(id).map(|body| CourseKey { text: id, form: Form::Old, body });
        };
        // A text with a colon can not be an old key: none of their parts may hold one.
        let (form, body) = match namespace {
            "course-v1" | "slashes" => (Form::Course, grammar::body(rest)?),
            "library-v1" => (Form::Library, grammar::body(rest)?),
            "ccx-v1" if self.ccx => (Form::Ccx, grammar::ccx_body(rest)?),
            _ => return None,
        };
        CourseKey::checked(id, form, body)
    }

    /// The canonical course id in a URL of a course page, of a single block or of an interface (rules 01, 2.4; 10, 3).
    pub fn from_url<'a>(&self, url: &'a str) -> Option<Cow<'a, str>> {
        match self.course_urls {
            CourseUrls::Original => url::course_key(*self, url).map(|key| key.canonical()),
            CourseUrls::All => newer_url::course_id(*self, url),
        }
    }

    /// The course of a block key such as `block-v1:org+course+run+type@video+block@id`.
    fn parse_course_of_block(self, id: &str) -> Option<CourseKey<'_>> {
        let (namespace, rest) = id.split_once(':')?;
        let (form, body) = match namespace {
            "block-v1" => (Form::Course, grammar::body(rest)?),
            "lib-block-v1" => (Form::Library, grammar::body(rest)?),
            "ccx-block-v1" if self.ccx => (Form::Ccx, grammar::ccx_body(rest)?),
            "location" => (Form::Course, grammar::location_body(rest)?),
            _ => return None,
        };
        let key = CourseKey::checked(id, form, body)?;
        // Only blocks of a library must name their type.
        let has_type = form != Form::Library || body.block_type.is_some();
        (has_type && body.block.is_some_and(grammar::is_id)).then_some(key)
    }
}

impl<'a> CourseKey<'a> {
    /// A key is named by its organisation, course and run (a library has no run), or by a version alone.
    fn checked(text: &'a str, form: Form, body: Body<'a>) -> Option<Self> {
        let key = Self { text, form, body };
        (key.named_parts().is_some() || body.version.is_some()).then_some(key)
    }

    /// The organisation; `None` for a key that consists of a version only.
    pub fn org(&self) -> Option<&'a str> {
        self.body.org
    }

    /// The canonical course id: `slashes:` becomes `course-v1:`, the parts of a block are dropped, old keys stay as they are.
    pub fn canonical(&self) -> Cow<'a, str> {
        let mut same = Prefix(self.text);
        if self.write_canonical(&mut same).is_ok() && same.0.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut text = String::with_capacity(self.text.len() + 8);
        // Writing to a string can not fail.
        let _ = self.write_canonical(&mut text);
        Cow::Owned(text)
    }

    fn write_canonical(&self, out: &mut impl Write) -> fmt::Result {
        let namespace = match self.form {
            Form::Old => return out.write_str(self.text),
            Form::Course => "course-v1:",
            Form::Library => "library-v1:",
            Form::Ccx => "ccx-v1:",
        };
        out.write_str(namespace)?;
        self.write_parts(out)
    }

    /// The parts joined by `+`, without the namespace; this is also how an old key names its files (rules 01, 2.3).
    fn write_parts(&self, out: &mut impl Write) -> fmt::Result {
        if let Some((org, course, run)) = self.named_parts() {
            write!(out, "{org}+{course}")?;
            if let Some(run) = run {
                write!(out, "+{run}")?;
            }
            if let Some(branch) = self.body.branch {
                write!(out, "+branch@{branch}")?;
            }
        }
        if let Some(version) = self.body.version {
            let plus = if self.named_parts().is_some() { "+" } else { "" };
            write!(out, "{plus}version@")?;
            version.chars().try_for_each(|digit| out.write_char(digit.to_ascii_lowercase()))?;
        }
        self.body.ccx.map_or(Ok(()), |number| write!(out, "+ccx@{number}"))
    }

    /// Organisation, course and run, if all that the form needs are there. Without them the original also drops the branch.
    fn named_parts(&self) -> Option<(&'a str, &'a str, Option<&'a str>)> {
        let Body { org, course, run, .. } = self.body;
        match self.form {
            Form::Library => Some((org?, course?, None)),
            Form::Course | Form::Ccx | Form::Old => Some((org?, course?, Some(run?))),
        }
    }
}

/// The course id as a file name: parts without the namespace, each character but ASCII letters, digits, `_`, `.` and `-`
/// replaced by `_` (rules 01, 2.3). An invalid id is treated as it stands. Ccx ids are always understood.
pub fn filename_safe(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    match CourseKeyRules::default().parse(id) {
        // Writing to a string can not fail.
        Some(key) => drop(key.write_parts(&mut name)),
        None => name.push_str(id),
    }
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.chars().all(is_safe) {
        return name;
    }
    name.chars().map(|c| if is_safe(c) { c } else { '_' }).collect()
}

/// The organisation of a course id; `None` if the id is invalid or names none. Ccx ids are always understood.
pub fn org_of(id: &str) -> Option<&str> {
    CourseKeyRules::default().parse(id)?.org()
}

/// Tables hold so many characters of a course id, and of the ids of problems, parts and videos (rules 08, 7).
pub const LONGEST_ID: usize = 255;
/// Counter of events whose course no table can hold.
pub const DISCARD_LONG_COURSE_ID: &str = "Discard Course ID Too Long";

/// Whether no table can hold an id (rules 10, 4).
pub fn is_too_long(id: &str) -> bool {
    id.len() > LONGEST_ID && id.chars().count() > LONGEST_ID
}

/// Accepts only what continues the expected text, so that a canonical id is recognised without building it.
struct Prefix<'a>(&'a str);

impl Write for Prefix<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}
