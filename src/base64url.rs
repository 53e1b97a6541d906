//! An encoder for secret octets: base64url without padding, RFC 4648 section 5.
//!
//! ```text
//! octets       |  word 0   |  word 1   |  word 2   |      12 octets, in three big-endian words
//! groups       | 24 bits| 24 bits| 24 bits| 24 bits|      4 groups
//! sextets        6 6 6 6  6 6 6 6  6 6 6 6  6 6 6 6       one in each byte of a word
//! characters   |             one chunk             |      16 characters
//! ```
//!
//! Not the crate base64, which looks each sextet up in a table: which cache lines it reads depends on the secret, and
//! `.ci/run constant-time` fails. Not base64ct, which encodes character by character: 27 ns for 32 octets, more than a
//! whole verifier takes here with its allocation, 21 ns. Here characters are computed, four in a word and a word in each
//! lane of a vector.

use crate::chunk::Chunk;
use crate::swar::{ge_mask, splat};

/// Returns the number of characters that encode `octets` octets.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    (4 * octets).div_ceil(3)
}

/// Encodes `N` octets, and leaves nothing of them in registers. The unused end of the last chunk is filled with `A`.
///
/// Inlined, so that the compiler knows `N`: a loop over a slice takes a fifth longer.
#[inline(always)]
pub(crate) fn encode<const N: usize>(octets: &[u8; N], text: &mut [Chunk]) {
    encode_octets(octets, text);
    encode_groups(0, 0, 0, 0, &mut Chunk::default());
    if cfg!(debug_assertions) {
        // In a debug build, words are left in stack frames. The same call with public octets overwrites them.
        encode_octets(&[b'A'; N], &mut [Chunk::default(); 8]);
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn encode_octets<const N: usize>(octets: &[u8; N], text: &mut [Chunk]) {
    encode_words(const { N.div_ceil(12) }, |i| load_be(octets, 4 * i), text);
}

/// Encodes the eight words of a digest. The ninth word, the last one of the third chunk, is zero.
#[inline(always)]
pub(crate) fn encode_digest(digest: &[u32; 8], text: &mut [Chunk; 3]) {
    encode_words(3, |i| digest.get(i).copied().unwrap_or_default(), text);
}

#[inline(always)]
fn encode_words(chunks: usize, word: impl Fn(usize) -> u32, text: &mut [Chunk]) {
    for i in 0..chunks {
        if let Some(chunk) = text.get_mut(i) {
            let (a, b, c) = (word(3 * i), word(3 * i + 1), word(3 * i + 2));
            encode_groups(a >> 8, a << 16 | b >> 16, b << 8 | c >> 24, c, chunk);
        }
    }
}

/// Reads four octets, the first one highest, with zeros beyond the end.
#[inline(always)]
pub(crate) fn load_be(octets: &[u8], at: usize) -> u32 {
    let rest = octets.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(four) => u32::from_be_bytes(*four),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, &octet| word >> 8 | u32::from(octet) << 24),
    }
}

/// Encodes the low 24 bits of four groups. Not inlined, so that every chunk passes through the same registers, and for
/// its size.
#[inline(never)]
fn encode_groups(a: u32, b: u32, c: u32, d: u32, to: &mut Chunk) {
    for (to, group) in to.chunks_exact_mut(4).zip([a, b, c, d]) {
        to.copy_from_slice(&characters(sextets(group)).to_le_bytes());
    }
    zeroize::optimization_barrier(to);
}

/// Spreads the four sextets of a group over the bytes of a word, the first one lowest: halves first, then quarters.
#[inline(always)]
const fn sextets(group: u32) -> u32 {
    let halves = group >> 12 & 0xfff | group << 16 & 0xfff_0000;
    halves >> 6 & 0x3f_003f | halves << 8 & 0x3f00_3f00
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
