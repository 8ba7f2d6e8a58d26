//! Names that only this process knows.
//!
//! Whether `localhost` has one address or two is another question on each machine, and no name has
//! three. So a case can invent one: what getaddrinfo(3) says of it is then the case's word. Nothing
//! else changes, and nobody else hears of it.
//!
//! It works because a test's executable holds std, the submission and this file, and its own symbols
//! come first where std calls the C library: the function below stands in for that of libc, and hands
//! on to it. Whoever asks for a name has to see for himself whether it is known.

#![allow(
    unsafe_code,
    reason = "stands in for a function of the C library, with its signature"
)]

use std::net::IpAddr;

/// What the system says of a name.
#[derive(Clone, Debug)]
pub enum Says {
    /// These addresses, in this order.
    Addresses(Vec<IpAddr>),
    /// That no answer can be had for now: `EAI_AGAIN`.
    NothingForNow,
}

/// From now on this is what the system says of `host`, and of no other invented name. False where this
/// system has no way to do so.
pub fn invent(host: &str, says: Says) -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return gnu::invent(host, says);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        let _ = (host, says);
        false
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod gnu {
    use std::ffi::{CStr, CString};
    use std::sync::{Mutex, PoisonError};

    use libc::{addrinfo, c_char, c_int};

    use super::Says;

    static INVENTED: Mutex<Option<(CString, Says)>> = Mutex::new(None);

    type GetAddrInfo = unsafe extern "C" fn(
        *const c_char,
        *const c_char,
        *const addrinfo,
        *mut *mut addrinfo,
    ) -> c_int;

    pub fn invent(host: &str, says: Says) -> bool {
        let Ok(host) = CString::new(host) else {
            return false;
        };
        *INVENTED.lock().unwrap_or_else(PoisonError::into_inner) = Some((host, says));
        true
    }

    /// What is said of this name, if it is the invented one.
    fn said_of(name: &CStr) -> Option<Says> {
        let invented = INVENTED.lock().unwrap_or_else(PoisonError::into_inner);
        let (host, says) = invented.as_ref()?;
        (host.as_c_str() == name).then(|| says.clone())
    }

    /// getaddrinfo(3).
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getaddrinfo(
        name: *const c_char,
        service: *const c_char,
        hints: *const addrinfo,
        result: *mut *mut addrinfo,
    ) -> c_int {
        // SAFETY: as the caller of getaddrinfo promises: each pointer is null or good for the call, and
        // `result` may be written to. The function found is the C library's own, with this signature.
        // Its lists are chains of which freeaddrinfo(3) frees link by link, in the GNU library: two of
        // them, joined, are one.
        unsafe {
            let found = libc::dlsym(libc::RTLD_NEXT, c"getaddrinfo".as_ptr());
            if found.is_null() {
                return libc::EAI_FAIL;
            }
            let real = std::mem::transmute::<*mut libc::c_void, GetAddrInfo>(found);
            let says = (!name.is_null()).then(|| said_of(CStr::from_ptr(name)));
            let addrs = match says.flatten() {
                None => return real(name, service, hints, result),
                Some(Says::NothingForNow) => return libc::EAI_AGAIN,
                Some(Says::Addresses(addrs)) => addrs,
            };
            let mut first: *mut addrinfo = std::ptr::null_mut();
            let mut end: *mut *mut addrinfo = &raw mut first;
            for addr in addrs {
                let Ok(text) = CString::new(addr.to_string()) else {
                    continue;
                };
                // An address of a family that was not asked for is left out.
                if real(text.as_ptr(), service, hints, end) != 0 {
                    *end = std::ptr::null_mut();
                    continue;
                }
                while !(*end).is_null() {
                    end = &raw mut (**end).ai_next;
                }
            }
            if first.is_null() {
                return libc::EAI_NONAME;
            }
            *result = first;
            0
        }
    }
}
