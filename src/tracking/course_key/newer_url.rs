//! The course key in URLs of newer pages and of the LMS's JSON interfaces (rules 10, 3).
//!
//! Forms as the learning, discussion and other micro-frontends, the LMS and its interfaces have them: `/learning/course/ID/BLOCK/BLOCK`,
//! `/discussions/ID/posts`, `/xblock/BLOCK`, `/jump_to/BLOCK`, `/api/courseware/sequence/BLOCK`, `/api/enrollment/v1/enrollment/USER,ID`.
//! A key stands in one segment of the path, and may be percent-encoded once; there even the slashes of an old key can be told.

use std::borrow::Cow;

use super::{CourseKeyRules, url};

/// The canonical course id in `url`: the original's rule, and where it finds none, or takes an encoded key for an old one, the others.
pub(super) fn course_id(rules: CourseKeyRules, url: &str) -> Option<Cow<'_, str>> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let original = url::course_key(rules, url).map(|key| key.canonical());
    if original.as_ref().is_some_and(|key| !key.contains('%')) {
        return original;
    }
    let encoded = if path.contains('%') { first_encoded(rules, path) } else { None };
    encoded
        .map(Cow::Owned)
        .or(original)
        .or_else(|| first_after(rules, path, &["course", "discussions"]).map(Cow::Owned))
        .or_else(|| first_in_interface(rules, path).map(Cow::Owned))
}

/// The course of the first encoded segment that is a key, and stands behind `courses`.
fn first_encoded(rules: CourseKeyRules, path: &str) -> Option<String> {
    let mut behind = path.split('/').zip(path.split('/').skip(1)).filter(|(word, segment)| *word == "courses" && segment.contains('%'));
    behind.find_map(|(_, segment)| course(rules, &decoded(segment)?))
}

/// The course of the first segment that holds a key, and stands behind one of these words or, as a block, behind those of blocks.
fn first_after(rules: CourseKeyRules, path: &str, words: &[&str]) -> Option<String> {
    path.split('/').zip(path.split('/').skip(1)).find_map(|(word, segment)| {
        let key = || decoded(segment);
        if ["xblock", "jump_to"].contains(&word) {
            return course_of_block(rules, &key()?);
        }
        if words.contains(&word) { course(rules, &key()?) } else { None }
    })
}

/// The course of the first segment behind `/api/` that is a key or names a user and one.
fn first_in_interface(rules: CourseKeyRules, path: &str) -> Option<String> {
    path.split('/').skip_while(|segment| *segment != "api").skip(1).find_map(|segment| {
        let text = decoded(segment)?;
        let key = text.rsplit_once(',').map_or(&*text, |(_, key)| key);
        course(rules, key).or_else(|| course_of_block(rules, key))
    })
}

fn course(rules: CourseKeyRules, key: &str) -> Option<String> {
    rules.parse(key).map(|key| key.canonical().into_owned())
}

fn course_of_block(rules: CourseKeyRules, key: &str) -> Option<String> {
    rules.parse_course_of_block(key).map(|key| key.canonical().into_owned())
}

