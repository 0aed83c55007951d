//! Members of an object that are asked for one after the other.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::tracking::json::Value;

/// So many members are searched faster than they are hashed.
const FEW: usize = 16;

/// An object whose members are looked up by name. Asking [`Value::get`] for each of many would take quadratic time.
pub(super) enum Lookup<'t> {
    /// Few names are asked for: the object is searched for each.
    Searched(Option<Value<'t>>),
    /// Values by name, the last one of a name that stands there more than once.
    Hashed(HashMap<Cow<'t, str>, Value<'t>>),
}

impl<'t> Lookup<'t> {
    /// Members of what may be an object, for so many questions.
    pub(super) fn of(object: Option<Value<'t>>, questions: usize) -> Self {
        match object {
            Some(object) if questions > FEW => {
                let members = object.members().map(|(name, value)| (name.text().unwrap_or_default(), value));
                Self::Hashed(members.collect())
            }
            object => Self::Searched(object),
        }
    }

    /// What [`Value::get`] gives.
    pub(super) fn get(&self, name: &str) -> Option<Value<'t>> {
        match self {
            Self::Searched(object) => object.as_ref()?.get(name),
            Self::Hashed(members) => members.get(name).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_find_what_a_value_has(
            members in prop::collection::vec((r"([ab]|\\u006[12]|\\\\|é|\\ud83d){0,3}", 0..9), 0..40),
            asked in prop::collection::vec("[abé\\\\\u{fffd}]{0,3}", 0..20),
            shape in 0..12,
        ) {
            let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let text = match shape {
                0 => "[1]".to_owned(),
                1 => "null".to_owned(),
                _ => format!("{{{}}}", members.join(",")),
            };
            let mut tape = Tape::default();
            let object = tape.parse(&text).unwrap();
            let (few, many) = (Lookup::of(Some(object), FEW), Lookup::of(Some(object), FEW + 1));
            prop_assert!(matches!(few, Lookup::Searched(_)) && matches!(many, Lookup::Hashed(_)));
            let own = object.members().filter_map(|(name, _)| name.text()).map(Cow::into_owned);
            for name in own.chain(asked) {
                let expected = object.get(&name).map(|value| value.raw());
                prop_assert_eq!(few.get(&name).map(|value| value.raw()), expected);
                prop_assert_eq!(many.get(&name).map(|value| value.raw()), expected);
            }
            prop_assert!(Lookup::of(None, 0).get("a").is_none() && Lookup::of(None, FEW + 1).get("a").is_none());
        }
    }
}
