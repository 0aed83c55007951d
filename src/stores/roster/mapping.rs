//! Index bodies: settings and the type of each field (rules 07, 11.1 and 11.2).

use serde_json::{Map, Value, json};

use super::dialect::{DOCUMENT_TYPE, Dialect};

/// How learners' names are searched on typeless servers; typed ones always search by part of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NameSearch {
    /// By each word of the name, whatever its case.
    #[default]
    Words,
    /// Only by the whole name, exactly spelled, as the original's typeless mapping had it.
    Exact,
}

const EXACT_TEXTS: [&str; 13] = [
    "course_id",
    "username",
    "email",
    "enrollment_mode",
    "cohort",
    "language",
    "location",
    "level_of_education",
    "gender",
    "mailing_address",
    "city",
    "country",
    "goals",
];
const DATES: [&str; 3] = ["start_date", "end_date", "enrollment_date"];
const INTEGERS: [&str; 8] = [
    "problem_attempts",
    "problems_attempted",
    "problems_completed",
    "videos_viewed",
    "discussion_contributions",
    "attempt_ratio_order",
    "user_id",
    "year_of_birth",
];
const FLOATS: [&str; 1] = ["problem_attempts_per_completed"];

/// Body of the creation of a roster index. It is not refreshed before it is complete.
pub(crate) fn roster_index(dialect: Dialect, shards: u32, name_search: NameSearch) -> Value {
    let properties = properties(dialect, name_search);
    let mappings = match dialect {
        Dialect::Typed => json!({DOCUMENT_TYPE: {"properties": properties}}),
        Dialect::Typeless => json!({"properties": properties}),
    };
    json!({"settings": {"index": {"number_of_shards": shards, "refresh_interval": "-1"}}, "mappings": mappings})
}

/// Whether what a server tells of an index has the fields of [`roster_index`], and is none that the server made of documents by itself.
/// Elasticsearch 5 calls texts that are not analysed by the name that they have today.
pub(super) fn is_of_roster(dialect: Dialect, index: &Value) -> bool {
    let fields = match dialect {
        Dialect::Typed => format!("/mappings/{DOCUMENT_TYPE}/properties"),
        Dialect::Typeless => "/mappings/properties".to_owned(),
    };
    let of = |field: &str, what: &str| index.pointer(&format!("{fields}/{field}/{what}")).and_then(Value::as_str);
    let is_exact = |field| match of(field, "type") {
        Some("keyword") => true,
        Some("string") => of(field, "index") == Some("not_analyzed"),
        _ => false,
    };
    is_exact("course_id") && is_exact("username") && of("user_id", "type") == Some("integer")
}

/// Body of the creation of the marker index; the alias must be found by an exact term.
pub(crate) fn marker_index(dialect: Dialect, document_type: &str) -> Value {
    let texts = ["target_index", "update_id", "target_doc_type"].map(|name| (name, exact(dialect)));
    let properties: Map<_, _> = texts.into_iter().chain([("date", of_type(Dialect::Typeless, "date"))]).map(named).collect();
    match dialect {
        Dialect::Typed => json!({"mappings": {document_type: {"properties": properties}}}),
        Dialect::Typeless => json!({"mappings": {"properties": properties}}),
    }
}

fn properties(dialect: Dialect, name_search: NameSearch) -> Map<String, Value> {
    let words = match (dialect, name_search) {
        (Dialect::Typed, _) => json!({"type": "string"}),
        (Dialect::Typeless, NameSearch::Words) => json!({"type": "text"}),
        (Dialect::Typeless, NameSearch::Exact) => exact(dialect),
    };
    // Segments are single words, and the typed servers' reader searches them analysed.
    let segments = if dialect == Dialect::Typed { words.clone() } else { exact(dialect) };
    let texts = EXACT_TEXTS.into_iter().map(|name| (name, exact(dialect)));
    let typed = |names: &'static [&'static str], kind: &'static str| names.iter().map(move |name| (*name, of_type(dialect, kind)));
    let all = texts.chain([("name", words), ("segments", segments)]);
    all.chain(typed(&DATES, "date")).chain(typed(&INTEGERS, "integer")).chain(typed(&FLOATS, "float")).map(named).collect()
}

fn named((name, mapping): (&str, Value)) -> (String, Value) {
    (name.to_owned(), mapping)
}

fn exact(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Typed => of_type(dialect, "string"),
        Dialect::Typeless => json!({"type": "keyword"}),
    }
}

fn of_type(dialect: Dialect, kind: &str) -> Value {
    match dialect {
        Dialect::Typed => json!({"type": kind, "index": "not_analyzed"}),
        Dialect::Typeless => json!({"type": kind}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_type() {
        for dialect in [Dialect::Typed, Dialect::Typeless] {
            assert_eq!(properties(dialect, NameSearch::Words).len(), 27);
        }
    }

    #[test]
    fn indexes_that_a_server_made_of_documents_are_told_apart() {
        for dialect in [Dialect::Typed, Dialect::Typeless] {
            assert!(is_of_roster(dialect, &roster_index(dialect, 1, NameSearch::Words)));
            let text = if dialect == Dialect::Typed { "string" } else { "text" };
            let fields = json!({"course_id": {"type": text}, "username": {"type": text}, "user_id": {"type": "long"}});
            let guessed = match dialect {
                Dialect::Typed => json!({DOCUMENT_TYPE: {"properties": fields}}),
                Dialect::Typeless => json!({"properties": fields}),
            };
            assert!(!is_of_roster(dialect, &json!({"mappings": guessed})));
        }
    }

    #[test]
    fn typed_and_typeless_bodies() {
        let typed = roster_index(Dialect::Typed, 5, NameSearch::Words);
        let field = |body: &Value, path: &str| body.pointer(path).cloned().unwrap_or_default();
        assert_eq!(field(&typed, "/mappings/roster_entry/properties/name"), json!({"type": "string"}));
        assert_eq!(field(&typed, "/mappings/roster_entry/properties/user_id"), json!({"type": "integer", "index": "not_analyzed"}));
        assert_eq!(field(&typed, "/settings/index/number_of_shards"), json!(5));
        let typeless = roster_index(Dialect::Typeless, 1, NameSearch::Words);
        assert_eq!(field(&typeless, "/mappings/properties/name"), json!({"type": "text"}));
        assert_eq!(field(&typeless, "/mappings/properties/segments"), json!({"type": "keyword"}));
        let exact = roster_index(Dialect::Typeless, 1, NameSearch::Exact);
        assert_eq!(field(&exact, "/mappings/properties/name"), json!({"type": "keyword"}));
        let marker = marker_index(Dialect::Typed, "marker");
        assert_eq!(field(&marker, "/mappings/marker/properties/target_index/index"), json!("not_analyzed"));
    }
}
