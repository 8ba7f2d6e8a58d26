//! A shell for the program: a folder of its own, a command line, and servers that it calls.

use std::time::{Duration, Instant};

use super::super::misconceptions::{
    CALLS_NOBODY, ENDS_OTHERWISE, FAILS_SILENTLY, NOT_ITS_FIELD, NOT_WHAT_WAS_TYPED,
    OUTPUT_NOT_THE_PAGE, RUNS_ON,
};
use super::super::origin::{Asked, Origin, Visit, answer};
use harness::attempt::Attempt;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::program::Dialogue;
use harness::rubric::by_hand::for_printf;
use harness::rubric::folder::Folder;
use harness::trace::hex;
use harness::watch::{self, Look};

/// What curl, and others after it, look up for a proxy that the command line does not name.
const PROXIES: &[&str] = &[
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];
/// How often somebody who may call or end is looked at.
const LOOK_AGAIN: Duration = Duration::from_micros(300);
/// How much of an answer is written out in a command to try.
const PRINTED: usize = 220;

/// A folder, and what is typed in it.
pub struct Shell<'a> {
    attempt: &'a mut Attempt,
    pub folder: Folder,
    program: Option<Dialogue>,
    args: Vec<String>,
    /// The first answer that the program got, for the same by hand.
    answered: Vec<u8>,
    /// How often the program has called since it was started.
    pub calls: usize,
}

/// How the program ended.
pub struct Ended {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// All that it said there.
    pub stdout: Vec<u8>,
    /// All that it said there. Where it is no terminal, curl's progress meter is there, too.
    pub stderr: String,
}

