//! Grades in the background: one lesson at a time, what matters most first.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::event::{Event, Tally};
use crate::course::{Course, Lesson};
use crate::grading::{Graded, Run, Wish};
use crate::progress;

/// A lesson to grade, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    pub lesson: usize,
    /// All of its cases, and not only up to the first that is not passed.
    pub whole: bool,
}

/// What is graded, and what is to be graded after it.
pub struct Grader {
    course: Arc<Course>,
    colour: bool,
    events: Sender<Event>,
    waiting: VecDeque<Job>,
    underway: Option<Underway>,
    /// What is under way, for whoever has to end it from another thread.
    run: Arc<Mutex<Run>>,
    begun: u64,
}

/// A job that has begun.
#[derive(Clone, Copy)]
pub struct Underway {
    pub job: Job,
    /// What its events are numbered.
    number: u64,
    /// What the lesson was when it began.
    pub fingerprint: u64,
    pub tally: Tally,
}

impl Grader {
    pub fn new(course: Arc<Course>, colour: bool, events: Sender<Event>) -> Grader {
        Grader {
            course,
            colour,
            events,
            waiting: VecDeque::new(),
            underway: None,
            run: Arc::default(),
            begun: 0,
        }
    }

    /// What is being graded.
    pub fn underway(&self) -> Option<&Underway> {
        self.underway.as_ref()
    }

    /// Grades it at once. What is under way begins anew after it.
    pub fn now(&mut self, job: Job) {
        self.waiting.retain(|it| *it != job);
        if let Some(underway) = self.call_off()
            && underway.job != job
            && (underway.job.whole || underway.job.lesson != job.lesson)
        {
            self.waiting.push_front(underway.job);
        }
        self.waiting.push_front(job);
        self.begin_next();
    }

    /// Grades it when everything else is graded.
    pub fn later(&mut self, job: Job) {
        let is_known = |it: &Job| it.lesson == job.lesson && (it.whole || !job.whole);
        if !self.waiting.iter().any(is_known) {
            self.waiting.push_back(job);
        }
        self.begin_next();
    }

    /// Grades this lesson next, if it is to be graded at all.
    pub fn prefer(&mut self, lesson: usize) {
        let Some(at) = self.waiting.iter().position(|job| job.lesson == lesson) else {
            return;
        };
        if let Some(job) = self.waiting.remove(at) {
            self.now(job);
        }
    }

    /// Whether it is being graded, or going to be.
    pub fn has(&self, lesson: usize) -> bool {
        let underway = self.underway.iter().map(|it| &it.job);
        let mut jobs = self.waiting.iter().chain(underway);
        jobs.any(|job| job.lesson == lesson)
    }

    /// Takes in how far a grading is. Whether it is the one under way.
    pub fn is_so_far(&mut self, number: u64, tally: Tally) -> bool {
        let underway = self.underway.as_mut().filter(|it| it.number == number);
        if let Some(underway) = underway {
            underway.tally = tally;
            return true;
        }
        false
    }

    /// A grading is over, and the next begins. What it was, unless it had been called off.
    pub fn is_over(&mut self, number: u64) -> Option<Underway> {
        let over = self.underway.take_if(|it| it.number == number)?;
        self.begin_next();
        Some(over)
    }

    /// Ends what is under way, with everything that it started.
    pub fn call_off(&mut self) -> Option<Underway> {
        let underway = self.underway.take()?;
        lock(&self.run).call_off();
        Some(underway)
    }

    /// Does something while cargo is not just being started, see [`Run::while_nothing_starts`].
    pub fn while_nothing_starts<T>(&self, something: impl FnOnce() -> T) -> T {
        // What was called off before this one starts nothing any more.
        lock(&self.run).while_nothing_starts(something)
    }

    /// Ends what is under way from any thread.
    pub fn farewell(&self) -> impl Fn() + Send + Sync + 'static {
        let run = Arc::clone(&self.run);
        move || {
            // Whoever panics may hold it.
            if let Ok(run) = run.try_lock() {
                run.call_off();
            }
        }
    }

    fn begin_next(&mut self) {
        if self.underway.is_some() {
            return;
        }
        let Some(job) = self.waiting.pop_front() else {
            return;
        };
        self.begun += 1;
        let run = Run::to_call_off();
        *lock(&self.run) = run.clone();
        let lesson = self.course.lessons[job.lesson].clone();
        // Before cargo reads the files, so that what is saved from now on is not taken for graded.
        let fingerprint = progress::fingerprint(&self.course, &lesson);
        self.underway = Some(Underway {
            job,
            number: self.begun,
            fingerprint,
            tally: Tally::default(),
        });
        let wish = Wish {
            fail_fast: !job.whole,
            colour: self.colour,
            ..Wish::default()
        };
        let (course, events, number) = (Arc::clone(&self.course), self.events.clone(), self.begun);
        // A thread of its own: one that was called off may take a moment to end.
        thread::spawn(move || grade(&run, &course, &lesson, &wish, number, &events));
    }
}

impl Drop for Grader {
    fn drop(&mut self) {
        self.call_off();
    }
}

fn grade(
    run: &Run,
    course: &Course,
    lesson: &Lesson,
    wish: &Wish,
    number: u64,
    events: &Sender<Event>,
) {
    let mut told = Tally::default();
    // Nobody hears it once the watch is over.
    let graded = run.grade(course, lesson, wish, |graded| {
        let tally = tally(graded);
        if tally != told {
            told = tally;
            _ = events.send(Event::Tally(number, tally));
        }
    });
    let graded = graded.map_err(|error| format!("cannot start cargo: {error}"));
    _ = events.send(Event::Graded(number, graded));
}

/// How far it is.
pub fn tally(graded: &Graded) -> Tally {
    use crate::grading::Verdict::{Skipped, Waiting};
    let waiting = graded.count(Waiting);
    let skipped = graded.count(Skipped);
    Tally {
        passed: graded.passed(),
        seen: graded.cases.len() - waiting - skipped,
        asked: graded.asked.max(graded.cases.len()) - skipped,
    }
}

fn lock(run: &Mutex<Run>) -> std::sync::MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}
