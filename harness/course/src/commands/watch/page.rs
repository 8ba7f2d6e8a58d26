//! What there is to say, as lines of any width.

use anstyle::Style;

use super::reflow;
use super::state::{Hints, Known, Standing, State};
use crate::commands::check;
use crate::commands::hint::Given;
use crate::course::Lesson;
use crate::grading::{Case, Graded, State as Progress, Verdict};
use crate::screen::{BAD, FAINT, GOOD, NEXT, styled};

const STRONG: Style = Style::new().bold();

/// The page of the lesson that the learner is at.
pub fn lesson(state: &State, width: usize) -> Vec<String> {
    let standing = state.here();
    let mut lines = match &standing.known {
        Known::Nothing => {
            vec!["  The first verdict is on its way. Cargo builds the grader once.".to_owned()]
        }
        Known::Trouble(reason) => trouble(reason),
        Known::Graded(graded) => graded_lesson(state, standing, graded, width),
    };
    lines.extend(state.hints.iter().flat_map(hints));
    lines
}

fn graded_lesson(state: &State, standing: &Standing, graded: &Graded, width: usize) -> Vec<String> {
    let lesson = &standing.lesson;
    match graded.state() {
        Progress::Missing => missing(graded),
        Progress::DoesNotCompile(place) => {
            let mut lines: Vec<String> = graded.errors.iter().flat_map(|it| text(it)).collect();
            lines.push(String::new());
            lines.extend(text(&check::explanation(lesson, place)));
            lines
        }
        Progress::Done { .. } => done(state, standing),
        Progress::Unknown(reason) => {
            let mut lines = trouble(&reason);
            for error in &graded.errors {
                lines.push(String::new());
                lines.extend(text(error));
            }
            lines
        }
        Progress::Stub | Progress::Started { .. } => match graded.first_to_do() {
            Some(case) => finding(state, standing, graded, case, width),
            None => trouble("the grader named no case"),
        },
    }
}

fn finding(
    state: &State,
    standing: &Standing,
    graded: &Graded,
    case: &Case,
    width: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    if case.verdict == Verdict::Failed {
        let sign = styled(BAD, state.marks.failed);
        lines.push(format!("  {sign} {}", styled(STRONG, &case.name)));
        lines.push(String::new());
    }
    if case.verdict == Verdict::Stub {
        lines.extend(text(&case.rendered));
    } else {
        lines.extend(reflow::fit(&case.rendered, width));
    }
    if case.verdict == Verdict::Stub && graded.state() == Progress::Stub {
        let library = standing.lesson.shown("src/lib.rs");
        lines.push(String::new());
        lines.push(format!("  Open {library} in your editor."));
        lines.push(
            "  Write the function in place of its `todo!`, then save. Each save is graded."
                .to_owned(),
        );
    }
    lines
}

fn done(state: &State, standing: &Standing) -> Vec<String> {
    let Standing {
        lesson, teaches, ..
    } = standing;
    let sign = styled(GOOD, state.marks.done);
    let says = standing.says();
    let mut lines = vec![format!(
        "  {sign} {}",
        styled(STRONG, format_args!("Lesson {lesson} is {says}."))
    )];
    if let Some(teaches) = teaches {
        lines.push(String::new());
        lines.push(format!("  Learned: {teaches}."));
    }
    lines.push(String::new());
    let key = |key: &str, does: &str| format!("  {}  {does}", styled(NEXT, key));
    lines.push(key("d    ", "compare your library with the solution's"));
    match state.next_open() {
        Some(next) => {
            let next = &state.standings[next].lesson;
            lines.push(key("Enter", &format!("begin lesson {next}")));
        }
        None => {
            lines.push(String::new());
            lines.push(styled(GOOD, "  Every lesson is done.").to_owned());
        }
    }
    lines
}

fn missing(graded: &Graded) -> Vec<String> {
    let words = graded.errors.iter().flat_map(|words| text(words));
    let mut lines: Vec<String> = words.map(|line| format!("  {line}")).collect();
    lines.push(String::new());
    lines.push("  Type it in another window; it is noticed here.".to_owned());
    lines
}

fn trouble(reason: &str) -> Vec<String> {
    vec![
        format!("  {} {reason}", styled(BAD, "Not graded:")),
        String::new(),
        format!("  {} grades again.", styled(NEXT, "r")),
    ]
}

