//! Time that runs faster for the code that is graded. The only test of its process: whatever runs
//! beside it would see its clocks run, too.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use harness::clock::{self, Slept};

/// An hour for the code that is graded, in well under a second.
#[test]
fn what_waits_for_time_waits_less() {
    const FACTOR: u32 = 36_000;
    const HOUR: Duration = Duration::from_secs(3600);
    let began = Instant::now();
    if !clock::run_faster(FACTOR) {
        println!("skipped: this system has no way to let time run faster");
        return;
    }
    let graded = std::thread::spawn(|| {
        let began = Instant::now();
        std::thread::sleep(HOUR);
        assert!(began.elapsed() >= HOUR);

        let (sender, receiver) = channel::<()>();
        assert_eq!(receiver.recv_timeout(HOUR), Err(RecvTimeoutError::Timeout));
        drop(sender);
        assert!(began.elapsed() >= 2 * HOUR);

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_read_timeout(Some(HOUR)).unwrap();
        assert_eq!(stream.read_timeout().unwrap(), Some(HOUR));
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(began.elapsed() >= 3 * HOUR);
    });
    graded.join().unwrap();
    clock::run_faster(1);
    sleeps_are_counted();
    assert!(
        began.elapsed() < HOUR,
        "the grader's own clock goes as before"
    );
}

/// Of a thread in which a function is called, and of no other; between two questions apart from the rest.
fn sleeps_are_counted() {
    const LONG: Duration = Duration::from_millis(3);
    let sleeps = |called: bool| {
        let slept = Slept::from_now();
        let thread = std::thread::spawn(move || {
            if called {
                clock::this_thread_is_a_calls();
            }
            std::thread::sleep(LONG);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            for _ in 0..2 {
                assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
                std::thread::sleep(LONG);
            }
        });
        thread.join().unwrap();
        (slept.long(), slept.between_questions())
    };
    assert_eq!(sleeps(true), (LONG, 2));
    assert_eq!(sleeps(false), (Duration::ZERO, 0));
}
