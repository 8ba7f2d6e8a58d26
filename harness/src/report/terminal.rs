//! The page for people.

use std::io;

use anstyle::{AnsiColor, Style};

use super::picture::wrap;
use super::{Out, Page, exhibit, picture};
use crate::finding::{Finding, Outcome, Place, Verdict};
use crate::lesson::CaseName;
use crate::runner::{Plan, Report, Summary};
use crate::submission::PROGRAM_COMMAND_VARIABLE;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Where the right edge of the list of cases is.
const WIDTH: usize = 76;
/// Where running text is broken.
const TEXT_WIDTH: usize = 92;
/// How many lines of what the submission printed are shown with a finding.
const PRINTED_LINES: usize = 5;

/// What there is to say about one case.
pub struct Explained {
    out: Out,
    page: Page,
}

impl Explained {
    /// Writes to `out`.
    pub fn new(out: Out, page: Page) -> Explained {
        Explained { out, page }
    }
}

/// A line for each case, then what there is to say.
pub struct Pretty {
    explained: Explained,
    /// What is told after the list of cases: which case, and what.
    to_tell: Vec<(CaseName, Outcome)>,
}

impl Pretty {
    /// Writes to `out`.
    pub fn new(out: Out, page: Page) -> Pretty {
        Pretty {
            explained: Explained::new(out, page),
            to_tell: Vec::new(),
        }
    }
}

impl Report for Pretty {
    fn begin(&mut self, _: &Plan<'_>) {
        let Page {
            number,
            name,
            chapter,
        } = self.explained.page;
        let title = format!("lesson {number:02} · {name}");
        self.explained.out.line("");
        self.explained.out.line(&format!(
            "{STRONG}{title:<56}{STRONG:#} {FAINT}{chapter}{FAINT:#}"
        ));
    }

    fn case(&mut self, _: &Plan<'_>, case: CaseName, outcome: &Outcome) {
        let (style, mark, note) = match &outcome.verdict {
            Verdict::Passed => (GOOD, '✓', took(outcome)),
            Verdict::Failed(_) => (BAD, '✗', took(outcome)),
            Verdict::Stub(_) => (STRONG, '○', "still a stub".to_owned()),
            Verdict::Skipped(reason) => (FAINT, '·', format!("skipped: {reason}")),
        };
        let width = WIDTH - 5;
        let name = case.name;
        let gap = width
            .saturating_sub(name.chars().count() + note.chars().count())
            .max(1);
        let gap = " ".repeat(gap);
        self.explained.out.line(&format!(
            "  {style}{mark}{style:#} {name}{gap}{FAINT}{note}{FAINT:#}"
        ));
        if !matches!(outcome.verdict, Verdict::Passed | Verdict::Skipped(_)) {
            self.to_tell.push((case, outcome.clone()));
        }
    }

    fn end(&mut self, plan: &Plan<'_>, waiting: &[CaseName], summary: &Summary) {
        match waiting.len() {
            0 => {}
            1 => self
                .explained
                .out
                .line(&format!("  {FAINT}· 1 more case waits behind it{FAINT:#}")),
            more => self.explained.out.line(&format!(
                "  {FAINT}· {more} more cases wait behind it{FAINT:#}"
            )),
        }
        let mut stub_told = false;
        let several = self.to_tell.len() > 1;
        for (case, outcome) in std::mem::take(&mut self.to_tell) {
            match &outcome.verdict {
                Verdict::Failed(finding) => {
                    if several {
                        self.explained.out.line("");
                        self.explained
                            .out
                            .line(&format!("  {BAD}✗{BAD:#} {}", case.name));
                    }
                    self.explained.tell(plan, case, finding, &outcome.printed);
                }
                // One place to start is enough, however many functions are still to be written.
                Verdict::Stub(place) if !stub_told => {
                    stub_told = true;
                    self.explained.start_here(place, case, summary.passed);
                }
                _ => {}
            }
        }
        if summary.is_green() && summary.filtered_out == 0 {
            self.all_green(plan);
        }
        self.explained.out.line("");
        self.explained.out.line(&result_line(summary));
        self.explained.out.line("");
    }

