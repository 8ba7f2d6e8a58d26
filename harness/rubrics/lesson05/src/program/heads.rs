//! `-I`, `-i`, `-D`: heads as they came.

use super::super::Functions;
use super::super::misconceptions::{HEAD_NOT_SHOWN, NOT_ITS_METHOD};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;

pub fn shows_the_head_alone(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    shell.types(&["-I", &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.asks_for(&asked, "HEAD", "/", &NOT_ITS_METHOD)?;
    // The body that it speaks of is the one that GET would bring.
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-word:  {}\r\nA:\r\n\r\n",
        word()
    );
    shell.answers_bytes(&mut visit, head.as_bytes())?;
    shell.prints_or(head.as_bytes(), &HEAD_NOT_SHOWN)?;
    Ok(())
}

pub fn shows_heads_before_the_page(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    let moved = "HTTP/1.1 301 \r\nLocation: /b\r\nContent-Length: 5\r\n\r\nmoved";
    let last = format!(
        "HTTP/1.1 404 Not here\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    );
    shell.types(&["-i", "-L", &origin.url("/")])?;
    let mut visit = None;
    for answer in [format!("{early}{moved}"), last.clone()] {
        shell.next(&origin, &mut visit)?;
        if let Some(visit) = &mut visit {
            shell.answers_bytes(visit, answer.as_bytes())?;
        }
    }
    let moved = moved.trim_end_matches("moved");
    shell.prints_or(format!("{early}{moved}{last}").as_bytes(), &HEAD_NOT_SHOWN)?;
    Ok(())
}

pub fn saves_the_head_in_a_file(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX: {}\r\n\r\n",
        page.len(),
        word()
    );
    shell.types(&["-D", "head", "-o", "page", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    shell.answers_bytes(&mut visit, format!("{head}{page}").as_bytes())?;
    shell.prints(b"")?;
    let when = "The head was to be saved with -D, and the page with -o";
    shell.file_is("head", head.as_bytes(), &HEAD_NOT_SHOWN, when)?;
    shell.file_is("page", page.as_bytes(), &HEAD_NOT_SHOWN, when)
}
