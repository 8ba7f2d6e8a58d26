//! A client, the pages that it asks for, and what it means when no answer comes.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::misconceptions::{NOT_WHAT_WAS_ASKED, OUTLIVES_CLIENT, RESET_EATS, TOO_MUCH};
use super::site::Site;
use super::{Functions, flawed};
use harness::attempt::{Attempt, Call, Shown};
use harness::conduct;
use harness::finding::{Exhibit, Misconception, Stop};
use harness::kernel;
use harness::rubric::by_hand::for_printf;
use harness::rubric::connection::connected_as;
use harness::rubric::control::own_socket;
use harness::trace::Recorder;
use harness::watch::{self, Look};
use harness::wire::http::{Answer, Client, End, Flaw};
use harness::wire::{Buffers, Peer, random_payload};

/// Buffers that a download fills at once.
pub const SMALL: Buffers = Buffers {
    to_submission: 64 << 10,
    to_peer: 16 << 10,
    at_peer: 16 << 10,
    segment: 1400,
};

/// A file of a site, and the target that names it.
pub struct Page {
    pub target: String,
    pub bytes: Vec<u8>,
}

impl Page {
    /// Puts a file into the site that nobody can know beforehand.
    pub fn new(site: &Site) -> io::Result<Page> {
        Page::of_length(site, fastrand::usize(40..400))
    }

    pub fn of_length(site: &Site, length: usize) -> io::Result<Page> {
        let name = format!("{:08x}.bin", fastrand::u32(..));
        let bytes = random_payload(length);
        site.file(&name, &bytes)?;
        Ok(Page {
            target: format!("/{name}"),
            bytes,
        })
    }

    /// A request for it, with these lines in its head.
    pub fn request(&self, fields: &str) -> Vec<u8> {
        self.request_by("GET", fields)
    }

    /// A request for it with another method.
    pub fn request_by(&self, method: &str, fields: &str) -> Vec<u8> {
        let target = &self.target;
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").into_bytes()
    }

    /// Is this answer the whole of it?
    pub fn is_in(&self, answer: &Answer) -> bool {
        answer.status == 200 && answer.body == self.bytes
    }
}

/// One client of the server under test.
pub struct Visitor {
    pub client: Client,
    /// All that it has said.
    pub said: Vec<u8>,
    /// The submission's end of the connection, where the grader made it.
    other_end: Option<i32>,
}

impl Visitor {
    pub fn new(peer: Peer) -> Visitor {
        Visitor {
            client: Client::new(peer),
            said: Vec::new(),
            other_end: None,
        }
    }

    /// Calls a server that listens at `addr`.
    pub fn calls(name: &str, addr: SocketAddr, recorder: &Recorder) -> io::Result<Visitor> {
        let socket = own_socket(addr)?;
        socket.set_tcp_nodelay(true)?;
        Ok(Visitor::new(Peer::connect_from(
            name, socket, addr, recorder,
        )?))
    }

    /// Says this, or as much of it as is taken. Hearing tells why, if it is not all.
    pub fn says(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.client.peer.offer(bytes);
        }
        self.said.extend_from_slice(bytes);
    }

    /// Waits until the server has taken what it was sent, where the system tells. What was sent over
    /// loopback has arrived by then, as a rule; if not, two pieces become one, and nothing is lost.
    pub fn until_it_is_read(&self) {
        let _ = watch::until(&watch::DUE, |slice| {
            let unread = self.other_end.and_then(kernel::unread_at);
            if unread.is_none_or(|unread| unread == 0) {
                return Look::Done(());
            }
            std::thread::park_timeout(slice.min(Duration::from_micros(50)));
            Look::Nothing
        });
    }

    /// Hears the answer to a request by GET.
    pub fn hears(&mut self) -> Result<Answer, Flaw> {
        self.client.hear("GET")
    }

    /// What the end of its connection is, if it is not a FIN with nothing before it. If it does not come,
    /// that is `otherwise`.
    pub fn wrong_end(
        &mut self,
        attempt: &Attempt,
        otherwise: &'static Misconception,
        when: &str,
        who: &str,
    ) -> Option<Stop> {
        let (more, end) = self.client.hear_end();
        if !more.is_empty() {
            attempt.remark("expected FIN, and nothing before it");
            let line = more.split_inclusive(|byte| *byte == b'\n').next();
            let line = line.unwrap_or(&more);
            let shown = Exhibit {
                title: "sent".to_owned(),
                bytes: line.to_vec(),
                from: 0,
                to: line.len(),
                remark: "nobody asked for this".to_owned(),
            };
            let seen = format!(
                "{when}, and {} bytes came that nobody asked for.",
                more.len()
            );
            return Some(
                TOO_MUCH
                    .seen(seen)
                    .pointing_at(shown)
                    .by_hand(by_hand(&self.said)),
            );
        }
        let stop = match end {
            End::Fin => return None,
            End::Reset => RESET_EATS.seen(format!("{when}, and the connection was reset.")),
            End::Silence(gave_up) => {
                otherwise.seen(format!("{when}, and {who} did not close: {gave_up}."))
            }
        };
        attempt.remark("expected FIN");
        Some(stop.by_hand(by_hand(&self.said)))
    }

    /// The finding that a flaw is: `otherwise` where no answer came at all.
    pub fn unheard(&self, flaw: Flaw, otherwise: &'static Misconception, when: &str) -> Stop {
        let stop = match flaw {
            Flaw::NoHead(came, end) if came.is_empty() => otherwise.seen(match end {
                End::Fin => format!("{when}, and the connection was closed without an answer."),
                End::Reset => format!("{when}, and the connection was reset without an answer."),
                End::Silence(gave_up) => format!("{when}, and no answer came: {gave_up}."),
            }),
            flaw => flawed(flaw),
        };
        stop.by_hand(by_hand(&self.said))
    }

    /// This answer is not the page that was asked for.
    pub fn not_the_page(&self, answer: &Answer, page: &Page, when: &str) -> Stop {
        let observed = if answer.status == 200 {
            format!(
                "{when}, and in place of the {} bytes of the file came {} others.",
                page.bytes.len(),
                answer.body.len()
            )
        } else {
            format!(
                "{when}, and in place of the file came an answer with status {}.",
                answer.status
            )
        };
        NOT_WHAT_WAS_ASKED
            .seen(observed)
            .pointing_at(status_line(answer, "expected 200, and the file"))
            .by_hand(by_hand(&self.said))
    }

    /// Hangs up.
    pub fn leaves(self) {
        self.client.peer.close();
    }
}

