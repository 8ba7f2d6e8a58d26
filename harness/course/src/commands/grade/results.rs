//! What is written down of a graded submission: for a program as JSON, for a build server as JUnit's XML, for a
//! spreadsheet as CSV.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};
use serde::{Deserialize, Serialize};

use crate::course::Lesson;
use crate::files;
use crate::grading::{self, Case, Graded, Verdict};

/// What the shape of a grade's file is called; one with another shape is graded again.
const VERSION: u32 = 1;
/// The file with all grades, without its ending.
const ALL: &str = "grades";
/// A file name longer than this, with what is added to it, fits into no folder.
const NAME: usize = 200;

/// A submission's grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    version: u32,
    /// The name of the submission's folder.
    pub name: String,
    /// The lesson's folder.
    pub lesson: String,
    pub state: State,
    pub passed: usize,
    /// How many there are that can run here.
    pub cases: usize,
    pub skipped: usize,
    /// The first case that is not passed.
    pub first: Option<First>,
    /// Why there is no more to say: what the compiler said first, or what kept it from being graded.
    pub error: String,
    /// All that the compiler said of errors.
    pub errors: Vec<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What was graded, and by which grader.
    pub fingerprint: String,
    pub all: Vec<Case>,
}

/// What a submission came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Every case passes that can run here.
    Done,
    /// Some cases pass.
    Started,
    /// Nothing of the library is written.
    Stub,
    DoesNotCompile,
    /// It took longer than it may.
    TooSlow,
    /// It holds what no submission may hold.
    Refused,
    /// There is no submission.
    Missing,
    /// For no fault of the submission.
    NotGraded,
}

/// The first case that is not passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    pub case: String,
    /// The finding's id; `stub` for a stub.
    pub finding: String,
    /// `src/lib.rs:36`
    pub place: String,
    pub observed: String,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Started => "started",
            State::Stub => "stub",
            State::DoesNotCompile => "does-not-compile",
            State::TooSlow => "too-slow",
            State::Refused => "refused",
            State::Missing => "missing",
            State::NotGraded => "not-graded",
        }
    }

    /// Whether grading it again would say the same.
    pub fn is_final(self) -> bool {
        !matches!(self, State::TooSlow | State::NotGraded)
    }
}

impl Grade {
    /// A submission of which no case was graded, and why.
    pub fn without_cases(name: &str, lesson: &Lesson, state: State, error: String) -> Grade {
        Grade {
            version: VERSION,
            name: name.to_owned(),
            lesson: lesson.folder(),
            state,
            passed: 0,
            cases: 0,
            skipped: 0,
            first: None,
            error,
            errors: Vec::new(),
            seconds: 0.0,
            fingerprint: String::new(),
            all: Vec::new(),
        }
    }

    /// A submission that does not compile.
    pub fn broken(name: &str, lesson: &Lesson, errors: &[String]) -> Grade {
        let errors: Vec<String> = errors
            .iter()
            .map(|error| anstream::adapter::strip_str(error).to_string())
            .collect();
        let first = errors.first().map(String::as_str).unwrap_or_default();
        let mut lines = first.lines().map(str::trim);
        let what = lines.next().unwrap_or_default();
        let place = lines.find_map(|line| line.strip_prefix("--> "));
        let error = match place {
            Some(place) => format!("{what} ({place})"),
            None => what.to_owned(),
        };
        Grade {
            errors,
            ..Grade::without_cases(name, lesson, State::DoesNotCompile, error)
        }
    }

    /// A submission whose cases were graded, all of them unless it was `too_slow`.
    pub fn of(name: &str, lesson: &Lesson, graded: Graded, too_slow: bool) -> Grade {
        let (state, error) = match graded.state() {
            _ if too_slow => (State::TooSlow, "it took longer than it may".to_owned()),
            grading::State::Done { .. } => (State::Done, String::new()),
            grading::State::Started { .. } => (State::Started, String::new()),
            grading::State::Stub => (State::Stub, String::new()),
            other => (State::NotGraded, other.to_string()),
        };
        let skipped = graded.count(Verdict::Skipped);
        Grade {
            passed: graded.passed(),
            skipped,
            cases: graded.asked.max(graded.cases.len()) - skipped,
            first: graded.first_to_do().map(First::of),
            all: graded.cases,
            ..Grade::without_cases(name, lesson, state, error)
        }
    }

