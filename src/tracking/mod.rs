//! A log line becomes an event: JSON, time, user, course key, payload (rules 01, 1 and 2).

pub mod course_key;
pub mod event;
pub mod json;
pub mod json_text;
pub mod python_text;
pub mod scalar_text;
mod text_parser;
pub mod time;
pub mod white_space;
mod wrapped;

pub use course_key::CourseKeyRules;
pub use event::{Event, LineParser, PayloadParser};
pub use time::{EventTime, Timestamp};
pub use white_space::{is_unicode_space, strip};
