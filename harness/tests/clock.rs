//! Time that runs faster for the code that is graded. The only test of its process: whatever runs
//! beside it would see its clocks run, too.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use harness::clock;

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
    assert!(
        began.elapsed() < HOUR,
        "the grader's own clock goes as before"
    );
}
