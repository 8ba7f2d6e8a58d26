//! What is graded: one module for each lesson. Nothing outside knows a lesson.

pub mod lesson01;

use crate::conduct;
use crate::lesson::{Lesson, Misconception};

/// Every misconception that a lesson's grader can find, with the chapter that it points to.
pub fn misconceptions() -> Vec<(&'static str, &'static Misconception)> {
    of(&lesson01::LESSON)
}

fn of<F>(lesson: &'static Lesson<F>) -> Vec<(&'static str, &'static Misconception)> {
    let all = lesson.misconceptions.iter().chain(conduct::ALL);
    all.map(|misconception| (lesson.chapter, *misconception))
        .collect()
}
