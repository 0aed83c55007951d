//! Tables of the LMS in the warehouse (spec 09).

pub mod rows;

pub use rows::LmsRow;
