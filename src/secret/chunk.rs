//! Splits secrets into 16-byte chunks, and copies secrets by chunk.
//!
//! ```text
//! text    |0123456789abcdef|0123456789abcdef|0123456789a|      43 bytes
//! chunks  |    chunk 0     |    chunk 1     |
//!                                     |   last chunk    |      the last 16 bytes, for the remainder
//! ```
//!
//! Not `copy_from_slice` of a length known only at run time, which calls `memcpy`: that leaves up to 128 bytes of the secret
//! in vector registers, and `.ci/run residue` fails. Here every chunk passes through the same registers, a public one last.

use sha2::digest::array::Array;
use sha2::digest::typenum::U16;

use super::PUBLIC;

/// The number of bytes that are copied, checked and stored at once.
pub(crate) const CHUNK: usize = 16;
pub(crate) type Chunk = [u8; CHUNK];

/// Splits `bytes` into whole chunks and the remainder.
// `slice::as_chunks` requires Rust 1.88.
#[inline(always)]
pub(super) fn chunks(bytes: &[u8]) -> (&[Chunk], &[u8]) {
    let (chunks, rest) = Array::<u8, U16>::slice_as_chunks(bytes);
    (Array::cast_slice_to_core(chunks), rest)
}

/// Copies a text of at least 16 bytes to the start of `to`, which has room for it.
pub(super) fn copy(text: &[u8], to: &mut [Chunk]) {
    for (from, to) in chunks(text).0.iter().zip(&mut *to) {
        copy_chunk(from, to);
    }
    let used = to.as_flattened_mut().get_mut(..text.len()).unwrap_or_default();
    if let (Some(from), Some(to)) = (text.last_chunk(), used.last_chunk_mut()) {
        copy_chunk(from, to);
    }
    copy_chunk(&PUBLIC, &mut Chunk::default()); // Overwrites registers and frame.
}

#[inline(never)]
fn copy_chunk(from: &Chunk, to: &mut Chunk) {
    *to = *from;
    zeroize::optimization_barrier(to);
}
