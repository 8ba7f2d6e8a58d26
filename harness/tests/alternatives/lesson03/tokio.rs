//! Tokio inside: tasks in place of threads, on a runtime of the calling thread.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net;
use ::tokio::runtime::{Builder, Runtime};
use ::tokio::sync::mpsc;
use ::tokio::time;

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn asynchronous(stream: TcpStream) -> io::Result<net::TcpStream> {
    stream.set_nonblocking(true)?;
    net::TcpStream::from_std(stream)
}

pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    runtime()?.block_on(async { Ok(net::lookup_host((host, port)).await?.collect()) })
}

pub fn connect_any(addrs: &[SocketAddr], timeout: Duration) -> io::Result<TcpStream> {
    runtime()?.block_on(async {
        let all = async {
            let mut last = io::ErrorKind::InvalidInput.into();
            for addr in addrs {
                match net::TcpStream::connect(addr).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        let connected = time::timeout(timeout, all).await;
        let stream = connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    })
}

pub fn exchange(stream: TcpStream, message: &[u8]) -> io::Result<Vec<u8>> {
    runtime()?.block_on(async {
        let mut stream = asynchronous(stream)?;
        let (mut receiving, mut sending) = stream.split();
        let mut answer = Vec::new();
        let send = async {
            sending.write_all(message).await?;
            sending.shutdown().await
        };
        ::tokio::try_join!(send, receiving.read_to_end(&mut answer))?;
        Ok(answer)
    })
}

pub fn talk(
    stream: TcpStream,
    mut input: Box<dyn Read + Send>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let (typed, mut to_send) = mpsc::channel::<io::Result<Vec<u8>>>(8);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 8192];
        loop {
            let piece = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => Ok(buffer[..count].to_vec()),
                Err(error) => Err(error),
            };
            let is_last = piece.is_err();
            if typed.blocking_send(piece).is_err() || is_last {
                break;
            }
        }
    });
    runtime()?.block_on(async {
        let mut stream = asynchronous(stream)?;
        let (mut receiving, mut sending) = stream.split();
        let send = async {
            while let Some(piece) = to_send.recv().await {
                sending.write_all(&piece?).await?;
            }
            sending.shutdown().await?;
            // Only the peer ends the conversation.
            std::future::pending::<io::Result<()>>().await
        };
        let receive = async {
            let mut buffer = vec![0; 8192];
            loop {
                let count = receiving.read(&mut buffer).await?;
                if count == 0 {
                    return Ok(());
                }
                output.write_all(&buffer[..count])?;
                output.flush()?;
            }
        };
        ::tokio::select! {
            result = send => result,
            result = receive => result,
        }
    })
}
