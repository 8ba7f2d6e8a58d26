//! Asynchronous inside, with tokio's runtime in one thread, which serves clients side by side.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

pub fn recv(stream: &mut TcpStream, max: usize) -> io::Result<Vec<u8>> {
    let mut data = vec![0; max.min(1 << 20)];
    loop {
        match stream.read(&mut data) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => {
                data.truncate(result?);
                return Ok(data);
            }
        }
    }
}

/// A stream that tokio works with is non-blocking: so it is for as long as this takes.
pub fn send_all(stream: &mut TcpStream, data: &[u8]) -> io::Result<()> {
    let runtime = runtime()?;
    let handle = stream.try_clone()?;
    handle.set_nonblocking(true)?;
    let result = runtime.block_on(async {
        let mut stream = tokio::net::TcpStream::from_std(handle)?;
        stream.write_all(data).await
    });
    stream.set_nonblocking(false)?;
    result
}

pub fn echo(stream: TcpStream) -> io::Result<u64> {
    runtime()?.block_on(answer(stream))
}

async fn answer(stream: TcpStream) -> io::Result<u64> {
    stream.set_nonblocking(true)?;
    let mut stream = tokio::net::TcpStream::from_std(stream)?;
    let mut buffer = vec![0; 16 * 1024];
    let mut count = 0;
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(count),
            read => {
                stream.write_all(&buffer[..read]).await?;
                count += read as u64;
            }
        }
    }
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    runtime()?.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let stream = stream.into_std()?;
                    drop(tokio::spawn(answer(stream)));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    })
}
