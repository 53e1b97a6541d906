//! Encodes secret octets as base64url without padding, RFC 4648 section 5.
//!
//! ```text
//! octets       |  word a   |  word b   |  word c   |      12 octets, in three big-endian words
//! groups       | 24 bits| 24 bits| 24 bits| 24 bits|      each in the upper bits of a word; the rest of it is ignored
//! sextets        6 6 6 6  6 6 6 6  6 6 6 6  6 6 6 6       one in each byte of a word
//! characters   |             one chunk             |      16 characters
//! ```
//!
//! Not the crate base64: it looks each sextet up in a table, so that the cache lines it reads depend on the secret, and
//! `.ci/run constant-time` fails. Not base64ct: it computes one character at a time, which takes longer than making a whole
//! verifier here, allocation included. Here characters are computed four to a word.

use super::PUBLIC;
use super::chunk::Chunk;
use super::swar::{ge_mask, load_le, splat};

/// The octets that one chunk of characters encodes.
const OCTETS: usize = 12;

/// Returns the number of characters that encode `octets` octets.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    (4 * octets).div_ceil(3)
}

/// Returns the length of `octets` octets with the zeros that [`encode`] expects after them.
pub(crate) const fn padded_len(octets: usize) -> usize {
    octets.next_multiple_of(OCTETS)
}

/// Encodes octets with zeros after them, as many as [`padded_len`] says, to the start of `text`. The zeros become `A`.
#[inline(always)]
pub(crate) fn encode(padded: &[u8], text: &mut [Chunk]) {
    for (octets, to) in padded.chunks_exact(OCTETS).zip(text) {
        encode_chunk(octets, to);
    }
    encode_chunk(&PUBLIC, &mut Chunk::default()); // Overwrites registers and frame.
}

/// Encodes 12 octets.
#[inline(never)]
fn encode_chunk(octets: &[u8], to: &mut Chunk) {
    let [a, b, c] = [0, 4, 8].map(|at| load_le(octets, at).swap_bytes());
    encode_groups(a, a << 24 | b >> 8, b << 16 | c >> 16, c << 8, to);
}

/// Encodes four groups. Not inlined: the compiler would mix the shifts of `encode_chunk` with those of [`sextets`], and use
/// vectors for neither.
#[inline(never)]
fn encode_groups(a: u32, b: u32, c: u32, d: u32, to: &mut Chunk) {
    for (to, group) in to.chunks_exact_mut(4).zip([a, b, c, d]) {
        to.copy_from_slice(&characters(sextets(group)).to_le_bytes());
    }
    zeroize::optimization_barrier(to);
}

/// Spreads the four sextets of a group, its upper 24 bits, over the bytes of a word, the first one lowest.
#[inline(always)]
const fn sextets(group: u32) -> u32 {
    group >> 26 | group >> 12 & 0x3f00 | group << 2 & 0x3f_0000 | group << 16 & 0x3f00_0000
}

/// Returns the characters of four sextets. Their order is `A-Z a-z 0-9 - _`: at the start of each run, the distance
/// between sextet and character changes.
#[inline(always)]
const fn characters(sextets: u32) -> u32 {
    sextets
        .wrapping_add(splat(b'A'))
        .wrapping_add(ge_mask(26, sextets) & splat(b'a' - (b'Z' + 1)))
        .wrapping_sub(ge_mask(52, sextets) & splat((b'z' + 1) - b'0'))
        .wrapping_sub(ge_mask(62, sextets) & splat((b'9' + 1) - b'-'))
        .wrapping_add(ge_mask(63, sextets) & splat(b'_' - (b'-' + 1)))
}
