//! The solutions' programs, used as a person uses them: started by hand, killed, started again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assert_cmd::assert::OutputAssertExt;
use harness::wire::Refusing;
use harness_tests::server::Server;
use predicates::str::contains;
use serial_test::file_serial;

/// How often a test tries again when somebody else took the port that it had picked.
const TRIES: usize = 20;

fn program(lesson: &str) -> Command {
    harness_tests::server::program(lesson, env!("CARGO_BIN_EXE_graded"))
}

/// A server on a port that is known beforehand, as in a server's configuration.
fn on_a_known_port(lesson: &str, host: &str) -> (Server, String) {
    for _ in 0..TRIES {
        // portpicker wants the port free on IPv6, too; without IPv6 it finds none.
        let Some(port) = portpicker::pick_unused_port() else {
            continue;
        };
        let addr = format!("{host}:{port}");
        let mut command = program(lesson);
        command.arg(&addr);
        if let Some(server) = Server::start(command) {
            return (server, addr);
        }
    }
    panic!("no port stayed free for as long as a start takes");
}

fn has_ipv6() -> bool {
    let has = harness::wire::has_ipv6();
    if !has {
        eprintln!("skipped: this machine has no IPv6");
    }
    has
}

#[test]
#[file_serial(known_port)]
fn listen_shows_its_callers_and_hangs_up_on_each() {
    if !has_ipv6() {
        return;
    }
    for host in ["127.0.0.1", "[::1]"] {
        let (mut server, addr) = on_a_known_port("lesson01", host);
        for _ in 0..3 {
            let mut caller = TcpStream::connect(&addr).unwrap();
            caller
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let mut line = String::new();
            server.stdout.read_line(&mut line).unwrap();
            assert_eq!(
                line,
                format!("call from {}\n", caller.local_addr().unwrap())
            );
            assert_eq!(
                caller.read(&mut [0; 1]).unwrap(),
                0,
                "the end of the stream"
            );
        }
    }
}

#[test]
#[file_serial(known_port)]
fn listen_can_be_killed_and_started_again_at_once() {
    if !has_ipv6() {
        return;
    }
    let (server, addr) = on_a_known_port("lesson01", "127.0.0.1");
    // The server hangs up first: TIME_WAIT is on its side.
    let mut caller = TcpStream::connect(server.addr).unwrap();
    assert_eq!(caller.read(&mut [0; 1]).unwrap(), 0);
    drop(caller);
    drop(server);
    let mut again = program("lesson01");
    again.arg(&addr);
    let again = Server::start(again).expect("the second start");
    assert_eq!(again.addr.to_string(), addr);
}

#[test]
#[file_serial(known_port)]
fn listen_says_why_a_second_one_on_the_same_port_does_not_start() {
    if !has_ipv6() {
        return;
    }
    let (server, addr) = on_a_known_port("lesson01", "127.0.0.1");
    program("lesson01")
        .arg(server.addr.to_string())
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains(addr.as_str()))
        .stderr(contains("another program has this port"));
}

#[test]
fn listen_explains_its_arguments() {
    program("lesson01")
        .assert()
        .code(2)
        .stderr(contains("usage: listen ADDR"));
    program("lesson01")
        .args(["127.0.0.1:0", "more"])
        .assert()
        .code(2);
    program("lesson01")
        .arg("here")
        .assert()
        .code(2)
        .stderr(contains("\"here\""));
}

#[test]
fn listen_ends_without_a_panic_when_nobody_reads_what_it_prints() {
    let mut command = program("lesson01");
    command
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let addr = line.trim_end().strip_prefix("listening on ").unwrap();
    // The callers' lines go nowhere, which the program notices at the first: or a little later, where
    // a process that another test is just starting still holds a copy of the pipe.
    while child.try_wait().unwrap().is_none() {
        if let Ok(mut caller) = TcpStream::connect(addr) {
            let _ = caller.read(&mut [0; 1]);
        }
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}

/// The client, about to call `addr`, with its stdin and stdout in our hands.
fn client(addr: SocketAddr) -> Child {
    program("lesson03")
        .args([addr.ip().to_string(), addr.port().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn client_carries_a_conversation_in_which_both_speak_when_they_like() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client(listener.local_addr().unwrap());
    let (mut server, _) = listener.accept().unwrap();
    let (mut stdin, mut stdout) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let mut heard = [0; 7];

    server.write_all(b"login: ").unwrap();
    stdout.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"login: ");
    stdin.write_all(b"ferris\n").unwrap();
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"ferris\n");
    stdin.write_all(b"\xff\xfe\x00again").unwrap();
    drop(stdin);
    let mut rest = Vec::new();
    server.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\xff\xfe\x00again");
    server.write_all(b"\xc0goodbye").unwrap();
    drop(server);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\xc0goodbye");
    assert_eq!(client.wait().unwrap().code(), Some(0));
}

#[test]
fn client_ends_with_the_server_though_its_stdin_stays_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client(listener.local_addr().unwrap());
    drop(listener.accept().unwrap());
    let _stays_open = client.stdin.take();
    assert_eq!(client.wait().unwrap().code(), Some(0));
}

