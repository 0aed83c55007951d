//! What a video player reports (rules 06, 3).

use std::borrow::Cow;

use anyhow::{Result, bail};

use super::offset::offset;
use crate::streaming::record::text;
use crate::streaming::sortable::{float_of_sortable, sortable_float};
use crate::streaming::{Output, Record};
use crate::tracking::EventTime;
use crate::tracking::json::strict::plain_number;
use crate::tracking::json::{Kind, Value};
use crate::tracking::scalar_text::is_falsy;
use crate::tracking::white_space::strip_cow;

/// Playing begins.
pub(crate) const PLAY: &str = "play_video";
/// Playing pauses.
pub(crate) const PAUSE: &str = "pause_video";
/// The learner jumps.
pub(crate) const SEEK: &str = "seek_video";
/// The end of the video is reached.
pub(crate) const STOP: &str = "stop_video";

/// Codes that are no ids of `YouTube`.
const NOT_YOUTUBE: [&str; 4] = ["html5", "mobile", "hls", ""];

/// What counts of a payload.
pub(crate) struct Reported<'t> {
    /// The place where it happened; for a seek, its target.
    pub current: f64,
    /// Where a seek came from.
    pub old: Option<f64>,
    /// Only of play events.
    pub youtube_id: Option<Cow<'t, str>>,
    /// Text of the number, `-1` if unknown.
    pub duration: Cow<'t, str>,
}

impl<'t> Reported<'t> {
    /// Steps 9 to 11; none if a time that the type needs is missing or wrong.
    pub(crate) fn of(event_type: &str, payload: &Value<'t>) -> Option<Self> {
        let required = |name: &str| payload.get(name).and_then(|value| offset(&value));
        let (current, old) = match event_type {
            SEEK => (required("new_time")?, Some(required("old_time")?)),
            PAUSE if payload.get("currentTime").is_none() => (0.0, None),
            _ => (required("currentTime")?, None),
        };
        let code = payload.present("code").filter(|_| event_type == PLAY).and_then(|code| code.text());
        let youtube_id = code.filter(|code| !NOT_YOUTUBE.contains(&code.as_ref()));
        Some(Self { current, old, youtube_id, duration: duration(payload) })
    }
}

/// The duration as text: an integer as it is, a float so that it reads back exactly, `True` as the original has it (recorded so).
fn duration<'t>(payload: &Value<'t>) -> Cow<'t, str> {
    let unknown = Cow::Borrowed("-1");
    let Some(value) = payload.present("duration").filter(|value| !is_falsy(value)) else { return unknown };
    match value.kind() {
        Kind::True => Cow::Borrowed("True"),
        Kind::Number => match value.number().map(plain_number) {
            Some(raw) if raw.parse::<f64>().is_ok_and(f64::is_finite) && !raw.contains(['N', 'I']) => Cow::Borrowed(raw),
            _ => unknown,
        },
        _ => unknown,
    }
}

/// Length of a video in seconds.
pub(crate) fn seconds_of(duration: &str) -> Option<f64> {
    if duration == "True" { Some(1.0) } else { duration.parse().ok() }
}

/// One event of a learner's player.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlayerEvent {
    /// Padded time.
    pub timestamp: String,
    /// One of the four types.
    pub event_type: &'static str,
    /// See [`Reported`].
    pub current: f64,
    /// See [`Reported`].
    pub old: Option<f64>,
    /// See [`Reported`].
    pub youtube_id: Option<String>,
    /// See [`Reported`].
    pub duration: String,
    /// Offset of the time west of UTC, `-HH:MM`; else empty.
    pub offset: String,
}

impl PlayerEvent {
    /// The type, if it is one of the four.
    pub(crate) fn known_type(event_type: &str) -> Option<&'static str> {
        [PLAY, PAUSE, SEEK, STOP].into_iter().find(|known| *known == event_type)
    }

    /// Writes a record. All of it is sort key, so that events of equal time come in the order of rules 06, 4.1: by type, then by their
    /// values, numbers by size and null before any.
    pub(crate) fn write(
        reported: &Reported<'_>,
        group: [&str; 3],
        time: &EventTime<'_>,
        event_type: &str,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let [user_id, course_id, module] = group;
        let record = output.record().text(user_id).text(course_id).text(module).text(&time.sortable()).text(event_type);
        let record = record.text(&sortable_float(reported.current)).text(&reported.old.map_or_else(String::new, sortable_float));
        let length = seconds_of(&reported.duration).unwrap_or(-1.0);
        let record = record.text(reported.youtube_id.as_deref().unwrap_or_default()).text(&sortable_float(length));
        record.text(&reported.duration).text(&time.offset()).text("").end()
    }

    /// Reads a record.
    pub(crate) fn read(record: &Record<'_>) -> Result<Self> {
        let [_, _, _, timestamp, event_type, current, old, youtube_id, _, duration, offset, _] = record.exactly()?;
        let owned = |field| text(field).map(Cow::into_owned);
        let not_empty = |field| owned(field).map(|text| Some(text).filter(|text| !text.is_empty()));
        let Some(event_type) = Self::known_type(&text(event_type)?) else { bail!("A record has an unknown event type.") };
        Ok(Self {
            timestamp: owned(timestamp)?,
            event_type,
            current: float_of_sortable(&text(current)?)?,
            old: not_empty(old)?.map(|old| float_of_sortable(&old)).transpose()?,
            youtube_id: not_empty(youtube_id)?,
            duration: owned(duration)?,
            offset: owned(offset)?,
        })
    }
}

/// The module that a payload names, without surrounding white space.
pub(crate) fn module_of(payload: &Value<'_>) -> Option<String> {
    let module = strip_cow(payload.present("id")?.text()?);
    (!module.is_empty()).then(|| module.into_owned())
}
