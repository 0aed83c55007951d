//! Answer distribution: how often each answer was given to each part of each problem (spec 02).

pub mod html_text;