impl<'a> Shell<'a> {
    /// A shell in an empty folder, for a case in which nothing has to wait for time to pass.
    pub fn open(attempt: &'a mut Attempt) -> Result<Shell<'a>, Stop> {
        watch::timeouts_are_long();
        Shell::with_time(attempt)
    }

    /// A shell in an empty folder, for a case in which some waits end by themselves.
    pub fn with_time(attempt: &'a mut Attempt) -> Result<Shell<'a>, Stop> {
        Ok(Shell {
            attempt,
            folder: Folder::new()?,
            program: None,
            args: Vec::new(),
            answered: Vec::new(),
            calls: 0,
        })
    }

    /// A server for the program to call.
    pub fn origin(&self, name: &str) -> Result<Origin, Stop> {
        Ok(Origin::listen(name, &self.attempt.recorder())?)
    }

    /// Is it another program than the lesson's?
    pub fn is_foreign(&self) -> bool {
        self.attempt.submission().command.is_some()
    }

    /// Skips what is not to be asked of another program, or of a curl of another age.
    pub fn not_for_others(&self, why: &str) -> Result<(), Stop> {
        if self.is_foreign() {
            return Err(Stop::Skip(format!("not applicable: {why}")));
        }
        Ok(())
    }

    pub fn fact(&self, asked: impl Into<String>, answer: impl Into<String>) {
        self.attempt.fact(asked, answer);
    }

    pub fn remark(&self, remark: impl Into<String>) {
        self.attempt.remark(remark);
    }

    /// Starts the program with these arguments, and nothing on its stdin.
    pub fn types(&mut self, args: &[&str]) -> Result<(), Stop> {
        self.types_and_pipes(args, b"")
    }

    /// Starts the program with these arguments, and these few bytes on its stdin.
    pub fn types_and_pipes(&mut self, args: &[&str], input: &[u8]) -> Result<(), Stop> {
        // The last one is over; what it holds is let go of before the next.
        self.program = None;
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self.answered.clear();
        self.calls = 0;
        let submission = self.attempt.submission();
        let mut program = Dialogue::start_in(submission, args, self.folder.path(), PROXIES)?;
        self.attempt.fact(self.command("fetch", &self.args), "");
        // One that does not read its stdin may have ended already.
        let _ = program.types(input);
        program.ends_input();
        self.program = Some(program);
        Ok(())
    }

    /// The command line, as one would type it.
    fn command(&self, name: &str, args: &[String]) -> String {
        let mut command = name.to_owned();
        for arg in args {
            command.push(' ');
            match shlex::try_quote(arg) {
                Ok(quoted) if !arg.contains(char::is_control) => command.push_str(&quoted),
                // As bash and others take it; a line break would tear the line apart.
                _ => command.push_str(&format!("$'{}'", arg.escape_default())),
            }
        }
        command
    }

    /// The command line in a sentence.
    pub fn typed(&self) -> String {
        let command = self.command("fetch", &self.args);
        if command.chars().count() <= 90 {
            return format!("`{command}`");
        }
        let start: String = command.chars().take(60).collect();
        format!("`{start}…`")
    }

    /// The same with curl, and with a server that answers the same.
    fn by_hand(&self) -> String {
        let here = |arg: &String| {
            let host = ["127.0.0.1:", "localhost:"].into_iter();
            let port = host
                .filter_map(|host| Some(arg.find(host)? + host.len()))
                .min();
            let Some((before, rest)) = port.map(|port| arg.split_at(port)) else {
                return arg.clone();
            };
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}8900{rest}")
        };
        let args: Vec<String> = self.args.iter().map(here).collect();
        let verbose = args.iter().any(|arg| arg == "-v");
        let curl = self.command(if verbose { "curl" } else { "curl -v" }, &args);
        let server = "nc -l 127.0.0.1 8900";
        match self.answered.as_slice() {
            [] => curl,
            answer if answer.len() > PRINTED => format!("{server} & {curl}"),
            answer => format!("printf '{}' | {server} & {curl}", for_printf(answer)),
        }
    }

    /// The program is wrong: what it is, or that it panicked.
    pub fn wrong(&mut self, why: &'static Misconception, observed: impl Into<String>) -> Stop {
        let by_hand = self.by_hand();
        let stop = why.seen(observed).by_hand(by_hand);
        self.unless_it_panicked(stop)
    }

    /// The same, with a look at the bytes.
    pub fn wrong_at(
        &mut self,
        why: &'static Misconception,
        observed: impl Into<String>,
        exhibit: Exhibit,
    ) -> Stop {
        let stop = self.wrong(why, observed);
        match &stop {
            Stop::Found(found) if found.misconception == why => stop.pointing_at(exhibit),
            _ => stop,
        }
    }

    fn unless_it_panicked(&mut self, otherwise: Stop) -> Stop {
        let Some(program) = &mut self.program else {
            return otherwise;
        };
        if !program.is_over() {
            return otherwise;
        }
        match program
            .wait()
            .map(|ended| ended.unless_it_panicked(self.attempt.submission()))
        {
            Some(Err(stop)) => stop,
            _ => otherwise,
        }
    }

    /// Waits for the program to call this server; `None` when it ended instead.
    pub fn called(&mut self, origin: &Origin) -> Result<Option<Visit>, Stop> {
        let mut visit = None;
        self.comes(origin, &mut visit)?;
        Ok(visit)
    }

    /// Waits for the next request to this server, over the same connection or over a new one, and reads it;
    /// `None` when the program ended instead.
    pub fn next(
        &mut self,
        origin: &Origin,
        visit: &mut Option<Visit>,
    ) -> Result<Option<Asked>, Stop> {
        self.comes(origin, visit)?;
        match visit {
            Some(visit) => self.asks_again(visit).map(Some),
            None => Ok(None),
        }
    }

    /// Waits until something comes over this connection, or a new one is made, which takes its place; it is
    /// gone when the program ended instead.
    fn comes(&mut self, origin: &Origin, visit: &mut Option<Visit>) -> Result<(), Stop> {
        let Some(program) = &mut self.program else {
            return Err(Stop::Trouble("no program runs".to_owned()));
        };
        let came = watch::until(&watch::DUE, |slice| {
            let began = Instant::now();
            loop {
                // In this order: one that has called and ended has called.
                let is_over = program.is_over();
                if let Some(open) = visit {
                    let has_ended = open.look();
                    if !open.unread().is_empty() {
                        return Look::Done(());
                    }
                    if has_ended {
                        *visit = None;
                    }
                }
                if let Some(new) = origin.waiting_caller() {
                    *visit = Some(new);
                    self.calls += 1;
                    return Look::Done(());
                }
                if is_over {
                    *visit = None;
                    return Look::Done(());
                }
                if began.elapsed() > slice {
                    return Look::Nothing;
                }
                std::thread::park_timeout(LOOK_AGAIN);
            }
        });
        came.map_err(|gave_up| {
            let observed = format!(
                "{} does not ask the server at {}: {gave_up}.",
                self.typed(),
                origin.host_and_port()
            );
            self.wrong(&CALLS_NOBODY, observed)
        })
    }

    /// Waits for the program to call this server, and reads its request.
    pub fn asked(&mut self, origin: &Origin) -> Result<(Visit, Asked), Stop> {
        let mut visit = self.visited(origin)?;
        let asked = self.asks_again(&mut visit)?;
        Ok((visit, asked))
    }

    /// Waits for the program to call this server.
    pub fn visited(&mut self, origin: &Origin) -> Result<Visit, Stop> {
        if let Some(visit) = self.called(origin)? {
            return Ok(visit);
        }
        let ended = self.ended()?;
        self.attempt
            .remark(format!("expected a call to {}", origin.host_and_port()));
        let observed = format!(
            "{} ended with {}, and did not call the server at {}. On stderr: {:?}.",
            self.typed(),
            ended.how(),
            origin.host_and_port(),
            ended.word()
        );
        Err(self.wrong(&CALLS_NOBODY, observed))
    }

    /// Reads the next request on the same connection.
    pub fn asks_again(&mut self, visit: &mut Visit) -> Result<Asked, Stop> {
        visit.hear().map_err(|flaw| {
            let by_hand = self.by_hand();
            self.unless_it_panicked(flaw.found().by_hand(by_hand))
        })
    }

    /// Reads the head of the next request. Its body has not come yet.
    pub fn hears_head(&mut self, visit: &mut Visit) -> Result<Asked, Stop> {
        visit.hear_head().map_err(|flaw| {
            let by_hand = self.by_hand();
            self.unless_it_panicked(flaw.found().by_hand(by_hand))
        })
    }

    /// Reads the body that belongs to a head.
    pub fn hears_body(&mut self, visit: &mut Visit, asked: &mut Asked) -> Result<(), Stop> {
        visit.hear_body(asked).map_err(|flaw| {
            let by_hand = self.by_hand();
            self.unless_it_panicked(flaw.found().by_hand(by_hand))
        })
    }

    /// Answers with a head (lines parted by `\n`) and a body of known length.
    pub fn answers(&mut self, visit: &mut Visit, head: &str, body: &[u8]) -> Result<(), Stop> {
        self.answers_bytes(visit, &answer(head, body))
    }

    /// Answers with these bytes.
    pub fn answers_bytes(&mut self, visit: &mut Visit, bytes: &[u8]) -> Result<(), Stop> {
        if self.answered.is_empty() {
            self.answered = bytes.to_vec();
        }
        visit.send(bytes)?;
        Ok(())
    }

    /// Waits until the program has printed so many bytes in all, and gives them; what it has, when it
    /// never does.
    pub fn printed(&mut self, count: usize) -> Vec<u8> {
        match &mut self.program {
            Some(program) => {
                let _ = program.prints(count);
                program.printed.clone()
            }
            None => Vec::new(),
        }
    }

    /// Nobody takes any more what the program prints.
    pub fn hangs_up_on_stdout(&mut self) {
        if let Some(program) = &mut self.program {
            program.hangs_up();
        }
    }

    /// Waits for the program's end.
    pub fn ended(&mut self) -> Result<Ended, Stop> {
        let Some(program) = &mut self.program else {
            return Err(Stop::Trouble("no program runs".to_owned()));
        };
        let Some(ended) = program.wait() else {
            self.attempt.remark("expected the program to end");
            let observed = format!("All is done, and {} runs on.", self.typed());
            return Err(self.wrong(&RUNS_ON, observed));
        };
        let stdout = program.printed.clone();
        let ended = ended.unless_it_panicked(self.attempt.submission())?;
        let ended = Ended {
            code: ended.code,
            stdout,
            stderr: ended.stderr,
        };
        self.attempt.fact("it ended", ended.how());
        Ok(ended)
    }

    /// The program has to end with 0.
    pub fn succeeds(&mut self) -> Result<Ended, Stop> {
        let ended = self.ended()?;
        if ended.code == Some(0) {
            return Ok(ended);
        }
        self.attempt.remark("expected exit code 0");
        let observed = format!(
            "All went well, and {} ended with {}. On stderr: {:?}.",
            self.typed(),
            ended.how(),
            ended.word()
        );
        Err(self.wrong(&ENDS_OTHERWISE, observed))
    }

    /// The program has to succeed, and this is what has to stand on stdout.
    pub fn prints(&mut self, page: &[u8]) -> Result<Ended, Stop> {
        self.prints_or(page, &OUTPUT_NOT_THE_PAGE)
    }

    pub fn prints_or(&mut self, page: &[u8], why: &'static Misconception) -> Result<Ended, Stop> {
        let ended = self.succeeds()?;
        self.printed_is(&ended, page, why)?;
        Ok(ended)
    }

    /// This has to stand on stdout.
    pub fn printed_is(
        &mut self,
        ended: &Ended,
        page: &[u8],
        why: &'static Misconception,
    ) -> Result<(), Stop> {
        if ended.stdout == page {
            return Ok(());
        }
        self.attempt.fact("on stdout", shown(&ended.stdout));
        self.attempt.remark(format!("expected {}", shown(page)));
        if ended.stdout.is_empty() {
            let observed = format!("{} printed nothing.", self.typed());
            return Err(self.wrong(why, observed));
        }
        let observed = format!("{} printed something else than expected.", self.typed());
        let exhibit = first_difference("on stdout", &ended.stdout, page);
        Err(self.wrong_at(why, observed, exhibit))
    }

    /// The program has to end with this code, with a word on stderr in which each of `words` stands: of
    /// these, each is what may stand there, parted by `|`.
    pub fn fails(&mut self, code: i32, what: &str, words: &[&str]) -> Result<Ended, Stop> {
        self.fails_as(&[code], what, words, &ENDS_OTHERWISE)
    }

    pub fn fails_as(
        &mut self,
        codes: &[i32],
        what: &str,
        words: &[&str],
        why: &'static Misconception,
    ) -> Result<Ended, Stop> {
        let ended = self.ended()?;
        let either: Vec<String> = codes.iter().map(i32::to_string).collect();
        let either = either.join(" or ");
        if !ended.code.is_some_and(|code| codes.contains(&code)) {
            self.attempt.remark(format!("expected exit code {either}"));
            let observed = format!(
                "{what}: {} ended with {}, not {either}. On stderr: {:?}.",
                self.typed(),
                ended.how(),
                ended.word()
            );
            return Err(self.wrong(why, observed));
        }
        let said = ended.stderr.to_lowercase();
        for word in words {
            let mut ways = word.split('|');
            if ways.any(|way| said.contains(&way.to_lowercase())) {
                continue;
            }
            self.attempt.fact("on stderr", ended.word());
            let word = word.replace('|', " or ");
            self.attempt.remark(format!("expected {word}"));
            let observed = format!(
                "{what}: nothing that {} said on stderr names {word}.",
                self.typed()
            );
            return Err(self.wrong(&FAILS_SILENTLY, observed));
        }
        Ok(ended)
    }

    /// This has to stand in a file.
    pub fn file_is(
        &mut self,
        name: &str,
        page: &[u8],
        why: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        let found = self.folder.read(name)?;
        if found.as_deref() == Some(page) {
            return Ok(());
        }
        let told = found
            .as_ref()
            .map_or("not there".to_owned(), |bytes| shown(bytes));
        self.attempt.fact(format!("the file {name}"), told);
        self.attempt.remark(format!("expected {}", shown(page)));
        let Some(found) = found else {
            let names: Vec<String> = self.folder.names()?;
            let there = match names.as_slice() {
                [] => "no file at all".to_owned(),
                names => names.join(", "),
            };
            let observed = format!(
                "{when}: there is no file {name:?} after {}, but {there}.",
                self.typed()
            );
            return Err(self.wrong(why, observed));
        };
        if found.is_empty() {
            return Err(self.wrong(why, format!("{when}: the file {name:?} is empty.")));
        }
        let observed = format!("{when}: in the file {name:?} stands something else than expected.");
        let exhibit = first_difference(&format!("in {name}"), &found, page);
        Err(self.wrong_at(why, observed, exhibit))
    }

    /// The request line has to say this.
    pub fn asks_for(
        &mut self,
        asked: &Asked,
        method: &str,
        target: &str,
        why: &'static Misconception,
    ) -> Result<(), Stop> {
        let exhibit = if asked.method != method {
            asked.at_method(format!("expected {method}"))
        } else if asked.target != target {
            asked.at_target(format!("expected {target}"))
        } else {
            return Ok(());
        };
        let observed = format!("{} asked for something else.", self.typed());
        Err(self.wrong_at(why, observed, exhibit))
    }

    /// GET, this target, and the server's own name and port in `Host`.
    pub fn gets(&mut self, asked: &Asked, target: &str, host: &str) -> Result<(), Stop> {
        self.asks_for(asked, "GET", target, &NOT_WHAT_WAS_TYPED)?;
        self.has_field(asked, "Host", &[host], &NOT_WHAT_WAS_TYPED)
    }

    /// The field has to be there with these values, in this order, and with no others.
    pub fn has_field(
        &mut self,
        asked: &Asked,
        name: &str,
        values: &[&str],
        why: &'static Misconception,
    ) -> Result<(), Stop> {
        let found: Vec<_> = asked.named(name).collect();
        let same = |(field, value): (&&harness::wire::http::Field, &&str)| field.value == **value;
        if found.len() == values.len() && found.iter().zip(values).all(same) {
            return Ok(());
        }
        let wrong = found
            .iter()
            .zip(values)
            .find(|pair| !same((pair.0, pair.1)));
        let (exhibit, told) = match (wrong, found.get(values.len()), values.get(found.len())) {
            (Some((field, value)), _, _) => {
                let expected = if value.is_empty() { "nothing" } else { value };
                let exhibit = asked.at_field(field, format!("expected {expected}"));
                (exhibit, format!("the field {name} says something else"))
            }
            (None, Some(field), _) => {
                let exhibit = asked.at_field(field, "this does not belong here");
                let told = match values {
                    [] => format!("the field {name} is there, and does not belong there"),
                    _ => format!("the field {name} is there once too often"),
                };
                (exhibit, told)
            }
            (None, None, Some(value)) => {
                let exhibit = asked.at_end_of_head(format!("expected {name}: {value}"));
                (exhibit, format!("the field {name} is missing"))
            }
            (None, None, None) => return Ok(()),
        };
        let observed = format!("In the request of {}, {told}.", self.typed());
        Err(self.wrong_at(why, observed, exhibit))
    }

    /// The field has to be missing.
    pub fn has_no_field(
        &mut self,
        asked: &Asked,
        name: &str,
        why: &'static Misconception,
    ) -> Result<(), Stop> {
        self.has_field(asked, name, &[], why)
    }

    /// The fields have to be as those of the options, whatever the option is: one finding for all.
    pub fn has_option_field(&mut self, asked: &Asked, name: &str, value: &str) -> Result<(), Stop> {
        self.has_field(asked, name, &[value], &NOT_ITS_FIELD)
    }

    /// The body has to be this.
    pub fn sends(
        &mut self,
        asked: &Asked,
        body: &[u8],
        why: &'static Misconception,
    ) -> Result<(), Stop> {
        if asked.body == body {
            return Ok(());
        }
        self.attempt.fact("the request's body", shown(&asked.body));
        self.attempt.remark(format!("expected {}", shown(body)));
        let observed = format!("{} sent another body than it was given.", self.typed());
        let exhibit = first_difference("sent", &asked.body, body);
        Err(self.wrong_at(why, observed, exhibit))
    }
}

impl Ended {
    /// `exit code 7`.
    pub fn how(&self) -> String {
        match self.code {
            Some(code) => format!("exit code {code}"),
            None => "a signal".to_owned(),
        }
    }