/// A connection in the hands of `serve_connection`, with a client at its other end.
pub struct Talk {
    pub visitor: Visitor,
    pub call: Call<io::Result<()>>,
    /// The connection was closed, and so late that it may have been for another reason than it should.
    pub closed_late: Option<&'static Misconception>,
}

/// What the function under test is called in findings.
const WHO: &str = "serve_connection";

impl Talk {
    /// Makes a connection, and hands one end to `serve_connection`.
    pub fn begin(
        f: &Functions,
        attempt: &mut Attempt,
        site: &Site,
        buffers: Option<Buffers>,
    ) -> Result<Talk, Stop> {
        // Whatever is due in such a case is due at once.
        watch::timeouts_are_long();
        Talk::named("client", f, attempt, site, buffers)
    }

    /// The same where a time-out may bring what is due, with a name for the client.
    pub fn named(
        name: &str,
        f: &Functions,
        attempt: &mut Attempt,
        site: &Site,
        buffers: Option<Buffers>,
    ) -> Result<Talk, Stop> {
        let ends = connected_as(name, buffers, &attempt.recorder())?;
        Ok(Talk::over(f, attempt, site, ends))
    }

    /// The same, not recorded: a conversation that is long and always the same.
    pub fn unseen(f: &Functions, attempt: &mut Attempt, site: &Site) -> Result<Talk, Stop> {
        let ends = connected_as("client", None, &Recorder::new())?;
        Ok(Talk::over(f, attempt, site, ends))
    }

    fn over(
        f: &Functions,
        attempt: &mut Attempt,
        site: &Site,
        (peer, stream): (Peer, TcpStream),
    ) -> Talk {
        peer.sends_at_once();
        let mut visitor = Visitor::new(peer);
        visitor.other_end = kernel::descriptor(&stream);
        let (serve_connection, root) = (f.serve_connection, site.root().to_owned());
        let call = attempt.start(WHO, "serve_connection(stream, root)", move || {
            serve_connection(stream, &root)
        });
        Talk {
            visitor,
            call,
            closed_late: None,
        }
    }

    pub fn says(&mut self, bytes: &[u8]) {
        self.visitor.says(bytes);
    }

