//! Counters of a side of a job: kept in memory, reported the way Hadoop Streaming reads them from standard error.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Counter values by group and name (rules 01, 8.4).
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Those that a cluster told of, by names that the code does not know.
    named: BTreeMap<(String, String), u64>,
    /// Those whose names are: a few, counted once a line, and found faster by where their names lie than by what they read. The same
    /// counter may stand here more than once.
    counted: Vec<(&'static str, &'static str, u64)>,
}

impl PartialEq for Counters {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Counters {}

impl Counters {
    /// Adds `increment` to a counter.
    pub fn add(&mut self, group: &'static str, name: &'static str, increment: u64) {
        let is_this = |known: &&mut (&'static str, &'static str, u64)| std::ptr::eq(known.0, group) && std::ptr::eq(known.1, name);
        match self.counted.iter_mut().find(is_this) {
            Some((_, _, value)) => *value += increment,
            None => self.counted.push((group, name, increment)),
        }
    }

    /// Adds to a counter whose name the code does not know.
    pub fn add_named(&mut self, group: &str, name: &str, increment: u64) {
        *self.named.entry((group.to_owned(), name.to_owned())).or_default() += increment;
    }

    /// The value of a counter, 0 if it was never counted.
    pub fn get(&self, group: &str, name: &str) -> u64 {
        self.iter().find(|&(in_group, named, _)| in_group == group && named == name).map_or(0, |(_, _, value)| value)
    }

    /// All counters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        let named = self.named.iter().map(|((group, name), &value)| (group.as_str(), name.as_str(), value));
        let mut sums = BTreeMap::<_, u64>::new();
        for (group, name, value) in named.chain(self.counted.iter().copied()) {
            *sums.entry((group, name)).or_default() += value;
        }
        sums.into_iter().map(|((group, name), value)| (group, name, value))
    }

    /// Adds the counters of another side.
    pub fn merge(&mut self, other: &Self) {
        for (names, value) in &other.named {
            *self.named.entry(names.clone()).or_default() += value;
        }
        other.counted.iter().for_each(|&(group, name, value)| self.add(group, name, value));
    }

    /// Writes `reporter:counter:GROUP,NAME,N` lines and starts again at zero.
    pub fn report(&mut self, to: &mut impl Write) -> io::Result<()> {
        for (group, name, value) in std::mem::take(self).iter() {
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
        counters.add_named("Event", "Discard Missing Time Field", 2);
        assert_eq!(counters.get("Event", "Discard Missing Time Field"), 3);
        let mut out = Vec::new();
        counters.report(&mut out).unwrap();
        counters.report(&mut out).unwrap();
        assert_eq!(out, b"reporter:counter:Event,Discard Missing Time Field,3\n");
    }
}
