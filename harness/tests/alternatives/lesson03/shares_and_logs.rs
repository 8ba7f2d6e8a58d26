//! No `?` and no thread of std's scope: each address has a share of the time, the sender is a thread that
//! is joined by hand, buffers are small, and all that happens is told on stderr. Keepalive
//! and TCP_NODELAY are set, and an error has the address in its words and keeps its kind.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    // An address needs nobody who knows it.
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match format!("{host}:{port}").to_socket_addrs() {
        Ok(addrs) => Ok(Vec::from_iter(addrs)),
        Err(error) => Err(io::Error::new(error.kind(), format!("{host}: {error}"))),
    }
}

pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    let began = Instant::now();
    let mut outcome = Err(ErrorKind::InvalidInput.into());
    for (number, addr) in addrs.iter().enumerate() {
        let left = match timeout.checked_sub(began.elapsed()) {
            None | Some(Duration::ZERO) => return Err(ErrorKind::TimedOut.into()),
            Some(left) => left,
        };
        // An equal share for each that is left.
        let share = left / (addrs.len() - number) as u32;
        eprintln!("calling {addr}, for {share:?}");
        outcome = TcpStream::connect_timeout(addr, share.max(Duration::from_nanos(1)));
        match &outcome {
            Ok(stream) => {
                let _ = SockRef::from(stream).set_keepalive(true);
                let _ = stream.set_nodelay(true);
                return outcome;
            }
            Err(error) => outcome = Err(io::Error::new(error.kind(), format!("{addr}: {error}"))),
        }
    }
    outcome
}

pub fn exchange(stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut writing = match stream.try_clone() {
        Ok(writing) => writing,
        Err(error) => return Err(error),
    };
    let message = message.to_vec();
    let sender = thread::spawn(move || {
        for piece in message.chunks(10_000) {
            match writing.write_all(piece) {
                Ok(()) => (),
                Err(error) => return Err(error),
            }
        }
        writing.shutdown(Shutdown::Write)
    });
    let mut answer = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    let received = loop {
        match (&stream).read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => (),
                _ => break Err(error),
            },
        }
    };
    let sent = match sender.join() {
        Ok(sent) => sent,
        Err(_) => Err(io::Error::other("the sender panicked")),
    };
    match (received, sent) {
        (Ok(()), Ok(())) => Ok(answer),
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
    }
}

pub fn talk(
    mut stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut writing = match stream.try_clone() {
        Ok(writing) => writing,
        Err(error) => return Err(error),
    };
    let trouble = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&trouble);
    let typing = thread::Builder::new().spawn(move || {
        let failed = loop {
            let mut piece = [0; 700];
            match input.read(&mut piece) {
                Ok(0) => break None,
                Ok(count) => match writing.write_all(&piece[..count]) {
                    Ok(()) => (),
                    Err(error) => break Some(error),
                },
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => break Some(error),
            }
        };
        if let Some(error) = failed {
            eprintln!("input: {error}");
            if let Ok(mut trouble) = noted.lock() {
                *trouble = Some(error);
            }
        }
        let _ = writing.shutdown(Shutdown::Write);
    });
    let mut buffer = [0; 500];
    let received = loop {
        let shown = match stream.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(count) => output.write_all(&buffer[..count]).and_then(|()| output.flush()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        };
        match shown {
            Ok(()) => (),
            Err(error) => break Err(error),
        }
    };
    // What went wrong until now counts; what goes wrong by this shutdown does not.
    let trouble = trouble.lock().ok().and_then(|mut trouble| trouble.take());
    let _ = stream.shutdown(Shutdown::Both);
    match (received, typing, trouble) {
        (Err(error), _, _) | (Ok(()), Err(error), _) | (Ok(()), Ok(_), Some(error)) => Err(error),
        (Ok(()), Ok(_), None) => Ok(()),
    }
}