    /// Hears the answer to a request by `method`. If none comes, that is `otherwise`: something happened,
    /// says `when`, that should have been answered.
    pub fn hears(
        &mut self,
        attempt: &mut Attempt,
        method: &str,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<Answer, Stop> {
        match self.visitor.client.hear(method) {
            Ok(answer) => Ok(answer),
            Err(flaw) => {
                attempt.remark("expected an answer");
                if let Some(Err(stop)) = ended_by_now(attempt, &self.call, is_over(&flaw)) {
                    return Err(stop);
                }
                Err(self.visitor.unheard(flaw, otherwise, when))
            }
        }
    }

    /// Hears a page.
    pub fn hears_page(
        &mut self,
        attempt: &mut Attempt,
        page: &Page,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<Answer, Stop> {
        let answer = self.hears(attempt, "GET", otherwise, when)?;
        if page.is_in(&answer) {
            return Ok(answer);
        }
        attempt.remark("expected 200, and the file");
        Err(self.visitor.not_the_page(&answer, page, when))
    }

    /// The server closes the connection now, with FIN. If it does not, that is `otherwise`.
    pub fn must_be_closed(
        &mut self,
        attempt: &mut Attempt,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<(), Stop> {
        /// Half of what an idle client has; it may only decide which of two findings it is.
        const LATE: Duration = Duration::from_secs(5);
        let began = Instant::now();
        match self.visitor.wrong_end(attempt, otherwise, when, WHO) {
            None => {
                self.closed_late = (began.elapsed() > LATE).then_some(otherwise);
                Ok(())
            }
            // A panic or a stub explains whatever else is wrong.
            Some(stop) => match ended_by_now(attempt, &self.call, false) {
                Some(Err(panicked)) => Err(panicked),
                _ => Err(stop),
            },
        }
    }

    /// The client hangs up, and that is the end of it. What the call gives does not matter: a server may
    /// call it an error that a client said something wrong.
    pub fn ends(self, attempt: &mut Attempt) -> Result<(), Stop> {
        let when = "The client has hung up";
        self.must_return(attempt, &OUTLIVES_CLIENT, when).map(drop)
    }

    /// The client hangs up, and the call returns.
    pub fn must_return(
        self,
        attempt: &mut Attempt,
        otherwise: &'static Misconception,
        when: &str,
    ) -> Result<io::Result<()>, Stop> {
        let Talk { visitor, call, .. } = self;
        let said = by_hand(&visitor.said);
        visitor.leaves();
        returns(attempt, call, otherwise, when).map_err(|stop| stop.by_hand(said))
    }
}

/// What a call gave, if it ended by now, or does so in a moment: what it did to the connection is seen
/// first. A server may have time-outs, so that there is no telling whether it will.
pub fn ended_by_now<T: Shown>(
    attempt: &mut Attempt,
    call: &Call<T>,
    connection_is_over: bool,
) -> Option<Result<T, Stop>> {
    const MOMENT: Duration = Duration::from_millis(500);
    let began = Instant::now();
    loop {
        let ended = attempt.poll(call);
        if ended.is_some() || !connection_is_over || began.elapsed() > MOMENT {
            return ended;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Does this flaw say that nothing more will come?
pub fn is_over(flaw: &Flaw) -> bool {
    matches!(
        flaw,
        Flaw::NoHead(_, End::Fin | End::Reset)
            | Flaw::ShortBody {
                end: End::Fin | End::Reset,
                ..
            }
    )
}

/// The call returns; if it does not, that is `otherwise`.
pub fn returns(
    attempt: &mut Attempt,
    call: Call<io::Result<()>>,
    otherwise: &'static Misconception,
    when: &str,
) -> Result<io::Result<()>, Stop> {
    attempt.finish(call).map_err(|stop| {
        let waits = format!("{when}, and serve_connection did not return.");
        let spins =
            format!("{when}, and serve_connection kept a processor busy and did not return.");
        stop.rather(&conduct::NEVER_RETURNED, otherwise, waits)
            .rather(&conduct::SPINS, otherwise, spins)
    })
}

/// The line of what the server received that `part` stands in, pointing at it.
pub fn received(request: &[u8], part: &str, remark: &str) -> Exhibit {
    let at = request
        .windows(part.len().max(1))
        .position(|window| window == part.as_bytes())
        .unwrap_or(0);
    let before = request[..at].iter().rposition(|byte| *byte == b'\n');
    let start = before.map_or(0, |end| end + 1);
    let end = request[at..].iter().position(|byte| *byte == b'\n');
    let end = end.map_or(request.len(), |end| at + end + 1);
    Exhibit {
        title: "received".to_owned(),
        bytes: request[start..end.max(at + part.len())].to_vec(),
        from: at - start,
        to: at - start + part.len(),
        remark: remark.to_owned(),
    }
}

/// The status line that the server sent.
pub fn status_line(answer: &Answer, remark: &str) -> Exhibit {
    let line = answer.status_line();
    Exhibit {
        title: "sent".to_owned(),
        bytes: line.to_vec(),
        from: 9.min(line.len()),
        to: 12.min(line.len()),
        remark: remark.to_owned(),
    }
}

/// The last line of a head that the server sent, where a field is missing.
pub fn end_of_head(answer: &Answer, remark: &str) -> Exhibit {
    let head = answer.head.strip_suffix(b"\r\n").unwrap_or(&answer.head);
    let line = head.split_inclusive(|byte| *byte == b'\n').next_back();
    let line = line.unwrap_or_default();
    Exhibit {
        title: "sent".to_owned(),
        bytes: line.to_vec(),
        from: line.len(),
        to: line.len() + 1,
        remark: remark.to_owned(),
    }
}

/// A command that says the same to a server on port 8000. What is long is cut, behind the head where
/// there is one, and zeros stand for the rest.
pub fn by_hand(said: &[u8]) -> String {
    const ENOUGH: usize = 300;
    let head = said.windows(4).position(|end| end == b"\r\n\r\n");
    let shown = match head {
        _ if said.len() <= ENOUGH => said.len(),
        Some(end) if end + 4 <= ENOUGH => end + 4,
        _ => ENOUGH,
    };
    let text = for_printf(&said[..shown]);
    match said.len() - shown {
        0 => format!("printf '{text}' | nc 127.0.0.1 8000"),
        rest => format!("(printf '{text}'; head -c {rest} /dev/zero) | nc 127.0.0.1 8000"),
    }
}
