//! Grades a solution or a deliberate mistake, and draws what was recorded.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use harness::isolate::SEED_VARIABLE;
use harness::json::{finding_from_json, record_from_json};
use harness::submission::{PROGRAM_FILE_VARIABLE, SOURCE_VARIABLE};
use harness::trace::{Direction, Signal, Trace, What as Happened};

use super::cannot;
use super::pages::{By, Wanted, What};
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::grading::{Case, Graded, Grader, State, Verdict};
use crate::picture::svg::Picture;
use crate::screen::Screen;

/// Where the deliberate mistakes are, from the root of the course.
const MISTAKES: &str = "harness/tests/mistakes";
/// The package with all of them, and its program, which is the mistake that the variable names.
const PACKAGE: &str = "harness-tests";
const GRADED: &str = "graded";
const SUBMISSION_VARIABLE: &str = "HARNESS_TESTS_SUBMISSION";

/// Records cases. What it builds for one it has for the next.
pub struct Recorder<'a> {
    course: &'a Course,
    /// By the lesson's package.
    solutions: HashMap<String, Built>,
    mistakes: Option<Grader>,
}

/// A solution's grader, and the names of its cases.
struct Built {
    grader: Grader,
    cases: Vec<String>,
}

impl Recorder<'_> {
    pub fn new(course: &Course) -> Recorder<'_> {
        Recorder {
            course,
            solutions: HashMap::new(),
            mistakes: None,
        }
    }

    /// The picture of this; or why there can be none.
    ///
    /// # Errors
    ///
    /// A grader cannot be built or started.
    pub fn record(
        &mut self,
        wanted: &Wanted,
        screen: &mut Screen,
    ) -> Result<Result<String, String>, Failure> {
        let what = &wanted.what;
        let (case, mut command) = match &what.by {
            By::Solution(case) => {
                let built = self.solution(&what.lesson, screen)?;
                if !built.cases.contains(case) {
                    return Ok(Err(no_such_case(what, case, &built.cases)));
                }
                (case.clone(), built.grader.command())
            }
            By::Mistake(name) => {
                let Some((file, case)) = self.mistake(&what.lesson, name)? else {
                    return Ok(Err(no_such_mistake(&what.lesson, name)));
                };
                let package = what.lesson.package();
                let graded = self.mistakes(&what.lesson, screen)?;
                let mut command = graded.command();
                command
                    .env(SUBMISSION_VARIABLE, format!("mistakes/{package}/{name}"))
                    .env(SOURCE_VARIABLE, file)
                    .env(PROGRAM_FILE_VARIABLE, &graded.program);
                (case, command)
            }
        };
        screen.busy(format_args!("recording {what}"));
        let graded = run(&mut command, &case, what)?;
        screen.wipe();
        Ok(match graded {
            Ok(graded) => trace(what, &graded).map(|trace| draw(what, &graded, &trace)),
            Err(said) => Err(format!("{what} has no verdict. {said}")),
        })
    }

    /// The grader of the lesson's solution.
    fn solution(&mut self, lesson: &Lesson, screen: &mut Screen) -> Result<&Built, Failure> {
        let package = lesson.package();
        if !self.solutions.contains_key(&package) {
            let solution = format!("solution{:02}", lesson.number);
            screen.busy(format_args!("building {solution}"));
            let grader = match Grader::build(self.course, lesson, &solution)? {
                Ok(grader) => grader,
                Err(graded) => return Err(cannot_be_built(&solution, &graded, screen)),
            };
            let cases = grader.cases();
            let cases = cases.map_err(cannot(format!("start the grader of {solution}")))?;
            let built = Built { grader, cases };
            self.solutions.insert(package.clone(), built);
        }
        Ok(&self.solutions[&package])
    }

    /// The program that is every mistake.
    fn mistakes(&mut self, lesson: &Lesson, screen: &mut Screen) -> Result<&Grader, Failure> {
        if self.mistakes.is_none() {
            screen.busy("building all mistakes, which takes some minutes the first time");
            let what = ["build", "--package", PACKAGE, "--bin", GRADED];
            let graded = match Grader::built_by(self.course, lesson, &what, GRADED)? {
                Ok(graded) => graded,
                Err(graded) => return Err(cannot_be_built(PACKAGE, &graded, screen)),
            };
            self.mistakes = graded;
        }
        self.mistakes
            .as_ref()
            .ok_or_else(|| Failure::Work(format!("{PACKAGE} has no program `{GRADED}`")))
    }

    /// The file of this mistake, and the case that it fails by its first lines; `None` where there is no such file.
    fn mistake(&self, lesson: &Lesson, name: &str) -> Result<Option<(PathBuf, String)>, Failure> {
        let folder = self.course.root().join(MISTAKES).join(lesson.package());
        let mut files = ["rs", "edit"].map(|it| folder.join(name).with_extension(it));
        let Some(file) = files.iter_mut().find(|it| it.is_file()) else {
            return Ok(None);
        };
        let shown = super::pages::shown(self.course, file);
        let text = fs::read_to_string(&*file).map_err(cannot(format!("read {shown}")))?;
        let case = fails(&text);
        let case = case.ok_or_else(|| Failure::Work(format!("{shown} has no line `fails: CASE`")));
        // The grader has a folder of its own.
        let file = std::path::absolute(&*file).map_err(cannot(format!("find {shown}")))?;
        Ok(Some((file, case?.to_owned())))
    }
}

