//! Encodes secret octets as base64url without padding, RFC 4648 section 5.
//!
//! ```text
//! octets       | 3 octets | 3 octets | 3 octets | 3 octets |      12 octets
//! groups       |  24 bits |  24 bits |  24 bits |  24 bits |      in the upper bits of a word each
//! sextets        6 6 6 6    6 6 6 6    6 6 6 6    6 6 6 6         one in each byte of a word
//! characters   |                one chunk                  |      16 characters
//! ```
//!
//! Not the crate base64, which looks each sextet up in a table: which cache lines it reads depends on the secret, and
//! `.ci/run constant-time` fails. Not base64ct, which computes one character at a time and takes longer than a whole
//! verifier takes here, with its allocation. Here characters are computed four in a word.

use super::PUBLIC;
use super::chunk::Chunk;
use super::swar::{ge_mask, splat};

/// The octets that one chunk of characters encodes.
const OCTETS: usize = 12;

/// Returns the number of characters that encode `octets` octets.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    (4 * octets).div_ceil(3)
}

/// Encodes `octets` to the start of `text`. The unused end of the last chunk is filled with `A`.
#[inline]
pub(crate) fn encode(octets: &[u8], text: &mut [Chunk]) {
    for (octets, text) in octets.chunks(OCTETS).zip(text) {
        encode_chunk(octets, text);
    }
    encode_chunk(&PUBLIC, &mut Chunk::default()); // Overwrites registers and frame.
}

/// Encodes 12 octets, or fewer at the end.
#[inline(never)]
fn encode_chunk(octets: &[u8], to: &mut Chunk) {
    for (i, to) in to.chunks_exact_mut(4).enumerate() {
        to.copy_from_slice(&characters(sextets(load_group(octets, 3 * i))).to_le_bytes());
    }
    zeroize::optimization_barrier(to);
}

/// Reads three octets into the upper bits of a word, the first one highest, with zeros beyond the end.
#[inline(always)]
fn load_group(octets: &[u8], at: usize) -> u32 {
    let octet = |at| u32::from(octets.get(at).copied().unwrap_or_default());
    octet(at) << 24 | octet(at + 1) << 16 | octet(at + 2) << 8
}

/// Spreads the four sextets of a group over the bytes of a word, the first one lowest.
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
        .wrapping_add(ge_mask(26, sextets) & splat(b'a' - b'Z' - 1))
        .wrapping_sub(ge_mask(52, sextets) & splat(b'z' + 1 - b'0'))
        .wrapping_sub(ge_mask(62, sextets) & splat(b'9' + 1 - b'-'))
        .wrapping_add(ge_mask(63, sextets) & splat(b'_' - b'-' - 1))
}
