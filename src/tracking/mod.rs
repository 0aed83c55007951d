//! A log line becomes an event: JSON, time, user, course key, payload (rules 01, 1 and 2).

pub mod course_key;
pub mod event;
pub mod json;
pub mod json_text;
pub mod python_text;
pub mod scalar_text;
mod text_parser;
pub mod time;
mod wrapped;

pub use course_key::CourseKeyRules;
pub use event::{Event, LineParser, PayloadParser, is_unicode_space, strip};
pub use time::{EventTime, Timestamp};
