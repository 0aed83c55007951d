//! Whether a document is as its schema says: the keywords that our schemas use, and no others.

use std::path::Path;

use serde_json::Value;

/// Says what is wrong, by its path; nothing if all is right.
pub(crate) fn faults(schema: &str, document: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut faults = Vec::new();
    check(&schema, &schema, document, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    for (keyword, said) in schema.as_object().unwrap() {
        let is_right = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" => true,
            "$ref" => {
                let target = root.pointer(said.as_str().unwrap().trim_start_matches('#')).unwrap();
                check(root, target, value, path, faults);
                true
            }
            "type" => match said {
                Value::Array(types) => types.iter().any(|name| is_of(name, value)),
                name => is_of(name, value),
            },
            "enum" => said.as_array().unwrap().contains(value),
            "const" => said == value,
            "minimum" => value.as_f64().is_none_or(|number| number >= said.as_f64().unwrap()),
            "format" => value.as_str().is_none_or(|text| match said.as_str().unwrap() {
                "date" => text.parse::<chrono::NaiveDate>().is_ok(),
                "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
                other => panic!("the format {other} is not checked"),
            }),
            "required" => said.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some() || value.is_null()),
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(place, item)| check(root, said, item, &format!("{path}[{place}]"), faults));
                true
            }
            "additionalProperties" => {
                let mut known = true;
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match schema.get("properties").and_then(|properties| properties.get(name)) {
                        Some(of) => check(root, of, inner, &format!("{path}.{name}"), faults),
                        None if said.is_object() => check(root, said, inner, &format!("{path}.{name}"), faults),
                        None => known = false,
                    }
                }
                known
            }
            other => panic!("the keyword {other} is not checked"),
        };
        if !is_right {
            faults.push(format!("{path}: {keyword} {said} does not hold for {value}"));
        }
    }
}

fn is_of(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        other => panic!("the type {other} is not checked"),
    }
}
