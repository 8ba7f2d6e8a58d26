//! By raw system calls, through `rustix`, with a buffer of 1 MiB.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv as recv_call, send};

const MEBIBYTE: usize = 1 << 20;

fn receive(stream: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let (count, _) = retry_on_intr(|| recv_call(&stream, &mut *buffer, RecvFlags::empty()))?;
    Ok(count)
}

fn send_it(stream: impl AsFd, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let count = retry_on_intr(|| send(&stream, data, SendFlags::NOSIGNAL))?;
        data = &data[count..];
    }
    Ok(())
}

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(MEBIBYTE)];
    let count = receive(stream, &mut data)?;
    data.truncate(count);
    Ok(data)
}

pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    send_it(stream, data)
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    let mut buffer = vec![0; MEBIBYTE];
    let mut total = 0;
    loop {
        match receive(&stream, &mut buffer)? {
            0 => return Ok(total),
            count => {
                send_it(&stream, &buffer[..count])?;
                total += count as u64;
            }
        }
    }
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        match accept_with(&listener, SocketFlags::CLOEXEC) {
            Ok(stream) => drop(echo(stream.into())),
            Err(Errno::INTR | Errno::CONNABORTED) => {}
            Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
