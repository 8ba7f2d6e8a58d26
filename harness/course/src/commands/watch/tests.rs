//! What the keys do, and what a screen looks like, at several sizes. No terminal is needed for either.

use super::event::Tally;
use super::grader::Job;
use super::keys::Key;
use super::state::{ASCII, Action, Extent, Hints, Known, Overlay, Standing, State, UNICODE};
use super::view::{Frame, Size, frame};
use crate::commands::hint::Given;
use crate::course::Lesson;
use crate::grading::Graded;
use crate::wrap;

/// Sizes of terminals, odd ones among them.
const SIZES: [(usize, usize); 10] = [
    (80, 24),
    (1, 1),
    (20, 5),
    (3, 200),
    (200, 3),
    (40, 2),
    (13, 10),
    (60, 6),
    (132, 50),
    (79, 4),
];

fn state() -> State {
    let standing = |number, name: &str| Standing {
        lesson: Lesson {
            number,
            name: name.to_owned(),
        },
        known: Known::Nothing,
        fingerprint: None,
        stale: false,
        teaches: Some("how a stream is read".to_owned()),
    };
    State {
        standings: vec![
            standing(1, "listen"),
            standing(2, "echo"),
            standing(3, "client"),
        ],
        current: 1,
        overlay: None,
        scroll: 0,
        extent: Extent::default(),
        hints: None,
        notice: None,
        underway: None,
        chosen: true,
        marks: &UNICODE,
    }
}

/// A lesson of which so many cases pass, and then one fails with this text, or none.
fn graded(passed: usize, fails: Option<&str>) -> Known {
    let lesson = Lesson {
        number: 2,
        name: "echo".to_owned(),
    };
    let mut graded = Graded::default();
    let mut read = |event: serde_json::Value| graded.read(&event.to_string(), &lesson);
    let asked = passed + if fails.is_some() { 3 } else { 0 };
    read(serde_json::json!({ "type": "suite", "event": "started", "test_count": asked }));
    let case = |number: usize, event: &str, state: &str, rendered: &str| {
        serde_json::json!({
            "type": "test", "event": event, "state": state, "name": format!("case_{number}"),
            "function": "echo", "rendered": rendered,
        })
    };
    for number in 0..passed {
        read(case(number, "ok", "passed", ""));
    }
    if let Some(text) = fails {
        read(case(passed, "failed", "failed", text));
        read(case(passed + 1, "ignored", "waiting", ""));
        read(case(passed + 2, "ignored", "waiting", ""));
    }
    let end = if fails.is_some() { "failed" } else { "ok" };
    read(serde_json::json!({ "type": "suite", "event": end }));
    graded.conclude(fails.is_none(), "");
    Known::Graded(Box::new(graded))
}

fn at(state: &State, width: usize, height: usize) -> Frame {
    frame(state, Size { width, height })
}

fn text(frame: &Frame) -> String {
    let text = frame.rows.join("\n");
    anstream::adapter::strip_str(&text).to_string()
}

/// As a terminal would be drawn upon, with what was drawn taken note of.
fn look(state: &mut State) -> String {
    let frame = at(state, 80, 24);
    state.extent = frame.extent;
    state.scroll = state.scroll.min(frame.extent.most);
    text(&frame)
}

/// Every kind of screen.
fn states() -> Vec<State> {
    let long = "  a line that is rather long, as lines go\n".repeat(40);
    let overlays = [
        None,
        Some(Overlay::Welcome),
        Some(Overlay::Help),
        Some(Overlay::List(2)),
        Some(Overlay::MayShowSolution),
        Some(Overlay::Diff(format!("\x1b[31m-{long}\x1b[0m"))),
    ];
    let known = || {
        [
            Known::Nothing,
            graded(3, Some("  it is wrong\n")),
            graded(7, Some(&long)),
            graded(4, None),
            Known::Graded(Box::new(Graded::missing(
                "lessons/lesson01-listen/ is missing.\n  course reset 1".to_owned(),
            ))),
            Known::Trouble("cannot start cargo: no such file".to_owned()),
        ]
    };
    let mut states = Vec::new();
    for overlay in overlays {
        for (number, known) in known().into_iter().enumerate() {
            let mut state = state();
            state.overlay = overlay.clone();
            state.standings[1].known = known;
            state.standings[1].stale = number % 2 == 0;
            if number % 3 == 0 {
                state.notice = Some("There is something to say about this key.".to_owned());
                state.marks = &ASCII;
            }
            if number % 3 == 1 {
                let tally = Tally {
                    passed: 1,
                    seen: 2,
                    asked: 6,
                };
                let job = Job {
                    lesson: 1,
                    whole: false,
                };
                state.underway = Some((job, tally));
            }
            states.push(state);
        }
    }
    states
}

