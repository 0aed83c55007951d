//! What the mappers of a scan look for: those that look for the same do it once.

use std::io::Read;

use crate::streaming::job::SharedMapper;
use crate::streaming::lines::LineReader;
use crate::streaming::log_mapper::count_skipped;
use crate::streaming::{Output, ParsedLine};

/// The map tasks of mappers that look for the same, as those of a job for several days do: what one of them need not see, none need.
pub(super) struct Watch {
    pub(super) tasks: Vec<Task>,
    pub(super) lookout: Lookout,
    /// Whether the current line is one that the mappers have to see.
    pub(super) matters: bool,
    /// Lines that they need not see, not counted yet.
    pub(super) passed: u64,
}

/// The map task of one job.
pub(super) struct Task {
    pub(super) job: usize,
    pub(super) mapper: SharedMapper,
}

/// Where the next line is that a mapper has to see, as far as it has looked: so no text is searched twice.
#[derive(Default)]
pub(super) struct Lookout {
    /// A place in that line, in the stream; the end of the stream or beyond if there is none in what was searched.
    next: u64,
    /// Up to here has been searched.
    searched: u64,
}

impl Lookout {
    /// Whether the line that was read last is such a line.
    pub(super) fn sees<R: Read>(&mut self, log: &LineReader<R>, find: impl Fn(&[u8]) -> Option<usize>) -> bool {
        let start = log.line_offset();
        if start >= self.searched {
            let lines = log.lines_at_hand();
            (self.next, self.searched) = match find(lines).map(|at| start + at as u64) {
                Some(place) => (place, place + 1),
                None => (u64::MAX, start + lines.len().max(1) as u64),
            };
        }
        self.next <= start + log.line().len() as u64
    }
}

impl SharedMapper {
    pub(super) fn first_that_matters(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Lines(mapper) => mapper.first_that_matters(text),
            Self::Logs(mapper) => mapper.filter().map_or(Some(0), |filter| filter.find(text)),
        }
    }

    /// Whether it has to see every line, parsed.
    pub(super) fn sees_all_events(&self) -> bool {
        matches!(self, Self::Logs(mapper) if mapper.filter().is_none())
    }

    /// Whether a line may matter that has been parsed because another mapper has to see all events.
    pub(super) fn wants(&self, line: &ParsedLine<'_>) -> bool {
        match self {
            Self::Lines(_) => true,
            Self::Logs(mapper) => mapper.filter().is_none_or(|filter| filter.passes(line)),
        }
    }

    /// Whether both look for the same.
    pub(super) fn looks_for_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Logs(one), Self::Logs(other)) => match (one.filter(), other.filter()) {
                (Some(one), Some(other)) => std::ptr::eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            },
            _ => false,
        }
    }

    pub(super) fn passed_over(&mut self, lines: u64, output: &mut Output<'_>) {
        match self {
            Self::Lines(mapper) => mapper.passed_over(lines, output),
            Self::Logs(_) => count_skipped(lines, output.counters),
        }
    }
}

impl Watch {
    pub(super) fn of(task: Task) -> Self {
        Self { tasks: vec![task], lookout: Lookout::default(), matters: false, passed: 0 }
    }

    /// One of the mappers.
    pub(super) fn mapper(&self) -> Option<&SharedMapper> {
        self.tasks.first().map(|task| &task.mapper)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use anyhow::Result;
    use proptest::prelude::*;

    use super::*;
    use crate::streaming::lines::LineSource;
    use crate::streaming::log_mapper::SeenLine;
    use crate::streaming::{EventFilter, EventTypes, LogMapper, Mapper, TypeFinder};

    static PLAYED: LazyLock<EventFilter> = LazyLock::new(played);
    static PLAYED_AS_WELL: LazyLock<EventFilter> = LazyLock::new(played);

    fn played() -> EventFilter {
        EventFilter::new(TypeFinder::however_written(&[EventTypes::beginning("play_video")]), |event_type| event_type == "play_video")
    }

    struct Looking(Option<&'static EventFilter>);

    impl LogMapper for Looking {
        fn filter(&self) -> Option<&EventFilter> {
            self.0
        }

        fn map_line(&mut self, _line: &SeenLine<'_>, _output: &mut Output<'_>) -> Result<()> {
            Ok(())
        }
    }

    struct OfLines;

    impl Mapper for OfLines {
        fn map(&mut self, _line: &[u8], _output: &mut Output<'_>) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_mappers_with_one_filter_are_known_to_look_for_the_same() {
        let looking = |filter| SharedMapper::Logs(Box::new(Looking(filter)));
        let mappers = || [looking(Some(&PLAYED)), looking(Some(&PLAYED_AS_WELL)), looking(None), SharedMapper::Lines(Box::new(OfLines))];
        for (number, one) in mappers().iter().enumerate() {
            for (other_number, other) in mappers().iter().enumerate() {
                let is_same = number == other_number && number < 3;
                assert_eq!(one.looks_for_the_same(other), is_same, "{number} {other_number}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_lookout_sees_the_lines_that_a_search_finds(
            text in prop::collection::vec(prop_oneof![2 => Just(b'\n'), 1 => Just(b'x'), 8 => Just(b'a')], 0..600),
            room in 1_usize..100,
            taken in prop::option::of(1_usize..200),
        ) {
            let find = |text: &[u8]| memchr::memchr(b'x', text);
            let (mut log, mut lookout) = (LineReader::records(text.as_slice(), room), Lookout::default());
            while log.next_line().unwrap().is_some() {
                prop_assert_eq!(lookout.sees(&log, find), find(log.line()).is_some());
                if let Some(bytes) = taken {
                    log.take_lines(bytes, &mut Vec::new()).unwrap();
                }
            }
        }
    }
}
