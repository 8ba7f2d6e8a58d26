//! What `cargo course` can be told to do: a module for each command.

pub mod book;
pub mod check;
pub mod completions;
pub mod diagrams;
pub mod diff;
pub mod generate;
pub mod grade;
pub mod hint;
pub mod list;
pub mod report;
pub mod reset;
pub mod watch;
pub mod xray;
