//! The report as one page that stands alone: no script, nothing from the network, light and dark, for screens as
//! small as a phone's, and for paper.
//!
//! Most of what is on it was written by somebody else: names, what a submission printed, bytes from a wire. None of
//! it is taken for markup, see [`crate::markup`], and the page forbids itself everything but its style. It is XML, too:
//! a parser that forgives nothing can tell whether something got through.

use std::fmt::Write as _;

use harness::finding::{Exhibit, Finding};
use harness::json::{finding_from_json, record_from_json};
use harness::report::picture::shorten;
use harness::trace::Trace;

use super::{Report, errors, state_word, trouble, verdict_word};
use crate::course::Lesson;
use crate::grading::{Case, Graded, State, Verdict};
use crate::markup::escape;
use crate::picture::svg::{self, Picture};

const STYLE: &str = include_str!("style.css");

/// What the browser is told to let through: nothing but the style in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// How much is shown of what a submission printed: most of it where it failed, the beginning and the end elsewhere.
const PRINTED: usize = 20_000;
const PRINTED_WHEN_PASSED: usize = 2000;

/// How much of an exhibit is shown before what matters in it, and behind, in bytes.
const BESIDE: usize = 200;

/// The report as text.
pub fn write(report: &Report) -> String {
    let mut page = Page::default();
    page.head();
    page.summary(report);
    for (lesson, graded) in &report.lessons {
        page.lesson(lesson, graded);
    }
    page.html.push_str("</main>\n</body>\n</html>\n");
    page.html
}

#[derive(Default)]
struct Page {
    html: String,
}

/// How the cases of a lesson are told apart, in the order in which they are shown.
const GROUPS: [(Verdict, &str); 5] = [
    (Verdict::Failed, "Failed"),
    (Verdict::Stub, "Still stubs"),
    (Verdict::Skipped, "Skipped"),
    (Verdict::Waiting, "Not begun"),
    (Verdict::Passed, "Passed"),
];

impl Page {
    fn head(&mut self) {
        let picture = svg::STYLE;
        _ = write!(
            self.html,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"color-scheme\" content=\"light dark\"/>\n\
             <meta name=\"referrer\" content=\"no-referrer\"/>\n\
             <title>Socketlings: report</title>\n<style>\n{STYLE}{picture}</style>\n</head>\n<body>\n<main>\n"
        );
    }

    fn summary(&mut self, report: &Report) {
        let lessons = &report.lessons;
        let done = lessons
            .iter()
            .filter(|(_, graded)| graded.state().is_done())
            .count();
        let count = |verdict| -> usize {
            let counts = lessons.iter().map(|(_, graded)| graded.count(verdict));
            counts.sum()
        };
        let cases: usize = lessons.iter().map(|(_, graded)| graded.cases.len()).sum();
        let (passed, skipped) = (count(Verdict::Passed), count(Verdict::Skipped));
        let possible = cases - skipped;
        let elsewhere = match skipped {
            0 => String::new(),
            skipped => format!(", {skipped} cannot run here"),
        };
        let machine = report.when.format("%Y-%m-%dT%H:%M:%SZ");
        let people = report.when.format("%Y-%m-%d, %H:%M UTC");
        _ = write!(
            self.html,
            "<header>\n<h1>Socketlings: report</h1>\n\
             <p class=\"faint\"><time datetime=\"{machine}\">{people}</time></p>\n\
             <p>{done} of {} lessons done, {passed} of {possible} cases pass{elsewhere}.</p>\n</header>\n\
             <nav aria-label=\"Lessons\">\n<ul>\n",
            lessons.len()
        );
        for (lesson, graded) in lessons {
            let (package, name) = (lesson.package(), escape(&lesson.to_string()));
            let state = escape(&shorten(&graded.state().to_string(), 80));
            _ = writeln!(
                self.html,
                "<li><a href=\"#{package}\">{name}</a> <span class=\"faint\">{state}</span>{}</li>",
                bar(graded)
            );
        }
        self.html.push_str("</ul>\n</nav>\n");
    }

