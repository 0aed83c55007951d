//! The course key in the URL of a course page or of a block (rules 01, 2.4).

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{CourseKey, CourseKeyRules};

/// What stands before a block, and before a course.
static XBLOCK: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("/xblock/"));
static COURSES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("/courses/"));

/// The key in `url`: the block form decides if it is found at all, else the course form.
pub(super) fn course_key(rules: CourseKeyRules, url: &str) -> Option<CourseKey<'_>> {
    if let Some(block) = after_each(url, &XBLOCK).find_map(|rest| three_parts(rest, "/?#")) {
        return rules.parse_course_of_block(block);
    }
    let course = after_each(url, &COURSES).filter(|rest| !is_api_version(rest)).find_map(|rest| three_parts(rest, "/?"))?;
    rules.parse(course)
}

/// What follows each occurrence of `marker` in the first line, overlapping ones too (`/courses/courses/`).
fn after_each<'a>(url: &'a str, marker: &'static Finder<'_>) -> impl Iterator<Item = &'a str> {
    let first_line = memchr::memchr(b'\n', url.as_bytes()).unwrap_or(url.len());
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + marker.find(url.as_bytes().get(from..first_line)?)?;
        from = start + 1;
        url.get(start + marker.needle().len()..)
    })
}

/// Cuts `p1 sep p2 sep p3` off the start of `text`; separators are `/` and `+`, the third part ends before `stops`.
fn three_parts<'a>(text: &'a str, stops: &str) -> Option<&'a str> {
    let mut third = 0;
    for _ in 0..2 {
        let length = text.get(third..)?.find(['/', '+']).filter(|length| *length > 0)?;
        third += length + 1;
    }
    let tail = text.get(third..)?;
    let length = tail.find(|c| stops.contains(c)).unwrap_or(tail.len());
    (length > 0).then(|| text.get(..third + length))?
}

/// `v1/x`: the path of the course API, whose course id comes later in the URL.
fn is_api_version(text: &str) -> bool {
    let Some(version) = text.strip_prefix('v') else {
        return false;
    };
    let path = version.trim_start_matches(|c: char| c.is_ascii_digit());
    path.len() < version.len() && path.strip_prefix('/').is_some_and(|path| !path.is_empty() && !path.starts_with('/'))
}
