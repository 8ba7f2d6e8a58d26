//! What is known and what is looked at, and what the keys make of it.

use super::event::Tally;
use super::grader::{Job, tally};
use super::keys::Key;
use crate::commands::hint::Given;
use crate::course::Lesson;
use crate::grading::{Case, Graded, State as Progress};

/// All that a screen shows.
pub struct State {
    /// The lessons, in order; there is at least one.
    pub standings: Vec<Standing>,
    /// The lesson that the learner is at, by its index.
    pub current: usize,
    /// What lies over its page.
    pub overlay: Option<Overlay>,
    /// How many rows have been scrolled away.
    pub scroll: usize,
    /// How far it can be scrolled.
    pub extent: Extent,
    pub hints: Option<Hints>,
    /// What there is to say about the last key.
    pub notice: Option<String>,
    /// What is being graded, and how far that is.
    pub underway: Option<(Job, Tally)>,
    /// The learner has chosen where to be. Until then it is the first lesson that is not done.
    pub chosen: bool,
    pub marks: &'static Marks,
}

/// A lesson, and what is known of it.
pub struct Standing {
    pub lesson: Lesson,
    pub known: Known,
    /// What its files were when they were looked at last.
    pub fingerprint: Option<u64>,
    /// The files have changed since it was graded.
    pub stale: bool,
    /// What it teaches, in a line.
    pub teaches: Option<String>,
}

/// What is known of a lesson.
pub enum Known {
    Nothing,
    Graded(Box<Graded>),
    /// It could not be graded, for this reason.
    Trouble(String),
}

/// What lies over the page of the lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    Welcome,
    Help,
    /// The lessons, of which this one would be chosen.
    List(usize),
    /// Whether the solution of an unfinished lesson is to be shown.
    MayShowSolution,
    /// The difference from the solution.
    Diff(String),
}

/// How far what is shown can be scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The most rows that can be scrolled away.
    pub most: usize,
    /// How many rows are seen at once.
    pub page: usize,
}

/// The hints given for a case.
#[derive(PartialEq)]
pub struct Hints {
    pub case: String,
    pub given: Given,
}

/// The signs that stand for something.
pub struct Marks {
    pub done: &'static str,
    pub here: &'static str,
    pub open: &'static str,
    pub failed: &'static str,
    pub full: &'static str,
    pub empty: &'static str,
    pub dots: &'static str,
}

/// What a terminal of UTF-8 can show.
pub const UNICODE: Marks = Marks {
    done: "✓",
    here: "▶",
    open: "·",
    failed: "✗",
    full: "█",
    empty: "░",
    dots: "…",
};

/// What every terminal can show.
pub const ASCII: Marks = Marks {
    done: "+",
    here: ">",
    open: ".",
    failed: "x",
    full: "#",
    empty: "-",
    dots: "...",
};

/// What a key asks for that is not done by looking elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Quit,
    /// As Ctrl-C ends a program.
    Interrupt,
    /// As Ctrl-Z stops a program.
    Stop,
    /// Draw everything again.
    Redraw,
    Welcomed,
    Hint,
    /// Compare with the solution; whether the learner is sure to want it.
    Diff {
        sure: bool,
    },
    Book,
    GradeAll,
    Again,
    /// Go to the lesson of this index.
    Go(usize),
}

impl Standing {
    pub fn graded(&self) -> Option<&Graded> {
        match &self.known {
            Known::Graded(graded) => Some(graded),
            _ => None,
        }
    }

    /// Whether it is done, as far as is known.
    pub fn is_done(&self) -> bool {
        self.graded().is_some_and(|it| it.state().is_done())
    }

    /// The case to look at.
    pub fn first_to_do(&self) -> Option<&Case> {
        self.graded()?.first_to_do()
    }

    /// How many cases are passed, and of how many.
    pub fn tally(&self) -> Tally {
        self.graded().map(tally).unwrap_or_default()
    }

    /// How far the learner is with it, in a few words.
    pub fn says(&self) -> String {
        let graded = match &self.known {
            Known::Nothing => return "not graded yet".to_owned(),
            Known::Trouble(reason) => return reason.clone(),
            Known::Graded(graded) => graded,
        };
        let tally = tally(graded);
        match graded.state() {
            // Behind the case that is not passed nothing is known.
            Progress::Started { .. } if tally.seen < tally.asked => {
                format!("stands at case {} of {}", tally.seen, tally.asked)
            }
            state => state.to_string(),
        }
    }
}

impl State {
    pub fn here(&self) -> &Standing {
        &self.standings[self.current]
    }

    /// How far the grading of this lesson is, if it is being graded.
    pub fn grading(&self, lesson: usize) -> Option<Tally> {
        let (job, tally) = self.underway.as_ref()?;
        (job.lesson == lesson).then_some(*tally)
    }

