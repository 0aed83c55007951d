//! The six workflows, one folder each.

pub mod answer_distribution;
