//! A thread for each client, `io::copy` between the two halves, and what std has in store.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = Vec::with_capacity(max.min(64 * 1024));
    data.resize(data.capacity().min(max), 0);
    let count = retry(|| stream.read(&mut data))?;
    data.truncate(count);
    Ok(data)
}

pub fn send_all(stream: &mut TcpStream, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match retry(|| stream.write(data))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => data = &data[count..],
        }
    }
    stream.flush()
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    let reader = stream.try_clone()?;
    let mut writer = stream;
    // In a thread, to see that it makes no difference.
    let copied = thread::spawn(move || io::copy(&mut { reader }, &mut writer));
    copied
        .join()
        .unwrap_or_else(|_| Err(ErrorKind::Other.into()))
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                let served = thread::Builder::new().spawn(move || echo(stream));
                drop(served);
            }
            Err(error) => {
                eprintln!("accept: {error}");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
    Ok(())
}