    /// The first lesson behind the current one that is not done, or else the first of all.
    pub fn next_open(&self) -> Option<usize> {
        let count = self.standings.len();
        (1..count)
            .map(|step| (self.current + step) % count)
            .find(|it| !self.standings[*it].is_done())
    }

    /// Shows the page of another lesson.
    pub fn go(&mut self, lesson: usize) {
        self.current = lesson;
        self.hints = None;
        self.close();
    }

    /// Lays something over the page.
    pub fn open(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
        self.scroll = 0;
    }

    /// Shows the page again, from its top.
    pub fn close(&mut self) {
        self.overlay = None;
        self.scroll = 0;
    }

    /// Takes a key in.
    pub fn key(&mut self, key: Key) -> Option<Action> {
        self.notice = None;
        match key {
            Key::Interrupt => return Some(Action::Interrupt),
            Key::Stop => return Some(Action::Stop),
            Key::Redraw => return Some(Action::Redraw),
            Key::Letter('q') => return Some(Action::Quit),
            _ => {}
        }
        match self.overlay.clone() {
            None => self.key_on_page(key),
            Some(Overlay::Welcome) => Some(Action::Welcomed),
            Some(Overlay::List(chosen)) => self.key_on_list(key, chosen),
            Some(Overlay::MayShowSolution) => {
                self.close();
                (key == Key::Letter('y')).then_some(Action::Diff { sure: true })
            }
            // Whoever reads what a key does may type it.
            Some(Overlay::Help) => match key {
                Key::Letter(letter) if "hnpldbra".contains(letter) => {
                    self.close();
                    self.key_on_page(key)
                }
                _ => self.key_on_text(key, '?'),
            },
            Some(Overlay::Diff(_)) => self.key_on_text(key, 'd'),
        }
    }

    fn key_on_page(&mut self, key: Key) -> Option<Action> {
        match key {
            Key::Escape => {
                self.hints = None;
            }
            Key::Enter if self.here().is_done() => return self.next_open().map(Action::Go),
            Key::Letter('h') => return Some(Action::Hint),
            Key::Letter('d') => return Some(Action::Diff { sure: false }),
            Key::Letter('b') => return Some(Action::Book),
            Key::Letter('a') => return Some(Action::GradeAll),
            Key::Letter('r') => return Some(Action::Again),
            Key::Letter('n') if self.current + 1 < self.standings.len() => {
                return Some(Action::Go(self.current + 1));
            }
            Key::Letter('n') => self.notice = Some("This is the last lesson.".to_owned()),
            Key::Letter('p') if self.current > 0 => return Some(Action::Go(self.current - 1)),
            Key::Letter('p') => self.notice = Some("This is the first lesson.".to_owned()),
            Key::Letter('l') => self.open(Overlay::List(self.current)),
            Key::Letter('?') => self.open(Overlay::Help),
            _ => self.scroll(key),
        }
        None
    }

    fn key_on_list(&mut self, key: Key, chosen: usize) -> Option<Action> {
        let last = self.standings.len() - 1;
        let chosen = match key {
            Key::Escape | Key::Letter('l') => {
                self.close();
                return None;
            }
            Key::Enter => return Some(Action::Go(chosen)),
            Key::Letter(digit) if digit.is_ascii_digit() => {
                let is_meant =
                    |it: &Standing| Some(u32::from(it.lesson.number)) == digit.to_digit(10);
                return self.standings.iter().position(is_meant).map(Action::Go);
            }
            Key::Up | Key::Letter('k') => chosen.saturating_sub(1),
            Key::Down | Key::Letter('j') => last.min(chosen + 1),
            Key::Home => 0,
            Key::End => last,
            _ => chosen,
        };
        self.overlay = Some(Overlay::List(chosen));
        None
    }

    fn key_on_text(&mut self, key: Key, opens: char) -> Option<Action> {
        if key == Key::Escape || key == Key::Letter(opens) {
            self.close();
        } else {
            self.scroll(key);
        }
        None
    }

    fn scroll(&mut self, key: Key) {
        // A row of the last page stays in sight.
        let page = self.extent.page.saturating_sub(1).max(1);
        let scroll = match key {
            Key::Up | Key::Letter('k') => self.scroll.saturating_sub(1),
            Key::Down | Key::Letter('j') => self.scroll + 1,
            Key::PageUp => self.scroll.saturating_sub(page),
            Key::PageDown | Key::Letter(' ') => self.scroll + page,
            Key::Home => 0,
            Key::End => self.extent.most,
            _ => self.scroll,
        };
        self.scroll = scroll.min(self.extent.most);
    }
}
