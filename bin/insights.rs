//! The driver that operators type.
fn main() {}
