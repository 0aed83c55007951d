//! Rows of two LMS tables, for sites without the LMS database (rules 10, 8).
//!
//! ```text
//! course_enrollment_events/dt=DAY/ ── enrollment-rows ──> student_courseenrollment_derived/dt=END/
//! logs ── accounts ──> account_names/dt=DAY/ ── account-rows ──> auth_user_derived/dt=END/
//! ```
//!
//! The import of each table takes them over ([`crate::tasks::imports`]).

pub(crate) mod account_rows;
pub(crate) mod accounts;
pub(crate) mod enrollment_rows;
pub(crate) mod steps;
