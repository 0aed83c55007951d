//! Days and intervals of days, without any place where data lies.

pub mod day;
pub mod day_delta;
pub(crate) mod days;
pub mod interval;
pub mod stretches;
