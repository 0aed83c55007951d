//! The warehouse: rows, datasets with their completeness, intervals, choice of input files, manifests.

pub mod day_delta;
pub mod interval;
pub mod python_text;