    /// The last line on stderr that is no progress meter.
    pub fn word(&self) -> &str {
        let mut lines = self
            .stderr
            .lines()
            .map(|line| line.rsplit('\r').next().unwrap_or(line).trim());
        lines.rfind(|line| !line.is_empty()).unwrap_or("")
    }
}

/// A word that nobody can know beforehand, fit for a page: a picture shows all of it.
pub fn word() -> String {
    format!("page-{:08x}", fastrand::u32(..))
}

/// What is shown of bytes: text as it is, where it is short.
fn shown(bytes: &[u8]) -> String {
    let is_text = bytes
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
    match bytes {
        [] => "nothing".to_owned(),
        bytes if is_text && bytes.len() <= 40 => format!("\"{}\"", bytes.escape_ascii()),
        bytes if is_text => {
            let start = &bytes[..bytes.len().min(12)];
            format!("\"{}\"… ({} bytes)", start.escape_ascii(), bytes.len())
        }
        bytes => {
            let start = &bytes[..bytes.len().min(4)];
            format!("{} … ({} bytes)", hex(start), bytes.len())
        }
    }
}

/// Points to the first byte that is not as expected.
fn first_difference(title: &str, found: &[u8], expected: &[u8]) -> Exhibit {
    let same = found
        .iter()
        .zip(expected)
        .take_while(|(a, b)| a == b)
        .count();
    let from = same.saturating_sub(24);
    let to = found.len().min(same + 24);
    let next = &expected[same.min(expected.len())..expected.len().min(same + 12)];
    let remark = match (next, same) {
        ([], _) => format!("expected {} bytes, not {}", expected.len(), found.len()),
        (next, 0) => format!("expected \"{}\"", next.escape_ascii()),
        (next, same) => format!("after {same} bytes, expected \"{}\"", next.escape_ascii()),
    };
    Exhibit {
        title: title.to_owned(),
        bytes: found[from..to].to_vec(),
        from: same - from,
        to: (same - from + 1).min(to - from),
        remark,
    }
}
