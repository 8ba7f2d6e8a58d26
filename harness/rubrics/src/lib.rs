//! What is graded, of all lessons, for whoever walks them. A lesson itself needs no other lesson's rubric, and does not
//! wait for its compilation.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub use rubric01 as lesson01;
pub use rubric02 as lesson02;
pub use rubric03 as lesson03;
pub use rubric04 as lesson04;
pub use rubric05 as lesson05;

use harness::conduct;
use harness::finding::Misconception;
use harness::lesson::Lesson;
use harness::rubric::program;

/// Every misconception that a lesson's grader can find, with the page that it points to.
pub fn misconceptions() -> Vec<(String, &'static Misconception)> {
    let mut all: Vec<(String, &'static Misconception)> = conduct::ALL
        .iter()
        .map(|general| (general.page(""), *general))
        .collect();
    // The program of lesson 01 is the first that listens.
    let of_programs = program::ALL.iter();
    all.extend(of_programs.map(|shared| (shared.page(lesson01::LESSON.chapter), *shared)));
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
