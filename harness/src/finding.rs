//! What a case comes to: misconception, finding, verdict.

use std::time::Duration;

use crate::trace::{Record, Trace};

/// Something that people believe about sockets, and that is not so. One id, one misconception.
#[derive(Debug, PartialEq, Eq)]
pub struct Misconception {
    /// Stable, in kebab-case: the key in JSON, and the anchor in the book's chapter *When it fails*.
    pub id: &'static str,
    /// How it really is.
    pub why: &'static str,
    /// What to do; `{place}` becomes the function, its file and its line.
    pub fix: &'static str,
    /// Where to read on: an anchor in the lesson's chapter, without the `#`, or a page with its anchor.
    pub read: &'static str,
}

/// Defines misconceptions, each as a `static`, and `$all`, the list of them: one list, not two.
#[macro_export]
macro_rules! misconceptions {
    ($all:ident: $($name:ident = $id:literal { why: $why:expr, fix: $fix:expr, read: $read:expr $(,)? })*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $why)]
            pub static $name: $crate::finding::Misconception =
                $crate::finding::Misconception { id: $id, why: $why, fix: $fix, read: $read };
        )*
        /// All of these.
        pub static $all: &[&$crate::finding::Misconception] = &[$(&$name),*];
    };
}

impl Misconception {
    /// The page to read for this, with its anchor, in a lesson with this chapter.
    pub fn page(&self, chapter: &str) -> String {
        match self.read {
            "" => chapter.to_owned(),
            page if page.contains('#') => page.to_owned(),
            anchor => format!("{chapter}#{anchor}"),
        }
    }

    /// Ends a case: this misconception shows in what was `observed`, a sentence or two.
    pub fn seen(&'static self, observed: impl Into<String>) -> Stop {
        Stop::Found(Found {
            misconception: self,
            observed: observed.into(),
            function: None,
            exhibit: None,
            by_hand: None,
        })
    }
}

/// A misconception, found in a case.
#[derive(Debug)]
pub struct Found {
    /// Which one.
    pub misconception: &'static Misconception,
    /// What showed it, in a sentence or two.
    pub observed: String,
    /// Where to mend it, when that is not the case's own function.
    pub function: Option<String>,
    /// The bytes that show it.
    pub exhibit: Option<Box<Exhibit>>,
    /// A command that shows the same by hand.
    pub by_hand: Option<Box<str>>,
}

/// A piece of text as it went over the wire, and which of its bytes matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exhibit {
    /// Whose it is: `sent`, `received`.
    pub title: String,
    /// The line, with its end, or what there is of it.
    pub bytes: Vec<u8>,
    /// The first byte that matters, counted from 0; the length of `bytes` for what is missing there.
    pub from: usize,
    /// One past the last byte that matters.
    pub to: usize,
    /// What is the matter with it, in a few words.
    pub remark: String,
}

/// Why a case ended without being passed.
#[derive(Debug)]
pub enum Stop {
    /// The submission is wrong.
    Found(Found),
    /// The code ran into a `todo!`, in the function or at the place that is named here.
    Stub(Place),
    /// This machine cannot show what the case is about; the reason.
    Skip(String),
    /// The grader could not do its own part; the reason. No fault of the submission, and no pass.
    Trouble(String),
}

impl Stop {
    /// Points to another function than the case's own.
    pub fn in_function(mut self, function: &str) -> Stop {
        if let Stop::Found(found) = &mut self {
            found.function = Some(function.to_owned());
        }
        self
    }

    /// Points at the bytes that show it.
    pub fn pointing_at(mut self, exhibit: Exhibit) -> Stop {
        if let Stop::Found(found) = &mut self {
            found.exhibit = Some(Box::new(exhibit));
        }
        self
    }

    /// Says how to see the same without the grader: a command line.
    pub fn by_hand(mut self, command: impl Into<Box<str>>) -> Stop {
        if let Stop::Found(found) = &mut self {
            found.by_hand = Some(command.into());
        }
        self
    }

    /// Gives a general misconception of [`crate::conduct`] the name that it has in this case.
    pub fn rather(
        self,
        general: &'static Misconception,
        here: &'static Misconception,
        observed: impl Into<String>,
    ) -> Stop {
        match self {
            Stop::Found(found) if found.misconception == general => here.seen(observed),
            other => other,
        }
    }
}

/// The grader's own calls fail for no fault of the submission: `?` says so.
impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Trouble(format!(
            "a call that the grader itself made failed: {error}"
        ))
    }
}

/// A place in the submission's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The function, if it is known.
    pub function: Option<String>,
    /// The file as the learner would type it, from the workspace's root.
    pub file: String,
    /// Counted from 1; `None` when the function is not there.
    pub line: Option<u32>,
}

/// Reads as in "`recv` in lessons/lesson02-echo/src/lib.rs:19".
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(function) = &self.function {
            write!(f, "`{function}` in ")?;
        }
        write!(f, "{}", self.file)?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed(Box<Finding>),
    /// Not written yet; where to start.
    Stub(Place),
    /// Not gradable on this machine, and why.
    Skipped(String),
}

/// What a learner is told about a case that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The id of the [`Misconception`].
    pub id: String,
    /// What happened, in a sentence or two.
    pub observed: String,
    /// The calls that were made, and what went over the wire.
    pub trace: Trace,
    /// The bytes that show it.
    pub exhibit: Option<Exhibit>,
    /// A command that shows the same by hand.
    pub by_hand: Option<String>,
    /// How it really is.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// The page to read, from the workspace's root, and the anchor in it.
    pub read: String,
    /// Where to mend it.
    pub place: Place,
}

/// A case, graded.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it came to.
    pub verdict: Verdict,
    /// From the start of its process to its end.
    pub took: Duration,
    /// What the submission printed, shortened in the middle if it was much.
    pub printed: String,
    /// What happened in it, where that was asked for and the case came to an end of its own.
    pub record: Option<Record>,
}
