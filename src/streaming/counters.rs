//! Counters of a task: kept in memory, reported the way Hadoop Streaming reads them from standard error.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Written in the code, or read from what a cluster tells.
type Name = Cow<'static, str>;

/// Counter values by group and name (rules 01, 8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    values: BTreeMap<(Name, Name), u64>,
}

impl Counters {
    /// Adds `increment` to a counter.
    pub fn add(&mut self, group: &'static str, name: &'static str, increment: u64) {
        *self.values.entry((Cow::Borrowed(group), Cow::Borrowed(name))).or_default() += increment;
    }

    /// Adds to a counter whose name the code does not know.
    pub fn add_named(&mut self, group: &str, name: &str, increment: u64) {
        *self.values.entry((Cow::Owned(group.to_owned()), Cow::Owned(name.to_owned()))).or_default() += increment;
    }

    /// The value of a counter, 0 if it was never counted.
    pub fn get(&self, group: &str, name: &str) -> u64 {
        self.values.iter().find(|((in_group, named), _)| in_group == group && named == name).map_or(0, |(_, value)| *value)
    }

    /// All counters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.values.iter().map(|((group, name), &value)| (group.as_ref(), name.as_ref(), value))
    }

    /// Adds the counters of another task.
    pub fn merge(&mut self, other: &Self) {
        for (names, value) in &other.values {
            *self.values.entry(names.clone()).or_default() += value;
        }
    }

    /// Writes `reporter:counter:GROUP,NAME,N` lines and starts again at zero.
    pub fn report(&mut self, to: &mut impl Write) -> io::Result<()> {
        for ((group, name), value) in std::mem::take(&mut self.values) {
            writeln!(to, "reporter:counter:{group},{name},{value}")?;
        }
        to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_once() {
        let mut counters = Counters::default();
        counters.add("Event", "Discard Missing Time Field", 1);
        counters.add("Event", "Discard Missing Time Field", 2);
        assert_eq!(counters.get("Event", "Discard Missing Time Field"), 3);
        let mut out = Vec::new();
        counters.report(&mut out).unwrap();
        counters.report(&mut out).unwrap();
        assert_eq!(out, b"reporter:counter:Event,Discard Missing Time Field,3\n");
    }
}
