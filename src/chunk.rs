//! Secrets in chunks of sixteen bytes: the unit in which they are copied, checked, hashed, compared and wiped.
//!
//! ```text
//! text    |0123456789abcdef|0123456789abcdef|0123456789a|      43 bytes
//! chunks  |    chunk 0     |    chunk 1     |
//!                                     |   last chunk    |      the last sixteen bytes, for the remainder
//! ```
//!
//! Not the obvious `copy_from_slice`: that is a call of `memcpy`, which on x86_64 leaves the secret in vector registers
//! that nobody overwrites, and the frame of the next signal stores all of them in memory: 43 of 43 characters were found
//! there. Here one function moves every chunk through the same register, and the last chunk that it moves is a public
//! one. `.ci/run residue` fails if a secret remains.

use sha2::digest::array::Array;
use sha2::digest::typenum::U16;

pub(crate) const CHUNK: usize = 16;
pub(crate) type Chunk = [u8; CHUNK];

/// Splits `bytes` into whole chunks and the remainder.
#[inline(always)]
pub(crate) fn chunks(bytes: &[u8]) -> (&[Chunk], &[u8]) {
    let (chunks, rest) = Array::<u8, U16>::slice_as_chunks(bytes);
    (Array::cast_slice_to_core(chunks), rest)
}

/// As [`chunks`].
#[inline(always)]
pub(crate) fn chunks_mut(bytes: &mut [u8]) -> (&mut [Chunk], &mut [u8]) {
    let (chunks, rest) = Array::<u8, U16>::slice_as_chunks_mut(bytes);
    (Array::cast_slice_to_core_mut(chunks), rest)
}

/// Copies `from`, which has at least sixteen bytes, to the start of `to`, and leaves nothing of it in registers.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    for (from, to) in chunks(from).0.iter().zip(chunks_mut(to).0) {
        copy_chunk(from, to);
    }
    if let (Some(from), Some(to)) = (from.last_chunk(), to.last_chunk_mut()) {
        copy_chunk(from, to);
    }
    copy_chunk(&[0; CHUNK], &mut [0; CHUNK]);
}

/// Not inlined, so that every chunk passes through the same register.
#[inline(never)]
fn copy_chunk(from: &Chunk, to: &mut Chunk) {
    *to = *from;
    zeroize::optimization_barrier(to);
}

/// Overwrites `memory` with zeros in a way that the compiler cannot optimize away.
///
/// Plain stores before a barrier, not `Zeroize` on the slice: that writes byte by byte with volatile stores.
#[inline(always)]
pub(crate) fn wipe<T: Copy + Default>(memory: &mut [T]) {
    memory.fill(T::default());
    zeroize::optimization_barrier(memory);
}
