//! `course watch`, and `course` alone on a terminal: grades at each save, and takes single keys.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`event`] | what can happen |
//! | [`keys`], [`signals`], [`files`], [`grader`] | threads that say that it happened |
//! | [`state`] | what is known and looked at, and what a key makes of it |
//! | [`page`], [`view`], [`reflow`] | what of it is shown, as lines, and as rows |
//! | [`terminal`], [`guard`] | the terminal, and that it is given back |
//!
//! This module waits for what happens, has it done, and draws.

mod event;
mod files;
mod grader;
#[cfg(unix)]
pub mod guard;
mod keys;
mod page;
mod reflow;
#[cfg(unix)]
mod signals;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use event::Event;
use files::Files;
use grader::{Grader, Job};
use keys::Keys;
use state::{Action, Extent, Hints, Known, Overlay, Standing, State};
use terminal::Terminal;

use crate::commands::book::{self, Shown};
use crate::commands::{diff, hint};
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{self, Graded};
use crate::progress::{self, Progress};
use crate::screen::{FAINT, Screen, styled};

/// How long the files must have been left alone: editors write, rename and remove several for one save.
const QUIET: Duration = Duration::from_millis(30);
/// How long to wait for that, where something keeps writing.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long a frame stands while a grading moves on.
const FRAME: Duration = Duration::from_millis(33);
/// The exit code of a program that Ctrl-C ended, as shells have it.
const INTERRUPTED: u8 = 130;

/// Watches until the learner has enough.
///
/// # Errors
///
/// The terminal cannot be used. That a lesson is not done is no error.
pub fn watch(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    if course.lessons.is_empty() {
        return Err(Failure::Work("there is no lesson in solutions/".to_owned()));
    }
    let marks = if screen.signs.done.is_ascii() {
        &state::ASCII
    } else {
        &state::UNICODE
    };
    let course = Arc::new(course.clone());
    let mut watch = Watch::begin(&course, marks)?;
    let end = watch.go_on();
    // Gives the terminal back, and ends what is being graded.
    drop(watch);
    match end {
        End::Code(code) => Ok(code),
        #[cfg(unix)]
        End::Signal(signal) => {
            // So that whoever started us sees what ended us.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            Ok(ExitCode::FAILURE)
        }
        #[cfg(not(unix))]
        End::Signal(_) => Ok(ExitCode::FAILURE),
    }
}

/// How a watch ends.
enum End {
    Code(ExitCode),
    Signal(i32),
}

struct Watch {
    course: Arc<Course>,
    state: State,
    terminal: Terminal,
    grader: Grader,
    events: Receiver<Event>,
    keys: Keys,
    files: Option<Files>,
    /// The lessons with files that may have changed, and since when.
    touched: BTreeSet<usize>,
    touched_first: Option<Instant>,
    touched_last: Option<Instant>,
    drawn: Instant,
    /// Something has moved that is not drawn yet.
    moved: bool,
}

impl Watch {
    fn begin(course: &Arc<Course>, marks: &'static state::Marks) -> Result<Watch, Failure> {
        let no_terminal = |error| Failure::Work(format!("cannot use the terminal: {error}"));
        let (sender, events) = channel();
        // First: what is saved from now on is noticed.
        let files = Files::watch(course.root(), sender.clone());
        let mut state = known(course, marks);
        if let Err(error) = &files {
            state.notice = Some(format!(
                "Saves go unnoticed here ({error}). r grades again."
            ));
        }
        let terminal = Terminal::take().map_err(no_terminal)?;
        let grader = Grader::new(Arc::clone(course), terminal.colours(), sender.clone());
        terminal::give_back_on_panic(grader.farewell());
        #[cfg(unix)]
        signals::hear(sender.clone(), grader.farewell()).map_err(no_terminal)?;
        Ok(Watch {
            course: Arc::clone(course),
            state,
            terminal,
            grader,
            events,
            keys: Keys::read(sender),
            files: files.ok(),
            touched: BTreeSet::new(),
            touched_first: None,
            touched_last: None,
            drawn: Instant::now(),
            moved: false,
        })
    }

    fn go_on(&mut self) -> End {
        if self.draw().is_err() {
            return End::Code(ExitCode::SUCCESS);
        }
        self.save_where_we_are();
        self.grade_what_is_not_known();
        loop {
            let mut event = match self.next_event() {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return End::Code(ExitCode::SUCCESS),
            };
            // All that has happened is worth one frame.
            let mut at_once = false;
            while let Some(it) = event {
                at_once |= !matches!(it, Event::Tally(..) | Event::Touched(_));
                if let Some(end) = self.take_in(it) {
                    return end;
                }
                event = self.events.try_recv().ok();
            }
            if self.is_time_to_look() {
                at_once |= self.look_at_files();
            }
            self.state.underway = self.grader.underway().map(|it| (it.job, it.tally));
            if (at_once || self.moved && self.drawn.elapsed() >= FRAME) && self.draw().is_err() {
                // The terminal is gone.
                return End::Code(ExitCode::SUCCESS);
            }
        }
    }

