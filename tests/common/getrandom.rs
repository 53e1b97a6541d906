//! The generator of the operating system in a test program that exports it. The crate getrandom looks the function up by name,
//! and finds this one before that of the C library. The parent module has the function `draw`, which fills.

use std::ffi::{c_uint, c_void};
use std::slice;

use super::draw;

/// The function of the C library, with its signature.
// SAFETY: the program has no other function of this name; that of the C library is in a shared object.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(to: *mut c_void, len: usize, _: c_uint) -> isize {
    if len > 0 {
        // SAFETY: the caller passes `len` bytes that may be written to. They are written before they are read.
        draw(unsafe {
            to.write_bytes(0, len);
            slice::from_raw_parts_mut(to.cast::<u8>(), len)
        });
    }
    len as isize
}
