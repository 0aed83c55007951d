//! Groups of sorted lines, in constant memory: a reducer pulls the rows of a group one by one.

use std::cmp::Ordering;

use anyhow::Result;

use super::lines::LineSource;
use super::record::{Record, prefix};

/// Cuts sorted lines into groups of equal first fields.
pub struct Groups<'s> {
    source: &'s mut dyn LineSource,
    group_fields: usize,
    key: Vec<u8>,
    current: Vec<u8>,
    state: State,
    out_of_order: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing read yet.
    Start,
    /// `current` is the first line of a group that has not been handed out.
    Pending,
    /// The group has been handed out, but `current`, its first line, has not.
    Open,
    /// `current` is a line of the group that has been handed out.
    Inside,
    End,
}

/// The rows of one group, in the order of the sort key. Rows that the reducer leaves are skipped.
pub struct Group<'g, 's> {
    groups: &'g mut Groups<'s>,
}

impl<'s> Groups<'s> {
    /// Groups the lines of `source`, sorted by bytes, by their first `group_fields` fields.
    pub fn new(source: &'s mut dyn LineSource, group_fields: usize) -> Self {
        Self { source, group_fields, key: Vec::new(), current: Vec::new(), state: State::Start, out_of_order: 0 }
    }

    /// The next group, or none at the end.
    pub fn next_group(&mut self) -> Result<Option<Group<'_, 's>>> {
        if self.state == State::Start {
            self.advance()?;
        }
        while matches!(self.state, State::Open | State::Inside) {
            self.advance()?;
        }
        if self.state == State::End {
            return Ok(None);
        }
        self.key.clear();
        self.key.extend_from_slice(prefix(&self.current, self.group_fields));
        self.state = State::Open;
        Ok(Some(Group { groups: self }))
    }

    /// Reads a line into `current` and says where that leads.
    fn advance(&mut self) -> Result<()> {
        let Some(line) = self.source.next_line()? else {
            self.state = State::End;
            return Ok(());
        };
        self.current.clear();
        self.current.extend_from_slice(line);
        let order = if self.state == State::Start { Ordering::Greater } else { prefix(line, self.group_fields).cmp(&self.key) };
        self.out_of_order += u64::from(order == Ordering::Less);
        self.state = if order == Ordering::Equal { State::Inside } else { State::Pending };
        Ok(())
    }

    /// How many groups have come behind one that sorts after them: what belongs to one of them may have been handed out as several.
    pub const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

impl Group<'_, '_> {
    /// The group's key fields.
    pub fn key(&self) -> Record<'_> {
        Record::new(&self.groups.key)
    }

    /// The next row of the group, or none at its end.
    pub fn next_row(&mut self) -> Result<Option<Record<'_>>> {
        match self.groups.state {
            State::Open => self.groups.state = State::Inside,
            State::Inside => self.groups.advance()?,
            State::Start | State::Pending | State::End => return Ok(None),
        }
        Ok((self.groups.state == State::Inside).then(|| Record::new(&self.groups.current)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lines(Vec<&'static str>, &'static str);

    impl LineSource for Lines {
        fn next_line(&mut self) -> Result<Option<&[u8]>> {
            if self.0.is_empty() {
                return Ok(None);
            }
            self.1 = self.0.remove(0);
            Ok(Some(self.1.as_bytes()))
        }
    }

    fn grouped(lines: &[&'static str], fields: usize, take: usize) -> Vec<(String, Vec<String>)> {
        let mut source = Lines(lines.to_vec(), "");
        let mut groups = Groups::new(&mut source, fields);
        let mut found = Vec::new();
        while let Some(mut group) = groups.next_group().unwrap() {
            let key = String::from_utf8(group.key().line().to_vec()).unwrap();
            let mut rows = Vec::new();
            while rows.len() < take {
                let Some(row) = group.next_row().unwrap() else { break };
                rows.push(String::from_utf8(row.line().to_vec()).unwrap());
            }
            found.push((key, rows));
        }
        found
    }

    #[test]
    fn hands_out_every_row_of_every_group() {
        let lines = ["a\t1", "a\t2", "ab\t1", "b", "b\tx", "b\ty"];
        let all = grouped(&lines, 1, usize::MAX);
        assert_eq!(all.iter().map(|(key, rows)| (key.as_str(), rows.len())).collect::<Vec<_>>(), [("a", 2), ("ab", 1), ("b", 3)]);
        assert_eq!(all.into_iter().flat_map(|(_, rows)| rows).collect::<Vec<_>>(), lines);
        assert!(grouped(&[], 1, 1).is_empty());
    }

    #[test]
    fn groups_that_are_out_of_order_are_counted() {
        for (lines, expected) in [(vec!["a", "ab", "b"], 0), (vec!["b", "a", "b", "c"], 1), (vec!["c", "b", "b", "a"], 2)] {
            let mut source = Lines(lines.clone(), "");
            let mut groups = Groups::new(&mut source, 1);
            while groups.next_group().unwrap().is_some() {}
            assert_eq!(groups.out_of_order(), expected, "{lines:?}");
        }
    }

    #[test]
    fn skips_rows_that_the_reducer_leaves() {
        for take in [0, 1] {
            let found = grouped(&["a\t1", "a\t2", "b\t1", "b\t2", "c\t1"], 1, take);
            assert_eq!(found.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
            assert!(found.iter().all(|(_, rows)| rows.len() == take));
        }
    }
}
