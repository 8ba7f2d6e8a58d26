//! `course x-ray N`: a case with the system calls that the learner's code made, beside the wire.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`grader`] | how the grader is run under strace |
//! | [`strace`] | how to read what strace wrote |
//! | [`whose`] | which threads run the learner's code |
//! | [`merge`] | the system calls and the grader's record, in one order |
//! | [`view`] | how that is shown |

mod grader;
mod merge;
mod strace;
mod view;
mod whose;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use harness::json::record_from_json;
use harness::report::picture;
use harness::trace::{Record, Trace};

use self::grader::{Run, Strace};
use self::strace::Entry;
use crate::course::{Course, Lesson};
use crate::failure::Failure;
use crate::files;
use crate::grading::{Case, Grader, Verdict};
use crate::progress::Progress;
use crate::screen::{BAD, FAINT, GOOD, NEXT, Screen, styled};

const NO_STRACE: &str = "x-ray needs strace, and there is none here. To get it:
  Debian, Ubuntu   sudo apt-get install strace
  Fedora           sudo dnf install strace
  Arch             sudo pacman -S strace";

const ONLY_LINUX: &str = "x-ray needs Linux: it shows system calls with strace, which is for Linux alone. \
                          In a virtual machine or a container with Linux it works.";

const NOT_PERMITTED: &str = "\
Strace looks at a process by ptrace(2), and that may be forbidden here:
  in a container         start it with --cap-add=SYS_PTRACE
  by yama                /proc/sys/kernel/yama/ptrace_scope says 2: only for root; 3: for nobody
  under another strace   or a debugger: a process can be looked at by one only";

/// Runs a case of `lesson` under strace: the one called `wanted`, or with that in its name, or else the first
/// that is not passed. Shows the system calls of the learner's code beside the wire, and the verdict.
/// `package` is graded in place of the learner's.
///
/// # Errors
///
/// There is no strace, or it may not look; there is no such case, or several; cargo cannot be started.
pub fn xray(
    course: &Course,
    lesson: &Lesson,
    wanted: Option<&str>,
    package: Option<&str>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::Work(ONLY_LINUX.to_owned()));
    }
    let strace = Strace::find().map_err(cannot("start strace"))?;
    let strace = strace.ok_or_else(|| Failure::Work(NO_STRACE.to_owned()))?;
    let is_learners = package.is_none();
    if let Some(missing) = course.missing(lesson).filter(|_| is_learners) {
        return Err(Failure::Work(missing));
    }
    screen.busy(format_args!("building {lesson}"));
    let package = package.map_or_else(|| lesson.package(), str::to_owned);
    let grader = match Grader::build(course, lesson, &package)? {
        Ok(grader) => grader,
        Err(graded) => {
            for error in &graded.errors {
                screen.complain(error.trim_end());
            }
            return Err(Failure::Work(grader::why_not(&graded, lesson)));
        }
    };
    let names = grader.cases().map_err(cannot("start the grader"))?;
    let name = match wanted {
        Some(wanted) => pick(&names, wanted, lesson)?,
        None => {
            screen.busy(format_args!("looking for the case that you are at"));
            let known = Progress::load(course);
            let known = known.graded(course, lesson).filter(|_| is_learners);
            let to_do = match known.and_then(|graded| graded.first_to_do()) {
                Some(case) => Some(case.name.clone()),
                None => grader
                    .first_to_do(lesson)
                    .map_err(cannot("start the grader"))?,
            };
            to_do.or_else(|| names.first().cloned()).ok_or_else(|| {
                Failure::Work(format!("the grader of lesson {lesson} has no case"))
            })?
        }
    };
    screen.busy(format_args!("running {name} under strace"));
    let log = Log::new(course).map_err(cannot("write into target/course"))?;
    let run = strace.run(&grader, &name, lesson, &log.new);
    let run = run.map_err(cannot("run the grader under strace"))?;
    screen.wipe();
    let Some(case) = &run.case else {
        return Err(Failure::Work(what_strace_said(&run)));
    };
    say(lesson, case, &run.log, screen);
    if let Some(kept) = log.keep() {
        let root = std::path::absolute(course.root()).unwrap_or_default();
        let kept = kept.strip_prefix(root).unwrap_or(kept).display();
        screen.say(format_args!("{}  {kept}", styled(FAINT, "log")));
    }
    Ok(match case.verdict {
        Verdict::Passed => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}

fn cannot(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::Work(format!("cannot {what}: {error}"))
}

/// The case that a person means: by its name, or by a part of it that no other has.
fn pick(names: &[String], wanted: &str, lesson: &Lesson) -> Result<String, Failure> {
    if let Some(name) = names.iter().find(|name| *name == wanted) {
        return Ok(name.clone());
    }
    let matching: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.contains(wanted))
        .collect();
    match matching.as_slice() {
        [name] => Ok((*name).to_owned()),
        [] => {
            let mut message = format!("no case of lesson {lesson} has `{wanted}` in its name.");
            if let Some(nearest) = harness::nearest(names.iter().map(String::as_str), wanted) {
                message.push_str(&format!(
                    " The nearest is:\n  cargo course x-ray {} {nearest}",
                    lesson.number
                ));
            }
            let package = lesson.package();
            message.push_str(&format!("\nAll of them: cargo test -p {package} -- --list"));
            Err(Failure::Usage(message))
        }
        several => Err(Failure::Usage(format!(
            "{} cases of lesson {lesson} have `{wanted}` in their names, and x-ray shows one:\n  {}",
            several.len(),
            several.join("\n  ")
        ))),
    }
}