    /// Blocks until something happens, or until it is time to look at the files or to draw.
    fn next_event(&self) -> Result<Event, RecvTimeoutError> {
        let frame = self.moved.then(|| self.drawn + FRAME);
        match self.time_to_look().into_iter().chain(frame).min() {
            None => self
                .events
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
            Some(time) => {
                let left = time.saturating_duration_since(Instant::now());
                self.events.recv_timeout(left)
            }
        }
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let frame = view::frame(&self.state, self.terminal.size());
        let Extent { most, .. } = frame.extent;
        self.state.extent = frame.extent;
        self.state.scroll = self.state.scroll.min(most);
        self.drawn = Instant::now();
        self.moved = false;
        self.terminal.draw(&frame.rows)
    }

    fn take_in(&mut self, event: Event) -> Option<End> {
        match event {
            Event::Key(key) => {
                let end = self.state.key(key).and_then(|action| self.act(action));
                self.keys.go_on();
                return end;
            }
            Event::NoMoreKeys => return Some(End::Code(ExitCode::SUCCESS)),
            Event::End(signal) => return Some(End::Signal(signal)),
            Event::Resized => self.terminal.forget(),
            Event::Stop => return self.stop(),
            Event::Continued => return self.take_terminal_again(),
            Event::Touched(paths) => self.touched(&paths),
            Event::Tally(number, tally) => self.moved |= self.grader.is_so_far(number, tally),
            Event::Graded(number, graded) => self.graded(number, graded),
        }
        None
    }

    fn act(&mut self, action: Action) -> Option<End> {
        match action {
            Action::Quit => return Some(End::Code(ExitCode::SUCCESS)),
            Action::Interrupt => return Some(End::Code(ExitCode::from(INTERRUPTED))),
            Action::Stop => return self.stop(),
            Action::Redraw => self.terminal.forget(),
            Action::Welcomed => {
                self.state.close();
                self.remember(|progress| progress.welcomed = true);
            }
            Action::Hint => self.hint(),
            Action::Diff { sure } => self.diff(sure),
            Action::Book => return self.book(),
            Action::GradeAll => {
                for lesson in 0..self.state.standings.len() {
                    self.grader.later(Job {
                        lesson,
                        whole: true,
                    });
                }
                self.state.open(Overlay::List(self.state.current));
            }
            Action::Again => self.grade_now(self.state.current),
            Action::Go(lesson) => self.go(lesson),
        }
        None
    }

    /// Goes to another lesson, of which a verdict is then wanted first.
    fn go(&mut self, lesson: usize) {
        self.state.chosen = true;
        self.state.go(lesson);
        self.save_where_we_are();
        let here = self.state.here();
        if self.grader.has(lesson) {
            self.grader.prefer(lesson);
        } else if here.stale || matches!(here.known, Known::Nothing) {
            self.grade_now(lesson);
        }
        self.note_what_is_graded();
    }

    fn grade_now(&mut self, lesson: usize) {
        self.grader.now(Job {
            lesson,
            whole: false,
        });
        self.note_what_is_graded();
    }

    /// What has begun to be graded is what the lesson is now.
    fn note_what_is_graded(&mut self) {
        if let Some(underway) = self.grader.underway() {
            let standing = &mut self.state.standings[underway.job.lesson];
            standing.fingerprint = Some(underway.fingerprint);
        }
    }

    fn grade_what_is_not_known(&mut self) {
        let here = self.state.current;
        let order =
            std::iter::once(here).chain((0..self.state.standings.len()).filter(|it| *it != here));
        for lesson in order {
            if matches!(self.state.standings[lesson].known, Known::Nothing) {
                self.grader.later(Job {
                    lesson,
                    whole: false,
                });
            }
        }
        self.note_what_is_graded();
    }

