//! Job `viewing`: stretches of uninterrupted playing (rules 06, 3 and 4).
//!
//! Record: `user_id, course_id, module | padded time, event_type`, then the values, which are sort key too: events of equal time come in
//! the order of rules 06, 4.1, however many they are. The reducer keeps one open viewing and one ending event.

use anyhow::Result;

use super::player_event::{PAUSE, PLAY, PlayerEvent, Reported, SEEK, STOP, module_of, seconds_of};
use super::youtube::is_id;
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::{EventFilter, EventMapper, Group, Job, JobArguments, Keys, Output, Reducer, TypeFinder};
use crate::tracking::course_key::LONGEST_ID;
use crate::tracking::json::{Kind, Value};
use crate::tracking::scalar_text::{is_falsy, scalar_integer};
use crate::tracking::{CourseKeyRules, Event, EventTime, PayloadParser};
use crate::warehouse::columns::is_writable;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_events(super::NAME, "viewing", "Stretches of uninterrupted playing", mapper).reduced(Keys::of(11, 3), reducer);

const GROUP: &str = "Video Events";
const SHORTEST_VIEWING: f64 = 0.25;

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Days whose events count
        #[arg(long)]
        pub interval: DateInterval,
        /// Which course ids count.
        #[command(flatten)]
        pub rules: CourseKeyRules,
        /// Write the `YouTube` id of a video of unknown length as ninth column, so that its duration can be looked up
        #[arg(long)]
        pub youtube_ids: bool,
    }
}

fn mapper(Options { interval, rules, .. }: Options, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    // The rule itself asks for the text in the raw line (rules 06, 3, step 1).
    let filter = EventFilter::new(TypeFinder::of_text("_video"), |event_type| PlayerEvent::known_type(event_type).is_some());
    Ok(Box::new(PlayerEvents { interval, rules, payload: PayloadParser::default(), filter }))
}

fn reducer(Options { youtube_ids, .. }: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    Ok(Box::new(Viewings { youtube_ids }))
}

struct PlayerEvents {
    interval: DateInterval,
    rules: CourseKeyRules,
    payload: PayloadParser,
    filter: EventFilter,
}

impl EventMapper for PlayerEvents {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn filter(&self) -> Option<&EventFilter> {
        Some(&self.filter)
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let Some(event_type) = event.text("event_type") else {
            output.count(GROUP, "Discard Missing Event Type");
            return Ok(());
        };
        let Some(event_type) = PlayerEvent::known_type(&event_type) else { return Ok(()) };
        let user_id = event.user_id().filter(|user_id| !is_falsy(user_id));
        let mut discard = |reason| {
            output.count(GROUP, reason);
            Ok(())
        };
        let Some(user_id) = user_id else { return discard("Discard Missing User ID") };
        let Some(user_id) = learner_text(&user_id) else { return discard("Discard Malformed User ID") };
        let Some(course_id) = event.course_id_or_that_of_url(&self.rules) else { return discard("Discard Missing Course ID") };
        let Some(payload) = event.data(&mut self.payload) else { return discard("Discard Missing Event Data") };
        let Some(module) = module_of(&payload) else { return discard("Discard Missing Video ID") };
        if !is_writable(&module) || !is_writable(&course_id) {
            return discard("Discard Unwritable ID");
        }
        // The tables have a column for both together (rules 06, 6.2).
        if is_too_long_together(&course_id, &module) {
            return discard("Discard Video ID Too Long");
        }
        let Some(reported) = Reported::of(event_type, &payload) else { return discard("Discard Malformed Place") };
        PlayerEvent::write(&reported, [&user_id, &course_id, &module], time, event_type, output)
    }
}

/// A learner's id as it is written: the integer of the scalar, but `true` stays what it is (rules 06, 3).
fn learner_text(user_id: &Value<'_>) -> Option<String> {
    match user_id.kind() {
        Kind::True => Some("True".to_owned()),
        _ => scalar_integer(user_id).map(|number| number.to_string()),
    }
}

/// Whether the id of a video, `course_id|module`, is too long.
fn is_too_long_together(course_id: &str, module: &str) -> bool {
    let length = |count: fn(&str) -> usize| count(course_id) + 1 + count(module);
    // Characters are no more than bytes.
    length(str::len) > LONGEST_ID && length(|text| text.chars().count()) > LONGEST_ID
}

struct Viewings {
    youtube_ids: bool,
}

impl Reducer for Viewings {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let [user_id, course_id, module] = group.key().exactly()?.map(crate::streaming::record::text);
        let (user_id, course_id, module) = (user_id?.into_owned(), course_id?.into_owned(), module?.into_owned());
        let key = [user_id.as_str(), &course_id, &module];
        let mut player = Player { key, open: None, last_end: None, youtube_ids: self.youtube_ids };
        while let Some(record) = group.next_row()? {
            player.take(PlayerEvent::read(&record)?, output)?;
        }
        Ok(())
    }
}

/// A viewing that has begun.
struct Open {
    timestamp: String,
    start: f64,
    duration: String,
    youtube_id: Option<String>,
}

/// State of one learner and video (rules 06, 4.2).
struct Player<'k> {
    key: [&'k str; 3],
    open: Option<Open>,
    /// The event that ended the last viewing.
    last_end: Option<PlayerEvent>,
    youtube_ids: bool,
}

/// The start of a viewing: without a fraction of zero, with the offset that the event had (rules 06, 4.4).
fn start_text(play: &PlayerEvent) -> String {
    format!("{}{}", play.timestamp.strip_suffix(".000000").unwrap_or(&play.timestamp), play.offset)
}

impl Player<'_> {
    fn take(&mut self, event: PlayerEvent, output: &mut Output<'_>) -> Result<()> {
        match (event.event_type, self.open.is_some()) {
            (PLAY, _) => {
                // A player that seeks while playing reports the place before the jump; the seek's own target is right.
                let start = match self.last_end.take() {
                    Some(end) if end.event_type == SEEK => end.current,
                    _ => event.current,
                };
                self.open = Some(Open { timestamp: start_text(&event), start, duration: event.duration, youtube_id: event.youtube_id });
                Ok(())
            }
            (PAUSE | STOP | SEEK, true) => {
                let end = if event.event_type == SEEK { event.old.unwrap_or(event.current) } else { event.current };
                if let Some(open) = self.open.take() {
                    self.write(&open, end, event.event_type, output)?;
                }
                self.last_end = Some(event);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn write(&self, open: &Open, end: f64, event_type: &str, output: &mut Output<'_>) -> Result<()> {
        let length = seconds_of(&open.duration).unwrap_or(-1.0);
        #[allow(clippy::float_cmp)] // exactly -1 stands for unknown
        let is_known = length != -1.0;
        if (is_known && end > length + 1.0) || end < open.start || end - open.start < SHORTEST_VIEWING {
            return Ok(());
        }
        let [user_id, course_id, module] = self.key;
        let row = output.row().text(user_id).text(course_id).text(module);
        let is_float = open.duration != "True" && open.duration.contains(['.', 'e', 'E']);
        let row = if is_float { row.float(length) } else { row.text(&open.duration) };
        let row = row.text(&open.timestamp).float(open.start).float(end).text(event_type);
        match open.youtube_id.as_deref().filter(|id| self.youtube_ids && !is_known && is_id(id)) {
            Some(id) => row.text(id).end(),
            None => row.end(),
        }
    }
}

#[cfg(test)]
#[path = "viewing_tests.rs"]
mod tests;