    fn lesson(&mut self, lesson: &Lesson, graded: &Graded) {
        let (package, name) = (lesson.package(), escape(&lesson.to_string()));
        let state = graded.state();
        let word = state_word(&state);
        _ = write!(
            self.html,
            "<section id=\"{package}\" aria-labelledby=\"{package}-h\">\n<h2 id=\"{package}-h\">{name}</h2>\n\
             <p class=\"state {word}\">{}</p>\n{}",
            escape(&capital(&state.to_string())),
            bar(graded)
        );
        self.trouble(lesson, graded, &state);
        for (verdict, title) in GROUPS {
            let cases = graded.cases.iter().filter(|case| case.verdict == verdict);
            self.group(lesson, verdict, title, &cases.collect::<Vec<_>>());
        }
        self.html.push_str("</section>\n");
    }

    /// Why there is no verdict on the lesson, with the compiler's words.
    fn trouble(&mut self, lesson: &Lesson, graded: &Graded, state: &State) {
        // The reason of an unknown state is said with the state.
        if let Some(reason) = trouble(lesson, graded)
            && !matches!(state, State::Unknown(_))
        {
            for line in reason.lines() {
                _ = writeln!(self.html, "<p>{}</p>", prose(line));
            }
        }
        for error in errors(graded) {
            let error = escape(error.trim_end());
            // It points from line to line, so that none may be broken; who has no mouse can scroll it, too.
            _ = writeln!(
                self.html,
                "<pre class=\"unbroken\" tabindex=\"0\" role=\"group\" aria-label=\"error\">{error}</pre>"
            );
        }
    }

    fn group(&mut self, lesson: &Lesson, verdict: Verdict, title: &str, cases: &[&Case]) {
        let Some(first) = cases.first() else { return };
        if verdict == Verdict::Stub {
            // One place to start is enough, however many functions are still to be written.
            self.rendered(first);
        }
        let open = if verdict == Verdict::Failed {
            " open=\"\""
        } else {
            ""
        };
        let word = verdict_word(verdict);
        _ = write!(
            self.html,
            "<details class=\"group {word}\"{open}>\n<summary><h3>{title}: {}</h3></summary>\n",
            cases.len()
        );
        for case in cases {
            self.case(lesson, case);
        }
        self.html.push_str("</details>\n");
    }

    fn case(&mut self, lesson: &Lesson, case: &Case) {
        let (open, mark) = match case.verdict {
            Verdict::Failed => (" open=\"\"", "✗"),
            Verdict::Passed => ("", "✓"),
            Verdict::Stub => ("", "○"),
            Verdict::Skipped => (" open=\"\"", "·"),
            Verdict::Waiting => ("", "·"),
        };
        let word = verdict_word(case.verdict);
        let (name, function) = (escape(&case.name), escape(&case.function));
        let ms = (case.took * 1000.0).round();
        _ = write!(
            self.html,
            "<details class=\"case {word}\"{open}>\n<summary><span class=\"mark\" aria-hidden=\"true\">{mark}</span> \
             <span class=\"verdict\">{word}</span> <code>{name}</code> \
             <span class=\"faint\">{function} · {ms} ms</span></summary>\n<div>\n"
        );
        match case.verdict {
            Verdict::Passed => self.passed(lesson, case),
            Verdict::Failed => match finding_from_json(&case.finding) {
                Some(finding) => self.finding(lesson, case, &finding),
                None => self.rendered(case),
            },
            Verdict::Stub => self.rendered(case),
            Verdict::Skipped => _ = writeln!(self.html, "<p>{}</p>", escape(&case.reason)),
            Verdict::Waiting => self.html.push_str("<p>It was not begun.</p>\n"),
        }
        self.html.push_str("</div>\n</details>\n");
    }

    fn passed(&mut self, lesson: &Lesson, case: &Case) {
        match record_from_json(&case.record) {
            Some(record) => self.picture(lesson, case, &record.trace),
            None => self
                .html
                .push_str("<p class=\"faint\">Nothing was recorded.</p>\n"),
        }
        self.printed(&case.printed, PRINTED_WHEN_PASSED);
    }

    fn finding(&mut self, lesson: &Lesson, case: &Case, finding: &Finding) {
        let Finding {
            id,
            observed,
            trace,
            exhibit,
            by_hand,
            why,
            fix,
            read,
            ..
        } = finding;
        _ = writeln!(self.html, "<p><strong>{}</strong></p>", prose(observed));
        self.picture(lesson, case, trace);
        if let Some(exhibit) = exhibit {
            self.exhibit(exhibit);
        }
        self.printed(&case.printed, PRINTED);
        self.html.push_str("<dl>\n");
        self.labelled("why", &prose(why));
        self.labelled("fix", &prose(fix));
        self.labelled("read", &code(read));
        self.labelled("more", &code(&format!("book/src/when-it-fails.md#{id}")));
        if let Some(command) = by_hand {
            self.labelled("try", &code(command));
        }
        let again = format!(
            "cargo test -p {} --test grade {}",
            lesson.package(),
            case.name
        );
        self.labelled("again", &code(&again));
        self.html.push_str("</dl>\n");
    }