    fn graded(&mut self, number: u64, graded: Result<Option<Graded>, String>) {
        let Some(over) = self.grader.is_over(number) else {
            return;
        };
        self.note_what_is_graded();
        let lesson = over.job.lesson;
        let standing = &mut self.state.standings[lesson];
        let was_about = standing.first_to_do().map(|case| case.name.clone());
        standing.known = match graded {
            Ok(Some(graded)) => Known::Graded(Box::new(graded)),
            // Nobody called it off.
            Ok(None) => Known::Trouble("the grading was ended".to_owned()),
            Err(reason) => Known::Trouble(reason),
        };
        standing.stale = standing.fingerprint != Some(over.fingerprint);
        let is_about = standing.first_to_do().map(|case| case.name.clone());
        if lesson == self.state.current {
            // It was about what was there before.
            self.state.notice.take_if(|_| self.files.is_some());
            if self.state.overlay.is_none() && is_about != was_about {
                self.state.scroll = 0;
            }
            self.state
                .hints
                .take_if(|it| Some(&it.case) != is_about.as_ref());
        }
        self.remember_graded(over.job, over.fingerprint);
        if !self.state.chosen && self.state.here().is_done() {
            self.begin_where_it_is_not_done();
        }
    }

    fn remember_graded(&mut self, job: Job, fingerprint: u64) {
        let standing = &self.state.standings[job.lesson];
        let Some(graded) = standing.graded().cloned() else {
            return;
        };
        // What kept the grader from a verdict may be gone next time, without a change to any file.
        if matches!(graded.state(), grading::State::Unknown(_)) {
            return;
        }
        let lesson = standing.lesson.clone();
        self.remember(|progress| {
            if job.whole {
                progress.remember(&lesson, fingerprint, graded);
            } else {
                progress.remember_found(&lesson, fingerprint, graded);
            }
        });
    }

    /// The learner has said nothing yet about where to be, and here everything is done.
    fn begin_where_it_is_not_done(&mut self) {
        let open = |it: &Standing| !it.is_done();
        if let Some(lesson) = self.state.standings.iter().position(open) {
            let overlay = self.state.overlay.take();
            self.state.go(lesson);
            self.state.overlay = overlay;
            self.save_where_we_are();
            self.grader.prefer(lesson);
            self.note_what_is_graded();
        }
    }

    fn touched(&mut self, paths: &[PathBuf]) {
        for path in paths {
            self.touched
                .extend(files::touched(path, &self.course.lessons));
            // The folder itself: it may be another one.
            if path.as_os_str().is_empty()
                && let Some(files) = &mut self.files
            {
                files.watch_lessons();
            }
        }
        let now = Instant::now();
        self.touched_first.get_or_insert(now);
        self.touched_last = Some(now);
    }

    /// When the files have been left alone for long enough.
    fn time_to_look(&self) -> Option<Instant> {
        Some((self.touched_last? + QUIET).min(self.touched_first? + PATIENCE))
    }

    fn is_time_to_look(&self) -> bool {
        self.time_to_look()
            .is_some_and(|time| time <= Instant::now())
    }

    /// Grades what has changed. Whether anything has.
    fn look_at_files(&mut self) -> bool {
        (self.touched_first, self.touched_last) = (None, None);
        let mut changed = Vec::new();
        for lesson in std::mem::take(&mut self.touched) {
            let standing = &mut self.state.standings[lesson];
            let fingerprint = Some(progress::fingerprint(&self.course, &standing.lesson));
            if standing.fingerprint != fingerprint {
                standing.fingerprint = fingerprint;
                standing.stale = true;
                changed.push(lesson);
            }
        }
        if let [lesson] = changed[..] {
            self.state.chosen = true;
            // Where one writes is where one is.
            if lesson != self.state.current {
                self.state.go(lesson);
                self.save_where_we_are();
            }
        }
        for lesson in &changed {
            let is_underway = self
                .grader
                .underway()
                .is_some_and(|it| it.job.lesson == *lesson);
            if *lesson == self.state.current || is_underway {
                self.grade_now(*lesson);
            } else {
                self.grader.later(Job {
                    lesson: *lesson,
                    whole: false,
                });
            }
        }
        !changed.is_empty()
    }

    fn hint(&mut self) {
        let standing = self.state.here();
        let Some(case) = standing.first_to_do() else {
            self.state.notice = Some(no_hint(standing).to_owned());
            return;
        };
        let mut progress = Progress::load(&self.course);
        let given = match hint::next(&self.course, &standing.lesson, case, &mut progress) {
            Ok(given) => given,
            Err(failure) => {
                self.state.notice = Some(failure.to_string());
                return;
            }
        };
        // Only a cache.
        let _ = progress.save();
        let hints = Hints {
            case: case.name.clone(),
            given,
        };
        if self.state.hints.as_ref() == Some(&hints) {
            let last = "That was the last hint. The book has more: b.";
            self.state.notice = Some(last.to_owned());
            return;
        }
        self.state.hints = Some(hints);
        // They stand below the finding.
        self.state.scroll = usize::MAX;
    }

