//! The program `http-server [--bind ADDR] [ROOT]`: a folder for everybody who calls, and a word when
//! that cannot be.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use super::Functions;
use super::conversation::{Page, Visitor, by_hand};
use super::misconceptions::{
    ADDRESS_UNTOLD, ARGUMENTS_UNTOLD, CONNECTION_ENDS, NO_ANSWER, NOT_ITS_FOLDER, ONE_AT_A_TIME,
    ONLY_IPV4, PIPELINED_LOST, ROOT_UNCHECKED, STDOUT_NOISE, UNANNOUNCED,
};
use super::site::Site;
use harness::attempt::Attempt;
use harness::finding::{Misconception, Stop};
use harness::kernel;
use harness::program::{Ended, NotListening, Program};
use harness::rubric::control::{ANY_PORT, ANY_PORT_V6, internet_address, needs_ipv6, own_listener};
use harness::rubric::program;
use harness::trace::Recorder;
use harness::watch;
use harness::wire::random_payload;

/// The program, and where it listens.
struct Server {
    program: Program,
    addr: SocketAddr,
}

impl Server {
    /// Starts it for this folder.
    fn start(attempt: &mut Attempt, site: &Site) -> Result<Server, Stop> {
        Server::start_on(attempt, ANY_PORT, Some(site.root()), None)
    }

    fn start_on(
        attempt: &mut Attempt,
        bind: SocketAddr,
        root: Option<&Path>,
        within: Option<&Path>,
    ) -> Result<Server, Stop> {
        let mut args: Vec<OsString> = vec!["--bind".into(), bind.to_string().into()];
        args.extend(root.map(|root| root.as_os_str().to_owned()));
        let submission = attempt.submission();
        let mut program = match within {
            Some(folder) => Program::start_in(submission, &args, folder)?,
            None => Program::start(submission, &args)?,
        };
        // Whatever is due once it listens is due at once.
        watch::timeouts_are_long();
        let root = root.map_or("", |_| " ROOT");
        attempt.fact(format!("http-server --bind {bind}{root}"), "started");
        let addr = program::listens(attempt, &mut program, bind, &UNANNOUNCED)?;
        Ok(Server { program, addr })
    }

