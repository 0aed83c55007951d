//! Counters of a task: kept in memory, reported the way Hadoop Streaming reads them from standard error.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Counter values by group and name (spec 01, 8.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    values: BTreeMap<(&'static str, &'static str), u64>,
}

impl Counters {
    /// Adds `increment` to a counter.
    pub fn add(&mut self, group: &'static str, name: &'static str, increment: u64) {
        *self.values.entry((group, name)).or_default() += increment;
    }

    /// The value of a counter, 0 if it was never counted.
    pub fn get(&self, group: &str, name: &str) -> u64 {
        self.values.iter().find(|(key, _)| **key == (group, name)).map_or(0, |(_, value)| *value)
    }

    /// All counters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        self.values.iter().map(|(&(group, name), &value)| (group, name, value))
    }

    /// Adds the counters of another task.
    pub fn merge(&mut self, other: &Self) {
        for (group, name, value) in other.iter() {
            self.add(group, name, value);
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