#[test]
fn every_screen_fits_every_terminal() {
    for state in &states() {
        for (width, height) in SIZES {
            let frame = at(state, width, height);
            assert!(frame.rows.len() <= height, "{width}x{height}");
            for row in &frame.rows {
                assert!(wrap::width(row) <= width, "{width}x{height}: {row:?}");
            }
        }
    }
}

#[test]
fn nothing_of_a_finding_is_cut_off() {
    let words: Vec<String> = (0..300).map(|number| format!("word{number}")).collect();
    let mut state = state();
    state.standings[1].known = graded(1, Some(&format!("    {}\n", words.join(" "))));
    for (width, height) in SIZES.into_iter().filter(|(width, _)| *width > 12) {
        let Extent { most, page } = at(&state, width, height).extent;
        let mut seen = String::new();
        for scroll in (0..=most).step_by(page.max(1)).chain([most]) {
            state.scroll = scroll;
            seen.push_str(&text(&at(&state, width, height)));
        }
        for word in &words {
            assert!(seen.contains(word), "{word} at {width}x{height}");
        }
    }
}

#[test]
fn the_finding_stands_on_top_and_what_is_below_is_told_of() {
    let mut state = state();
    let lines: String = (0..40)
        .map(|number| format!("    line {number}\n"))
        .collect();
    state.standings[1].known = graded(12, Some(&lines));
    let screen = look(&mut state);
    let rows: Vec<_> = screen.lines().collect();
    assert_eq!(rows[0], "01 ·  02 ▶ ████████████████░░░░ 12/15  03 ·");
    assert!(rows[1].starts_with("lessons/lesson02-echo/src/lib.rs  "));
    assert!(rows[1].ends_with("stands at case 13 of 15"));
    assert_eq!(rows[3], "  ✗ case_12");
    assert_eq!(rows[5], "    line 0");
    assert_eq!(rows[22], "23 more lines below: arrows or PgDn");
    assert!(rows[23].contains("h hint") && rows[23].contains("? help  q quit"));

    state.key(Key::Down);
    assert!(look(&mut state).contains("1 line above, 22 more below"));
    state.key(Key::End);
    assert!(look(&mut state).contains("23 lines above: arrows or PgUp"));
    assert!(look(&mut state).contains("line 39"));
    state.key(Key::PageUp);
    state.key(Key::PageUp);
    assert!(look(&mut state).contains("✗ case_12"));
    state.key(Key::PageDown);
    state.key(Key::Letter('k'));
    state.key(Key::Letter('j'));
    state.key(Key::Home);
    assert!(look(&mut state).contains("✗ case_12"));
}

#[test]
fn while_it_is_graded_anew_the_old_finding_stays_and_the_bar_moves() {
    let mut state = state();
    state.standings[1].known = graded(5, Some("  it is wrong\n"));
    state.standings[1].stale = true;
    let mut underway = |passed, seen, asked| {
        let job = Job {
            lesson: 1,
            whole: false,
        };
        let tally = Tally {
            passed,
            seen,
            asked,
        };
        state.underway = Some((job, tally));
        look(&mut state)
    };
    let building = underway(0, 0, 0);
    assert!(building.contains("5/8") && building.contains("saved, building…"));
    let grading = underway(3, 3, 8);
    assert!(grading.contains("3/8") && grading.contains("grading 3 of 8…"));
    for screen in [building, grading] {
        assert!(screen.contains("it is wrong"), "{screen}");
    }
}

#[test]
fn a_terminal_without_utf8_gets_ascii() {
    let mut states = states();
    for state in &mut states {
        state.marks = &ASCII;
        let screen = text(&at(state, 80, 24));
        assert!(screen.is_ascii(), "{screen}");
    }
}

#[test]
fn a_narrow_terminal_sees_the_lesson_that_it_is_about() {
    let mut state = state();
    state.standings[1].known = graded(5, Some("  it is wrong\n"));
    let top = |width| {
        text(&at(&state, width, 24))
            .lines()
            .next()
            .unwrap_or("")
            .to_owned()
    };
    assert!(top(30).starts_with("01 ·  02 ▶ █"));
    assert!(top(19).starts_with("02 ▶ █"), "{}", top(19));
    assert_eq!(top(9), "02 ▶ 5/8");
    assert_eq!(top(4), "02 ▶");
}

