//! Geography: in which countries the learners of each course are (spec 04).
//!
//! ```text
//! logs ── daily-address ─> last_ip_of_user_id/dt=DAY/
//!      ── last-country ──> last_country_of_user_id/dt=END/
//!      ── enrollment-country (with student_courseenrollment) ─ country-counts ─> course_enrollment_location_current/
//! ```

pub mod country_counts;
pub mod daily_address;
pub mod enrollment_country;
pub mod geolocation;
pub mod last_country;
pub mod task;

use crate::streaming::JobSet;

/// The workflow's jobs.
pub const JOBS: JobSet = JobSet {
    workflow: "location",
    descriptor: include_str!("../../../jobs/location.toml"),
    jobs: &[daily_address::JOB, last_country::JOB, enrollment_country::JOB, country_counts::JOB],
};
