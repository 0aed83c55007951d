//! Job `daily`: what each learner did with each problem, video and discussion on a day (rules 07, 4).
//!
//! Record: `course_id, username, date, entity_type, entity_id, event`, then a number to add.

use std::borrow::Cow;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::{EventFilter, EventMapper, EventTypes, Job, JobArguments, Keys, Output, Record, RowBuilder, TypeFinder};
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, LONGEST_ID, is_too_long};
use crate::tracking::json::Value;
use crate::tracking::white_space::strip_cow;
use crate::tracking::{CourseKeyRules, Event, EventTime, PayloadParser};
use crate::warehouse::columns::is_writable;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_events(super::NAME, "daily", "Actions of each learner on each problem, video and discussion of a day", mapper)
        .summed(Keys::of(6, 6), write);

const GROUP: &str = "Module Engagement";
/// The column of the table holds so many characters; retired accounts have more (rules 07, 4).
pub(crate) const LONGEST_USERNAME: usize = 30;

job_options! {
    /// Options of the job.
    pub(crate) struct Options {
        /// The day whose events count
        #[arg(long, required_unless_present = "interval")]
        pub date: Option<NaiveDate>,
        /// Days whose events count, each by itself
        #[arg(long, conflicts_with = "date")]
        pub interval: Option<DateInterval>,
        /// User name for events without one; without it they do not count
        #[arg(long)]
        pub store_anonymous_username: Option<String>,
        /// Which course ids count.
        #[command(flatten)]
        pub rules: CourseKeyRules,
    }
}

fn mapper(options: Options, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    let Options { date, interval, store_anonymous_username, rules } = options;
    let interval = interval.or_else(|| date.map(DateInterval::of_day)).context("Give --date or --interval.")?;
    Ok(Box::new(Actions { interval, anonymous: store_anonymous_username.unwrap_or_default(), rules, payload: PayloadParser::default() }))
}

/// One for all days, so that a line is searched once for those of a scan.
static FILTER: LazyLock<EventFilter> = LazyLock::new(|| {
    let finder = TypeFinder::however_written(&[
        EventTypes::beginning("play_video"),
        EventTypes::beginning("problem_check").beside("server"),
        EventTypes::beginning("edx.forum.").beside(".created"),
    ]);
    EventFilter::new(finder, gives_actions)
});

struct Actions {
    interval: DateInterval,
    anonymous: String,
    rules: CourseKeyRules,
    payload: PayloadParser,
}

impl EventMapper for Actions {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn filter(&self) -> Option<&EventFilter> {
        Some(&FILTER)
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let mut discard = |reason| {
            output.count(GROUP, reason);
            Ok(())
        };
        let Some(event_type) = event.text("event_type") else { return discard("Discard Missing Event Type") };
        if !gives_actions(&event_type) || event_type == "problem_check" && !event.is("event_source", "server") {
            return Ok(());
        }
        let username = event.username().unwrap_or(Cow::Borrowed(&self.anonymous));
        if username.is_empty() {
            return discard("Discard Missing Username");
        }
        if username.len() > LONGEST_USERNAME && username.chars().count() > LONGEST_USERNAME {
            return discard("Discard Username Too Long");
        }
        let Some(course_id) = event.course_id_or_that_of_url(&self.rules) else { return discard("Discard Missing Course ID") };
        let Some(payload) = event.data(&mut self.payload) else { return discard("Discard Missing Event Data") };
        let Some((entity_type, entity_id, actions)) = classify(&event_type, &payload) else { return discard("Discard Missing Entity ID") };
        if is_too_long(&course_id) {
            return discard(DISCARD_LONG_COURSE_ID);
        }
        let end = entity_id.char_indices().nth(LONGEST_ID).map_or(entity_id.len(), |(at, _)| at);
        let entity_id = entity_id.get(..end).unwrap_or(&entity_id);
        if ![entity_id, &*username, &*course_id].into_iter().all(is_writable) {
            return discard("Discard Unwritable ID");
        }
        for action in actions {
            let record = output.record().text(&course_id).text(&username).plain(time.date()).plain(entity_type).text(entity_id);
            record.plain(action).plain("1").end()?;
        }
        Ok(())
    }
}

/// Whether events of a type give actions; submissions only if the server reports them.
fn gives_actions(event_type: &str) -> bool {
    matches!(event_type, "problem_check" | "play_video") || event_type.starts_with("edx.forum.") && event_type.ends_with(".created")
}

/// Entity type, entity id and actions of an event with actions (rules 07, 4, step 5); none if it names no entity.
fn classify<'t>(event_type: &str, payload: &Value<'t>) -> Option<(&'static str, Cow<'t, str>, &'static [&'static str])> {
    let named = |name: &str| payload.present(name).and_then(|value| value.text()).filter(|text| !text.is_empty());
    match event_type {
        "problem_check" => {
            let success = payload.present("success").and_then(|value| value.text());
            let is_correct = success.is_some_and(|success| success.to_lowercase() == "correct");
            let actions: &[&str] = if is_correct { &["completed", "attempted"] } else { &["attempted"] };
            Some(("problem", named("problem_id")?, actions))
        }
        "play_video" => {
            let id = strip_cow(named("id")?);
            (!id.is_empty()).then_some(("video", id, &["viewed"][..]))
        }
        forum if forum.starts_with("edx.forum.") && forum.ends_with(".created") => {
            Some(("discussion", named("commentable_id")?, &["contributed"]))
        }
        _ => None,
    }
}

fn write(_: &Options, key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    key.fields().try_fold(output.row(), RowBuilder::field)?.integers(sums).end()
}
