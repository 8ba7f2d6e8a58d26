//! On logs that strace really wrote, cut down to what matters, and on lines made up for one purpose.

use std::time::Duration;

use harness::json::record_from_json;
use harness::trace::{Direction, Record, Recorder, Signal as OnTheWire};

use super::strace::{Call, Entry, parse, split, unquote};
use super::whose::Threads;
use super::*;

/// `accept_one`-like: a thread named after a function; a signal, twice; a connection that the grader made.
const LIBRARY: (&str, &str) = (
    include_str!("../../../tests/xray/library.log"),
    include_str!("../../../tests/xray/library.json"),
);

/// A program, a process of its own, with two callers. It is killed while it waits for the third.
const PROGRAM: (&str, &str) = (
    include_str!("../../../tests/xray/program.log"),
    include_str!("../../../tests/xray/program.json"),
);

fn picture((log, record): (&str, &str)) -> Vec<String> {
    let record = record_from_json(&serde_json::from_str(record).unwrap()).unwrap();
    picture_of(log, &record)
}

fn picture_of(log: &str, record: &Record) -> Vec<String> {
    let entries = parse(log);
    let rows = merge::rows(&entries, record);
    let lines = view::picture(&rows).into_iter();
    lines
        .map(|line| anstream::adapter::strip_str(&line).to_string())
        .collect()
}

fn calls(log: &str) -> Vec<Call> {
    parse(log)
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Call(call) => Some(call),
            Entry::Signal(_) => None,
        })
        .collect()
}

fn call(line: &str) -> Call {
    calls(&format!("7 100.000000 {line}")).remove(0)
}

#[test]
fn a_functions_calls_stand_beside_the_wire() {
    assert_eq!(
        picture(LIBRARY),
        [
            "     ms   your code                                                                   client",
            "    0.8                                             ◀──────────────────────────── connect ──",
            "    1.1   recv(stream, 64)",
            "    1.4     recvfrom(7, …, 64) ...",
            "   15.8   a signal comes: the call that waits is interrupted",
            "   15.9     recvfrom = interrupted by a signal",
            "   15.9     --- SIGUSR1 ---",
            "   15.9     recvfrom(7, …, 64) ...",
            "   30.3   a signal comes: the call that waits is interrupted",
            "   30.3     recvfrom = interrupted by a signal",
            "   30.3     --- SIGUSR1 ---",
            "   30.4     recvfrom(7, …, 64) ...",
            "   47.6                                             ◀─────────── e0 ff f8 6f 5b (5 bytes) ──",
            "   47.7     recvfrom(7, <e0 ff f8 6f 5b>, 64) = 5",
            "   47.8   recv gave e0 ff f8 6f 5b (5 bytes)",
        ]
    );
}

/// B's connect was noted after the program had accepted it, and is put before that all the same.
#[test]
fn a_program_is_the_learners_and_its_callers_come_before_they_are_accepted() {
    assert_eq!(
        picture(PROGRAM),
        [
            "     ms   your code                                                           the other ends",
            "    3.5   listen 127.0.0.1:0: started",
            "    4.6     socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3",
            "    4.6     setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1]) = 0",
            "    4.6     bind(3, 127.0.0.1:0) = 0",
            "    4.7     getsockname(3, 127.0.0.1:43019) = 0",
            "    4.7     listen(3, 128) = 0",
            "    4.7     getsockname(3, 127.0.0.1:43019) = 0",
            "    4.9   the program printed: listening on 127.0.0.1:43019",
            "    5.3                                             ◀───────────────────────── A: connect ──",
            "    5.3     accept4(3, 127.0.0.1:53526, SOCK_CLOEXEC) = 4",
            "    5.4   the program printed: call from 127.0.0.1:53526",
            "    5.5     close(4) = 0",
            "    5.6                                             ── A: FIN ─────────────────────────────▶",
            "    5.8                                             ◀───────────────────────── B: connect ──",
            "    5.8     accept4(3, 127.0.0.1:53538, SOCK_CLOEXEC) = 4",
            "    6.0     close(4) = 0",
            "    6.0   the program printed: call from 127.0.0.1:53538",
            "    6.1     accept4(3) has not returned",
            "    6.1                                             ── B: FIN ─────────────────────────────▶",
        ]
    );
}

