//! `course diagrams`: the book's pictures of the wire are what a grading recorded.
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`pages`] | which recordings the book's pages refer to |
//! | [`recorder`] | how a solution or a deliberate mistake is graded, and how what happened is drawn |
//! | [`mod@masked`] | what two recordings of the same are allowed to differ in |

mod masked;
mod pages;
mod recorder;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::masked::masked;
use self::pages::{Place, Wanted};
use self::recorder::Recorder;
use crate::course::Course;
use crate::failure::Failure;
use crate::files;
use crate::screen::{BAD, FAINT, GOOD, Screen, styled};

/// Where the recordings are, from the root of the course.
const FOLDER: &str = "book/src/recordings";
/// How often a case is recorded before its picture counts as another. On a busy machine two things that happen at
/// the same time may come in the other order; what the committed picture shows has to come up once.
const TRIES: usize = 10;

/// Records each picture that a page of the book refers to, and writes those that are not yet as they should be.
/// Removes those that no page refers to.
///
/// # Errors
///
/// A page cannot be read, a file cannot be written, or a grader cannot be built.
pub fn write(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut work = Work::new(course, screen)?;
    let mut changed = 0;
    for wanted in work.wanted.clone() {
        let shown = wanted.shown();
        let committed = work.committed(&wanted)?;
        match work.recorded(&wanted, committed.as_deref(), screen)? {
            Ok(Recorded::Same) => {}
            Ok(Recorded::New(svg)) => {
                let path = course.root().join(&shown);
                files::replace_unsynced(&path, svg.as_bytes())
                    .map_err(cannot(format!("write {shown}")))?;
                screen.say(format_args!("wrote    {shown}"));
                changed += 1;
            }
            Err(why) => work.trouble(&wanted, &why, screen),
        }
    }
    for shown in work.on_no_page()? {
        let path = course.root().join(&shown);
        fs::remove_file(&path).map_err(cannot(format!("remove {shown}")))?;
        remove_empty_folders(course, &path);
        screen.say(format_args!("removed  {shown}"));
        changed += 1;
    }
    match (work.troubles, changed) {
        (0, 0) => screen.say(styled(GOOD, "Every picture shows what is recorded now.")),
        (0, 1) => screen.say("1 picture changed."),
        (0, _) => screen.say(format_args!("{changed} pictures changed.")),
        _ => return Ok(ExitCode::from(1)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Records each picture that a page of the book refers to, and names those that `write` would change.
///
/// # Errors
///
/// A page or a picture cannot be read, or a grader cannot be built.
pub fn compare(course: &Course, screen: &mut Screen) -> Result<ExitCode, Failure> {
    let mut work = Work::new(course, screen)?;
    let mut to_write = 0;
    let mut differs = |what: &str, how: &str, screen: &mut Screen| {
        screen.say(format_args!("{what} {}", styled(BAD, how)));
        to_write += 1;
    };
    for wanted in work.wanted.clone() {
        let shown = wanted.shown();
        let committed = work.committed(&wanted)?;
        match work.recorded(&wanted, committed.as_deref(), screen)? {
            Ok(Recorded::Same) => {}
            Ok(Recorded::New(_)) if committed.is_some() => {
                differs(&shown, "differs from what is recorded now", screen);
            }
            Ok(Recorded::New(_)) => {
                let how = format!("is missing, and {} shows it", wanted.place);
                differs(&shown, &how, screen);
            }
            Err(why) => work.trouble(&wanted, &why, screen),
        }
    }
    for shown in work.on_no_page()? {
        differs(&shown, "is on no page", screen);
    }
    if to_write > 0 {
        screen.say("Run `cargo course diagrams` and commit what it writes.");
    }
    if to_write + work.troubles > 0 {
        return Ok(ExitCode::from(1));
    }
    screen.say(styled(GOOD, "Every picture shows what is recorded now."));
    Ok(ExitCode::SUCCESS)
}

/// What came of recording a picture.
enum Recorded {
    /// It is as the committed one, but for what differs each time.
    Same,
    /// It is another.
    New(String),
}

/// What there is to do.
struct Work<'a> {
    course: &'a Course,
    wanted: Vec<Wanted>,
    recorder: Recorder<'a>,
    /// How many references lead nowhere.
    troubles: usize,
}

impl<'a> Work<'a> {
    fn new(course: &'a Course, screen: &mut Screen) -> Result<Work<'a>, Failure> {
        let mut work = Work {
            course,
            wanted: Vec::new(),
            recorder: Recorder::new(course),
            troubles: 0,
        };
        for reference in pages::references(course)? {
            match reference {
                Ok(wanted) if work.wanted.iter().any(|it| it.what == wanted.what) => {}
                Ok(wanted) => work.wanted.push(wanted),
                Err((place, why)) => work.complain(&place, &why, screen),
            }
        }
        Ok(work)
    }

    /// The picture that is there.
    fn committed(&self, wanted: &Wanted) -> Result<Option<String>, Failure> {
        let shown = wanted.shown();
        match fs::read(self.course.root().join(&shown)) {
            Ok(svg) => Ok(Some(String::from_utf8_lossy(&svg).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot(format!("read {shown}"))(error)),
        }
    }

    /// The picture as it is recorded now; or why there is none.
    fn recorded(
        &mut self,
        wanted: &Wanted,
        committed: Option<&str>,
        screen: &mut Screen,
    ) -> Result<Result<Recorded, String>, Failure> {
        let committed = committed.map(masked);
        let mut seen: Vec<(String, usize, String)> = Vec::new();
        for number in 1..=TRIES {
            let svg = match self.recorder.record(wanted, screen)? {
                Ok(svg) => svg,
                Err(why) => return Ok(Err(why)),
            };
            let compared = masked(&svg);
            if committed.as_ref() == Some(&compared) {
                if number > 1 {
                    let shown = wanted.shown();
                    screen.complain(styled(
                        FAINT,
                        format_args!("{shown}: it took {number} recordings until one was the same"),
                    ));
                }
                return Ok(Ok(Recorded::Same));
            }
            match seen.iter_mut().find(|it| it.0 == compared) {
                Some((_, times, _)) => *times += 1,
                None => seen.push((compared, 1, svg)),
            }
            // What comes twice will come again.
            if committed.is_none() && seen.iter().any(|it| it.1 > 1) {
                break;
            }
        }
        let most = seen.into_iter().max_by_key(|it| it.1);
        Ok(match most {
            Some((_, times, svg)) if times > 1 => Ok(Recorded::New(svg)),
            _ => Err(format!(
                "{TRIES} recordings of {} are {TRIES} different pictures. The book needs a case whose steps are the \
                 same each time.",
                wanted.what
            )),
        })
    }

    /// The pictures that no page refers to.
    fn on_no_page(&self) -> Result<Vec<String>, Failure> {
        let known: BTreeSet<String> = self.wanted.iter().map(Wanted::shown).collect();
        let mut found = Vec::new();
        let folder = self.course.root().join(FOLDER);
        if folder.is_dir() {
            pages::files_below(&folder, &mut found)
                .map_err(cannot(format!("read the folder {FOLDER}")))?;
        }
        found.retain(|it| it.extension().is_some_and(|ending| ending == "svg"));
        let shown = found.iter().map(|path| pages::shown(self.course, path));
        Ok(shown.filter(|it| !known.contains(it)).collect())
    }

    fn trouble(&mut self, wanted: &Wanted, why: &str, screen: &mut Screen) {
        self.complain(&wanted.place, why, screen);
    }

    fn complain(&mut self, place: &Place, why: &str, screen: &mut Screen) {
        screen.say(format_args!("{place}: {}", styled(BAD, why)));
        self.troubles += 1;
    }
}

/// The folders above `path` that have become empty, up to that of the recordings.
fn remove_empty_folders(course: &Course, path: &Path) {
    let top: PathBuf = course.root().join(FOLDER);
    for folder in path.ancestors().skip(1) {
        // One that is not empty stays.
        if !folder.starts_with(&top) || fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

fn cannot(what: String) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Work(format!("cannot {what}: {error}"))
}