    fn labelled(&mut self, label: &str, html: &str) {
        _ = writeln!(self.html, "<dt>{label}</dt><dd>{html}</dd>");
    }

    fn picture(&mut self, lesson: &Lesson, case: &Case, trace: &Trace) {
        if trace.events.is_empty() {
            return;
        }
        let picture = Picture {
            trace,
            title: &case.name,
            description: None,
            peer: None,
            submission: None,
            times: true,
        };
        let id = format!("{}-{}", lesson.package(), case.name);
        _ = writeln!(self.html, "{}", picture.within_a_page(&id));
    }

    /// The line, and a mark around what matters in it.
    fn exhibit(&mut self, exhibit: &Exhibit) {
        let Exhibit {
            title,
            bytes,
            from,
            to,
            remark,
        } = exhibit;
        let from = (*from).min(bytes.len());
        let to = (*to).clamp(from, bytes.len());
        let first = from.saturating_sub(BESIDE);
        let last = bytes.len().min(to.saturating_add(BESIDE));
        let cut = |is_cut| if is_cut { "…" } else { "" };
        let missing = if from == to { " class=\"missing\"" } else { "" };
        _ = writeln!(
            self.html,
            "<figure>\n<figcaption>{}</figcaption>\n\
             <pre>{}{}<mark{missing}>{}</mark>{}{}</pre>\n<p class=\"remark\">{}</p>\n</figure>",
            escape(title),
            cut(first > 0),
            looks(&bytes[first..from]),
            looks(&bytes[from..to]),
            looks(&bytes[to..last]),
            cut(last < bytes.len()),
            escape(remark)
        );
    }

    fn printed(&mut self, printed: &str, most: usize) {
        if !printed.is_empty() {
            let printed = escape(shorten(printed, most).trim_end());
            _ = writeln!(
                self.html,
                "<p class=\"faint\">your code printed</p>\n<pre>{printed}</pre>"
            );
        }
    }

    fn rendered(&mut self, case: &Case) {
        // On the terminal all of it is indented.
        let lines = case.rendered.lines();
        let lines = lines.map(|line| line.strip_prefix("  ").unwrap_or(line));
        let rendered = lines.collect::<Vec<_>>().join("\n");
        if !rendered.trim().is_empty() {
            _ = writeln!(self.html, "<pre>{}</pre>", escape(rendered.trim_end()));
        }
    }
}

/// Text in which names of code stand between backticks.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // One of them has no other half.
        return escape(text);
    }
    let shown = parts
        .iter()
        .enumerate()
        .map(|(index, part)| match index % 2 {
            0 => escape(part),
            _ => code(part),
        });
    shown.collect()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// Bytes as the grader's page shows them.
fn looks(bytes: &[u8]) -> String {
    let looks = bytes.iter().map(|byte| match byte {
        b'\'' | b'"' => char::from(*byte).to_string(),
        byte => byte.escape_ascii().to_string(),
    });
    escape(&looks.collect::<String>())
}

/// How many of the cases passed and failed, as a bar; the numbers stand beside it.
fn bar(graded: &Graded) -> String {
    let cases = graded.cases.len().max(1) as f64;
    let share = |verdict| graded.count(verdict) as f64 * 100.0 / cases;
    let (passed, failed, skipped) = (
        share(Verdict::Passed),
        share(Verdict::Failed),
        share(Verdict::Skipped),
    );
    let mut bar =
        "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">".to_owned();
    let mut x = 0.0;
    for (class, width) in [("passed", passed), ("skipped", skipped), ("failed", failed)] {
        if width > 0.0 {
            _ = write!(
                bar,
                "<rect class=\"{class}\" x=\"{x:.2}\" width=\"{width:.2}\" height=\"1\"/>"
            );
        }
        x += width;
    }
    bar + "</svg>\n"
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + chars.as_str()
}