    fn trouble(&mut self) -> Option<io::Error> {
        self.explained.out.trouble()
    }
}

impl Explained {
    /// Where to start, or to go on when something is `passed` already.
    pub fn start_here(&mut self, place: &Place, case: CaseName, passed: usize) {
        let chapter = self.page.chapter;
        let anchor = place.function.as_deref().unwrap_or(case.function);
        let word = if passed == 0 { "Start with" } else { "Next:" };
        self.out.line("");
        self.out
            .line(&format!("  {word} {STRONG}{place}{STRONG:#}"));
        self.out
            .line(&format!("  {FAINT}read{FAINT:#}  {chapter}#{anchor}"));
    }

    /// A finding, with what the submission printed.
    pub fn tell(&mut self, plan: &Plan<'_>, case: CaseName, finding: &Finding, printed: &str) {
        self.out.line("");
        for line in wrap(&finding.observed, TEXT_WIDTH) {
            self.out.line(&format!("  {STRONG}{line}{STRONG:#}"));
        }
        let drawn = picture::draw(&finding.trace, finding.exhibit.is_some());
        if !drawn.is_empty() {
            self.out.line("");
            for line in drawn {
                self.out.line(&format!("    {line}"));
            }
        }
        if let Some(exhibit) = &finding.exhibit {
            self.out.line("");
            let lines = exhibit::lines(exhibit, TEXT_WIDTH);
            for (index, line) in lines.iter().enumerate() {
                let style = if index == 0 { Style::new() } else { BAD };
                self.out.line(&format!("    {style}{line}{style:#}"));
            }
        }
        self.printed(printed);
        self.out.line("");
        self.labelled("why", &finding.why);
        self.labelled("fix", &finding.fix);
        self.labelled("read", &finding.read);
        self.labelled("more", &format!("book/src/when-it-fails.md#{}", finding.id));
        if let Some(command) = &finding.by_hand {
            // Not broken into lines: it is there to be copied.
            self.out.line(&format!("  {FAINT}try  {FAINT:#} {command}"));
        }
        let again = again(plan, case);
        // Not broken into lines either.
        self.out.line(&format!("  {FAINT}again{FAINT:#} {again}"));
    }

    fn printed(&mut self, printed: &str) {
        let lines: Vec<&str> = printed.lines().collect();
        if lines.is_empty() {
            return;
        }
        self.out.line("");
        self.out
            .line(&format!("  {FAINT}your code printed{FAINT:#}"));
        let skipped = lines.len().saturating_sub(PRINTED_LINES);
        if skipped > 0 {
            self.out.line(&format!(
                "    {FAINT}(more before; all of it with -- --nocapture){FAINT:#}"
            ));
        }
        for line in &lines[skipped..] {
            let line: String = harmless(line).chars().take(TEXT_WIDTH).collect();
            self.out.line(&format!("    {line}"));
        }
    }

    fn labelled(&mut self, label: &str, text: &str) {
        for (index, line) in wrap(text, TEXT_WIDTH - 8).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            self.out
                .line(&format!("  {FAINT}{label:<5}{FAINT:#} {line}"));
        }
    }
}

impl Pretty {
    fn all_green(&mut self, plan: &Plan<'_>) {
        let of_the_course = plan.submission.command.is_none() && plan.submission.shown.is_none();
        if of_the_course && let Some(number) = plan.submission.package.strip_prefix("lesson") {
            let Page { name, .. } = self.explained.page;
            self.explained.out.line("");
            self.explained.out.line(&format!(
                "  {GOOD}Lesson {number} is done.{GOOD:#} Compare yours with"
            ));
            self.explained.out.line(&format!("  diff -u lessons/lesson{number}-{name}/src/lib.rs solutions/lesson{number}-{name}/src/lib.rs"));
        }
    }
}

