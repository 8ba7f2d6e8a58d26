//! `-T`, and `Expect: 100-continue`.

use std::time::{Duration, Instant};

use super::super::Functions;
use super::super::misconceptions::{ENDS_OTHERWISE, EXPECT_UNHEARD, UPLOAD_CHANGED};
use super::super::origin::{Asked, Origin, Visit};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::watch::{self, Look};
use harness::wire::random_payload;

/// From this size on, curl of any age asks first.
const LARGE: usize = (1 << 20) + 5000;
/// A client waits for a second before it sends its body unasked.
const SOON: Duration = Duration::from_millis(700);

/// Reads a request with its body, and says 100 where the client asks for it.
pub fn uploaded(shell: &mut Shell<'_>, origin: &Origin) -> Result<(Visit, Asked), Stop> {
    let mut visit = shell.visited(origin)?;
    let mut asked = shell.hears_head(&mut visit)?;
    if asked.field("Expect").is_some() {
        visit.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    shell.hears_body(&mut visit, &mut asked)?;
    Ok((visit, asked))
}

pub fn uploads_a_file(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let file = random_payload(5000);
    let length = file.len().to_string();
    shell.folder.write("report.bin", &file)?;
    for (at, target) in [
        ("/in/other.bin", "/in/other.bin"),
        ("/in/", "/in/report.bin"),
    ] {
        let page = word();
        shell.types(&["-T", "report.bin", &origin.url(at)])?;
        let (mut visit, asked) = uploaded(&mut shell, &origin)?;
        shell.asks_for(&asked, "PUT", target, &UPLOAD_CHANGED)?;
        shell.has_field(&asked, "Content-Length", &[&length], &UPLOAD_CHANGED)?;
        shell.sends(&asked, &file, &UPLOAD_CHANGED)?;
        shell.answers(&mut visit, "HTTP/1.1 201 Created", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    shell.types(&["-T", "no-such-file", &origin.url("/")])?;
    if shell.called(&origin)?.is_some() {
        let seen =
            "The file to upload is not there, and the program called the server all the same.";
        return Err(shell.wrong(&UPLOAD_CHANGED, seen));
    }
    shell.fails(26, "The file to upload is not there", &["no-such-file"])?;
    Ok(())
}

pub fn uploads_what_comes_on_stdin(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let (input, page) = (random_payload(3000), word());
    shell.types_and_pipes(&["-T", "-", &origin.url("/in")], &input)?;
    let (mut visit, asked) = uploaded(&mut shell, &origin)?;
    shell.asks_for(&asked, "PUT", "/in", &UPLOAD_CHANGED)?;
    shell.has_field(&asked, "Transfer-Encoding", &["chunked"], &UPLOAD_CHANGED)?;
    shell.sends(&asked, &input, &UPLOAD_CHANGED)?;
    shell.answers(&mut visit, "HTTP/1.1 201 Created", page.as_bytes())?;
    shell.prints(page.as_bytes())?;
    Ok(())
}

pub fn asks_before_it_uploads_much(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::with_time(attempt)?;
    let origin = shell.origin("server")?;
    let (file, page) = (random_payload(LARGE), word());
    shell.folder.write("large", &file)?;
    for welcome in [true, false] {
        shell.types(&["-T", "large", &origin.url("/in")])?;
        let mut visit = shell.visited(&origin)?;
        let mut asked = shell.hears_head(&mut visit)?;
        let heard = Instant::now();
        shell.has_field(&asked, "Expect", &["100-continue"], &EXPECT_UNHEARD)?;
        if welcome {
            shell.answers_bytes(&mut visit, b"HTTP/1.1 100 Continue\r\n\r\n")?;
            shell.hears_body(&mut visit, &mut asked)?;
            shell.sends(&asked, &file, &UPLOAD_CHANGED)?;
            shell.answers(&mut visit, "HTTP/1.1 201 Created", page.as_bytes())?;
            shell.prints(page.as_bytes())?;
            continue;
        }
        // Who does not wait has begun by now.
        let _ = watch::until(&watch::GLANCE, |slice| {
            visit.look();
            if !visit.unread().is_empty() {
                return Look::Done(());
            }
            std::thread::park_timeout(slice);
            Look::Nothing
        });
        shell.answers(
            &mut visit,
            "HTTP/1.1 403 Forbidden\nConnection: close",
            page.as_bytes(),
        )?;
        let in_time = heard.elapsed() < SOON;
        let (came, _) = visit.hear_end();
        // On a machine that stood still, the second was over before the answer.
        if in_time && !came.is_empty() {
            let seen = format!(
                "The server said 403 to a head with Expect: 100-continue, and {} bytes of the body came all \
                 the same.",
                came.len()
            );
            return Err(shell.wrong(&EXPECT_UNHEARD, seen));
        }
        drop(visit);
        let ended = shell.ended()?;
        if in_time {
            if ended.code != Some(0) {
                let seen = format!(
                    "The server said 403 before the upload, which is an answer; {} ended with {}.",
                    shell.typed(),
                    ended.how()
                );
                return Err(shell.wrong(&ENDS_OTHERWISE, seen));
            }
            shell.printed_is(&ended, page.as_bytes(), &EXPECT_UNHEARD)?;
        }
    }
    Ok(())
}

pub fn says_that_the_upload_broke(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    shell.folder.write("large", random_payload(8 << 20))?;
    shell.types(&["-T", "large", "-H", "Expect:", &origin.url("/in")])?;
    let mut visit = shell.visited(&origin)?;
    shell.hears_head(&mut visit)?;
    shell.fact("the server resets the connection", "");
    visit.reset()?;
    // Which of the two hears of it first is chance: the next send, or a look at whether there is an answer.
    let what = "The server broke the connection in the middle of an upload";
    shell.fails_as(
        &[55, 56],
        what,
        &["send|recv|reset|broken|receiv"],
        &ENDS_OTHERWISE,
    )?;
    Ok(())
}