    /// Somebody calls.
    fn visitor(
        &mut self,
        attempt: &Attempt,
        name: &str,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<Visitor, Stop> {
        let recorder = attempt.recorder();
        self.visitor_recorded(attempt, name, otherwise, when, &recorder)
    }

    fn visitor_recorded(
        &mut self,
        attempt: &Attempt,
        name: &str,
        otherwise: &'static Misconception,
        when: &str,
        recorder: &Recorder,
    ) -> Result<Visitor, Stop> {
        Visitor::calls(name, self.addr, recorder).or_else(|_| {
            self.unless_it_panicked(attempt)?;
            Err(otherwise.seen(format!("{when}, and nobody listens at {}.", self.addr)))
        })
    }

    /// This visitor gets a page, having asked for it.
    fn answers(
        &mut self,
        attempt: &Attempt,
        visitor: &mut Visitor,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        match visitor.hears() {
            Ok(answer) if page.is_in(&answer) => Ok(()),
            Ok(answer) => {
                attempt.remark("expected 200, and the file");
                Err(visitor.not_the_page(&answer, page, when))
            }
            Err(flaw) => {
                attempt.remark("expected an answer");
                self.unless_it_panicked(attempt)?;
                Err(visitor.unheard(flaw, otherwise, when))
            }
        }
    }

    /// Somebody new asks for a page and gets it.
    fn serves(
        &mut self,
        attempt: &Attempt,
        name: &str,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        let mut visitor = self.visitor(attempt, name, otherwise, when)?;
        visitor.says(&page.request("Connection: close\r\n"));
        self.answers(attempt, &mut visitor, page, otherwise, when)?;
        visitor.leaves();
        Ok(())
    }

    /// If the program has ended in a panic or a stub, that explains the rest.
    fn unless_it_panicked(&mut self, attempt: &Attempt) -> Result<(), Stop> {
        if let Some(ended) = self.program.has_ended() {
            ended.unless_it_panicked(attempt.submission())?;
        }
        Ok(())
    }
}

pub fn serves_a_page_where_it_says(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start(attempt, &site)?;
    let when = "A client asked the program for a file";
    server.serves(attempt, "client", &page, &NO_ANSWER, when)
}

pub fn serves_the_current_folder_without_a_root(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let mut server = Server::start_on(attempt, ANY_PORT, None, Some(site.root()))?;
    let when =
        "The program was started without ROOT, and a client asked for a file in the current folder";
    server
        .serves(attempt, "client", &page, &NO_ANSWER, when)
        .map_err(|stop| {
            let seen = format!("{when}, and did not get it.");
            stop.rather(
                &super::misconceptions::NOT_WHAT_WAS_ASKED,
                &NOT_ITS_FOLDER,
                seen,
            )
        })?;
    // And a folder by its name from there.
    let folder = "folder with spaces";
    let bytes = random_payload(60);
    site.file(&format!("{folder}/page.bin"), &bytes)?;
    let page = Page {
        target: "/page.bin".to_owned(),
        bytes,
    };
    let root = Path::new(folder);
    let mut server = Server::start_on(attempt, ANY_PORT, Some(root), Some(site.root()))?;
    let when = "ROOT is a path from the current folder, and a client asked for a file";
    server
        .serves(attempt, "client", &page, &NO_ANSWER, when)
        .map_err(|stop| {
            let seen = format!("{when}, and did not get it.");
            stop.rather(
                &super::misconceptions::NOT_WHAT_WAS_ASKED,
                &NOT_ITS_FOLDER,
                seen,
            )
        })
}

pub fn serves_request_after_request(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let (small, large) = (Page::new(&site)?, Page::of_length(&site, 300_000)?);
    let mut server = Server::start(attempt, &site)?;
    let when = "A client asked the program for a file";
    let mut visitor = server.visitor(attempt, "client", &NO_ANSWER, when)?;
    visitor.says(&small.request(""));
    server.answers(attempt, &mut visitor, &small, &NO_ANSWER, when)?;
    let when = "On the same connection, the client asked by HEAD, and then by GET";
    visitor.says(&large.request_by("HEAD", ""));
    visitor.says(&large.request(""));
    if let Err(flaw) = visitor.client.hear("HEAD") {
        server.unless_it_panicked(attempt)?;
        return Err(visitor.unheard(flaw, &PIPELINED_LOST, when));
    }
    server.answers(attempt, &mut visitor, &large, &PIPELINED_LOST, when)?;
    visitor.says(&small.request("Connection: close\r\n"));
    let when = "On the same connection, the client asked for a last file";
    server.answers(attempt, &mut visitor, &small, &PIPELINED_LOST, when)?;
    let (otherwise, when) = (
        &super::misconceptions::CLOSE_IGNORED,
        "The client asked for a last file with `Connection: close`, and got it",
    );
    match visitor.wrong_end(attempt, otherwise, when, "the program") {
        None => {}
        Some(stop) => return Err(stop),
    }
    visitor.leaves();
    says_nothing_more(attempt, server)
}

/// A program that is to be used by others says on stdout what they wait for, and nothing else.
fn says_nothing_more(attempt: &Attempt, server: Server) -> Result<(), Stop> {
    let more = server.program.stop();
    if more.is_empty() {
        return Ok(());
    }
    let line = more.lines().next().unwrap_or_default();
    attempt.fact("the program printed on stdout", line);
    attempt.remark("expected nothing after the first line");
    Err(STDOUT_NOISE.seen(format!(
        "After `listening on ADDR`, the program printed {line:?} on stdout."
    )))
}

pub fn listens_on_ipv6_for_http(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    needs_ipv6()?;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    let started = Server::start_on(attempt, ANY_PORT_V6, Some(site.root()), None);
    let mut server = started.map_err(|stop| {
        let seen = "The program does not listen on [::1]:0.";
        stop.rather(&UNANNOUNCED, &ONLY_IPV4, seen)
    })?;
    let when = "A client called over IPv6 and asked for a file";
    server.serves(attempt, "client", &page, &NO_ANSWER, when)
}

pub fn outlives_hostile_clients(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    const CROWD: usize = 100;
    let site = Site::new()?;
    let page = Page::new(&site)?;
    site.file("\u{e4}\u{20ac}.txt", "x").ok();
    // The program's threads are counted here, too: a stack of 8 MiB each, nearly all of it untouched.
    kernel::limit_process(2 << 30);
    let mut server = Server::start(attempt, &site)?;
    let unseen = Recorder::new();
    for said in hostile() {
        let when = "A client sent something that is no good request";
        let mut visitor =
            server.visitor_recorded(attempt, "hostile", &CONNECTION_ENDS, when, &unseen)?;
        visitor.says(&said);
        visitor.client.peer.half_close().ok();
        // Whatever is said to that, and until the connection ends.
        let _ = visitor.client.hear_end();
        visitor.leaves();
        let when = format!(
            "A client sent \"{}\"; another called and asked for a file",
            said[..said.len().min(60)].escape_ascii()
        );
        let mut good =
            server.visitor_recorded(attempt, "good", &CONNECTION_ENDS, &when, &unseen)?;
        good.says(&page.request("Connection: close\r\n"));
        server
            .answers(attempt, &mut good, &page, &CONNECTION_ENDS, &when)
            .map_err(|stop| stop.by_hand(by_hand(&said)))?;
        good.leaves();
    }
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let when = "Clients called that send half a head";
        let mut slow = server.visitor_recorded(attempt, "slow", &CONNECTION_ENDS, when, &unseen)?;
        slow.says(b"GET / HTTP/1.1\r\nHo");
        crowd.push(slow);
    }
    attempt.fact(format!("{CROWD} clients call, and send half a head"), "");
    let when = "A hundred clients have sent half a head; another asked for a file";
    server.serves(attempt, "good", &page, &ONE_AT_A_TIME, when)?;
    drop(crowd);
    let when = "A hundred clients have hung up; another asked for a file";
    server.serves(attempt, "good", &page, &CONNECTION_ENDS, when)
}

