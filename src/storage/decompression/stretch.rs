//! A stretch of a compressed file, to be inflated by whichever thread comes first.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The most text that is made of a stretch, in bytes: what `pzstd` puts into a frame. Whatever gives more is inflated as it is read. As all
/// bounds of stretches it is less in tests, so that small files have all sorts of them.
pub(super) const LONGEST_TEXT: usize = if cfg!(test) { 150_000 } else { 8 * 1024 * 1024 };

/// Room for text grows from so many bytes.
const FIRST_ROOM: usize = if cfg!(test) { 100 } else { 512 * 1024 };

/// Threads that inflate stretches of a file beside the one that reads it.
pub trait Inflaters: Sync {
    /// How many there are for each file that is being read, its reader among them.
    fn threads(&self) -> usize;

    /// Whether one of them would begin with a stretch at once.
    fn wants_stretch(&self) -> bool;

    /// Hands them a stretch. One of them should call [`Stretch::inflate`], sooner or later; if none does, the reader does without.
    fn offer_stretch(&self, stretch: Arc<Stretch>);
}

/// A stretch of a compressed file that can be inflated without what lies before it.
pub struct Stretch {
    state: Mutex<State>,
    inflated: Condvar,
}

type Work = Box<dyn FnOnce() -> Option<Text> + Send>;

enum State {
    Waiting(Work),
    /// A thread is inflating it, or its text has been fetched, or nobody needs it any more.
    Taken,
    /// There is no text of what is damaged, too large, or does not end where it should.
    Inflated(Option<Text>),
}

/// Inflated bytes, at the beginning of a room that is used again.
#[derive(Default)]
pub(super) struct Text {
    pub(super) room: Vec<u8>,
    pub(super) length: usize,
}

/// Why there is no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unfit {
    /// It would be more than [`LONGEST_TEXT`].
    TooLong,
    /// It is damaged, or does not end where it should.
    Unsound,
}

impl Text {
    /// All that an input gives.
    pub(super) fn of(input: &mut impl Read, mut room: Vec<u8>) -> Result<Self, Unfit> {
        let mut length = 0;
        loop {
            if length > LONGEST_TEXT {
                return Err(Unfit::TooLong);
            }
            if length == room.len() {
                room.resize((length + length / 2).clamp(FIRST_ROOM, LONGEST_TEXT + 1), 0);
            }
            match input.read(room.get_mut(length..).unwrap_or_default()) {
                Ok(0) => return Ok(Self { room, length }),
                Ok(read) => length += read,
                Err(_) => return Err(Unfit::Unsound),
            }
        }
    }
}

/// So many rooms are kept.
const ROOMS: usize = 8;

/// Rooms for text that stretches of one file use again and again.
#[derive(Clone, Default)]
pub(super) struct Rooms(Arc<Mutex<Vec<Vec<u8>>>>);

impl Rooms {
    pub(super) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(super) fn put(&self, room: Vec<u8>) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() < ROOMS {
            rooms.push(room);
        }
    }
}

impl Stretch {
    pub(super) fn new(work: impl FnOnce() -> Option<Text> + Send + 'static) -> Self {
        Self { state: Mutex::new(State::Waiting(Box::new(work))), inflated: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self) -> Option<Work> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Waiting(work) => Some(work),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Inflates it and tells its reader, unless another thread has begun with it, or nobody needs it any more.
    pub fn inflate(&self) {
        if let Some(work) = self.claim() {
            let mut claimed = Claimed { stretch: self, text: None };
            claimed.text = work();
        }
    }

    /// Takes it back; false if a thread has begun with it.
    pub(super) fn withdraw(&self) -> bool {
        self.claim().is_some()
    }

    /// Whether no thread has begun with it.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(*self.state(), State::Waiting(_))
    }

    /// How much text it has given, as long as that was not fetched.
    pub(super) fn text_length(&self) -> Option<usize> {
        match &*self.state() {
            State::Inflated(text) => Some(text.as_ref().map_or(0, |text| text.length)),
            State::Waiting(_) | State::Taken => None,
        }
    }

    /// Fetches the text, once it is there: only for stretches that a thread has begun with.
    pub(super) fn text(&self) -> Option<Text> {
        let mut state = self.state();
        loop {
            match &mut *state {
                State::Inflated(text) => return text.take(),
                State::Waiting(_) | State::Taken => state = self.inflated.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Tells the reader, also where a thread that panics does not end the program.
struct Claimed<'s> {
    stretch: &'s Stretch,
    text: Option<Text>,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        *self.stretch.state() = State::Inflated(self.text.take());
        self.stretch.inflated.notify_all();
    }
}
