//! The lesson as one would write it in C: structs filled by hand, lengths beside them, `errno` after
//! each call, and no `?`. It waits in poll(2) before it accepts.
#![allow(unsafe_code, reason = "what C would call")]

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::{c_int, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, socklen_t};
use socket2::Socket;

/// The address as the kernel reads it, and how many of its bytes count.
fn lowered(addr: SocketAddr) -> (sockaddr_storage, socklen_t) {
    // SAFETY: plain old data, of which every bit may be zero; each struct written here fits into it.
    unsafe {
        let mut storage: sockaddr_storage = mem::zeroed();
        let length = match addr.ip() {
            IpAddr::V4(ip) => {
                let place = (&raw mut storage).cast::<sockaddr_in>();
                (*place).sin_family = libc::AF_INET as libc::sa_family_t;
                (*place).sin_port = addr.port().to_be();
                (*place).sin_addr.s_addr = u32::from_ne_bytes(ip.octets());
                size_of::<sockaddr_in>()
            }
            IpAddr::V6(ip) => {
                let place = (&raw mut storage).cast::<sockaddr_in6>();
                (*place).sin6_family = libc::AF_INET6 as libc::sa_family_t;
                (*place).sin6_port = addr.port().to_be();
                (*place).sin6_addr.s6_addr = ip.octets();
                size_of::<sockaddr_in6>()
            }
        };
        (storage, length as socklen_t)
    }
}

fn raised(storage: &sockaddr_storage) -> io::Result<SocketAddr> {
    // SAFETY: the family says which struct the kernel has written.
    unsafe {
        match c_int::from(storage.ss_family) {
            libc::AF_INET => {
                let place = (&raw const *storage).cast::<sockaddr_in>();
                let ip = (*place).sin_addr.s_addr.to_ne_bytes();
                Ok(SocketAddr::from((ip, u16::from_be((*place).sin_port))))
            }
            libc::AF_INET6 => {
                let place = (&raw const *storage).cast::<sockaddr_in6>();
                let ip = (*place).sin6_addr.s6_addr;
                Ok(SocketAddr::from((ip, u16::from_be((*place).sin6_port))))
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

fn opened(family: c_int) -> io::Result<Socket> {
    // SAFETY: integers only.
    let result = unsafe { libc::socket(family, libc::SOCK_STREAM, libc::IPPROTO_TCP) };
    match checked(result) {
        // SAFETY: it has just been opened, and nobody else has it.
        Ok(descriptor) => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }.into()),
        Err(error) => Err(error),
    }
}

fn bound(socket: &Socket, addr: SocketAddr) -> io::Result<()> {
    let (storage, length) = lowered(addr);
    // SAFETY: `length` bytes of `storage` are valid while the call lasts.
    let result =
        unsafe { libc::bind(socket.as_raw_fd(), (&raw const storage).cast::<sockaddr>(), length) };
    checked(result).map(|_| ())
}

pub fn open() -> io::Result<Socket> {
    opened(libc::AF_INET)
}

pub fn bind_to(socket: &Socket, addr: SocketAddr) -> io::Result<SocketAddr> {
    match bound(socket, addr) {
        Ok(()) => (),
        Err(error) => return Err(error),
    }
    // SAFETY: the storage is plain old data; the kernel writes no more than `length` bytes of it.
    let (result, storage) = unsafe {
        let mut storage: sockaddr_storage = mem::zeroed();
        let mut length = size_of::<sockaddr_storage>() as socklen_t;
        let place = (&raw mut storage).cast::<sockaddr>();
        (libc::getsockname(socket.as_raw_fd(), place, &raw mut length), storage)
    };
    match checked(result) {
        Ok(_) => raised(&storage),
        Err(error) => Err(error),
    }
}

pub fn start_listening(socket: &Socket, backlog: i32) -> io::Result<()> {
    // SAFETY: integers only.
    checked(unsafe { libc::listen(socket.as_raw_fd(), backlog) }).map(|_| ())
}

pub fn accept_one(socket: &Socket) -> io::Result<(Socket, SocketAddr)> {
    let mut waiting = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // Whatever poll(2) says, accept(2) says it better.
    // SAFETY: one `pollfd`, valid while the call lasts.
    unsafe { libc::poll(&raw mut waiting, 1, -1) };
    // SAFETY: as in `bind_to`.
    let (result, storage) = unsafe {
        let mut storage: sockaddr_storage = mem::zeroed();
        let mut length = size_of::<sockaddr_storage>() as socklen_t;
        let place = (&raw mut storage).cast::<sockaddr>();
        (libc::accept(socket.as_raw_fd(), place, &raw mut length), storage)
    };
    match checked(result) {
        Ok(descriptor) => {
            // SAFETY: as in `opened`.
            let caller = unsafe { OwnedFd::from_raw_fd(descriptor) };
            raised(&storage).map(|addr| (caller.into(), addr))
        }
        Err(error) => Err(error),
    }
}

pub fn listen_on(addr: SocketAddr, backlog: i32) -> io::Result<Socket> {
    let socket = match opened(if addr.is_ipv6() { libc::AF_INET6 } else { libc::AF_INET }) {
        Ok(socket) => socket,
        Err(error) => return Err(error),
    };
    let on: c_int = 1;
    // SAFETY: `on` is valid for as many bytes as its type has.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_REUSEADDR,
            (&raw const on).cast(),
            size_of::<c_int>() as socklen_t,
        )
    };
    let steps: [&dyn Fn() -> io::Result<()>; 3] = [
        &|| checked(result).map(|_| ()),
        &|| bound(&socket, addr),
        &|| start_listening(&socket, backlog),
    ];
    for step in steps {
        match step() {
            Ok(()) => (),
            Err(error) => return Err(error),
        }
    }
    Ok(socket)
}

pub enum BindError {
    PortTaken,
    NotAllowed,
    NotOurAddress,
    Other,
}

pub fn explain(error: &io::Error) -> BindError {
    for (number, why) in [
        (libc::EADDRINUSE, BindError::PortTaken),
        (libc::EACCES, BindError::NotAllowed),
        (libc::EADDRNOTAVAIL, BindError::NotOurAddress),
    ] {
        if error.raw_os_error() == Some(number) {
            return why;
        }
    }
    BindError::Other
}