/// What has ended servers before.
fn hostile() -> Vec<Vec<u8>> {
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let head = |fields: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n").into_bytes();
    let post = |fields: &str, body: &str| {
        format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{body}").into_bytes()
    };
    let mut all = vec![
        b"\r\n\r\n".to_vec(),
        b"\n".to_vec(),
        b" ".to_vec(),
        b"GET".to_vec(),
        b"GET \r\n\r\n".to_vec(),
        b"GET / \r\n\r\n".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\xc3\x28\x80 / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \xff\xc3\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\xe2\x82\xac: 1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n".to_vec(),
        b"GET / HTTP/\r\n\r\n".to_vec(),
        b"GET / HTTP/1.\r\n\r\n".to_vec(),
        b"GET / H\xe2\x82\xac\r\n\r\n".to_vec(),
        random_payload(3000),
        vec![0; 2000],
        vec![b'\n'; 2000],
        vec![b'a'; 100_000],
        [
            b"GET /".to_vec(),
            vec![b'/'; 7000],
            b" HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        ]
        .concat(),
        [
            b"GET /".to_vec(),
            b"%2e%2e%2f".repeat(500),
            b" HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        ]
        .concat(),
    ];
    all.extend(
        [
            "%",
            "*",
            "/%",
            "/%4",
            "/%zz",
            "/%\u{e4}",
            "/%00",
            "/%ff%fe",
            "/%c3%a4%e2%82%ac.txt",
            "/?",
            "/?%",
            "//",
            "///",
            "/..",
            "/../..",
            "/%2e%2e",
            "/.",
            "http://",
            "http://x",
            "/\u{e4}",
            "/CON",
            "/a\\b",
            "?",
            "#",
            "/#",
        ]
        .map(get),
    );
    all.extend(
        [
            "Range: bytes=",
            "Range: bytes=-",
            "Range: bytes=5-1",
            "Range: bytes=-0",
            "Range: bytes=99999999999999999999-",
            "Range: bytes=0-18446744073709551615",
            "Range: bytes=18446744073709551615-",
            "Range: bytes=-18446744073709551615",
            "If-Modified-Since: ",
            "If-Modified-Since: Sun, 99 Nov 9999 99:99:99 GMT",
            "If-Modified-Since: \u{e4}",
            "Connection: ,",
            "Connection: \u{20ac}, close",
            "Expect: ",
            "Content-Length: 18446744073709551616",
            "Content-Length: ",
        ]
        .map(head),
    );
    for (fields, body) in [
        ("Transfer-Encoding: chunked", "ffffffffffffffff\r\na"),
        ("Transfer-Encoding: chunked", "fffffffffffffffff\r\na"),
        ("Transfer-Encoding: chunked", "7fffffffffffffff\r\na"),
        ("Transfer-Encoding: chunked", "5\r\na"),
        ("Transfer-Encoding: chunked", "\r\n\r\n"),
        ("Transfer-Encoding: chunked", "\u{20ac}\r\n\r\n"),
        ("Transfer-Encoding: chunked", "0\r\n"),
        ("Content-Length: 5", "a"),
        ("Content-Length: 1048576", "a"),
    ] {
        all.push(post(fields, body));
    }
    all
}

pub fn says_that_the_root_is_none(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let site = Site::new()?;
    let file = site.file("a-file.txt", "x")?;
    let missing = site.root().join("no-such-folder");
    for (root, why) in [(missing, "is not there"), (file, "is a file")] {
        let root = root.to_string_lossy().into_owned();
        let name = root.rsplit(['/', '\\']).next().unwrap_or(&root).to_owned();
        let seen = format!("ROOT {why}, and the program");
        let args = ["--bind", "127.0.0.1:0", &root];
        let ended = runs(attempt, &args, &seen, &ROOT_UNCHECKED)?;
        fails(
            attempt,
            &format!("http-server {name}"),
            &ended,
            &name,
            &seen,
            &ROOT_UNCHECKED,
        )?;
    }
    Ok(())
}

pub fn says_that_it_cannot_have_the_address(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let root = site.root().to_string_lossy().into_owned();
    let taken = own_listener(ANY_PORT)?;
    let addr = internet_address(&taken)?.to_string();
    attempt.fact(format!("another socket listens on {addr}"), "");
    let seen = "The address is taken, and the program";
    let ended = runs(attempt, &["--bind", &addr, &root], seen, &ADDRESS_UNTOLD)?;
    let command = format!("http-server --bind {addr}");
    fails(attempt, &command, &ended, &addr, seen, &ADDRESS_UNTOLD)
}

pub fn says_what_is_wrong_with_its_arguments(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let site = Site::new()?;
    let root = site.root().to_string_lossy().into_owned();
    let option = "--no-such-option";
    for (args, names) in [
        (vec!["--bind", "localhost-8000", &root], "localhost-8000"),
        (vec!["--bind", "127.0.0.1:99999", &root], "127.0.0.1:99999"),
        (vec![option, "--bind", "127.0.0.1:0", &root], option),
    ] {
        let seen = format!("{names} makes no sense, and the program");
        let ended = runs(attempt, &args, &seen, &ARGUMENTS_UNTOLD)?;
        let command = format!("http-server {}", args[..args.len() - 1].join(" "));
        fails(attempt, &command, &ended, names, &seen, &ARGUMENTS_UNTOLD)?;
    }
    Ok(())
}

/// Runs the program to its end. One that serves in place of that has not seen what is wrong.
fn runs(
    attempt: &mut Attempt,
    args: &[&str],
    seen: &str,
    otherwise: &'static Misconception,
) -> Result<Ended, Stop> {
    let mut program = Program::start(attempt.submission(), args)?;
    match program.listens() {
        Err(NotListening::Ended(ended)) => ended.unless_it_panicked(attempt.submission()),
        Ok(addr) => {
            attempt.fact("the program printed", format!("listening on {addr}"));
            attempt.remark("expected an end, with a word on stderr");
            Err(otherwise.seen(format!("{seen} listens all the same.")))
        }
        Err(NotListening::Said(line)) => {
            attempt.fact("the program printed on stdout", line.trim_end());
            match program.wait() {
                Some(ended) => ended.unless_it_panicked(attempt.submission()),
                None => Err(otherwise.seen(format!("{seen} runs on."))),
            }
        }
        Err(NotListening::Silent) => Err(otherwise.seen(format!("{seen} runs on."))),
    }
}

/// The program has to fail, and to name on stderr what it is about.
fn fails(
    attempt: &Attempt,
    command: &str,
    ended: &Ended,
    names: &str,
    seen: &str,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let code = ended
        .code
        .map_or("a signal".to_owned(), |code| format!("exit code {code}"));
    attempt.fact(command, &code);
    let stderr = ended.stderr.trim();
    attempt.fact("on stderr", stderr.lines().next().unwrap_or_default());
    let named = stderr.contains(names);
    if named && matches!(ended.code, Some(1 | 2)) {
        return Ok(());
    }
    attempt.remark(format!(
        "expected exit code 1 or 2, and a line that names {names}"
    ));
    let what = if named {
        format!("ended with {code}")
    } else {
        format!("did not name {names} on stderr")
    };
    Err(otherwise.seen(format!("{seen} {what}.")))
}
