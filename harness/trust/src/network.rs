//! A network of its own for each grading, where the system has that: what the many connections before it have left
//! behind (TIME_WAIT, RFC 9293, section 3.6.1) takes no port from it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

use harness_tests::place::behind;

/// What is done to the loopback interface of the new network before anything runs in it.
const UP: &str = "ip link set lo up";
const WITHOUT_IPV6: &str =
    "for at in all default lo; do echo 1 >/proc/sys/net/ipv6/conf/$at/disable_ipv6; done";
/// With netem (tc-netem(8)) a delay and a loss.
const NETEM: &str = "tc qdisc add dev lo root netem delay 1ms 1ms loss 0.5%";
/// Where the kernel has no netem, a packet filter drops as many (nft(8)), but no reset: nobody sends one again.
const FILTER: &str = "nft 'add table inet t; add chain inet t c { type filter hook input priority 0; }; \
                      add rule inet t c tcp flags & rst == 0 numgen random mod 1000 < 5 drop'";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// The machine's own.
    Shared,
    /// Nothing but a loopback interface.
    Own,
    WithoutIpv6,
    /// One packet in two hundred is lost; with netem that may be a reset, too.
    Lossy,
}

impl Network {
    /// A network of its own where there may be one, and the machine's elsewhere.
    pub fn own() -> Network {
        match Network::Own.trouble() {
            None => Network::Own,
            Some(_) => Network::Shared,
        }
    }

    /// Why there can be none such here.
    pub fn trouble(self) -> Option<String> {
        let mut look = self.around(Command::new("true"));
        let look = look.stdin(Stdio::null()).stdout(Stdio::null()).output();
        match look {
            Ok(look) if look.status.success() => None,
            Ok(look) => {
                let said = String::from_utf8_lossy(&look.stderr);
                Some(said.lines().next().unwrap_or("no reason given").to_owned())
            }
            Err(error) => Some(format!("unshare(1) cannot be started: {error}")),
        }
    }

    /// The command that runs `command` in such a network.
    pub fn around(self, command: Command) -> Command {
        let prepare = match self {
            Network::Shared => return command,
            Network::Own => UP.to_owned(),
            Network::WithoutIpv6 => format!("{UP} && {WITHOUT_IPV6}"),
            Network::Lossy => format!("{UP} && {}", lossy()),
        };
        let script = format!("{prepare} && exec \"$@\"");
        let mut words = vec!["unshare", "--net"];
        if !is_root() {
            words.extend(["--user", "--map-root-user"]);
        }
        words.extend(["sh", "-c", &script, "sh"]);
        behind(&words, &command)
    }
}

/// What makes a network lossy here.
pub fn lossy() -> &'static str {
    static HERE: LazyLock<&str> = LazyLock::new(|| {
        let mut netem = Command::new("unshare");
        if !is_root() {
            netem.args(["--user", "--map-root-user"]);
        }
        netem
            .args(["--net", "sh", "-c", NETEM])
            .stderr(Stdio::null());
        match netem.status() {
            Ok(status) if status.success() => NETEM,
            _ => FILTER,
        }
    });
    &HERE
}

pub fn is_root() -> bool {
    static ROOT: LazyLock<bool> = LazyLock::new(|| {
        let id = Command::new("id").arg("-u").output();
        id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
    });
    *ROOT
}