#[test]
fn client_ends_without_a_panic_when_nobody_reads_what_it_prints() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client(listener.local_addr().unwrap());
    let (mut server, _) = listener.accept().unwrap();
    let _stays_open = client.stdin.take();
    drop(client.stdout.take());
    server.write_all(b"to nobody").unwrap();
    let output = client.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("panicked") && said.contains("client: the output takes no more"),
        "{said}"
    );
}

#[test]
fn client_says_whom_it_could_not_reach_and_why() {
    let refusing = Refusing::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = refusing.addr().unwrap().port().to_string();
    program("lesson03")
        .args(["127.0.0.1", port.as_str()])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("127.0.0.1"))
        .stderr(contains(port.as_str()))
        .stderr(contains("refused"));
}

#[test]
fn client_explains_its_arguments() {
    for args in [&[][..], &["localhost"], &["localhost", "80", "more"]] {
        program("lesson03")
            .args(args)
            .assert()
            .code(2)
            .stderr(contains("usage: client HOST PORT"));
    }
    for port in ["http", "65536", "-1"] {
        program("lesson03")
            .args(["localhost", port])
            .assert()
            .code(2)
            .stderr(contains(port));
    }
}

#[test]
fn client_and_echo_give_back_what_is_sent_however_much_it_is() {
    let mut echo = program("lesson02");
    echo.arg("127.0.0.1:0");
    let server = Server::start(echo).expect("the echo");
    let mut client = client(server.addr);
    let mut sent = vec![0; 16 << 20];
    for (index, byte) in sent.iter_mut().enumerate() {
        *byte = (index * index / 7) as u8;
    }
    let (mut stdin, mut stdout) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let mut came_back = Vec::new();
    std::thread::scope(|scope| {
        let sent = &sent;
        scope.spawn(move || stdin.write_all(sent).unwrap());
        stdout.read_to_end(&mut came_back).unwrap();
    });
    assert!(came_back == sent, "{} bytes came back", came_back.len());
    assert_eq!(client.wait().unwrap().code(), Some(0));
}

/// Sends `bytes`, half-closes, and gives what comes back until the end.
fn through(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let stream = TcpStream::connect(addr).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut came_back = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (&stream).write_all(bytes).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        });
        (&stream).read_to_end(&mut came_back).unwrap();
    });
    came_back
}

fn echo_server(addr: &str) -> Server {
    let mut echo = program("lesson02");
    echo.arg(addr);
    Server::start(echo).expect("the echo")
}

#[test]
fn echo_sends_back_what_it_gets_client_after_client() {
    let server = echo_server("127.0.0.1:0");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for part in [0, 1, 1000, bytes.len()] {
        assert!(through(server.addr, &bytes[..part]) == bytes[..part]);
    }
}

#[test]
fn echo_answers_while_its_client_types() {
    let server = echo_server("127.0.0.1:0");
    let mut client = TcpStream::connect(server.addr).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    for key in *b"no newline" {
        client.write_all(&[key]).unwrap();
        let mut came_back = [0];
        client.read_exact(&mut came_back).unwrap();
        assert_eq!(came_back, [key]);
    }
}

#[test]
fn echo_outlives_a_client_that_resets_its_connection() {
    let server = echo_server("127.0.0.1:0");
    for _ in 0..3 {
        let mut client = TcpStream::connect(server.addr).unwrap();
        client.write_all(&[7; 100_000]).unwrap();
        socket2::SockRef::from(&client)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
        drop(client);
    }
    assert_eq!(through(server.addr, b"still there?"), b"still there?");
}

#[test]
fn echo_listens_on_ipv6_as_well() {
    if has_ipv6() {
        let server = echo_server("[::1]:0");
        assert!(server.addr.is_ipv6());
        assert_eq!(through(server.addr, b"six"), b"six");
    }
}

#[test]
#[file_serial(known_port)]
fn echo_can_be_killed_and_started_again_at_once() {
    if !has_ipv6() {
        return;
    }
    let (server, addr) = on_a_known_port("lesson02", "127.0.0.1");
    // A connection that the server's end of life closes: TIME_WAIT is on its side.
    let mut client = TcpStream::connect(server.addr).unwrap();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    drop(server);
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
    drop(client);
    assert_eq!(echo_server(&addr).addr.to_string(), addr);
}

#[test]
fn echo_says_why_it_does_not_start() {
    let server = echo_server("127.0.0.1:0");
    let taken = server.addr.to_string();
    program("lesson02")
        .arg(&taken)
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains(taken.as_str()));
    program("lesson02")
        .assert()
        .code(2)
        .stderr(contains("usage: echo ADDR"));
    program("lesson02")
        .arg("localhost:7000")
        .assert()
        .code(2)
        .stderr(contains("\"localhost:7000\""));
}
