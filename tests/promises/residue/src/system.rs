//! The generator of the operating system, whose octets are secret.

use std::ffi::{c_uint, c_void};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::secret;

/// How many octets the next call asks for that is to get the secret ones.
static EXPECTED: AtomicUsize = AtomicUsize::new(0);

/// Runs `generate`, which must ask the system for `n` octets at once, and gives it the random octets.
pub fn with_octets<T>(n: usize, generate: impl FnOnce() -> T) -> T {
    EXPECTED.store(n, Ordering::SeqCst);
    let generated = generate();
    assert_eq!(
        EXPECTED.load(Ordering::SeqCst),
        0,
        "the octets were not those of the harness"
    );
    generated
}

/// The function of the C library, with its signature. The other callers, such as an allocator, get zeros.
// SAFETY: the program has no other function of this name; that of the C library is in a shared object.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(to: *mut c_void, len: usize, _: c_uint) -> isize {
    if len > 0 {
        // SAFETY: the caller passes `len` bytes that may be written to. They are written before they are read.
        let to = unsafe {
            to.write_bytes(0, len);
            slice::from_raw_parts_mut(to.cast::<u8>(), len)
        };
        if EXPECTED
            .compare_exchange(len, 0, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
        {
            secret::fill(len, to);
        }
    }
    len as isize
}