/// What the first lines of a mistake say that it fails.
fn fails(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let line = line.strip_prefix("//!").unwrap_or(line);
        Some(line.trim().strip_prefix("fails:")?.trim())
    })
}

/// Grades this case; or what the grader had to say that did not.
fn run(command: &mut Command, case: &str, what: &What) -> Result<Result<Case, String>, Failure> {
    command
        .args(["--exact", case, "--format", "json", "--color", "never"])
        .args(["--record", "--no-fail-fast"])
        // Any number; with the same one, the same bytes are sent and the same names asked for.
        .env(SEED_VARIABLE, "1");
    let output = command
        .output()
        .map_err(cannot(format!("start the grader for {what}")))?;
    let mut graded = Graded::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        graded.read(line, &what.lesson);
    }
    let found = graded.cases.into_iter().find(|it| it.name == case);
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(found.ok_or_else(said))
}

/// What happened; or why there is nothing to show.
fn trace(what: &What, case: &Case) -> Result<Trace, String> {
    let trace = match (&what.by, case.verdict) {
        (_, Verdict::Skipped) => return Err(format!("{what} cannot run here: {}", case.reason)),
        (By::Solution(_), Verdict::Passed) => {
            record_from_json(&case.record).map(|record| record.trace)
        }
        (By::Solution(_), _) => return Err(format!("the solution does not pass {what}")),
        (By::Mistake(_), Verdict::Failed) => {
            finding_from_json(&case.finding).map(|finding| finding.trace)
        }
        (By::Mistake(_), _) => return Err(format!("{what} does not fail {}", case.name)),
    };
    let trace = trace.filter(|trace| !trace.events.is_empty());
    trace.ok_or_else(|| format!("nothing was recorded of {what}"))
}

fn draw(what: &What, case: &Case, trace: &Trace) -> String {
    let title = match &what.by {
        By::Solution(_) => in_words(&case.name),
        By::Mistake(name) => format!("A mistake: {}", name.replace('_', " ")),
    };
    let roles = roles(trace);
    let alone = match what.by {
        By::Solution(_) => "the solution",
        By::Mistake(_) => "the mistake",
    };
    Picture {
        trace,
        title: &format!("Lesson {:02}. {title}", what.lesson.number),
        description: None,
        peer: roles.filter(|_| is_nameless(trace)).map(|(peer, _)| peer),
        submission: Some(roles.map_or(alone, |(_, submission)| submission)),
        times: false,
    }
    .standing_alone()
}

/// What the grader's side is to the other, and what the submission's is: whoever asks for a connection is the client.
/// On the grader's page the submission's side is the learner's, "your side"; in the book it is nobody's.
fn roles(trace: &Trace) -> Option<(&'static str, &'static str)> {
    trace.events.iter().find_map(|event| match &event.what {
        Happened::Wire {
            direction,
            signal: Signal::Connected | Signal::Refused,
            ..
        } => Some(match direction {
            Direction::ToSubmission => ("client", "server"),
            Direction::ToPeer => ("server", "client"),
        }),
        _ => None,
    })
}

/// Is there one peer, and is its name no word? One of several is called A.
fn is_nameless(trace: &Trace) -> bool {
    let mut names = trace.events.iter().filter_map(|event| match &event.what {
        Happened::Wire { peer, .. } => Some(peer.as_str()),
        _ => None,
    });
    let first = names.next();
    first.is_some_and(|first| first.len() == 1 && names.all(|name| name == first))
}

/// `Sends back what the client sends`, for `sends_back_what_the_client_sends`.
fn in_words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn no_such_case(what: &What, case: &str, cases: &[String]) -> String {
    let number = what.lesson.number;
    let nearest = harness::nearest(cases.iter().map(String::as_str), case);
    let nearest = nearest.map_or_else(String::new, |it| format!(". The nearest is `{it}`"));
    format!("lesson {number:02} has no case `{case}`{nearest}")
}

fn no_such_mistake(lesson: &Lesson, name: &str) -> String {
    let package = lesson.package();
    format!("there is no mistake {MISTAKES}/{package}/{name}.rs, nor {name}.edit")
}

fn cannot_be_built(package: &str, graded: &Graded, screen: &mut Screen) -> Failure {
    for error in &graded.errors {
        screen.complain(error.trim_end());
    }
    let why = match graded.state() {
        State::Unknown(why) => why,
        state => state.to_string(),
    };
    Failure::Work(format!("{package} cannot be built: {why}"))
}
