//! Many submissions: graded side by side, and each written down as soon as it is graded.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Instant;

use harness::submission::SHOWN_VARIABLE;
use indicatif::{ProgressBar, ProgressStyle};

use super::Options;
use super::contain::{self, Scratch};
use super::results::{self, Grade, State};
use super::submission::{Sources, Unfit};
use super::workshop::{Built, Workshop};
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::Graded;
use crate::screen::{BAD, FAINT, GOOD, Screen, styled};

/// An entry of the folder of submissions.
struct Entry {
    name: String,
    folder: PathBuf,
}

/// Grades each submission in `folder`, and writes down what they came to.
///
/// # Errors
///
/// The folder cannot be read; the grader cannot be built; a result cannot be written.
pub fn grade(
    course: &Course,
    lesson: &Lesson,
    folder: &Path,
    options: &Options,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let out = match &options.out {
        Some(out) => out.clone(),
        None => course.target_dir().join("grades").join(lesson.package()),
    };
    fs::create_dir_all(&out)
        .map_err(|error| Failure::Work(format!("cannot make {}: {error}", out.display())))?;
    let entries = entries(folder, &out)?;
    if entries.is_empty() {
        return Err(Failure::Usage(format!(
            "{} holds no folder, and so no submission",
            folder.display()
        )));
    }
    contain::tell_what_is_missing(screen);
    screen.busy("building the grader");
    let workshop = Workshop::open(course, lesson)?;
    screen.wipe();
    let scratch = Scratch::new(course)?;
    let class = Class {
        lesson,
        options,
        out: &out,
        workshop,
        scratch,
    };
    let bar = progress_bar(entries.len(), screen);
    let outcome = class.grade(&entries, jobs(options), &bar)?;
    results::write_all(&out, lesson, &outcome.grades)
        .map_err(|error| cannot_write(&out, &error))?;
    Ok(tell(&outcome, &out, screen))
}

/// What became of a class.
struct Outcome {
    /// Sorted by name.
    grades: Vec<Grade>,
    taken_over: usize,
}

fn tell(outcome: &Outcome, out: &Path, screen: &mut Screen) -> ExitCode {
    let Outcome { grades, taken_over } = outcome;
    let width = grades.iter().map(|it| shown(&it.name).chars().count());
    let width = width.max().unwrap_or(0).min(32);
    for grade in grades {
        let style = match grade.state {
            State::Done => GOOD,
            State::Started | State::Stub => FAINT,
            _ => BAD,
        };
        let words = grade.in_words();
        let words = styled(style, shown(&words));
        screen.say(format_args!("{:width$}  {words}", shown(&grade.name)));
    }
    let done = grades.iter().filter(|it| it.state == State::Done).count();
    let mut closing = format!("{done} of {} are done.", grades.len());
    if *taken_over > 0 {
        closing.push_str(&format!(" {taken_over} taken over from an earlier run."));
    }
    screen.say("");
    screen.say(closing);
    screen.say(format_args!(
        "In {}: grades.csv, grades.json, grades.xml, and a file for each.",
        out.display()
    ));
    let not_graded = grades.iter().filter(|it| it.state == State::NotGraded);
    match not_graded.count() {
        0 => ExitCode::SUCCESS,
        count => {
            screen.complain(styled(
                BAD,
                format_args!("{count} could not be graded. The same command grades them again."),
            ));
            ExitCode::from(1)
        }
    }
}

/// One line of harmless letters.
fn shown(text: &str) -> String {
    let letters = text.chars().map(|letter| {
        if letter.is_control() {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    });
    letters.collect()
}

fn jobs(options: &Options) -> usize {
    let asked = options.jobs.map(NonZero::get);
    asked.unwrap_or_else(processors)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn cannot_write(out: &Path, error: &std::io::Error) -> Failure {
    Failure::Work(format!("cannot write to {}: {error}", out.display()))
}

/// What stands in `folder`, but for what is hidden and for the results, sorted by name.
fn entries(folder: &Path, out: &Path) -> Result<Vec<Entry>, Failure> {
    let failed = |error| Failure::Usage(format!("cannot read {}: {error}", folder.display()));
    let out = out.canonicalize().ok();
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = name_of(&path);
        let is_out = out.is_some() && path.canonicalize().ok() == out;
        if !name.starts_with('.') && !is_out {
            entries.push(Entry { name, folder: path });
        }
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// A folder's name as text; bytes that are none are written out, so that no two names become the same.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    match name.to_str() {
        Some(name) => name.to_owned(),
        None => name.as_encoded_bytes().escape_ascii().to_string(),
    }
}

/// All that the grading of any submission needs.
struct Class<'a> {
    lesson: &'a Lesson,
    options: &'a Options,
    out: &'a Path,
    workshop: Workshop,
    scratch: Scratch,
}

