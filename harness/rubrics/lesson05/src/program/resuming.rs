//! A part of a page: `-r` and `-C`.

use super::super::Functions;
use super::super::misconceptions::{PART_NOT_ASKED, PARTIAL_LOST, RESUMED_WRONG};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;
use harness::wire::random_payload;

pub fn fetches_a_part(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    for (range, from, to) in [
        ("2-5", 2, 6),
        ("4-", 4, page.len()),
        ("-3", page.len() - 3, page.len()),
    ] {
        shell.types(&["-r", range, &origin.url("/")])?;
        let (mut visit, asked) = shell.asked(&origin)?;
        let wanted = format!("bytes={range}");
        shell.has_field(&asked, "Range", &[&wanted], &PART_NOT_ASKED)?;
        let head = format!(
            "HTTP/1.1 206 Partial Content\nContent-Range: bytes {from}-{}/{}",
            to - 1,
            page.len()
        );
        shell.answers(&mut visit, &head, &page.as_bytes()[from..to])?;
        shell.prints(&page.as_bytes()[from..to])?;
    }
    Ok(())
}

pub fn finishes_a_download_that_was_cut_short(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = random_payload(fastrand::usize(20_000..30_000));
    let arrived = fastrand::usize(1..page.len());
    let url = origin.url("/page");
    // Nothing is there yet: the whole page is asked for.
    shell.types(&["-C", "-", "-o", "page", &url])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    if asked.named("Range").any(|range| range.value != "bytes=0-") {
        shell.has_no_field(&asked, "Range", &PART_NOT_ASKED)?;
    }
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", page.len());
    let cut = [head.as_bytes(), &page[..arrived]].concat();
    shell.answers_bytes(&mut visit, &cut)?;
    visit.close();
    let what = "The server hung up in the middle of the page";
    shell.fails_as(&[18], what, &[], &PARTIAL_LOST)?;
    shell.file_is("page", &page[..arrived], &PARTIAL_LOST, what)?;

    shell.types(&["-C", "-", "-o", "page", &url])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    let wanted = format!("bytes={arrived}-");
    shell.has_field(&asked, "Range", &[&wanted], &PART_NOT_ASKED)?;
    let head = format!(
        "HTTP/1.1 206 Partial Content\nContent-Range: bytes {arrived}-{}/{}",
        page.len() - 1,
        page.len()
    );
    shell.answers(&mut visit, &head, &page[arrived..])?;
    shell.succeeds()?;
    let when = "The rest of the page was fetched with -C -";
    shell.file_is("page", &page, &RESUMED_WRONG, when)
}

pub fn resumes_from_the_byte_it_is_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    shell.types(&["-C", "5", &origin.url("/")])?;
    let (mut visit, asked) = shell.asked(&origin)?;
    shell.has_field(&asked, "Range", &["bytes=5-"], &PART_NOT_ASKED)?;
    let head = format!(
        "HTTP/1.1 206 Partial Content\nContent-Range: bytes 5-{}/{}",
        page.len() - 1,
        page.len()
    );
    shell.answers(&mut visit, &head, &page.as_bytes()[5..])?;
    shell.prints_or(&page.as_bytes()[5..], &RESUMED_WRONG)?;
    Ok(())
}

pub fn appends_nothing_that_does_not_belong_there(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    let page = word();
    let old = &page.as_bytes()[..4];
    for (head, body, what) in [
        (
            "HTTP/1.1 200 OK".to_owned(),
            page.as_bytes(),
            "The server knows no ranges, and sent the whole page",
        ),
        (
            format!(
                "HTTP/1.1 206 Partial Content\nContent-Range: bytes 2-{}/{}",
                page.len() - 1,
                page.len()
            ),
            &page.as_bytes()[2..],
            "The server sent another part than was asked for",
        ),
    ] {
        shell.folder.write("page", old)?;
        shell.types(&["-C", "-", "-o", "page", &origin.url("/")])?;
        let (mut visit, _) = shell.asked(&origin)?;
        shell.answers(&mut visit, &head, body)?;
        shell.fails_as(&[33], what, &["range|resume"], &RESUMED_WRONG)?;
        shell.file_is("page", old, &RESUMED_WRONG, what)?;
    }
    // There is nothing after the last byte.
    shell.folder.write("page", &page)?;
    shell.types(&["-C", "-", "-o", "page", &origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    let head = format!(
        "HTTP/1.1 416 Range Not Satisfiable\nContent-Range: bytes */{}",
        page.len()
    );
    shell.answers(&mut visit, &head, b"no such part")?;
    let when = "The file was whole already, and the server said 416";
    shell.fails_as(&[0], when, &[], &RESUMED_WRONG)?;
    shell.file_is("page", page.as_bytes(), &RESUMED_WRONG, when)
}