/// A segment without its percent-encoding, if it has one; none if that gives no text.
fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let encoded = behind.split_first_chunk::<2>().filter(|_| first == b'%');
        let decoded = encoded.and_then(|([high, low], behind)| Some((hexadecimal(*high)? << 4 | hexadecimal(*low)?, behind)));
        let (byte, behind) = decoded.unwrap_or((first, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::course_key::CourseUrls;

    fn found(url: &str) -> Option<String> {
        CourseKeyRules::default().from_url(url).map(Cow::into_owned)
    }

    #[test]
    fn pages_and_interfaces_that_name_a_course() {
        let block = "block-v1:X+C+R+type@vertical+block@v1";
        for path in [
            "/learning/course/course-v1:X+C+R/home",
            "/learning/course/course-v1:X+C+R",
            "/learning/course/course-v1:X+C+R?x=1",
            "/learning/course/course-v1:X+C+R#top",
            "/learning/preview/course/course-v1:X+C+R/x",
            "/course/course-v1:X+C+R",
            "/authoring/course/course-v1%3AX%2BC%2BR/outline",
            "/discussions/course-v1:X+C+R/posts",
            "/discussions/course-v1%3aX%2bC%2bR/posts",
            "/courses/course-v1%3AX%2BC%2BR/courseware/",
            "/courses/course-v1%3AX%2BC%2BR/courseware/a/b",
            &format!("/xblock/{block}?show_title=0"),
            &format!("/xblock/{}/handler/x", block.replace(':', "%3A").replace('+', "%2B").replace('@', "%40")),
            &format!("/jump_to/{block}"),
            &format!("/courses/course-v1:X+C+R/jump_to/{block}"),
            "/api/courseware/course/course-v1:X+C+R",
            "/api/course_home/outline/course-v1:X+C+R",
            "/api/course_home/v1/dates/course-v1:X+C+R/",
            "/api/learning_sequences/v1/course_outline/course-v1%3AX%2BC%2BR",
            "/api/mobile/v1/course_info/course-v1:X+C+R/updates",
            "/api/enrollment/v1/enrollment/bob,course-v1:X+C+R",
            &format!("/api/courseware/sequence/{block}"),
            &format!("/api/bookmarks/v1/bookmarks/bob,{block}/"),
            &format!("/api/discussion/v2/course_topics/course-v1:X+C+R?topic={block}"),
        ] {
            for host in ["", "https://apps.example.org", "http://course:8000"] {
                assert_eq!(found(&format!("{host}{path}")).as_deref(), Some("course-v1:X+C+R"), "{path}");
            }
        }
        assert_eq!(found("/learning/course/edX%2FDemoX%2FR/home").as_deref(), Some("edX/DemoX/R"));
        assert_eq!(found("/learning/course/course-v1%3A%C3%A9+C+R/home").as_deref(), Some("course-v1:é+C+R"));
        assert_eq!(found("/course/slashes:a+b+c").as_deref(), Some("course-v1:a+b+c"));
    }

    #[test]
    fn what_the_original_finds_stays() {
        let block = "block-v1%3AX%2BC%2BR%2Btype%40v%2Bblock%40y";
        for (url, course) in [
            (format!("/courses/edX/DemoX/R/jump_to/{block}"), "edX/DemoX/R"),
            (format!("/courses/edX/Demo%20X/R/jump_to/{block}"), "edX/Demo%20X/R"),
            ("/courses/course-v1%3AX%2BC%2BR/xblock/block-v1:Y+D+S+type@v+block@y/h".to_owned(), "course-v1:Y+D+S"),
            ("/courses/edX/Demo%20X/R/a".to_owned(), "edX/Demo%20X/R"),
        ] {
            assert_eq!(found(&url).as_deref(), Some(course), "{url}");
            let rules = CourseKeyRules { course_urls: CourseUrls::Original, ..CourseKeyRules::default() };
            assert_eq!(rules.from_url(&url).as_deref(), Some(course), "{url}");
        }
    }

    #[test]
    fn what_merely_looks_like_a_key_gives_none() {
        for url in [
            "/learning/course/course-v1:/home",
            "/learning/course/course-v1:X+C/home",
            "/learning/course/Course-v1:X+C+R",
            "/learning/course/course-v1%253AX%252BC%252BR/home",
            "/learning/course/course-v1:X+C+R%20/home",
            "/learning/course/course-v1:%FF+C+R/home",
            "/learning/course/course-v1%3AX%2BC%2BR%/home",
            "/learning/course/a/b/c",
            "/discussions/a/b/c",
            "/discussion/course-v1:X+C+R/posts",
            "/xblock/course-v1:X+C+R",
            "/course/block-v1:X+C+R+type@vertical+block@v1",
            "/jump_to/block-v1:X+C+R+type@vertical",
            "/api/discussion/v1/threads/",
            "/api/courses/v2/blocks/?course_id=course-v1:X+C+R",
            "/api/enrollment/v1/enrollment/course-v1:X+C+R,bob",
            "/apis/course-v1:X+C+R",
            "/course-v1:X+C+R/course/",
            "/login?next=/learning/course/course-v1:X+C+R",
            "/dashboard",
            "",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
    }

    #[test]
    fn the_old_rule_can_be_kept() {
        let rules = CourseKeyRules { course_urls: CourseUrls::Original, ..CourseKeyRules::default() };
        for url in ["/learning/course/course-v1:X+C+R/home", "/api/courseware/course/course-v1:X+C+R"] {
            assert_eq!(rules.from_url(url), None, "{url}");
        }
        assert!(rules.from_url("/courses/course-v1:X+C+R/x").is_some());
    }
}
