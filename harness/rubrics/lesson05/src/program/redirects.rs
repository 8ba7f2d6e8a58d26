//! `-L` and `--max-redirs`.

use super::super::Functions;
use super::super::misconceptions::{
    FOLLOWED_UNASKED, NOT_FOLLOWED, REDIRECTS_UNCOUNTED, SECRETS_HANDED_ON,
};
use super::shell::{Shell, word};
use harness::attempt::Attempt;
use harness::finding::Stop;

pub fn shows_a_redirect_and_does_not_follow_it(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let (origin, elsewhere) = (shell.origin("server")?, shell.origin("elsewhere")?);
    let page = word();
    shell.types(&[&origin.url("/")])?;
    let (mut visit, _) = shell.asked(&origin)?;
    let head = format!("HTTP/1.1 302 Found\nLocation: {}", elsewhere.url("/"));
    shell.answers(&mut visit, &head, page.as_bytes())?;
    if shell.called(&elsewhere)?.is_some() {
        let seen = "The answer was a redirect, and the program followed it without -L.";
        return Err(shell.wrong(&FOLLOWED_UNASKED, seen));
    }
    shell.prints_or(page.as_bytes(), &FOLLOWED_UNASKED)?;
    Ok(())
}

pub fn follows_redirects_when_told(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let (origin, elsewhere) = (shell.origin("server")?, shell.origin("elsewhere")?);
    let page = word();
    shell.types(&["-L", &origin.url("/a/b")])?;
    let mut visit = None;
    let to_there = elsewhere.url("/there");
    for (target, location) in [("/a/b", "c?d"), ("/a/c?d", "/e"), ("/e", to_there.as_str())] {
        let Some(asked) = shell.next(&origin, &mut visit)? else {
            return Err(not_followed(&mut shell, &origin.url(target))?);
        };
        shell.asks_for(&asked, "GET", target, &NOT_FOLLOWED)?;
        let head = format!("HTTP/1.1 302 Found\nLocation: {location}");
        if let Some(visit) = &mut visit {
            shell.answers(visit, &head, b"the page has moved")?;
        }
    }
    let Some(mut visit) = shell.called(&elsewhere)? else {
        return Err(not_followed(&mut shell, &to_there)?);
    };
    let asked = shell.asks_again(&mut visit)?;
    shell.asks_for(&asked, "GET", "/there", &NOT_FOLLOWED)?;
    shell.has_field(&asked, "Host", &[&elsewhere.host_and_port()], &NOT_FOLLOWED)?;
    shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
    shell.prints_or(page.as_bytes(), &NOT_FOLLOWED)?;
    Ok(())
}

fn not_followed(shell: &mut Shell<'_>, url: &str) -> Result<Stop, Stop> {
    let ended = shell.ended()?;
    let seen = format!(
        "A redirect led to {url}; {} ended with {}, and did not ask there.",
        shell.typed(),
        ended.how()
    );
    Ok(shell.wrong(&NOT_FOLLOWED, seen))
}

pub fn counts_redirects(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    for (limit, most) in [(Some("2"), 2), (Some("0"), 0), (None, 50)] {
        let url = origin.url("/");
        let mut args = vec!["-L", &url];
        if let Some(limit) = limit {
            args.extend(["--max-redirs", limit]);
        }
        shell.types(&args)?;
        let mut visit = None;
        let mut asked = 0_usize;
        while asked <= most + 1 && shell.next(&origin, &mut visit)?.is_some() {
            asked += 1;
            if let Some(visit) = &mut visit {
                shell.answers(visit, "HTTP/1.1 302 Found\nLocation: /", b"")?;
            }
        }
        if asked != most + 1 {
            let told = match limit {
                Some(limit) => format!("--max-redirs {limit}"),
                None => "no --max-redirs".to_owned(),
            };
            let followed = if asked > most + 1 {
                "more than that".to_owned()
            } else {
                asked.saturating_sub(1).to_string()
            };
            let seen = format!(
                "Each answer is a redirect. With -L and {told}, {most} redirects are to be followed; it was \
                 {followed}."
            );
            return Err(shell.wrong(&REDIRECTS_UNCOUNTED, seen));
        }
        let what = format!("There was a redirect after {most}");
        shell.fails_as(&[47], &what, &["redirect"], &REDIRECTS_UNCOUNTED)?;
    }
    Ok(())
}

pub fn posts_again_only_where_the_redirect_says_so(
    _: &Functions,
    attempt: &mut Attempt,
) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let origin = shell.origin("server")?;
    for (status, method) in [
        ("302 Found", "GET"),
        ("303 See Other", "GET"),
        ("307 Temporary Redirect", "POST"),
    ] {
        let page = word();
        shell.types(&["-L", "-d", "a=1", &origin.url("/form")])?;
        let (mut open, _) = shell.asked(&origin)?;
        shell.answers(
            &mut open,
            &format!("HTTP/1.1 {status}\nLocation: /done"),
            b"",
        )?;
        let mut visit = Some(open);
        let Some(asked) = shell.next(&origin, &mut visit)? else {
            return Err(not_followed(&mut shell, &origin.url("/done"))?);
        };
        shell.asks_for(&asked, method, "/done", &NOT_FOLLOWED)?;
        let body: &[u8] = if method == "POST" { b"a=1" } else { b"" };
        shell.sends(&asked, body, &NOT_FOLLOWED)?;
        if let Some(visit) = &mut visit {
            shell.answers(visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        }
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}

pub fn keeps_secrets_from_another_host(_: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let mut shell = Shell::open(attempt)?;
    let (origin, elsewhere) = (shell.origin("server")?, shell.origin("elsewhere")?);
    let options: [&[&str]; 2] = [
        &["-L", "-u", "ann:secret", "-b", "id=1"],
        &[
            "-L",
            "-H",
            "Authorization: Bearer secret",
            "-H",
            "Cookie: id=1",
        ],
    ];
    for options in options {
        let page = word();
        shell.types(&[options, &[&origin.url("/")]].concat())?;
        let (mut open, _) = shell.asked(&origin)?;
        // At home they go again.
        shell.answers(&mut open, "HTTP/1.1 302 Found\nLocation: /again", b"")?;
        let mut visit = Some(open);
        let Some(asked) = shell.next(&origin, &mut visit)? else {
            return Err(not_followed(&mut shell, &origin.url("/again"))?);
        };
        shell.has_field(&asked, "Cookie", &["id=1"], &NOT_FOLLOWED)?;
        if asked.field("Authorization").is_none() {
            let exhibit = asked.at_end_of_head("expected Authorization");
            let seen = "A redirect to the same host and port: the credentials were for that one.";
            return Err(shell.wrong_at(&NOT_FOLLOWED, seen, exhibit));
        }
        let head = format!("HTTP/1.1 302 Found\nLocation: {}", elsewhere.url("/"));
        if let Some(visit) = &mut visit {
            shell.answers(visit, &head, b"")?;
        }
        let (mut visit, asked) = shell.asked(&elsewhere)?;
        shell.has_no_field(&asked, "Authorization", &SECRETS_HANDED_ON)?;
        // curl 7.88 knows cookies of -b by the host alone, and takes another port for the same.
        if !(shell.is_foreign() && options.contains(&"-b")) {
            shell.has_no_field(&asked, "Cookie", &SECRETS_HANDED_ON)?;
        }
        shell.answers(&mut visit, "HTTP/1.1 200 OK", page.as_bytes())?;
        shell.prints(page.as_bytes())?;
    }
    Ok(())
}
