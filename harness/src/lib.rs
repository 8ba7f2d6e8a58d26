//! The grader of Socketlings: it runs a lesson's functions over real sockets, and says what went
//! over the wire, what was misunderstood, and where to look.
//!
//! # A tour
//!
//! A lesson's crate hands its functions to [`grade`], in `tests/grade.rs`. From there on:
//!
//! - [`lesson`], [`finding`] and [`mod@submission`] hold the words that everything else is written in: what is
//!   graded, what it comes to, and who is graded.
//! - What is graded stands in `rubrics/`, a package for each lesson: the only places that know lessons. [`rubric`] is what
//!   several of them share.
//! - [`runner`] selects, orders, runs in parallel and collects.
//! - [`isolate`] runs one case in one child process: deadline, kill, printed output, exit status.
//! - [`attempt`] is the inside of that child: it calls the submission's functions and records.
//! - [`watch`] tells whether anything is still going to happen, so that no wait is a mere deadline.
//! - [`clock`] lets time run faster for the submission, so that nobody waits out its time-outs.
//! - [`conduct`] is what holds for every function: it returns, does not panic, leaves nothing behind.
//! - [`wire`] is the scripted peer that talks to the submission; [`trace`] is the record of it all.
//! - [`program`] starts a lesson's program, waits until it listens, and ends it.
//! - [`report`] tells the verdicts to people and to machines; [`json`] is a finding as JSON.
//! - [`book`] knows what a finding's pointer into the book means.
//! - [`sockets`] asks the kernel about connections, at either end.
//! - [`kernel`] asks the kernel what std and socket2 do not; [`names`] invents names with addresses.
//!   These two and `clock` are the files with `unsafe`.
//!
//! Knowledge flows one way. A rubric knows `wire`, `program`, `attempt` and the words; the runner knows
//! `isolate`, but no rubric and no terminal; `wire` knows nothing of grading; a report knows verdicts.
//!
//! # To add a lesson
//!
//! Write `solutions/lessonNN-name`, then `rubrics/lessonNN` (a struct of `fn` pointers, the cases,
//! the misconceptions), the chapter with its part of *When it fails*, its page of hints,
//! `book/src/hints/lessonNN.md`, and mistakes in `harness/tests/mistakes/lessonNN`: a file `.rs` is a whole
//! submission, a file `.edit` says where one differs from the solution. The stub comes from
//! `cargo course stubs`. Nothing else needs to change but the lists in the tests that walk all lessons.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod attempt;
pub mod book;
mod cli;
pub mod clock;
pub mod conduct;
pub mod finding;
pub mod isolate;
pub mod json;
pub mod kernel;
pub mod lesson;
pub mod names;
pub mod program;
pub mod report;
pub mod rubric;
pub mod runner;
pub mod sockets;
pub mod submission;
pub mod trace;
pub mod watch;
pub mod wire;

pub use cli::{grade, nearest};
