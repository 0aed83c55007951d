//! A log line becomes an event: JSON, time, user, course key, payload (`spec` 01, sections 1 and 2).
pub mod course_key;
