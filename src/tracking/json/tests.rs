use proptest::prelude::*;

use super::*;

fn accepts(text: &str) -> bool {
    Tape::default().parse(text).is_ok()
}

#[test]
fn depth_is_that_of_the_innermost_value() {
    for (text, depth) in [("1", 0), ("[]", 1), ("[1,[2],{}]", 2), (r#"{"a":[[]],"b":[]}"#, 3), ("[[[]],[]]", 3)] {
        assert_eq!(Tape::default().parse(text).unwrap().depth(), depth, "{text}");
    }
    let mut tape = Tape::default();
    let value = tape.parse(r#"{"a":[[[[]]]],"b":[1]}"#).unwrap();
    assert_eq!(value.get("b").unwrap().depth(), 1);
}

#[test]
fn accepts_what_the_dialect_accepts() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "{\"a\":1}",
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}",
        "\"a\tb\rc\"",
        "NaN",
        "[Infinity,-Infinity,+Infinity]",
        "+1",
        "-0.5e-10",
        "0",
        "\"\\q\"",
        "\"\\ud83d\"",
        "\t12\u{b}\u{c}",
        "{\"a\":1,\"a\":2}",
        "true",
        "[[[[]]]]",
        "\"\\\"\"",
    ] {
        assert!(accepts(text), "{text}");
    }
}

#[test]
fn rejects_what_the_dialect_rejects() {
    for text in [
        "",
        " ",
        "01",
        "+NaN",
        "-NaN",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "-",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "TRUE",
        "\u{feff}{}",
        "{} x",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "[1 2]",
        "[",
        "{",
        "]",
        "}",
        "[}",
        "{]",
        "\"abc",
        "\"\\",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\0\"",
        "{,}",
        "[,1]",
        "nul",
        "--1",
        "{\"a\":1 \"b\":2}",
        "\"a\"\"b\"",
    ] {
        assert!(!accepts(text), "{text}");
    }
}

#[test]
fn decodes_strings() {
    let mut tape = Tape::default();
    for (json, expected) in [
        (r#""plain""#, "plain"),
        (r#""\/\"\\\b\f\n\r\t""#, "/\"\\\u{8}\u{c}\n\r\t"),
        (r#""\q\x41""#, "\\q\\x41"),
        (r#""\u00e9\ud83d\ude00""#, "é😀"),
        (r#""\ud83dx\ude00\ud83d\u0041""#, "\u{fffd}x\u{fffd}\u{fffd}A"),
    ] {
        assert_eq!(tape.parse(json).unwrap().text().unwrap(), expected);
    }
}

#[test]
fn finds_members_by_their_decoded_name_and_takes_the_last() {
    let mut tape = Tape::default();
    let value = tape.parse(r#"{"a":1,"b":{"a":9},"\u0061":[2,[3,4],5],"c":null}"#).unwrap();
    assert_eq!(value.get("a").unwrap().elements().count(), 3);
    assert_eq!(value.get("b").unwrap().get("a").unwrap().number(), Some("9"));
    assert!(value.get("c").unwrap().is_null());
    assert!(value.present("c").is_none());
    assert!(value.get("d").is_none());
    assert_eq!(value.get("a").unwrap().raw(), "[2,[3,4],5]");
}

#[test]
fn deep_nesting_needs_no_stack() {
    let deep = "[".repeat(2_000_000) + "]".repeat(2_000_000).as_str();
    assert!(accepts(&deep));
    assert!(!accepts(&"[".repeat(2_000_000)));
}

fn to_serde(value: Value<'_>) -> serde_json::Value {
    match value.kind() {
        Kind::Null => serde_json::Value::Null,
        Kind::True => true.into(),
        Kind::False => false.into(),
        // `serde_json` itself reads floats a little less exactly than the standard library.
        Kind::Number => value.raw().parse::<i64>().map_or_else(|_| value.raw().parse::<f64>().unwrap().into(), Into::into),
        Kind::String => value.text().unwrap().into_owned().into(),
        Kind::Array => value.elements().map(to_serde).collect(),
        Kind::Object => value.members().map(|(name, member)| (name.text().unwrap().into_owned(), to_serde(member))).collect(),
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e300..1e300).prop_map(serde_json::Value::from),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_a_strict_decoder_on_strict_json(json in any_json()) {
        for text in [serde_json::to_string(&json).unwrap(), serde_json::to_string_pretty(&json).unwrap()] {
            let mut tape = Tape::default();
            prop_assert_eq!(to_serde(tape.parse(&text).unwrap()), json.clone());
        }
    }

    #[test]
    fn accepts_all_that_a_strict_decoder_accepts(text in r#"[\[\]{}",:\\0-9eE.+\-a-z \t]{0,40}"#) {
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert!(accepts(&text));
        }
    }

    #[test]
    fn never_panics(text in any::<String>(), cut in any::<prop::sample::Index>()) {
        accepts(&text);
        let line = format!("{{\"{text}\":[{text}],\"x\":\"{text}\"}}");
        let mut end = cut.index(line.len());
        while !line.is_char_boundary(end) { end -= 1; }
        let mut tape = Tape::default();
        if let Ok(value) = tape.parse(&line[..end]) {
            value.members().for_each(|(name, member)| { name.text(); member.text(); });
        }
    }
}
