//! Pictures of what the grader recorded.

pub mod svg;