    /// What it came to, for people.
    pub fn in_words(&self) -> String {
        let Grade { passed, cases, .. } = self;
        match (self.state, &self.first) {
            (State::Done, _) if self.skipped > 0 => {
                format!(
                    "done, {passed} cases pass, {} cannot run here",
                    self.skipped
                )
            }
            (State::Done, _) => format!("done, all {passed} cases pass"),
            (State::Started, Some(first)) => {
                format!("{passed} of {cases} cases pass, the first that does not: {first}")
            }
            (State::Started, None) => format!("{passed} of {cases} cases pass"),
            (State::Stub, _) => "still a stub".to_owned(),
            (State::DoesNotCompile, _) => format!("does not compile: {}", self.error),
            (State::TooSlow, _) if *cases == 0 => self.error.clone(),
            (State::TooSlow, _) => {
                format!("ended when its time was up: {passed} of {cases} cases pass")
            }
            (State::Refused, _) => format!("refused: {}", self.error),
            (State::Missing, _) => format!("missing: {}", self.error),
            (State::NotGraded, _) => format!("not graded: {}", self.error),
        }
    }

    /// Reads what [`Grade::write`] wrote in `folder` for the submission `name`, if it still fits.
    pub fn known(folder: &Path, name: &str, lesson: &Lesson, fingerprint: &str) -> Option<Grade> {
        let text = fs::read(file_of(folder, name)).ok()?;
        let grade: Grade = serde_json::from_slice(&text).ok()?;
        let fits = grade.version == VERSION
            && grade.name == name
            && grade.lesson == lesson.folder()
            && grade.fingerprint == fingerprint
            && grade.state.is_final();
        fits.then_some(grade)
    }

    /// Writes it into `folder`, whole or not at all, as a file of its own.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        files::replace_unsynced(&file_of(folder, &self.name), &text)
    }
}

impl First {
    fn of(case: &Case) -> First {
        let finding = harness::json::finding_from_json(&case.finding);
        match finding {
            Some(finding) => First {
                case: case.name.clone(),
                place: match finding.place.line {
                    Some(line) => format!("{}:{line}", finding.place.file),
                    None => finding.place.file,
                },
                finding: finding.id,
                observed: finding.observed,
            },
            None => First {
                case: case.name.clone(),
                finding: "stub".to_owned(),
                place: String::new(),
                observed: String::new(),
            },
        }
    }
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.case, self.finding)
    }
}

/// The file of the submission `name`. A name that is none for a file, or is taken, is written with `%`.
fn file_of(folder: &Path, name: &str) -> PathBuf {
    let mut file = String::new();
    for (index, letter) in name.char_indices() {
        let is_odd = letter.is_control() || "%/\\:*?\"<>|".contains(letter);
        let first_of_all = index == 0 && name.eq_ignore_ascii_case(ALL);
        if is_odd || first_of_all {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                file.push_str(&format!("%{byte:02X}"));
            }
        } else {
            file.push(letter);
        }
    }
    if file.len() > NAME {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let end = (0..=NAME).rev().find(|at| file.is_char_boundary(*at));
        file.truncate(end.unwrap_or(0));
        file.push_str(&format!("%{:016x}", hasher.finish()));
    }
    folder.join(file + ".json")
}

/// Writes the files with all grades into `folder`.
///
/// # Errors
///
/// One of them cannot be written.
pub fn write_all(folder: &Path, lesson: &Lesson, grades: &[Grade]) -> io::Result<()> {
    let put = |ending: &str, text: &[u8]| {
        files::replace_unsynced(&folder.join(format!("{ALL}.{ending}")), text)
    };
    put("json", &serde_json::to_vec_pretty(grades)?)?;
    put(
        "xml",
        junit(lesson, grades).map_err(io::Error::other)?.as_bytes(),
    )?;
    put("csv", csv(grades).as_bytes())
}

