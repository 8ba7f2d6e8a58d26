//! Lesson 04, HTTP: being written.

use std::fs::File;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

pub struct Request {
    pub method: String,
    pub target: String,
    pub minor_version: u8,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub enum Body {
    Empty,
    Bytes(Vec<u8>),
    File { file: File, start: u64, length: u64 },
}

pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

pub enum RequestError {
    Bad(u16),
    Io(io::Error),
}

pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, RequestError> {
    todo!("{reader:?}")
}

pub fn keep_alive(request: &Request) -> bool {
    todo!("{}", request.method)
}

pub fn write_response(stream: &mut TcpStream, method: &str, response: Response) -> io::Result<()> {
    todo!("{stream:?} {method} {}", response.status)
}

pub fn locate(root: &Path, target: &str) -> Option<PathBuf> {
    todo!("{root:?} {target}")
}

pub fn respond(root: &Path, request: &Request) -> Response {
    todo!("{root:?} {}", request.target)
}

pub fn serve_connection(stream: TcpStream, root: &Path) -> io::Result<()> {
    todo!("{stream:?} {root:?}")
}

pub fn serve(listener: TcpListener, root: &Path) -> io::Result<()> {
    todo!("{listener:?} {root:?}")
}
