//! What differs from run to run, in the page's lines and in the real ones, is made the same.

use regex::Regex;
use std::sync::LazyLock;

/// Ports of the kernel's own choice, on Linux: 32768 to 60999.
const PORT: &str =
    "(?:3276[89]|327[7-9][0-9]|32[89][0-9]{2}|3[3-9][0-9]{3}|[45][0-9]{4}|60[0-9]{3})";

static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules: &[(&str, &str)] = &[
        // Colours, and what else a program tells its terminal.
        (r"\x1b\[[0-9;?]*[A-Za-z]", ""),
        // An address and its port: 127.0.0.1:40000, [::1]:40000, tcpdump's 127.0.0.1.40000 and ::1.40000,
        // nc's `127.0.0.1 40000`, `port 40000`, Python's ('127.0.0.1', 40000), strace's htons(40000).
        (
            r"((?:\d+\.\d+\.\d+\.\d+|::1|\]|localhost)(?:[:. ]|', ))PORT\b",
            "${1}PORT",
        ),
        (r"(\bport |htons\()PORT\b", "${1}PORT"),
        (r"\bpid=\d+", "pid=PID"),
        (r"\bsi_pid=\d+", "si_pid=PID"),
        (r"\bino:\d+", "ino:N"),
        (r"\bsk:[0-9a-f]+", "sk:N"),
        (r"\b0x[0-9a-f]{6,}\b", "0xADDRESS"),
        // Times. A bare number is one if it has more decimals than anybody would write.
        (
            r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b",
            "DATE",
        ),
        (r"\[\d\d/[A-Z][a-z]{2}/\d{4} \d\d:\d\d:\d\d\]", "[DATE]"),
        (r"(timer:\(\w+),[^,)]*,", "${1},TIME,"),
        (r"^\d\d:\d\d:\d\d\.\d{6} ", "TIME "),
        (r"\b\d+(?:\.\d+)? ?(?:ms|µs|us)\b", "TIME"),
        (r"(^|[^\w.])\d+\.\d+ ?(?:s|sec|secs|seconds?)\b", "${1}TIME"),
        (r"(^|[^\w.])\d+\.\d{4,}($|[^\w.])", "${1}TIME${2}"),
        // The first numbers of a connection, as tcpdump shows them. All later ones count from there.
        (r"(Flags \[S\.?\], )seq \d+, ack \d+,", "${1}seq N, ack N,"),
        (r"(Flags \[S\.?\], )seq \d+,", "${1}seq N,"),
        (r"\b(seq|ack) \d{8,}\b", "${1} N"),
        (r"\bTS val \d+ ecr \d+", "TS val N ecr N"),
        (r"\s+", " "),
        // The heading of `ss`, which has one more column in newer versions.
        (
            r"^((?:Netid )?State Recv-Q Send-Q .*Address:Port) ?Process *$",
            "${1}",
        ),
    ];
    rules
        .iter()
        .map(|(pattern, becomes)| {
            (
                Regex::new(&pattern.replace("PORT", PORT)).unwrap(),
                *becomes,
            )
        })
        .collect()
});

pub fn normal(line: &str) -> String {
    // What a carriage return has gone back over is not to be seen any more.
    let line = line.trim_end_matches('\r');
    let mut line = line.rsplit('\r').next().unwrap_or("").to_owned();
    for (pattern, becomes) in RULES.iter() {
        line = pattern.replace_all(&line, *becomes).into_owned();
    }
    line.trim().to_owned()
}

/// What an expected line takes for itself: the whole line, with anything at each `…`.
pub fn pattern(expected: &str) -> Regex {
    let parts: Vec<String> = normal(expected).split('…').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).expect("escaped text is a pattern")
}

/// What a line takes for itself of which the page shows an example.
pub fn like(shown: &str, wanted: &str) -> Result<Regex, String> {
    let pattern =
        Regex::new(&format!("^(?:{wanted})$")).map_err(|error| format!("no pattern: {error}"))?;
    if !pattern.is_match(&normal(shown)) {
        return Err(format!(
            "the line shown is no example of {wanted}:\n    {}",
            normal(shown)
        ));
    }
    if pattern.is_match("") || pattern.is_match("What nobody would print") {
        return Err(format!("anything is an example of {wanted}"));
    }
    Ok(pattern)
}

