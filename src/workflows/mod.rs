//! The six workflows, one folder each.
