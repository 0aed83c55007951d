//! The tables of rules 01, 2.2 and 2.4, and properties over generated ids.

use proptest::prelude::*;

use super::*;

const GUID: &str = "519665f6223ebd6980884f2b";

fn is_valid(id: &str) -> bool {
    CourseKeyRules::default().is_valid(id)
}

fn from_url(url: &str) -> Option<String> {
    CourseKeyRules { course_urls: CourseUrls::Original, ..CourseKeyRules::default() }.from_url(url).map(Cow::into_owned)
}

#[test]
fn valid_ids_with_organisation_and_file_name() {
    let version_only = format!("course-v1:version@{GUID}");
    let version_file = format!("version_{GUID}");
    for (id, org, file) in [
        ("course-v1:a+b+c", Some("a"), "a_b_c"),
        ("course-v1:a~b+c.d+e:f", Some("a~b"), "a_b_c.d_e_f"),
        ("course-v1:é+b+c", Some("é"), "__b_c"),
        ("é/b/c", Some("é"), "__b_c"),
        ("course-v1:a+b+c+branch@draft", Some("a"), "a_b_c_branch_draft"),
        ("course-v1:a+b+branch", Some("a"), "a_b_branch"),
        ("course-v1:a+b+c+type@video+block@x", Some("a"), "a_b_c"),
        (version_only.as_str(), None, version_file.as_str()),
        ("slashes:a+b+c", Some("a"), "a_b_c"),
        ("library-v1:a+b", Some("a"), "a_b"),
        ("library-v1:a+b+c", Some("a"), "a_b"),
        ("ccx-v1:a+b+c+ccx@1", Some("a"), "a_b_c_ccx_1"),
        ("ccx-v1:a+b+c+CCX@9", Some("a"), "a_b_c_ccx_9"),
        ("ccx-v1:a+b+c+ccx@01", Some("a"), "a_b_c_ccx_01"),
        ("a/b/c", Some("a"), "a_b_c"),
        ("a.b/c-d/e_f", Some("a.b"), "a.b_c-d_e_f"),
        ("a%20/b/c", Some("a%20"), "a_20_b_c"),
        ("a/b/", Some("a"), ""),
    ] {
        assert!(is_valid(id), "{id}");
        assert_eq!(org_of(id), org, "{id}");
        assert_eq!(filename_safe(id), file, "{id}");
    }
}

#[test]
fn invalid_ids() {
    for id in [
        "course-v1:a+b",
        "course-v1:a+b+",
        "course-v1:a+b+c+",
        "course-v1:a+b+c+d",
        "course-v1:a%20+b+c",
        "course-v1:a+b+c@d",
        "course-v1:a/b/c",
        "course-v1:+b+c",
        "Course-v1:a+b+c",
        "course-v1:a+b+branch@x",
        "course-v1:a+b+block@c",
        "course-v1:a+b+c+version@5196",
        "course-v1:a+b+c+version@519665F6223EBD6980884F2B",
        "ccx-v1:a+b+c",
        "ccx-v1:a+b+ccx@1",
        "ccx-v1:a+b+c+ccx@x",
        "a/b",
        "a/b/c/d",
        "a//c",
        "/b/c",
        "a b/c/d",
        "a+b/c/d",
        "a~b/c/d",
        "a:b/c/d",
        " a/b/c ",
        "a/b/c\n",
        "course-v1:a+b+c\n",
        "block-v1:a+b+c+type@x+block@y",
        "i4x://a/b/c/d",
        "xyz:a/b/c",
        "foo",
        "",
        "+",
        ":",
    ] {
        assert!(!is_valid(id), "{id:?}");
        assert_eq!(org_of(id), None, "{id:?}");
    }
}

#[test]
fn the_file_name_of_an_invalid_id_is_its_whole_text_made_safe() {
    assert_eq!(filename_safe("course-v1:a+b"), "course-v1_a_b");
    assert_eq!(filename_safe("Course-v1:a+b+c"), "Course-v1_a_b_c");
    assert_eq!(filename_safe("../é x"), "..___x");
}

#[test]
fn file_names_of_the_recorded_answer_distribution() {
    assert_eq!(filename_safe("ccx-v1:edX+De.m-o+R1+ccx@7"), "edX_De.m-o_R1_ccx_7");
    assert_eq!(filename_safe("course-v1:BerkX+CS188+2014_T2"), "BerkX_CS188_2014_T2");
    assert_eq!(filename_safe("edX/DemoX/Demo_2014"), "edX_DemoX_Demo_2014");
}

#[test]
fn the_recorded_results_accept_ccx_and_an_operator_can_refuse_it() {
    let off = CourseKeyRules { ccx: false, ..CourseKeyRules::default() };
    assert!(CourseKeyRules::default().is_valid("ccx-v1:edX+DemoX+R1+ccx@7"));
    assert!(!off.is_valid("ccx-v1:edX+DemoX+R1+ccx@7"));
    assert!(off.is_valid("course-v1:a+b+c"));
    assert_eq!(off.from_url("/courses/ccx-v1:a+b+c+ccx@1/x"), None);
    assert_eq!(off.from_url("/xblock/ccx-block-v1:a+b+c+ccx@1+type@v+block@x"), None);
}