#[test]
fn green_says_what_was_learned_and_what_comes_next() {
    let mut state = state();
    state.standings[1].known = graded(4, None);
    let screen = look(&mut state);
    for text in [
        "✓ Lesson 02 echo is done, all 4 cases pass.",
        "Learned: how a stream is read.",
        "Enter  begin lesson 03 client",
    ] {
        assert!(screen.contains(text), "{screen}");
    }
    assert_eq!(state.key(Key::Enter), Some(Action::Go(2)));
    for standing in &mut state.standings {
        standing.known = graded(4, None);
    }
    assert!(look(&mut state).contains("Every lesson is done."));
    assert_eq!(state.key(Key::Enter), None);
}

#[test]
fn hints_stand_below_the_finding() {
    let mut state = state();
    state.standings[1].known = graded(5, Some("  it is wrong\n"));
    state.hints = Some(Hints {
        case: "echoes_until_the_end".to_owned(),
        given: Given {
            about: "echo".to_owned(),
            steps: vec!["What ends a stream?".to_owned(), "See read(2).".to_owned()],
            of: 3,
        },
    });
    let screen = look(&mut state);
    let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{screen}"));
    assert!(place("it is wrong") < place("Hint 1 of 3 for echo"));
    assert!(place("What ends a stream?") < place("Hint 2 of 3 for echo"));
    assert!(screen.contains("See read(2)."));
    state.go(0);
    assert!(state.hints.is_none());
}

#[test]
fn keys_ask_for_what_the_footer_says() {
    let mut state = state();
    let asks = [
        ('h', Action::Hint),
        ('d', Action::Diff { sure: false }),
        ('b', Action::Book),
        ('a', Action::GradeAll),
        ('r', Action::Again),
        ('n', Action::Go(2)),
        ('p', Action::Go(0)),
        ('q', Action::Quit),
    ];
    for (letter, action) in asks {
        assert_eq!(state.key(Key::Letter(letter)), Some(action), "{letter}");
    }
    let nothing = [
        Key::Escape,
        Key::Letter('x'),
        Key::Letter('7'),
        Key::Other,
        Key::Enter,
    ];
    for nothing in nothing {
        assert_eq!(state.key(nothing), None);
        assert!(state.overlay.is_none() && state.notice.is_none());
    }
    state.current = 2;
    assert_eq!(state.key(Key::Letter('n')), None);
    assert_eq!(state.notice.as_deref(), Some("This is the last lesson."));
}

#[test]
fn escape_closes_what_lies_over_the_page_first() {
    let mut state = state();
    for letter in ['?', 'l'] {
        state.key(Key::Letter(letter));
        assert!(state.overlay.is_some(), "{letter}");
        assert_eq!(state.key(Key::Escape), None);
        assert!(state.overlay.is_none());
    }
    state.open(Overlay::Diff("x".to_owned()));
    assert_eq!(state.key(Key::Letter('q')), Some(Action::Quit));
}

#[test]
fn a_lesson_is_chosen_from_the_list() {
    let mut state = state();
    state.key(Key::Letter('l'));
    assert_eq!(state.overlay, Some(Overlay::List(1)));
    for key in [Key::Down, Key::Down, Key::Up, Key::Letter('j')] {
        assert_eq!(state.key(key), None);
    }
    assert_eq!(state.key(Key::Enter), Some(Action::Go(2)));
    assert_eq!(state.key(Key::Letter('1')), Some(Action::Go(0)));
    assert_eq!(state.key(Key::Letter('9')), None);
}

#[test]
fn the_solution_is_shown_only_after_a_yes() {
    let mut state = state();
    state.open(Overlay::MayShowSolution);
    for no in [Key::Letter('n'), Key::Enter, Key::Escape, Key::Letter('d')] {
        state.open(Overlay::MayShowSolution);
        assert_eq!(state.key(no), None, "{no:?}");
        assert!(state.overlay.is_none());
    }
    state.open(Overlay::MayShowSolution);
    assert_eq!(
        state.key(Key::Letter('y')),
        Some(Action::Diff { sure: true })
    );
}

#[test]
fn a_list_does_not_count_what_waits_as_not_passed() {
    let mut state = state();
    state.standings[0].known = graded(4, None);
    state.standings[1].known = graded(5, Some("  it is wrong\n"));
    state.open(Overlay::List(1));
    let screen = look(&mut state);
    for line in [
        "    01 listen  ✓ done, all 4 cases pass",
        "  ▶ 02 echo      stands at case 6 of 8",
        "    03 client    not graded yet",
    ] {
        assert!(screen.lines().any(|it| it == line), "{line}\n{screen}");
    }
}
