//! The warehouse: rows, datasets with their completeness, intervals, choice of input files, manifests.

pub mod python_text;
