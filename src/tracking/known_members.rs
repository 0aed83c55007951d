//! The members of an object that are asked for by name again and again, found in one look over it.

use super::json::Value;

/// How many names are known.
const NAMES: usize = 13;

/// An object; its members of well-known names have places.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownMembers<'t> {
    object: Value<'t>,
    /// Where on the tape the value of each known name lies; 0, where the whole text has its value, for names that are missing or null.
    places: [u32; NAMES],
}

/// The place of a well-known name: fields of events, of their contexts, and of what collectors wrap lines in.
#[inline]
fn place(name: &[u8]) -> Option<usize> {
    Some(match name {
        b"time" => 0,
        b"event_type" => 1,
        b"event_source" => 2,
        b"event" => 3,
        b"context" => 4,
        b"username" => 5,
        b"page" => 6,
        b"ip" => 7,
        b"message" => 8,
        b"log" => 9,
        b"MESSAGE" => 10,
        b"user_id" => 11,
        b"course_id" => 12,
        _ => return None,
    })
}

impl<'t> KnownMembers<'t> {
    /// Looks over an object. Of repeated names the last counts.
    pub(super) fn of(object: Value<'t>) -> Self {
        let mut places = [0; NAMES];
        for (name, value) in object.members() {
            let place = if name.is_escaped() { name.text().and_then(|name| place(name.as_bytes())) } else { place(name.raw_bytes()) };
            if let Some(found) = place.and_then(|place| places.get_mut(place)) {
                *found = if value.is_null() { 0 } else { value.place() };
            }
        }
        Self { object, places }
    }

    /// The object.
    pub(super) const fn object(&self) -> Value<'t> {
        self.object
    }

    /// The member of that name; null counts as missing.
    #[inline]
    pub(super) fn present(&self, name: &str) -> Option<Value<'t>> {
        let Some(place) = place(name.as_bytes()) else { return self.object.present(name) };
        self.places.get(place).filter(|found| **found > 0).map(|found| self.object.beside(*found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn members_are_those_that_a_search_finds(
            members in prop::collection::vec(
                ("(time|event_type|event|context|ip|log|MESSAGE|user_id|course_id|t\\\\u0069me|ev|other|)", "(null|1|\"a\"|\\{\"time\":2\\}|\\[null\\]|\\{\\})"),
                0..8,
            ),
        ) {
            let text: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let text = format!("{{{}}}", text.join(","));
            let mut tape = Tape::default();
            let object = tape.parse(&text).unwrap();
            let known = KnownMembers::of(object);
            for name in ["time", "event_type", "event", "context", "ip", "log", "MESSAGE", "user_id", "course_id", "username", "ev", "other", ""] {
                prop_assert_eq!(known.present(name).map(|value| value.raw()), object.present(name).map(|value| value.raw()), "{}", name);
            }
        }
    }
}
