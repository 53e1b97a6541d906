//! The generator of the operating system, whose octets are secret.

use std::ffi::{c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::memcheck;

static DRAWN: AtomicUsize = AtomicUsize::new(0);

/// Returns the number of octets so far.
pub fn drawn() -> usize {
    DRAWN.load(Ordering::Relaxed)
}

/// The function of the C library, with its signature.
// SAFETY: the program has no other function of this name; that of the C library is in a shared object.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(to: *mut c_void, len: usize, _: c_uint) -> isize {
    if len > 0 {
        // SAFETY: the caller passes `len` bytes that may be written to. They are written before they are read.
        let to = unsafe {
            to.write_bytes(4, len);
            std::slice::from_raw_parts(to.cast::<u8>(), len)
        };
        memcheck::secret(to);
        DRAWN.fetch_add(len, Ordering::Relaxed);
    }
    len as isize
}
