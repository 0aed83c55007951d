//! Names of pages, safe for any course id.

use sha2::{Digest, Sha256};

/// Readable part of a name, in bytes.
const READABLE: usize = 60;
/// Digits of the hash, so that no two courses share a page: also where a file system folds case.
const HASH: usize = 12;

/// The file name of a course's page: its letters and digits, then a hash of its id.
pub(super) fn page_name(course: &str) -> String {
    let mut readable = String::new();
    for letter in course.chars() {
        if readable.len() >= READABLE {
            break;
        }
        match letter {
            letter if letter.is_ascii_alphanumeric() => readable.push(letter),
            _ if readable.is_empty() || readable.ends_with('-') => {}
            _ => readable.push('-'),
        }
    }
    let readable = if readable.is_empty() { "course" } else { readable.trim_end_matches('-') };
    format!("{readable}-{}.html", short_hash(course))
}

/// Twelve hexadecimal digits that tell texts apart.
pub(super) fn short_hash(text: &str) -> String {
    let bits = Sha256::digest(text.as_bytes()).iter().take(HASH / 2).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    format!("{bits:012x}")
}

/// Whether a name may be one of ours: only such are ever removed.
pub(super) fn is_page_name(name: &str) -> bool {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    plain && name.strip_suffix(".html").is_some_and(|stem| !stem.is_empty()) && !name.starts_with('.') && name.len() <= READABLE + HASH + 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_course_id_gives_a_plain_name_of_its_own() {
        let long = "x".repeat(255);
        let ids = [
            "course-v1:edX+DemoX+2024",
            "course-v1:edx+demox+2024",
            "edX/DemoX/2024",
            "",
            ".",
            "..",
            "../../etc/passwd",
            "курс",
            "курсы",
            "<script>alert(1)</script>",
            "a\u{202e}b",
            "a\nb",
            "con",
            "a b",
            "a  b",
            long.as_str(),
        ];
        let names: std::collections::HashSet<_> = ids.iter().map(|id| page_name(id).to_lowercase()).collect();
        assert_eq!(names.len(), ids.len());
        for id in ids {
            assert!(is_page_name(&page_name(id)), "{}", page_name(id));
        }
        assert!(page_name(ids[0]).starts_with("course-v1-edX-DemoX-2024-"), "{}", page_name(ids[0]));
    }

    #[test]
    fn foreign_files_are_never_ours() {
        for name in ["notes.txt", "../x.html", ".hidden.html", "a b.html", "a/b.html"] {
            assert!(!is_page_name(name), "{name}");
        }
    }
}