pub fn tests() -> Vec<(&'static str, fn())> {
    fn same(page: &str, real: &str) {
        assert!(
            pattern(page).is_match(&normal(real)),
            "{page:?} should stand for {real:?}, as {:?}",
            normal(real)
        );
    }
    fn other(page: &str, real: &str) {
        assert!(
            !pattern(page).is_match(&normal(real)),
            "{page:?} must not stand for {real:?}, as {:?}",
            normal(real)
        );
    }
    vec![
        ("ports", || {
            same("127.0.0.1:39090", "127.0.0.1:60999");
            same(
                "ESTAB 0 0 [::1]:7000 [::1]:39090",
                "ESTAB  0      0       [::1]:7000   [::1]:40000  ",
            );
            same(
                "IP 127.0.0.1.39104 > 127.0.0.1.7000: Flags [.]",
                "IP 127.0.0.1.39106 > 127.0.0.1.7000: Flags [.]",
            );
            same("IP6 ::1.39104 > ::1.7000:", "IP6 ::1.32768 > ::1.7000:");
            same("('127.0.0.1', 39104)", "('127.0.0.1', 45678)");
            same("('::1', 39104, 0, 0)", "('::1', 45678, 0, 0)");
            same(
                "Connection received on localhost 39104",
                "Connection received on localhost 45678",
            );
            same("sin_port=htons(39104)", "sin_port=htons(45678)");
            other("127.0.0.1:7000", "127.0.0.1:7001");
            other("127.0.0.1:39090", "127.0.0.1:7000");
            other("127.0.0.1:39090", "127.0.0.1:32767");
            other("127.0.0.1:39090", "127.0.0.1:61000");
        }),
        ("other numbers stay", || {
            other("39090", "39091");
            other("ESTAB 39090 0", "ESTAB 39091 0");
            other("HTTP/1.0 200 OK", "HTTP/1.1 200 OK");
            other("win 512", "win 513");
            other("Flags [P.], seq 1:7, ack 7", "Flags [P.], seq 1:8, ack 7");
            other("fd=3", "fd=4");
            other("0.5", "0.6");
        }),
        ("pids, times and dates", || {
            same(
                r#"users:(("echo",pid=25367,fd=3))"#,
                r#"users:(("echo",pid=1,fd=3))"#,
            );
            same("after 0.52 s", "after 12.5 s");
            same("in 3 ms", "in 3.25 ms");
            same("0.50312", "1.00001");
            same(
                "Date: Sun, 06 Nov 1994 08:49:37 GMT",
                "Date: Mon, 23 Nov 2026 11:07:59 GMT",
            );
            same("timer:(timewait,59sec,0)", "timer:(timewait,1min,0)");
            other("timer:(timewait,59sec,0)", "timer:(keepalive,59sec,0)");
        }),
        ("tcpdump", || {
            same(
                "Flags [S], seq 1, win 65495, length 0",
                "Flags [S], seq 2837465, win 65495, length 0",
            );
            same(
                "Flags [S.], seq 1, ack 2, win 1",
                "Flags [S.], seq 4294967295, ack 77777777, win 1",
            );
            same("TS val 1 ecr 0,", "TS val 2837465 ecr 12,");
            same(
                "11:07:59.123456 IP 127.0.0.1.39104",
                "01:00:00.000000 IP 127.0.0.1.39106",
            );
            other("Flags [F.], seq 1, ack 7", "Flags [F.], seq 2, ack 7");
        }),
        ("spaces and elisions", || {
            same("a  b\tc", "  a b c \r");
            same("seq 1:7, …", "seq 1:7, ack 7, win 512");
            same("… in the middle …", "here in the middle of it");
            same("a.c", "a.c");
            same(
                "State Recv-Q Send-Q Local Address:Port Peer Address:Port",
                "State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess  ",
            );
            same("café", "\x1b[1mcafé\x1b[0m");
            other("a.c", "abc");
            other("hello", "hello you");
            other("hello", "oh hello");
            other("hello …", "oh hello you");
            other("ab", "a b");
        }),
    ]
}
