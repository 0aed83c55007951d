//! The stretches of a file that were cut off ahead of its reader, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::stretch::{Inflaters, LONGEST_TEXT, Rooms, Stretch, Text};

/// Compressed bytes of a stretch are taken for so many times as much text, until that is there.
const USUAL_RATIO: usize = 16;

/// With more text than so much for each thread, in bytes, nothing is cut off as long as there is a stretch for each thread but the reader.
const TEXT_OF_THREAD: usize = LONGEST_TEXT / 4;

/// After failures, at most so many stretches' beginnings are passed without cutting more.
const LONGEST_PAUSE: u32 = 64;

pub(super) struct Ahead<'a> {
    inflaters: &'a dyn Inflaters,
    queue: VecDeque<Queued>,
    rooms: Rooms,
    /// How many stretches in turn have given nothing of use.
    failures: u32,
    /// How many more places are passed before others may try again.
    pause: u32,
}

/// Where a stretch begins: bits or bytes of the file, and the level of the bzip2 stream that it was taken to lie in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: u64,
    pub(super) level: u8,
}

struct Queued {
    from: Place,
    to: u64,
    stored: usize,
    stretch: Arc<Stretch>,
}

impl Queued {
    /// Text that it holds, or is likely to.
    fn weight(&self) -> usize {
        self.stretch.text_length().unwrap_or(LONGEST_TEXT.min(self.stored * USUAL_RATIO))
    }
}

impl<'a> Ahead<'a> {
    pub(super) fn new(inflaters: &'a dyn Inflaters) -> Self {
        Self { inflaters, queue: VecDeque::new(), rooms: Rooms::default(), failures: 0, pause: 0 }
    }

    /// Whether another stretch should be cut off: others have time, and what is there already is not too much. Where inflating is most of
    /// the work it is so `in_stock`, too: who is busy with lines at the moment is done with them long before the reader's next look.
    pub(super) fn wants_more(&self, in_stock: bool) -> bool {
        let threads = self.inflaters.threads();
        let is_wanted = self.inflaters.wants_stretch() || (in_stock && threads > 1);
        if !is_wanted || self.pause > 0 {
            return false;
        }
        let text = self.queue.iter().map(Queued::weight).sum::<usize>();
        self.queue.len() + 1 < threads || self.queue.len() < 2 * threads && text < threads * TEXT_OF_THREAD
    }

    /// How many threads there are for the file, its reader among them.
    pub(super) fn threads(&self) -> usize {
        self.inflaters.threads()
    }

    /// Where the last stretch ends.
    pub(super) fn end(&self) -> Option<u64> {
        self.queue.back().map(|queued| queued.to)
    }

    /// Room for text.
    pub(super) fn room(&self) -> Vec<u8> {
        self.rooms.take()
    }

    /// Takes the room of a text back.
    pub(super) fn emptied(&self, text: Text) {
        self.rooms.put(text.room);
    }

    /// Offers a stretch of so many stored bytes to the others; how it is inflated into some room.
    pub(super) fn push(&mut self, from: Place, to: u64, stored: usize, work: impl FnOnce(Vec<u8>) -> Option<Text> + Send + 'static) {
        let rooms = self.rooms.clone();
        let stretch = Arc::new(Stretch::new(move || work(rooms.take())));
        self.inflaters.offer_stretch(Arc::clone(&stretch));
        self.queue.push_back(Queued { from, to, stored, stretch });
    }

    /// The text of the stretch that begins here, and where it ends. Nothing if no other thread has begun with it, or it was of no use:
    /// then the reader inflates what lies here itself.
    pub(super) fn take(&mut self, here: Place) -> Option<(Text, u64)> {
        self.pause = self.pause.saturating_sub(1);
        while let Some(stale) = self.queue.pop_front_if(|queued| queued.from.at < here.at) {
            stale.stretch.withdraw();
        }
        let queued = self.queue.pop_front_if(|queued| queued.from == here)?;
        if queued.stretch.withdraw() {
            return None;
        }
        while queued.stretch.text_length().is_none() {
            // Better than to wait for another one.
            let Some(other) = self.queue.iter().find(|queued| queued.stretch.is_waiting()) else { break };
            other.stretch.inflate();
        }
        let text = queued.stretch.text();
        self.failures = if text.is_some() { 0 } else { self.failures + 1 };
        if text.is_none() {
            self.pause = LONGEST_PAUSE.min(1_u32.checked_shl(self.failures).unwrap_or(LONGEST_PAUSE));
        }
        text.map(|text| (text, queued.to))
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.queue.iter().for_each(|queued| _ = queued.stretch.withdraw());
    }
}
