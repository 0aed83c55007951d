//! Watching videos: load, then plays that end in a pause, a seek, a stop, or nothing at all.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::activity::{Activity, Details, Visit, text_payload};
use super::courses::{Duration, Video};
use super::event::{Event, Payload};

const SECOND: i64 = 1_000_000;

/// A learner in front of one video.
struct Watching<'a> {
    visit: Visit<'a>,
    video: &'a Video,
    mobile: bool,
    events: Vec<Event<'a>>,
}

/// One video watched for a while.
pub(super) fn events<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Result<Vec<Event<'a>>> {
    let course = visit.course;
    let video = activity.random.choose_early(&course.videos);
    let mobile = activity.random.percent(20);
    let mut watching = Watching { visit, video, mobile, events: Vec::with_capacity(6) };
    let length = video.duration.map_or(600, Duration::whole_seconds);
    let decimals = activity.random.pick(&[0, 2, 6]);
    // Most begin at the beginning.
    let from_start = activity.random.percent(92);
    let mut position = if from_start { 0.0 } else { activity.random.decimal(0, (length * 7 / 10).max(1), decimals) };
    if activity.random.percent(25) {
        // As many digits as a browser gives.
        position += activity.random.fraction();
    }
    watching.add(activity, "load_video", Map::new())?;
    for _ in 0..activity.random.between(1, 3) {
        let start = if activity.random.percent(90) { json!(position) } else { json!(position.to_string()) };
        watching.add(activity, "play_video", fields([("currentTime", start)]))?;
        watching.visit.micros += activity.random.between(SECOND / 10, 200 * SECOND);
        #[allow(clippy::cast_precision_loss, reason = "videos are shorter than an hour")]
        let end = length as f64 + activity.random.pick(&[0.0, 0.0, 0.0, 0.5, 3.0]);
        let rest = (end - position).max(0.0);
        // Who does not stay to the end leaves early rather than late.
        let watched = match activity.random.below(10) {
            0 => 0.1,
            1 => 3.0,
            _ if activity.random.percent(video.holds) => rest,
            _ => activity.random.fraction() * activity.random.fraction() * rest,
        };
        position = (position + watched).min(end);
        match activity.random.below(10) {
            0..5 => watching.add(activity, "pause_video", fields([("currentTime", json!(position))]))?,
            5..7 => {
                // Many want to see the same place again.
                let replayed = activity.random.percent(60);
                let (from, to) = if replayed { (length * video.replayed / 100, length * video.replayed / 100 + 9) } else { (0, length) };
                let target = activity.random.decimal(from, to, 3);
                let kind = activity.random.pick(&["onSlideSeek", "onCaptionSeek"]);
                let seek = [("old_time", json!(position)), ("new_time", json!(target)), ("type", json!(kind))];
                watching.add(activity, "seek_video", fields(seek))?;
                if activity.random.percent(80) {
                    position = target;
                }
            }
            7..9 => {
                watching.add(activity, "stop_video", fields([("currentTime", json!(position))]))?;
                break;
            }
            _ => {}
        }
        watching.visit.micros += activity.random.between(SECOND / 100, 30 * SECOND);
    }
    Ok(watching.events)
}

impl<'a> Watching<'a> {
    fn add(&mut self, activity: &mut Activity<'a>, event_type: &str, fields: Map<String, Value>) -> Result<()> {
        let mut payload = Map::new();
        payload.insert("id".to_owned(), json!(self.video.id));
        payload.insert("code".to_owned(), json!(if self.mobile { "mobile" } else { &self.video.code }));
        if let Some(duration) = self.video.duration.filter(|_| activity.random.percent(90)) {
            let number = match duration {
                Duration::Whole(seconds) => json!(seconds),
                Duration::Fractional(seconds) => json!(seconds),
            };
            payload.insert("duration".to_owned(), number);
        }
        payload.extend(fields);
        let page = Some(activity.page_url(self.visit.course));
        let (source, payload) =
            if self.mobile { ("mobile", Payload::Object(Value::Object(payload))) } else { ("browser", text_payload(&payload)?) };
        let details = Details { event_type: event_type.to_owned(), source, payload, page, module: None };
        let event = activity.event(self.visit, details);
        self.events.push(event);
        Ok(())
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