    fn diff(&mut self, sure: bool) {
        let standing = self.state.here();
        if !sure && !standing.is_done() {
            self.state.open(Overlay::MayShowSolution);
            return;
        }
        match diff::unified(&self.course, &standing.lesson) {
            Ok(same) if same.is_empty() => {
                let same = "There is no difference: your files are the solution's.";
                self.state.notice = Some(same.to_owned());
            }
            Ok(difference) => self.state.open(Overlay::Diff(difference)),
            Err(failure) => self.state.notice = Some(failure.to_string()),
        }
    }

    /// Opens the book, which may need the terminal for itself.
    fn book(&mut self) -> Option<End> {
        let standing = self.state.here();
        let to_read = to_read(standing);
        terminal::give_back();
        match book::open(&self.course, &standing.lesson, to_read.as_deref()) {
            Ok(Shown::InPager) => {}
            // Our screen would cover it at once.
            Ok(Shown::Printed) => {
                anstream::println!("\n{}", styled(FAINT, "Enter goes back."));
                let _ = std::io::stdin().read_line(&mut String::new());
            }
            Err(failure) => self.state.notice = Some(failure.to_string()),
        }
        self.take_terminal_again()
    }

    fn stop(&mut self) -> Option<End> {
        terminal::give_back();
        #[cfg(unix)]
        if let Err(error) = self.grader.while_nothing_starts(signals::stop) {
            self.state.notice = Some(format!("Cannot stop: {error}"));
        }
        self.take_terminal_again()
    }

    fn take_terminal_again(&mut self) -> Option<End> {
        // Where it is gone, there is nobody left to watch for.
        self.terminal
            .take_again()
            .err()
            .map(|_| End::Code(ExitCode::SUCCESS))
    }

    fn save_where_we_are(&self) {
        let number = self.state.here().lesson.number;
        self.remember(|progress| progress.lesson = Some(number));
    }

    /// Changes what is remembered, and nothing of what other commands have remembered meanwhile.
    fn remember(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = Progress::load(&self.course);
        change(&mut progress);
        // Only a cache.
        let _ = progress.save();
    }
}

/// What is remembered of the lessons, and where the learner is.
fn known(course: &Course, marks: &'static state::Marks) -> State {
    let progress = Progress::load(course);
    let standings: Vec<_> = course
        .lessons
        .iter()
        .map(|lesson| {
            let fingerprint = progress::fingerprint(course, lesson);
            let found = progress.found(lesson, fingerprint).cloned();
            Standing {
                lesson: lesson.clone(),
                known: found.map_or(Known::Nothing, |it| Known::Graded(Box::new(it))),
                fingerprint: Some(fingerprint),
                stale: false,
                teaches: teaches(course, lesson),
            }
        })
        .collect();
    let remembered = standings
        .iter()
        .position(|it| Some(it.lesson.number) == progress.lesson);
    let open = standings.iter().position(|it| !it.is_done());
    let current = remembered.filter(|it| !standings[*it].is_done());
    State {
        current: current.or(open).or(remembered).unwrap_or(0),
        standings,
        overlay: (!progress.welcomed).then_some(Overlay::Welcome),
        scroll: 0,
        extent: Extent::default(),
        hints: None,
        notice: None,
        underway: None,
        chosen: false,
        marks,
    }
}

/// What a lesson teaches, from its package's description: `Lesson 04, HTTP: a server for a folder`. From the
/// solution's, because that is always there.
fn teaches(course: &Course, lesson: &Lesson) -> Option<String> {
    let manifest = fs::read_to_string(course.solution_dir(lesson).join("Cargo.toml")).ok()?;
    let is_description =
        |line: &str| Some(line.strip_prefix("description")?.trim_start().to_owned());
    let description = manifest.lines().find_map(is_description)?;
    let text = description.strip_prefix('=')?.trim().trim_matches('"');
    Some(text.split_once(": ")?.1.to_owned())
}

/// What the book says to what comes next: a page and a section, or a section of the chapter.
fn to_read(standing: &Standing) -> Option<String> {
    let case = standing.first_to_do()?;
    let read = case.finding["read"].as_str();
    Some(read.unwrap_or(&case.function).to_owned())
}

fn no_hint(standing: &Standing) -> &'static str {
    match standing.graded().map(Graded::state) {
        Some(grading::State::Done { .. }) => {
            "This lesson is done. There is nothing to give a hint for."
        }
        Some(grading::State::DoesNotCompile(_)) => {
            "The hints are about what the code does. Here the compiler's words say what it wants."
        }
        _ => "There is nothing to give a hint for yet.",
    }
}