fn junit(lesson: &Lesson, grades: &[Grade]) -> Result<String, SerializeError> {
    let mut report = Report::new(lesson.folder());
    for grade in grades {
        let mut suite = TestSuite::new(grade.name.as_str());
        suite.set_time(seconds(grade.seconds));
        for case in &grade.all {
            let mut test = TestCase::new(case.name.as_str(), status(case));
            test.set_classname(grade.lesson.as_str());
            test.set_time(seconds(case.took));
            if !case.printed.is_empty() {
                test.set_system_out(case.printed.as_str());
            }
            suite.add_test_case(test);
        }
        if !grade.error.is_empty() || grade.all.is_empty() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type(grade.state.name());
            status.set_message(grade.error.as_str());
            if !grade.errors.is_empty() {
                status.set_description(grade.errors.concat());
            }
            let mut test = TestCase::new("submission", status);
            test.set_classname(grade.lesson.as_str());
            suite.add_test_case(test);
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn status(case: &Case) -> TestCaseStatus {
    let mut status = match case.verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Failed | Verdict::Stub => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Skipped | Verdict::Waiting => TestCaseStatus::skipped(),
    };
    let first = First::of(case);
    match case.verdict {
        Verdict::Skipped => {
            status.set_message(case.reason.as_str());
        }
        Verdict::Waiting => {
            status.set_message("not run");
        }
        _ => {
            status.set_type(first.finding);
            status.set_message(first.observed);
            status.set_description(anstream::adapter::strip_str(&case.rendered).to_string());
        }
    }
    status
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// As RFC 4180 has it, with a line for each submission.
fn csv(grades: &[Grade]) -> String {
    let mut text =
        String::from("name,state,passed,cases,skipped,first_failed_case,finding,place,error\r\n");
    for grade in grades {
        let first = grade.first.as_ref();
        let of_first = |field: fn(&First) -> &String| first.map(field).map_or("", String::as_str);
        let fields = [
            &grade.name,
            grade.state.name(),
            &grade.passed.to_string(),
            &grade.cases.to_string(),
            &grade.skipped.to_string(),
            of_first(|first| &first.case),
            of_first(|first| &first.finding),
            of_first(|first| &first.place),
            &grade.error,
        ]
        .map(field);
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A field of a CSV. A spreadsheet takes one that begins like a formula for one: it gets an apostrophe in front.
fn field(text: &str) -> String {
    let like_a_formula = text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) || text.starts_with(['\t', '\r', '\n']);
    let text = if like_a_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n', ';', '\t']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson() -> Lesson {
        Lesson {
            number: 1,
            name: "listen".to_owned(),
        }
    }

    #[test]
    fn a_field_is_quoted_and_is_no_formula() {
        assert_eq!(field("ada"), "ada");
        assert_eq!(field("a, b"), "\"a, b\"");
        assert_eq!(field("say \"x\"\n"), "\"say \"\"x\"\"\n\"");
        assert_eq!(field("=1+2"), "'=1+2");
        assert_eq!(field("  @x"), "'  @x");
        assert_eq!(field("\t=1"), "\"'\t=1\"");
        for start in ["=", "+", "-", "@"] {
            assert!(field(&format!("{start}cmd|x")).starts_with('\''));
        }
    }

    #[test]
    fn every_name_has_a_file_of_its_own() {
        let folder = Path::new("/out");
        let file = |name: &str| file_of(folder, name).display().to_string();
        assert_eq!(file("Ada Löwe"), "/out/Ada Löwe.json");
        assert_eq!(file("a..b"), "/out/a..b.json");
        assert_eq!(file("a\nb"), "/out/a%0Ab.json");
        assert_eq!(file("a%0Ab"), "/out/a%250Ab.json");
        assert_eq!(file("grades"), "/out/%67rades.json");
        let long = [file(&"ä".repeat(127)), file(&("ä".repeat(126) + "ab"))];
        assert_ne!(long[0], long[1]);
        for file in &long {
            assert!(file.len() < 240, "{file}");
        }
    }

    #[test]
    fn a_grade_is_known_while_it_fits() {
        let folder = tempfile::tempdir().unwrap();
        let missing = |state| Grade {
            fingerprint: "1".to_owned(),
            ..Grade::without_cases("ada", &lesson(), state, "why".to_owned())
        };
        let grade = missing(State::Refused);
        grade.write(folder.path()).unwrap();
        let known = |name, fingerprint| Grade::known(folder.path(), name, &lesson(), fingerprint);
        assert_eq!(known("ada", "1"), Some(grade));
        assert_eq!(known("ada", "2"), None);
        assert_eq!(known("bea", "1"), None);
        missing(State::TooSlow).write(folder.path()).unwrap();
        assert_eq!(known("ada", "1"), None);
    }

    #[test]
    fn what_the_compiler_said_first_is_the_error() {
        let said = "\u{1b}[1merror[E0308]\u{1b}[0m: mismatched types\n  --> src/lib.rs:3:5\n   |\n"
            .to_owned();
        let grade = Grade::broken("ada", &lesson(), &[said]);
        assert_eq!(
            grade.error,
            "error[E0308]: mismatched types (src/lib.rs:3:5)"
        );
        let xml = junit(&lesson(), &[grade]).unwrap();
        assert!(
            xml.contains("errors=\"1\"") && xml.contains("does-not-compile"),
            "{xml}"
        );
    }
}
