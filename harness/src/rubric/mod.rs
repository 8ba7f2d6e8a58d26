//! What is graded: one module for each lesson, and beside them what the cases of several lessons share.
//! Nothing outside knows a lesson.

mod accept;
mod by_hand;
mod connection;
mod control;
mod faster;
mod folder;
pub mod lesson01;
pub mod lesson02;
pub mod lesson03;
pub mod lesson04;
pub mod lesson05;
mod message;
mod program;
mod sleep;

use crate::conduct;
use crate::finding::Misconception;
use crate::lesson::Lesson;

/// Every misconception that a lesson's grader can find, with the page that it points to.
pub fn misconceptions() -> Vec<(String, &'static Misconception)> {
    let mut all: Vec<(String, &'static Misconception)> = conduct::ALL
        .iter()
        .map(|general| (general.page(""), *general))
        .collect();
    all.extend(of(&lesson01::LESSON));
    all.extend(of(&lesson02::LESSON));
    all.extend(of(&lesson03::LESSON));
    all.extend(of(&lesson04::LESSON));
    all.extend(of(&lesson05::LESSON));
    all
}

fn of<F>(lesson: &'static Lesson<F>) -> impl Iterator<Item = (String, &'static Misconception)> {
    let own = lesson.misconceptions.iter();
    own.map(|misconception| (misconception.page(lesson.chapter), *misconception))
}