impl Class<'_> {
    fn grade(&self, entries: &[Entry], jobs: usize, bar: &ProgressBar) -> Result<Outcome, Failure> {
        let next = AtomicUsize::new(0);
        let (done, graded) = channel();
        let mut outcome = Outcome {
            grades: Vec::new(),
            taken_over: 0,
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(entries.len()) {
                let (done, next) = (done.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::SeqCst);
                        let Some(entry) = entries.get(index) else {
                            return;
                        };
                        if done.send(self.entry(entry, index)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(done);
            for graded in graded {
                // Whoever returns here hangs up, and the others stop after what they are at.
                let (grade, known) = graded?;
                outcome.taken_over += usize::from(known);
                bar.set_message(shown(&grade.name));
                bar.inc(1);
                outcome.grades.push(grade);
            }
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        outcome
            .grades
            .sort_by(|one, other| one.name.cmp(&other.name));
        Ok(outcome)
    }

    /// The grade of one submission, and whether it was known.
    fn entry(&self, entry: &Entry, index: usize) -> Result<(Grade, bool), Failure> {
        let Entry { name, folder } = entry;
        let began = Instant::now();
        let (mut grade, fingerprint) = match Sources::read(folder, self.lesson) {
            Ok(sources) => {
                let fingerprint = self.workshop.fingerprint(&sources);
                let known = Grade::known(self.out, name, self.lesson, &fingerprint);
                if let Some(grade) = known {
                    return Ok((grade, true));
                }
                (self.submission(name, &sources, index)?, fingerprint)
            }
            Err(unfit) => {
                let state = match unfit {
                    Unfit::Missing(_) => State::Missing,
                    Unfit::Refused(_) => State::Refused,
                };
                let grade = Grade::without_cases(name, self.lesson, state, unfit.to_string());
                (grade, String::new())
            }
        };
        grade.fingerprint = fingerprint;
        grade.seconds = began.elapsed().as_secs_f64();
        grade
            .write(self.out)
            .map_err(|error| cannot_write(self.out, &error))?;
        Ok((grade, false))
    }

    fn submission(&self, name: &str, sources: &Sources, index: usize) -> Result<Grade, Failure> {
        let without_cases = |state, error| Grade::without_cases(name, self.lesson, state, error);
        let cell = self
            .scratch
            .cell(&index.to_string(), self.options.time_limit())?;
        match self.workshop.build(sources, &cell)? {
            Built::Grader => {}
            Built::Broken(errors) => return Ok(Grade::broken(name, self.lesson, &errors)),
            Built::Refused(reason) => return Ok(without_cases(State::Refused, reason)),
            Built::TooSlow => {
                let error = "its build took longer than it may".to_owned();
                return Ok(without_cases(State::TooSlow, error));
            }
        }
        let mut grader = self.workshop.grader(&cell);
        // Findings name files as whoever wrote them knows them: from the crate's folder on.
        grader.env(SHOWN_VARIABLE, "");
        grader.args(["--format", "json", "--color", "never"]);
        let mut graded = Graded::default();
        let ended = grader.run(|line| graded.read(&String::from_utf8_lossy(line), self.lesson))?;
        let said = String::from_utf8_lossy(&ended.stderr);
        graded.conclude(ended.code == Some(0), &said);
        let too_slow = ended.code == Some(contain::TOO_SLOW);
        Ok(Grade::of(name, self.lesson, graded, too_slow))
    }
}

/// On stderr, and only where that is a terminal.
fn progress_bar(count: usize, screen: &Screen) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len}  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(if screen.signs.arrow.is_ascii() {
        style.progress_chars("##-")
    } else {
        style
    })
}
