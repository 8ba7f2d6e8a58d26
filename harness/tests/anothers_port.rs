//! A program that names a port which somebody else has: somebody who serves as well as it should itself.

use std::io;
use std::net::{SocketAddr, TcpListener};

use harness_tests::{Expected, Graded, Submission};

/// The hostile submissions find it in their environment.
const ELSEWHERE: &str = "ELSEWHERE";

/// Grades the program of `lesson` that names the port of this listener, which somebody serves in this process.
fn is_told(lesson: &str, serve: impl FnOnce(TcpListener) + Send + 'static) -> io::Result<()> {
    if cfg!(not(target_os = "linux")) {
        eprintln!("skipped: only Linux tells who has a port");
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let elsewhere: SocketAddr = listener.local_addr()?;
    std::thread::spawn(move || serve(listener));
    let name = format!("hostile/{lesson}/program_names_anothers_port");
    let submission = Submission::named(&name, env!("CARGO_BIN_EXE_graded"));
    let expected =
        Expected::by(&submission).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut command = expected.command(&submission, harness_tests::Depth::ItsCase);
    command.env(ELSEWHERE, elsewhere.to_string());
    let said = Graded::run(command)?.said();
    assert!(said.contains("does-not-say-where"), "{said}");
    assert!(said.contains("another process"), "{said}");
    Ok(())
}

/// Hangs up on everybody.
fn hangs_up(listener: TcpListener) {
    for caller in listener.incoming() {
        drop(caller);
    }
}

#[test]
fn a_port_of_somebody_who_hangs_up() -> io::Result<()> {
    is_told("lesson01", hangs_up)
}

#[test]
fn a_port_of_another_echo() -> io::Result<()> {
    let echo = |listener: TcpListener| {
        for client in listener.incoming().flatten() {
            let _ = io::copy(&mut &client, &mut &client);
        }
    };
    is_told("lesson02", echo)
}

#[test]
fn a_port_of_another_http_server() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().to_owned();
    is_told("lesson04", move |listener| {
        drop(solution04::serve(listener, &root))
    })
}
