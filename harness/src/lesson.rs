//! What is graded: a lesson and its cases.

use crate::attempt::Attempt;
use crate::finding::{Misconception, Stop};

/// What is graded: the cases of one lesson, in the order in which a learner should meet them.
///
/// `F` holds the lesson's functions, as one submission wrote them.
pub struct Lesson<F: 'static> {
    /// 1 for lesson 01.
    pub number: u8,
    /// One word: `listen`.
    pub name: &'static str,
    /// The chapter, from the workspace's root.
    pub chapter: &'static str,
    /// The cases, in order.
    pub cases: &'static [Case<F>],
    /// Every misconception that a case of this lesson can find, besides those of [`crate::conduct`] and
    /// [`crate::rubric::program`].
    pub misconceptions: &'static [&'static Misconception],
}

/// One thing that must hold.
pub struct Case<F: 'static> {
    /// Says what holds: `reports_the_port_the_kernel_chose`.
    pub name: &'static str,
    /// The function that is graded; [`crate::submission::PROGRAM`] for the lesson's program.
    pub function: &'static str,
    /// Does it hold?
    pub run: fn(&F, &mut Attempt) -> Result<(), Stop>,
}

/// A [`Case`] as far as it is no lesson's own: all that the runner and the reports know of it.
#[derive(Clone, Copy, Debug)]
pub struct CaseName {
    /// Says what holds.
    pub name: &'static str,
    /// The function that is graded.
    pub function: &'static str,
    /// The chapter of its lesson, from the workspace's root.
    pub chapter: &'static str,
}

/// Lists cases under the function that they grade; a case's name is the name of its function here.
#[macro_export]
macro_rules! cases {
    ($($function:literal { $($case:ident),* $(,)? })*) => {
        &[$($($crate::lesson::Case {
            name: stringify!($case),
            function: $function,
            run: $case,
        }),*),*]
    };
}