#[test]
fn the_graders_threads_are_told_from_the_learners() {
    let entries = parse(PROGRAM.0);
    let threads = Threads::of(&entries);
    let learners: Vec<u32> = (9880..9900).filter(|it| threads.is_learners(*it)).collect();
    assert_eq!(learners, [9892]);

    let entries = parse(LIBRARY.0);
    let threads = Threads::of(&entries);
    let learners: Vec<u32> = (9900..9920).filter(|it| threads.is_learners(*it)).collect();
    assert_eq!(learners, [9913]);
}

/// The grader, its thread, and the process of the case: 1, 2, 3; one call of a function: 4.
const FAMILY: &str = "\
1 100.000000 execve(\"/grade\", [\"/grade\"], 0x7ffc) = 0 <0.000100>
1 100.000100 clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0} => {parent_tid=[2]}, 88) = 2 <0.000100>
2 100.000200 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD}, 88 <unfinished ...>
3 100.000300 execve(\"/grade\", [\"/grade\"], 0x7ffc) = 0 <0.000100>
2 100.000400 <... clone3 resumed>) = 3 <0.000200>
3 100.000500 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD, parent_tid=[4]) = 4 <0.000100>
4 100.000600 prctl(PR_SET_NAME, \"serve\") = 0 <0.000001>
";

#[test]
fn what_the_learners_threads_start_is_the_learners_whatever_its_name() {
    let log = format!(
        "{FAMILY}\
4 100.000700 clone3({{flags=CLONE_VM|CLONE_THREAD}} => {{parent_tid=[5]}}, 88) = 5 <0.000100>
5 100.000800 prctl(PR_SET_NAME, \"grader\") = 0 <0.000001>
5 100.000900 fork() = 6 <0.000100>
3 100.001000 clone3({{flags=CLONE_VM|CLONE_THREAD}} => {{parent_tid=[7]}}, 88) = 7 <0.000100>
7 100.001100 prctl(PR_SET_NAME, \"grader\") = 0 <0.000001>
3 100.001200 clone3({{flags=CLONE_VM|CLONE_THREAD}} => {{parent_tid=[8]}}, 88) = 8 <0.000100>
"
    );
    let threads = Threads::of(&parse(&log));
    let learners: Vec<u32> = (0..10).filter(|it| threads.is_learners(*it)).collect();
    assert_eq!(learners, [4, 5, 6]);
    let started: Vec<u32> = (0..10)
        .filter(|it| threads.is_started_by_learner(*it))
        .collect();
    assert_eq!(started, [5, 6]);
}

#[test]
fn threads_that_the_code_started_have_numbers() {
    let log = format!(
        "{FAMILY}\
4 100.000700 clone3({{flags=CLONE_VM|CLONE_THREAD}} => {{parent_tid=[5]}}, 88) = 5 <0.000100>
5 100.000800 shutdown(6<socket:[1]>, SHUT_WR) = 0 <0.000010>
4 100.000900 close(6<socket:[1]>) = 0 <0.000010>
"
    );
    let record = Record {
        began: Duration::from_secs(100),
        ..Record::default()
    };
    assert_eq!(
        picture_of(&log, &record)[1..3],
        [
            "    0.8     [2] shutdown(6, SHUT_WR) = 0",
            "    0.9     close(6) = 0"
        ]
    );
}

#[test]
fn a_call_in_two_parts_is_one() {
    let calls = calls(
        "5  100.000000 connect(6<socket:[9]>, {sa_family=AF_INET, sin_port=htons(9)} <unfinished ...>\n\
         4  100.000100 close(3<socket:[8]>) = 0 <0.000020>\n\
         5  100.250000 <... connect resumed>, 16) = -1 ECONNREFUSED (Connection refused) <0.000095>\n",
    );
    let connect = &calls[0];
    assert_eq!((connect.thread, connect.name.as_str()), (5, "connect"));
    assert_eq!(connect.args[2], "16");
    assert_eq!(connect.error(), Some("ECONNREFUSED"));
    assert_eq!(connect.number(), Some(-1));
    assert_eq!(connect.ended, Some(Duration::from_millis(100_250)));
    assert_eq!(calls[1].ended, Some(Duration::from_micros(100_000_120)));
    assert_eq!(calls[1].descriptor(0), Some((3, "socket:[8]")));
}

#[test]
fn what_never_returned_has_no_result() {
    let calls = calls(
        "5 100.000000 accept4(3<socket:[9]>,  <unfinished ...>\n\
         6 100.000000 recvfrom(4<socket:[7]>,  <unfinished ...>\n\
         6 100.000100 <... recvfrom resumed> <unfinished ...>) = ?\n\
         6 100.000200 +++ killed by SIGKILL +++\n\
         6 100.0002",
    );
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(
            (call.result.as_deref(), call.ended),
            (None, None),
            "{call:?}"
        );
    }
}

#[test]
fn quotes_and_brackets_are_told_from_what_they_hold() {
    let text = r#"6, "a, \") = 5 (\\", [{x=1, y="]"}], 2"#;
    assert_eq!(
        split(text),
        ["6", r#""a, \") = 5 (\\""#, r#"[{x=1, y="]"}]"#, "2"]
    );
    let call = call(r#"sendto(6, ") = 1 <0.5>", 10, 0, NULL, 0) = 10 <0.000010>"#);
    assert_eq!(call.args[1], r#"") = 1 <0.5>""#);
    assert_eq!(call.number(), Some(10));
}

#[test]
fn strings_are_read_as_c_has_them() {
    let bytes = |text: &str| unquote(text).unwrap();
    assert_eq!(bytes(r#""a\r\n\t\"\\""#), (b"a\r\n\t\"\\".to_vec(), false));
    assert_eq!(
        bytes(r#""\0\1779\377"..."#),
        (vec![0, 0o177, b'9', 255], true)
    );
    assert_eq!(bytes(r#""\x00\xff""#), (vec![0, 255], false));
    assert_eq!(unquote("0x7ffd"), None);
    assert_eq!(unquote("\"no end"), None);
}

/// How a call is shown, when it is the only one.
fn shown(line: &str) -> String {
    let log = format!("{FAMILY}4 100.000700 {line}\n");
    let record = Record {
        began: Duration::from_secs(100),
        ..Record::default()
    };
    let picture = picture_of(&log, &record);
    picture.get(1).map_or(String::new(), |line| {
        line.trim_start_matches(|c: char| !c.is_alphabetic())
            .to_owned()
    })
}

#[test]
fn a_call_is_shown_as_people_read_it() {
    for (line, expected) in [
        (
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 5<socket:[12]> <0.000018>",
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 5",
        ),
        (
            "bind(5<socket:[12]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = -1 EACCES (Permission denied) <0.000018>",
            "bind(5, 127.0.0.1:80) = -1 EACCES",
        ),
        (
            "accept4(5<socket:[12]>, {sa_family=AF_INET6, sin6_port=htons(51234), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, [128 => 28], SOCK_CLOEXEC) = 6<socket:[13]> <0.000018>",
            "accept4(5, [::1]:51234, SOCK_CLOEXEC) = 6",
        ),
        (
            "sendto(6<socket:[13]>, \"hello\\n\", 6, MSG_NOSIGNAL, NULL, 0) = 6 <0.000018>",
            "sendto(6, \"hello\\n\", 6, MSG_NOSIGNAL) = 6",
        ),
        (
            "recvfrom(6<socket:[13]>, \"HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\nServer: x\\r\\nDate: Monday, th\"..., 8192, 0, NULL, NULL) = 900 <0.000018>",
            "recvfrom(6, \"HTTP/1.1 200 OK\\r\\nContent\"…, 8192) = 900",
        ),
        (
            "poll([{fd=6<socket:[13]>, events=POLLIN}], 1, 5000) = 1 ([{fd=6, revents=POLLIN}]) <0.000018>",
            "poll([{fd=6, events=POLLIN}], 1, 5000) = 1 ([{fd=6, revents=POLLIN}])",
        ),
        (
            "setsockopt(6<socket:[13]>, SOL_SOCKET, SO_RCVTIMEO_OLD, \"\\n\\0\\0\\0\\0\\0\\0\\0 N\\0\\0\\0\\0\\0\\0\", 16) = 0 <0.000018>",
            "setsockopt(6, SOL_SOCKET, SO_RCVTIMEO, [10.020000 s]) = 0",
        ),
        (
            "read(6<socket:[13]>, 0x7f4c80000ca0, 64) = -1 ECONNRESET (Connection reset by peer) <0.000018>",
            "read(6, …, 64) = -1 ECONNRESET",
        ),
        (
            "ioctl(6<socket:[13]>, FIONBIO, [1]) = 0 <0.000018>",
            "ioctl(6, FIONBIO, [1]) = 0",
        ),
    ] {
        assert_eq!(shown(line), expected);
    }
}

#[test]
fn what_is_no_call_on_a_socket_is_not_shown() {
    for line in [
        "read(3</etc/hosts>, \"127.0.0.1\", 4096) = 9 <0.000018>",
        "write(1<pipe:[52415050]>, \"listening\", 9) = 9 <0.000018>",
        "write(1</dev/pts/0<char 136:0>>, \"listening\", 9) = 9 <0.000018>",
        "fcntl(4<socket:[12]>, F_GETFD) = 0x1 (flags FD_CLOEXEC) <0.000018>",
        "poll([{fd=0</dev/null<char 1:3>>, events=0}], 1, 0) = 0 (Timeout) <0.000018>",
        "close(4</etc/hosts>) = 0 <0.000018>",
    ] {
        assert_eq!(shown(line), "", "{line}");
    }
}

#[test]
fn of_a_long_run_the_ends_are_shown_and_the_rest_is_counted() {
    let mut log = FAMILY.to_owned();
    for number in 0..1000 {
        let at = 2 * number;
        log.push_str(&format!(
            "4 101.{at:06} recvfrom(6<socket:[1]>, \"x\", 1, 0, NULL, NULL) = 1 <0.000001>\n\
             4 101.{:06} sendto(6<socket:[1]>, \"x\", 1, 0, NULL, 0) = 1 <0.000001>\n",
            at + 1
        ));
    }
    log.push_str("4 102.000000 shutdown(6<socket:[1]>, SHUT_WR) = 0 <0.000001>\n");
    let record = Record {
        began: Duration::from_secs(100),
        ..Record::default()
    };
    let picture = picture_of(&log, &record);
    assert_eq!(picture.len(), 1 + 4 + 1 + 4 + 1, "{picture:#?}");
    assert_eq!(picture[5].trim(), "... 1992 more: 996 recvfrom, 996 sendto");
    assert_eq!(picture[10], " 2000.0     shutdown(6, SHUT_WR) = 0");
}

#[test]
fn a_case_that_is_long_all_through_loses_its_middle() {
    let mut log = FAMILY.to_owned();
    for number in 0..500 {
        log.push_str(&format!(
            "4 101.{:06} socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 6<socket:[{number}]> <0.000001>\n\
             4 101.{:06} close(6<socket:[{number}]>) = 0 <0.000001>\n",
            2 * number,
            2 * number + 1,
        ));
    }
    let record = Record {
        began: Duration::from_secs(100),
        ..Record::default()
    };
    let picture = picture_of(&log, &record);
    assert_eq!(picture.len(), 1 + 60 + 1 + 60);
    assert_eq!(picture[61].trim(), "... 880 more: 440 close, 440 socket");
}

/// A run of bytes is noted at its end: it is put where the first of them came in.
#[test]
fn bytes_stand_before_the_call_that_fetched_the_first_of_them() {
    let recorder = Recorder::new();
    recorder.wire("client", Direction::ToSubmission, OnTheWire::Connected);
    recorder.wire(
        "client",
        Direction::ToSubmission,
        OnTheWire::bytes(&[b'x'; 9]),
    );
    recorder.wire("client", Direction::ToSubmission, OnTheWire::Fin);
    let mut record = recorder.record_so_far();
    record.began = Duration::from_secs(100);
    for (event, at) in record.trace.events.iter_mut().zip([10, 90, 91]) {
        event.at = Duration::from_millis(at);
    }
    let log = format!(
        "{FAMILY}\
4 100.020000 recvfrom(6<socket:[1]>, \"xxxx\", 64, 0, NULL, NULL) = 4 <0.000100>
4 100.030000 recvfrom(6<socket:[1]>, \"xxxxx\", 64, 0, NULL, NULL) = 5 <0.000100>
4 100.040000 recvfrom(6<socket:[1]>, \"\", 64, 0, NULL, NULL) = 0 <0.000100>
"
    );
    let picture = picture_of(&log, &record);
    let words: Vec<&str> = picture[1..]
        .iter()
        .map(|line| {
            let words = ["connect", "xxxxxxxxx", "FIN", "= 4", "= 5", "= 0"];
            words.into_iter().find(|word| line.contains(word)).unwrap()
        })
        .collect();
    assert_eq!(words, ["connect", "xxxxxxxxx", "= 4", "= 5", "FIN", "= 0"]);
}

#[test]
fn nothing_is_wider_than_a_terminal() {
    let long = "x".repeat(40);
    for line in [
        format!(
            "connect(6<socket:[1]>, {{sa_family=AF_UNIX, sun_path=\"/{long}/{long}/{long}\"}}, 110) = -1 ENOENT (No such file) <0.000001>"
        ),
        format!(
            "sendmsg(6<socket:[1]>, {{msg_name=NULL, msg_iov=[{{iov_base=\"{long} {long}\", iov_len=81}}], msg_iovlen=1, msg_controllen=0, msg_flags=0}}, MSG_NOSIGNAL) = 81 <0.000001>"
        ),
    ] {
        let log = format!("{FAMILY}4 100.000700 {line}\n");
        let record = Record::default();
        for line in picture_of(&log, &record) {
            assert!(line.chars().count() <= 92, "{line}");
        }
    }
}

#[test]
fn what_a_program_printed_cannot_command_the_terminal() {
    let recorder = Recorder::new();
    recorder.record(harness::trace::What::Fact {
        asked: "the program printed".to_owned(),
        answer: "\u{1b}[2J\nlistening".to_owned(),
    });
    let record = recorder.record_so_far();
    let picture = picture_of("", &record);
    assert_eq!(picture.len(), 2);
    assert!(
        picture[1].ends_with("printed: \\u{1b}[2J\\nlistening"),
        "{picture:?}"
    );
}

#[test]
fn the_manuals_pages_are_those_of_the_calls_and_first_of_those_that_failed() {
    let log = format!(
        "{FAMILY}\
4 100.000700 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 6<socket:[1]> <0.000001>
4 100.000800 setsockopt(6<socket:[1]>, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0 <0.000001>
4 100.000900 bind(6<socket:[1]>, {{sa_family=AF_INET}}, 16) = -1 EADDRINUSE (Address already in use) <0.000001>
4 100.001000 recvfrom(6<socket:[1]>, \"\", 1, 0, NULL, NULL) = 0 <0.000001>
4 100.001100 close(6<socket:[1]>) = 0 <0.000001>
"
    );
    let record = Record::default();
    let entries = parse(&log);
    let rows = merge::rows(&entries, &record);
    let expected = "man 2 bind, man 2 socket, man 2 setsockopt, man 2 recv";
    assert_eq!(view::pages(&rows).as_deref(), Some(expected));
    assert_eq!(view::pages(&[]), None);
}

#[test]
fn a_case_is_found_by_a_part_of_its_name() {
    let lesson = Lesson {
        number: 2,
        name: "echo".to_owned(),
    };
    let names = ["sends_all", "sends_all_of_it", "waits_for_more"].map(str::to_owned);
    let pick = |wanted| pick(&names, wanted, &lesson).map_err(|error| error.to_string());
    assert_eq!(pick("waits").unwrap(), "waits_for_more");
    assert_eq!(pick("sends_all").unwrap(), "sends_all");
    let several = pick("sends").unwrap_err();
    assert!(
        several.ends_with("shows one:\n  sends_all\n  sends_all_of_it"),
        "{several}"
    );
    let none = pick("more waiting").unwrap_err();
    assert!(
        none.contains("cargo course x-ray 2 waits_for_more"),
        "{none}"
    );
    let none = pick("xyz").unwrap_err();
    assert!(!none.contains("nearest"), "{none}");
}

#[test]
fn colours_outlive_a_locale_without_unicode() {
    assert_eq!(
        to_ascii("\u{1b}[31m✗ a ─▶\u{1b}[0m"),
        "\u{1b}[31mx a ->\u{1b}[0m"
    );
}