/// Why there is no verdict: what strace had to say.
fn what_strace_said(run: &Run) -> String {
    let said: Vec<&str> = run.complaints.lines().take(6).collect();
    if said.is_empty() {
        return format!("the grader gave no verdict under strace ({})", run.status);
    }
    let forbidden = ["ptrace", "PTRACE", "not permitted", "attach"];
    let is_about_permission = forbidden.iter().any(|word| run.complaints.contains(word));
    let mut message = format!(
        "strace cannot look at the grader here. It says:\n  {}",
        said.join("\n  ")
    );
    if is_about_permission {
        message.push('\n');
        message.push_str(NOT_PERMITTED);
    }
    message
}

fn say(lesson: &Lesson, case: &Case, log: &str, screen: &mut Screen) {
    let in_ascii = screen.signs.done.is_ascii();
    let mut say = |line: &str| {
        if in_ascii {
            screen.say(to_ascii(line));
        } else {
            screen.say(line);
        }
    };
    let number = lesson.number;
    say(&format!(
        "lesson {number:02} · {}  {}",
        lesson.name,
        styled(NEXT, &case.name)
    ));
    say("");
    let entries = strace::parse(log);
    let record = record_from_json(&case.record);
    let has_record = record.is_some();
    let record = record.unwrap_or_else(|| Record {
        began: beginning(&entries),
        trace: Trace::default(),
    });
    let rows = merge::rows(&entries, &record);
    if rows.is_empty() {
        say("Your code made no call on a socket in this case.");
    } else {
        view::picture(&rows).iter().for_each(|line| say(line));
    }
    if !has_record && case.verdict != Verdict::Skipped {
        say("");
        say("The case ended before the grader could say what was on the wire.");
    }
    say("");
    match case.verdict {
        Verdict::Passed => say(&styled(GOOD, format_args!("✓ {} is passed", case.name))),
        Verdict::Skipped => say(&format!("{} was skipped: {}", case.name, case.reason)),
        verdict => {
            let (sign, word) = match verdict {
                Verdict::Stub => ("○", "is still a stub"),
                _ => ("✗", "is not passed"),
            };
            say(&styled(BAD, format_args!("{sign} {} {word}", case.name)));
            say("");
            case.rendered.trim_end().lines().for_each(&mut say);
        }
    }
    if let Some(pages) = view::pages(&rows) {
        say("");
        say(&format!("{} {pages}", styled(FAINT, "read")));
    }
}

/// When the learner's code began, where the grader did not say.
fn beginning(entries: &[Entry]) -> Duration {
    let threads = whose::Threads::of(entries);
    let first = entries.iter().find_map(|entry| match entry {
        Entry::Call(call) if threads.is_learners(call.thread) => Some(call.began),
        _ => None,
    });
    first.unwrap_or_default()
}

/// A line for a locale that knows nothing but ASCII; the codes of colours are left as they are.
fn to_ascii(line: &str) -> String {
    line.split_inclusive('\u{1b}')
        .map(|part| match part.strip_suffix('\u{1b}') {
            Some(before) => format!("{}\u{1b}", picture::in_ascii(before)),
            None => picture::in_ascii(part),
        })
        .collect()
}

/// Where strace writes: a file of this process, which takes the place of the last run's when all went well.
struct Log {
    new: PathBuf,
    /// `target/course/x-ray.log`
    kept: PathBuf,
}

impl Log {
    fn new(course: &Course) -> std::io::Result<Log> {
        // Strace is started in another folder than this.
        let target = std::path::absolute(course.target_dir())?;
        let kept = target.join("course").join("x-ray.log");
        let new = files::new_beside(&kept)?;
        Ok(Log { new, kept })
    }

    /// Keeps it for whoever wants to read all of it, and says where.
    fn keep(&self) -> Option<&Path> {
        files::remove_left_behind(&self.kept);
        let kept = fs::rename(&self.new, &self.kept);
        kept.ok().map(|()| self.kept.as_path())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // It may have been kept.
        _ = fs::remove_file(&self.new);
    }
}
