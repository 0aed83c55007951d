//! A row of the table whose damage lies in one line of a log, and how it is tried.

use serde_json::{Value, json};

use crate::trial::{Input, Made, run};

/// The event that is damaged, and with it the job that reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    Page,
    Answer,
    Video,
    Enrollment,
    Address,
    Action,
}

/// How a sound line is damaged.
pub(crate) enum Damage {
    /// The value at a path of names with points between is replaced by this text, which need not be JSON.
    Set(&'static str, &'static str),
    /// The value at a path is taken away.
    Without(&'static str),
    /// The text is changed.
    Text(fn(&str) -> Vec<u8>),
}

/// What comes of it. Rows of the neighbours are always as they would be without the line.
pub(crate) enum Outcome {
    /// The line gives no row, and this counter, `GROUP: NAME`, counts it.
    Counted(&'static str),
    /// It gives the rows of a sound line.
    AsSound,
    /// It gives rows with this text in them.
    Gives(&'static str),
    /// It gives no row and is in no counter of discards, for this reason.
    NotMeant(&'static str),
}

/// The row.
pub(crate) struct Case(pub &'static str, pub Of, pub Damage, pub Outcome);

pub(crate) const COURSE: &str = "course-v1:a+b+c";

impl Of {
    const fn job(self) -> [&'static str; 2] {
        match self {
            Self::Page => ["user-activity", "daily"],
            Self::Answer => ["answer-distribution", "first-last"],
            Self::Video => ["video", "viewing"],
            Self::Enrollment => ["enrollment", "events"],
            Self::Address => ["location", "daily-address"],
            Self::Action => ["module-engagement", "daily"],
        }
    }

    const fn options(self) -> &'static [&'static str] {
        if matches!(self, Self::Answer) { &[] } else { &["--interval", "2016-02-20-2016-03-10"] }
    }

    /// What the event is, for the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Answer => "answer",
            Self::Video => "video",
            Self::Enrollment => "enrollment",
            Self::Address => "address",
            Self::Action => "action",
        }
    }

    /// A learner's event.
    fn event(self, user_id: u32, username: &str) -> Value {
        let (event_type, source, data) = match self {
            Self::Page | Self::Address => ("page_close", "browser", json!({})),
            Self::Answer | Self::Action => (
                "problem_check",
                "server",
                json!({
                    "problem_id": "block-v1:a+b+c+type@problem+block@p", "success": "correct", "attempts": 1, "grade": 1, "max_grade": 1,
                    "answers": {"p_2_1": "choice_1"}, "correct_map": {"p_2_1": {"correctness": "correct"}},
                    "submission": {"p_2_1": {"question": "Q", "answer": "blue", "response_type": "choiceresponse", "input_type": "choicegroup", "correct": true, "variant": ""}},
                }),
            ),
            Self::Video => ("play_video", "browser", json!({"id": "v", "code": "html5", "currentTime": 10, "duration": 100})),
            Self::Enrollment => {
                ("edx.course.enrollment.activated", "server", json!({"course_id": COURSE, "user_id": user_id, "mode": "audit"}))
            }
        };
        json!({
            "username": username, "event_type": event_type, "ip": "81.2.69.160", "agent": "x", "host": "h", "session": "s",
            "event_source": source, "context": {"user_id": user_id, "course_id": COURSE, "org_id": "a", "path": "/"},
            "time": "2016-02-28T10:00:00.000000+00:00", "event": data, "page": "x",
        })
    }

    /// What the job needs beside the event to give a row.
    fn companion(self, user_id: u32, username: &str) -> Vec<Vec<u8>> {
        if !matches!(self, Self::Video) {
            return Vec::new();
        }
        let mut pause = self.event(user_id, username);
        pause["event_type"] = json!("pause_video");
        pause["time"] = json!("2016-03-02T10:00:30.000000+00:00");
        pause["event"]["currentTime"] = json!(40);
        vec![pause.to_string().into_bytes()]
    }
}

impl Damage {
    fn of(&self, mut event: Value) -> Vec<u8> {
        const MARK: &str = "the mark";
        match self {
            Self::Text(change) => change(&event.to_string()),
            Self::Set(path, text) => {
                *place(&mut event, path) = json!(MARK);
                event.to_string().replace(&format!("\"{MARK}\""), text).into_bytes()
            }
            Self::Without(path) => {
                let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
                let parent = if parent.is_empty() { &mut event } else { place(&mut event, parent) };
                assert!(parent.as_object_mut().unwrap().shift_remove(name).is_some(), "{path}");
                event.to_string().into_bytes()
            }
        }
    }
}

fn place<'e>(event: &'e mut Value, path: &str) -> &'e mut Value {
    path.split('.').fold(event, |value, name| &mut value[name])
}

impl Outcome {
    /// Its text in the table.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Counted(counter) => format!("left out, counted as `{counter}`"),
            Self::AsSound => "read like a sound line".to_owned(),
            Self::Gives(text) => format!("gives a row with `{}`", text.replace("\\t", "")),
            Self::NotMeant(reason) => format!("no row: {reason}"),
        }
    }
}

impl Case {
    /// What does not come as the table says.
    pub(crate) fn wrong(&self) -> Option<String> {
        let Self(name, of, damage, outcome) = self;
        let line = damage.of(of.event(7, "bob"));
        let tried = std::panic::catch_unwind(|| {
            let alone = made(*of, None);
            let damaged = made(*of, Some(line.clone()));
            let sound = made(*of, Some(of.event(7, "bob").to_string().into_bytes()));
            assert!(!sound.beyond(&alone).is_empty(), "a sound line gives no row");
            let (rows, sound) = (damaged.beyond(&alone), sound.beyond(&alone));
            let discards = damaged.discards();
            let found = format!("rows {rows:?}, discards {discards:?}");
            let is_right = match outcome {
                Outcome::Counted(counter) => rows.is_empty() && damaged.count(counter) == 1,
                Outcome::AsSound => rows == sound && discards.is_empty(),
                Outcome::Gives(text) => rows != sound && rows.iter().any(|row| row.contains(text)) && discards.is_empty(),
                Outcome::NotMeant(_) => rows.is_empty() && discards.is_empty(),
            };
            (!is_right).then_some(found)
        });
        let found = tried.unwrap_or_else(|_| Some("it ended the job".to_owned()));
        found.map(|found| format!("{}: {name}: should be {}, but: {found}", of.name(), outcome.text()))
    }
}

/// A neighbour's lines with others between, and the learner's companions.
fn made(of: Of, line: Option<Vec<u8>>) -> Made {
    let mut lines = vec![of.event(101, "before").to_string().into_bytes()];
    lines.extend(line);
    lines.push(of.event(102, "behind").to_string().into_bytes());
    for (user_id, username) in [(101, "before"), (7, "bob"), (102, "behind")] {
        lines.extend(of.companion(user_id, username));
    }
    run(of.job(), of.options(), vec![Input { path: "logs/tracking.log".to_owned(), lines }]).unwrap()
}
