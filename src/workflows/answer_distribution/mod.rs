//! Answer distribution: how many learners gave each answer to each part of each problem (spec 02).

pub mod first_last;