fn hints(hints: &Hints) -> Vec<String> {
    let Given { about, steps, of } = &hints.given;
    let mut lines = Vec::new();
    for (number, hint) in steps.iter().enumerate() {
        lines.push(String::new());
        let title = format!("Hint {} of {of} for {about}", number + 1);
        lines.push(format!("  {}", styled(NEXT, title)));
        lines.extend(text(hint).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// The welcome.
pub fn welcome(state: &State) -> Vec<String> {
    let lessons = state.standings.len();
    let library = state.here().lesson.shown("src/lib.rs");
    let step = |number: &str, what: &str| format!("  {}  {what}", styled(NEXT, number));
    let key = |key: &str| styled(NEXT, key);
    vec![
        format!("  {}", styled(STRONG, "Welcome to Socketlings.")),
        String::new(),
        format!(
            "  {lessons} lessons, each a file of functions for you to write. Real sockets tell you"
        ),
        "  what is right, what is wrong, and why.".to_owned(),
        String::new(),
        step("1", &format!("Open {library} in your editor,")),
        "     beside this window.".to_owned(),
        step("2", "Write the function that comes next, and save."),
        step(
            "3",
            "Each save is graded at once. What comes next then stands here.",
        ),
        String::new(),
        format!(
            "  Stuck? {} gives a hint, and {} opens the book at the right place.",
            key("h"),
            key("b")
        ),
        format!(
            "  {} shows all keys. {} ends this; `cargo course` goes on where you left.",
            key("?"),
            key("q")
        ),
        String::new(),
        format!("  {}", styled(STRONG, "Any key goes on.")),
    ]
}

/// All keys.
pub fn help() -> Vec<String> {
    const KEYS: [(&str, &str); 14] = [
        ("h", "a hint; again, a clearer one"),
        ("d", "compare your library with the solution's"),
        ("b", "the book, at the page that the finding names"),
        ("n p", "the next lesson, the previous one"),
        ("l", "all lessons, to choose one"),
        ("Enter", "once a lesson is done: begin the next that is not"),
        ("a", "grade everything: every case of every lesson"),
        ("r", "grade this lesson again"),
        ("", ""),
        ("arrows j k", "scroll by a line"),
        ("PgUp PgDn", "scroll by a page; Home and End go to the ends"),
        ("Ctrl-Z", "stop; `fg` goes on"),
        ("q", "quit"),
        ("Esc", "close what lies over the page, and hints"),
    ];
    let mut lines = vec![format!("  {}", styled(STRONG, "Keys")), String::new()];
    lines.extend(KEYS.map(|(key, does)| match key {
        "" => String::new(),
        _ => format!("  {}  {does}", styled(NEXT, format_args!("{key:10}"))),
    }));
    lines.push(String::new());
    lines
        .push("  Each save is graded at once, up to the first case that is not passed.".to_owned());
    lines
}

/// The lessons.
pub fn list(state: &State, chosen: usize) -> Vec<String> {
    let names = state
        .standings
        .iter()
        .map(|it| it.lesson.name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut lines = vec![format!("  {}", styled(STRONG, "Lessons")), String::new()];
    for (number, standing) in state.standings.iter().enumerate() {
        let arrow = if number == chosen {
            state.marks.here
        } else {
            " "
        };
        let Lesson { number: n, name } = &standing.lesson;
        let (style, sign) = match standing.graded().map(Graded::state) {
            Some(Progress::Done { .. }) => (GOOD, state.marks.done),
            Some(Progress::DoesNotCompile(_) | Progress::Unknown(_)) => (BAD, " "),
            Some(Progress::Started { .. }) => (NEXT, " "),
            _ => (FAINT, " "),
        };
        let mut says = styled(style, format_args!("{sign} {}", standing.says()));
        if let Some(tally) = state.grading(number) {
            let dots = state.marks.dots;
            says = match tally.asked {
                0 => format!("  building{dots}"),
                asked => format!("  {} of {asked}{dots}", tally.seen),
            };
        } else if standing.stale {
            says = format!("{says}, changed since");
        }
        lines.push(format!(
            "  {} {n:02} {name:width$}  {says}",
            styled(NEXT, arrow)
        ));
    }
    lines
}

/// Whether to show the solution.
pub fn may_show_solution(lesson: &Lesson) -> Vec<String> {
    vec![
        format!("  Lesson {lesson} is not done yet. The comparison shows its solution."),
        String::new(),
        format!(
            "  Show it?  {} yes   {} no",
            styled(NEXT, "y"),
            styled(NEXT, "n")
        ),
    ]
}

/// The difference from the solution.
pub fn diff(lesson: &Lesson, difference: &str) -> Vec<String> {
    let title = format!("Lesson {lesson}: your library and the solution's");
    let mut lines = vec![format!("  {}", styled(STRONG, title)), String::new()];
    lines.extend(text(difference));
    lines
}

/// The lines of a text, without empty ones at its ends.
fn text(text: &str) -> Vec<String> {
    text.trim_matches('\n').lines().map(str::to_owned).collect()
}
