//! Members that are asked for by name again and again: where they lie is noted while a text is parsed.

use super::Value;

/// How many bytes of a name are compared at once; no known name is longer.
const LONGEST: usize = 16;
/// The known names are spread over so many places.
const PLACES: usize = 16;
/// Takes the first eight bytes of each known name to a place of its own, found by trying.
const SPREAD: u64 = 0x8f33_2483_bfe4_440f;

/// Fields of events, of their contexts, and of what collectors wrap lines in.
const NAMES: [&str; 13] = [
    "time",
    "event_type",
    "event_source",
    "event",
    "context",
    "username",
    "page",
    "ip",
    "message",
    "log",
    "MESSAGE",
    "user_id",
    "course_id",
];

/// What is left of sixteen bytes of which so many count.
const MASKS: [u128; LONGEST + 1] = masks();

const fn masks() -> [u128; LONGEST + 1] {
    let (mut masks, mut length) = ([0; LONGEST + 1], 1);
    while length <= LONGEST {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
}

const CONTEXT: Name = match Name::of(b"context") {
    Some(name) => name,
    None => panic!("It is one of the names."),
};

/// Each name in its place; 0 where there is none, which no name reads as.
const BY_PLACE: [u128; PLACES] = by_place();

/// Where all other names are noted, so that nothing has to be decided for a name.
const UNKNOWN: usize = PLACES;

/// Where on a tape the values of an object's known members lie, of repeated names the last one. 0, where the whole text has its value, for
/// members that are missing.
type Places = [u32; PLACES + 1];

/// The known members of an event, and of its context.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::tracking) struct KnownMembers([Places; 2]);

impl KnownMembers {
    /// Which object's known members those are that are inside these containers; none if they are not sought.
    #[inline]
    pub(super) fn whose(&self, around: &[u32]) -> Option<usize> {
        match around {
            [_] => Some(0),
            [_, inner] if place(&self.0[0], CONTEXT) == *inner => Some(1),
            _ => None,
        }
    }

    /// As [`Self::whose`], where the innermost container begins.
    pub(super) fn begin(&mut self, around: &[u32]) -> Option<usize> {
        let whose = self.whose(around);
        if whose == Some(1) {
            // There may have been another context before this one.
            self.0[1] = Places::default();
        }
        whose
    }

    /// Notes where the value of the member lies whose name `text` has from `start` to `end`.
    #[inline]
    pub(super) fn note(&mut self, whose: usize, text: &[u8], start: usize, end: usize, value: u32) {
        self.note_at(whose, Name::place_of_text(text, start, end), value);
    }

    /// As [`Self::note`], of a name that had escapes.
    pub(super) fn note_decoded(&mut self, whose: usize, name: &str, value: u32) {
        self.note_at(whose, Name::of(name.as_bytes()).map_or(UNKNOWN, |name| name.0), value);
    }

    #[inline]
    fn note_at(&mut self, whose: usize, place: usize, value: u32) {
        if let Some(place) = self.0.get_mut(whose).and_then(|places| places.get_mut(place)) {
            *place = value;
        }
    }

    /// Looks over an object that is not the whole text.
    pub(in crate::tracking) fn look_over<'t>(&'t mut self, object: Value<'t>) -> Members<'t> {
        *self = Self::default();
        let Self([event, context]) = self;
        if let Some(inner) = members_to(object, event) {
            members_to(inner, context);
        }
        self.of(object)
    }

    /// The members of the object whose they are.
    pub(in crate::tracking) const fn of<'t>(&'t self, object: Value<'t>) -> Members<'t> {
        Members { object, known: &self.0 }
    }
}

/// Notes the known members of an object; gives its context.
fn members_to<'t>(object: Value<'t>, places: &mut Places) -> Option<Value<'t>> {
    for (name, value) in object.members() {
        let known = if name.is_escaped() { Name::of(name.text()?.as_bytes()) } else { Name::of(name.raw_bytes()) };
        if let Some(known) = known {
            note(places, known, value.place());
        }
    }
    Some(place(places, CONTEXT)).filter(|place| *place > 0).map(|place| object.beside(place))
}

#[inline]
fn note(places: &mut Places, name: Name, value: u32) {
    places.get_mut(name.0).into_iter().for_each(|place| *place = value);
}

#[inline]
fn place(places: &Places, name: Name) -> u32 {
    places.get(name.0).copied().unwrap_or(0)
}

/// An object whose known members need not be searched for.
#[derive(Clone, Copy, Debug)]
pub(in crate::tracking) struct Members<'t> {
    object: Value<'t>,
    /// Where its own lie, and those of its context.
    known: &'t [Places],
}