#[test]
fn canonical_text() {
    let rules = CourseKeyRules::default();
    for (id, canonical) in [
        ("slashes:a+b+c", "course-v1:a+b+c".to_owned()),
        ("library-v1:a+b+c", "library-v1:a+b".to_owned()),
        ("course-v1:a+b+c+type@v+block@x%", "course-v1:a+b+c".to_owned()),
        (&format!("ccx-v1:a+b+version@{GUID}+ccx@2"), format!("ccx-v1:version@{GUID}+ccx@2")),
        ("ccx-v1:a+b+c+CCX@01+Type@v", "ccx-v1:a+b+c+ccx@01".to_owned()),
        ("a/b/", "a/b/".to_owned()),
        (&format!("course-v1:a+b+branch@x+version@{GUID}"), format!("course-v1:version@{GUID}")),
        (&format!("ccx-v1:version@{}+ccx@1", GUID.to_uppercase()), format!("ccx-v1:version@{GUID}+ccx@1")),
        (&format!("library-v1:branch@x+version@{GUID}"), format!("library-v1:version@{GUID}")),
    ] {
        assert_eq!(rules.parse(id).unwrap().canonical(), canonical, "{id}");
    }
    let id = "course-v1:a+b+c+branch@x";
    assert!(matches!(rules.parse(id).unwrap().canonical(), Cow::Borrowed(text) if text == id));
}

#[test]
fn keys_in_urls() {
    for (url, key) in [
        ("https://x.org/courses/course-v1:a+b+c/courseware/u", Some("course-v1:a+b+c")),
        ("https://x.org/courses/a/b/c/info?x=1", Some("a/b/c")),
        ("/courses/course-v1:a+b+c?x", Some("course-v1:a+b+c")),
        ("/courses/course-v1:a+b+c#top", None),
        ("https://x.org/api/courses/v1/courses/course-v1:a+b+c", Some("course-v1:a+b+c")),
        ("https://x.org/courses/v1/blocks/course-v1:a+b+c", None),
        ("https://x.org/courses/ccx-v1:a+b+c+ccx@1/x", Some("ccx-v1:a+b+c+ccx@1")),
        ("https://x.org/xblock/block-v1:a+b+c+type@v+block@38?show=0", Some("course-v1:a+b+c")),
        ("https://x.org/xblock/i4x://a/b/c/d", None),
        ("https://x/courses/course-v1%3Aa%2Bb%2Bc/x", None),
        ("http://learning.x/course/course-v1:a+b+c/home", None),
        ("x/courses/y/courses/a/b/c", Some("y/courses/a")),
        ("/courses/library-v1:a+b/x", None),
        ("/xblock/ccx-block-v1:a+b+c+ccx@1+type@v+block@x", Some("ccx-v1:a+b+c+ccx@1")),
        ("/xblock/lib-block-v1:a+b+type@v+block@x", Some("library-v1:a+b")),
        ("/xblock/lib-block-v1:a+b+c+block@x", None),
        ("/xblock/block-v1:a+b+c+block@x", Some("course-v1:a+b+c")),
        ("/xblock/location:a+b+c+v+x", Some("course-v1:a+b+c")),
        ("/xblock/block-v1:a+b+c+branch@d+type@v+block@x", Some("course-v1:a+b+c+branch@d")),
        ("/xblock/block-v1:a+b+c+type@v", None),
        ("/xblock/block-v1:a+b+c+block@x%", None),
        ("/xblock/q/xblock/block-v1:a+b+c+type@v+block@x", None),
        ("/xblock/bad+x+y/courses/d/e/f", None),
        ("/xblock/block-v1:bad/courses", None),
        ("/courses/v1x/a/b/c", Some("v1x/a/b")),
        ("/courses/v2/xyz/a/b/c", None),
        ("/courses/courses/v1/courses/a/b/c", Some("courses/v1/courses")),
        ("a\n/courses/a/b/c", None),
        ("/courses/a+b+c/x", None),
        ("", None),
    ] {
        assert_eq!(from_url(url).as_deref(), key, "{url:?}");
    }
}

/// Texts that are near to ids: pieces of the grammar in any order.
#[test]
fn a_long_url_takes_linear_time() {
    let began = std::time::Instant::now();
    for part in ["/courses/", "/courses/a/", "/courses/v1/", "/xblock/", "/xblock/a/b/"] {
        let url = part.repeat(2_000_000 / part.len());
        assert_eq!(from_url(&url), None, "{part}");
        assert_eq!(CourseKeyRules::default().from_url(&url), None, "{part}");
    }
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

fn near_id() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("course-v1:"),
        Just("slashes:"),
        Just("library-v1:"),
        Just("ccx-v1:"),
        Just("block-v1:"),
        Just("a"),
        Just("é"),
        Just("+"),
        Just("+"),
        Just("+"),
        Just("+"),
        Just("/"),
        Just("/"),
        Just("branch@d"),
        Just("version@"),
        Just(GUID),
        Just("ccx@1"),
        Just("type@t"),
        Just("block@b%"),
        Just(" "),
        Just("/courses/"),
        Just("/xblock/"),
        Just("v1/"),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = (is_valid(&text), org_of(&text), from_url(&text), CourseKeyRules::default().from_url(&text), filename_safe(&text));
    }

    #[test]
    fn the_canonical_text_is_valid_and_stays(id in near_id()) {
        let rules = CourseKeyRules::default();
        if let Some(key) = rules.parse(&id) {
            let canonical = key.canonical();
            prop_assert_eq!(rules.parse(&canonical).map(|key| key.canonical()), Some(canonical.clone()));
            prop_assert_eq!(filename_safe(&id), filename_safe(&canonical));
        }
    }

    #[test]
    fn a_key_from_a_url_is_a_valid_course_id(url in near_id()) {
        for url in [url.clone(), url.replace(':', "%3A").replace('+', "%2B"), url.replace("/courses/", "/api/x/")] {
            for key in [from_url(&url), CourseKeyRules::default().from_url(&url).map(Cow::into_owned)].into_iter().flatten() {
                prop_assert!(is_valid(&key));
            }
        }
    }

    #[test]
    fn file_names_hold_safe_characters_only(id in any::<String>()) {
        prop_assert!(filename_safe(&id).chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)));
    }
}
