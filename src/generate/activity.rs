//! The state of the world while events are made, and the frame that all events share.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use serde::Serialize;

use super::courses::Course;
use super::event::{Context, Event, Module, Pairs, Payload, json_text, time_text};
use super::learners::{Learner, Learners};
use super::random::Random;

const HOST: &str = "courses.example.org";
const SITE: &str = "https://courses.example.org";

/// Where enrollment stands: is it active, and in which mode?
pub(super) type Enrollment = (bool, &'static str);

/// The state of the world while events are made.
pub(super) struct Activity<'a> {
    pub(super) random: Random,
    pub(super) courses: &'a [Course],
    pub(super) learners: &'a Learners,
    /// By user id and course id.
    pub(super) enrollments: BTreeMap<(i64, &'a str), Enrollment>,
    /// Times already given: no two events have the same one, so that the order of events is never in doubt.
    used_times: HashSet<i64>,
    /// When the first day begins; what happened before is in no log of the days.
    pub(super) first_day: i64,
    /// When the servers get the release that records submissions.
    pub(super) upgrade: i64,
}

/// One visit: who, where, when (microseconds since 1970).
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) learner: &'a Learner,
    pub(super) course: &'a Course,
    pub(super) micros: i64,
}

/// What an event adds to the visit it belongs to.
pub(super) struct Details {
    pub(super) event_type: String,
    pub(super) source: &'static str,
    pub(super) payload: Payload,
    pub(super) page: Option<String>,
    pub(super) module: Option<Module>,
}

impl Details {
    pub(super) fn server(event_type: impl Into<String>, payload: Payload) -> Self {
        Self { event_type: event_type.into(), source: "server", payload, page: None, module: None }
    }

    pub(super) fn browser(event_type: impl Into<String>, payload: Payload, page: String) -> Self {
        Self { event_type: event_type.into(), source: "browser", payload, page: Some(page), module: None }
    }
}

impl<'a> Activity<'a> {
    /// Of the time from `first_day` on, `span` long, both in microseconds.
    pub(super) fn new(seed: u64, courses: &'a [Course], learners: &'a Learners, first_day: i64, span: i64) -> Self {
        let random = Random::for_part(seed, "activity", 0);
        let (enrollments, used_times, upgrade) = (BTreeMap::new(), HashSet::new(), first_day + span / 10);
        Self { random, courses, learners, enrollments, used_times, first_day, upgrade }
    }

    /// Forgets given times before `micros`: no event will be made there any more.
    pub(super) fn forget_times_before(&mut self, micros: i64) {
        self.used_times.retain(|&time| time >= micros);
    }

    /// Puts the details of an event into the frame that all events share.
    pub(super) fn event(&mut self, visit: Visit<'a>, details: Details) -> Event<'a> {
        let Visit { learner, course, .. } = visit;
        let Details { event_type, source, payload, page, module } = details;
        let micros = self.unused_time(visit.micros);
        let path = if event_type.starts_with('/') { event_type.clone() } else { "/event".to_owned() };
        let tags = self.random.percent(30).then(|| {
            let partition = format!("xblock.partition_service.partition_{}", self.random.below(9));
            Pairs(vec![(partition, self.random.below(9).to_string())])
        });
        let ip = self.random.choose(&learner.addresses);
        let mut event = Event {
            username: &learner.username,
            event_type,
            ip,
            agent: learner.agent,
            host: HOST,
            session: &learner.session,
            event_source: source,
            context: Context {
                user_id: learner.id,
                course_id: &course.id,
                org_id: course.organisation,
                path,
                course_user_tags: tags,
                module,
            },
            time: time_text(micros),
            payload,
            page,
            referer: None,
            accept_language: None,
            name: None,
            micros,
        };
        if self.random.percent(40) {
            let (chapter, section) = (self.random.hex(32), self.random.hex(32));
            event.referer = Some(format!("{SITE}/courses/{}/courseware/{chapter}/{section}/", course.id));
            event.accept_language = Some("en-US,en;q=0.8,de;q=0.6");
            event.name = Some(event.event_type.clone());
        }
        if source == "mobile" {
            event.name = Some("edx.video.played".to_owned());
        }
        event
    }

    /// A courseware page of the course.
    pub(super) fn page_url(&mut self, course: &Course) -> String {
        let chapter = self.random.choose(&course.chapters);
        let section = self.random.hex(32);
        format!("{SITE}/courses/{}/courseware/{chapter}/{section}/", course.id)
    }

    fn unused_time(&mut self, micros: i64) -> i64 {
        let mut time = micros;
        while !self.used_times.insert(time) {
            time += self.random.between(1, 998);
        }
        time
    }
}

/// A payload that is an object written as text, as browsers send it.
pub(super) fn text_payload(value: &impl Serialize) -> Result<Payload> {
    json_text(value).map(Payload::Text)
}