/// A letter for each case, as libtest's `--format terse`.
pub struct Terse {
    out: Out,
    page: Page,
    to_tell: Vec<String>,
}

impl Terse {
    /// Writes to `out`.
    pub fn new(out: Out, page: Page) -> Terse {
        Terse {
            out,
            page,
            to_tell: Vec::new(),
        }
    }
}

impl Report for Terse {
    fn begin(&mut self, plan: &Plan<'_>) {
        let Page { number, name, .. } = self.page;
        self.out.write(&format!(
            "\nlesson {number:02} · {name}: {} cases\n",
            plan.cases.len()
        ));
    }

    fn case(&mut self, _: &Plan<'_>, case: CaseName, outcome: &Outcome) {
        let letter = match &outcome.verdict {
            Verdict::Passed => ".",
            Verdict::Skipped(_) => "i",
            Verdict::Stub(place) => {
                self.to_tell
                    .push(format!("{}: still a stub: {place}", case.name));
                "F"
            }
            Verdict::Failed(finding) => {
                let Finding {
                    id,
                    observed,
                    place,
                    ..
                } = finding.as_ref();
                self.to_tell
                    .push(format!("{}: {observed} [{id}] {place}", case.name));
                "F"
            }
        };
        self.out.write(letter);
    }

    fn end(&mut self, _: &Plan<'_>, waiting: &[CaseName], summary: &Summary) {
        self.out.line(&"i".repeat(waiting.len()));
        for line in std::mem::take(&mut self.to_tell) {
            self.out.line(&line);
        }
        self.out.line("");
        self.out.line(&result_line(summary));
        self.out.line("");
    }

    fn trouble(&mut self) -> Option<io::Error> {
        self.out.trouble()
    }
}

/// libtest's closing line.
fn result_line(summary: &Summary) -> String {
    let Summary {
        passed,
        failed,
        skipped,
        waiting,
        filtered_out,
        took,
    } = summary;
    let (style, word) = if summary.is_green() {
        (GOOD, "ok")
    } else {
        (BAD, "FAILED")
    };
    let ignored = skipped + waiting;
    format!(
        "test result: {style}{word}{style:#}. {passed} passed; {failed} failed; {ignored} ignored; \
         0 measured; {filtered_out} filtered out; finished in {:.2}s",
        took.as_secs_f64()
    )
}

/// The command that grades this case alone.
fn again(plan: &Plan<'_>, case: CaseName) -> String {
    let submission = plan.submission;
    if let Some(again) = &submission.again {
        return format!("{again} {}", case.name);
    }
    // A filter takes every case with it in its name.
    let is_in_others = |it: &CaseName| it.name != case.name && it.name.contains(case.name);
    let exact = if plan.cases.iter().any(is_in_others) {
        " -- --exact"
    } else {
        ""
    };
    let again = format!(
        "cargo test -p {} --test grade {}{exact}",
        submission.package, case.name
    );
    let Some(command) = &submission.command else {
        return again;
    };
    let command = shlex::try_quote(&command.text).unwrap_or_default();
    format!("{PROGRAM_COMMAND_VARIABLE}={command} {again}")
}

fn took(outcome: &Outcome) -> String {
    format!("{} ms", outcome.took.as_millis())
}

/// Text that a submission printed, with what would move the cursor or change colours made visible.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
    }

    #[test]
    fn what_a_submission_prints_cannot_move_the_cursor() {
        assert_eq!(harmless("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    }

    #[test]
    fn the_closing_line_is_that_of_libtest() {
        let summary = Summary {
            passed: 2,
            failed: 1,
            waiting: 11,
            ..Summary::default()
        };
        let line = anstream::adapter::strip_str(&result_line(&summary)).to_string();
        assert_eq!(
            line,
            "test result: FAILED. 2 passed; 1 failed; 11 ignored; 0 measured; 0 filtered out; \
             finished in 0.00s"
        );
    }
}