impl<'t> Members<'t> {
    /// The object.
    pub(in crate::tracking) const fn object(&self) -> Value<'t> {
        self.object
    }

    /// The member of that name; null counts as missing.
    #[inline]
    pub(in crate::tracking) fn present(&self, name: &str) -> Option<Value<'t>> {
        let Some(name) = Name::of(name.as_bytes()) else { return self.object.present(name) };
        let place = self.known.first().map(|known| place(known, name)).filter(|place| *place > 0)?;
        Some(self.object.beside(place)).filter(|value| !value.is_null())
    }

    /// The object in `context`.
    pub(in crate::tracking) fn context(&self) -> Option<Self> {
        let object = self.present("context").filter(Value::is_object)?;
        Some(Self { object, known: self.known.get(1..).unwrap_or_default() })
    }
}

/// A known name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name(usize);

impl Name {
    /// Where the name is noted that `text` has from `start` to `end`.
    #[inline]
    fn place_of_text(text: &[u8], start: usize, end: usize) -> usize {
        let Some(mask) = MASKS.get(end - start) else { return UNKNOWN };
        match text.get(start..).and_then(<[u8]>::first_chunk::<LONGEST>) {
            // The text goes on behind the name.
            Some(bytes) => {
                let number = u128::from_le_bytes(*bytes) & mask;
                let place = place_of(number);
                // A name without letters may come to a place that no known name has, where nobody looks.
                if BY_PLACE.get(place) == Some(&number) { place } else { UNKNOWN }
            }
            None => text.get(start..end).and_then(Self::of).map_or(UNKNOWN, |name| name.0),
        }
    }

    /// The known name that reads so.
    #[inline]
    const fn of(name: &[u8]) -> Option<Self> {
        // A NUL at the end, which can be spelled by an escape, would look as if there was nothing.
        if name.len() > LONGEST || matches!(name, [.., 0]) { None } else { Self::of_number(number(name)) }
    }

    #[inline]
    const fn of_number(number: u128) -> Option<Self> {
        let place = place_of(number);
        if BY_PLACE[place] == number && number > 0 { Some(Self(place)) } else { None }
    }
}

/// A name of at most sixteen bytes as a number.
const fn number(name: &[u8]) -> u128 {
    let (mut number, mut rest) = (0, name);
    while let [before @ .., last] = rest {
        number = number << 8 | *last as u128;
        rest = before;
    }
    number
}

#[allow(clippy::cast_possible_truncation)] // the first eight bytes are meant
const fn place_of(number: u128) -> usize {
    ((number as u64).wrapping_mul(SPREAD) >> 60) as usize
}

const fn by_place() -> [u128; PLACES] {
    let (mut by_place, mut at) = ([0; PLACES], 0);
    while at < NAMES.len() {
        let number = number(NAMES[at].as_bytes());
        assert!(by_place[place_of(number)] == 0 && NAMES[at].len() <= LONGEST);
        by_place[place_of(number)] = number;
        at += 1;
    }
    by_place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;
    use proptest::prelude::*;

    const SOME_NAMES: [&str; 15] = [
        "time",
        "event_type",
        "event",
        "context",
        r"c\u006fntext",
        r"context\u0000",
        "ip",
        "log",
        "MESSAGE",
        "user_id",
        "course_id",
        r"t\u0069me",
        r"time\u0000",
        "ev",
        "",
    ];
    const SOME_VALUES: [&str; 8] = [
        "null",
        "1",
        r#""a""#,
        r#"{"time":2}"#,
        "[null]",
        "{}",
        r#"[{"context":{"ip":8}}]"#,
        r#"{"user_id":3,"course_id":null,"context":{"time":4,"log":5},"i\u0070":6,"user_id":7}"#,
    ];

    proptest! {
        #[test]
        fn members_are_those_that_a_search_finds(
            members in prop::collection::vec((prop::sample::select(&SOME_NAMES[..]), prop::sample::select(&SOME_VALUES[..])), 0..8),
        ) {
            let text: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let text = format!("{{{}}}", text.join(","));
            let mut tape = Tape::default();
            tape.read(&text).unwrap();
            let (known, object, mut looked_over) = (tape.members(&text), tape.root(&text), KnownMembers::default());
            for name in ["time", "event_type", "event", "context", "ip", "log", "MESSAGE", "user_id", "course_id", "username", "ev", "other", ""] {
                let expected = object.present(name).map(|value| value.raw());
                prop_assert_eq!(known.present(name).map(|value| value.raw()), expected, "{}", name);
                prop_assert_eq!(looked_over.look_over(object).present(name).map(|value| value.raw()), expected, "{}", name);
                let expected = object.present("context").filter(Value::is_object).map(|context| context.present(name).map(|value| value.raw()));
                let of = |members: Members<'_>| members.context().map(|context| context.present(name).map(|value| value.raw().to_owned()));
                let expected = expected.map(|value| value.map(str::to_owned));
                prop_assert_eq!(of(known), expected.clone(), "{} of the context", name);
                prop_assert_eq!(of(looked_over.look_over(object)), expected, "{} of the context, looked over", name);
            }
        }
    }
}
