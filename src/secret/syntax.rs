//! The syntax of a `code_verifier`: 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`, RFC 7636 section 4.1.
//!
//! ```text
//! text       |    chunk 0     |    chunk 1     |           |     43 bytes
//!                                        |   last chunk    |      bytes where they overlap are checked twice
//! each chunk | word | word | word | word |                        invalid_bits: a top bit for each invalid byte
//!                   or  ->  acc, four words                       one vector
//!                   or  ->  is it 0?                              one bit, public
//! ```
//!
//! Not `text.bytes().all(…)`, which may branch on the range that a valid byte is in, and takes three times as long.
//! `.ci/run constant-time` fails for a branch on a byte, `.ci/run speed` for a check that is too slow.

use core::hint::black_box;

use subtle::ConstantTimeEq;

use super::chunk::{Chunk, chunks};
use super::swar::{in_range_bits, load_le, ne_bits, splat};
use super::{PUBLIC, declassify};

/// The least number of characters in a `code_verifier`.
pub(crate) const MIN_LEN: usize = 43;
/// The greatest number of characters in a `code_verifier`.
pub(crate) const MAX_LEN: usize = 128;

/// Why a text is not well formed.
pub(crate) enum Malformed {
    Length { len: usize },
    Byte { index: usize },
}

/// Returns the bytes of `text` if they are well formed. Only whether they are becomes public and, for a malformed text, the
/// offset of its first invalid byte.
#[inline]
pub(crate) fn check(text: &str) -> Result<&[u8], Malformed> {
    let text = match text.len() {
        MIN_LEN..=MAX_LEN => text.as_bytes(),
        len => return Err(Malformed::Length { len }),
    };
    let invalid_bits = invalid(text);
    invalid(&PUBLIC); // Overwrites registers and frame.
    if declassify(invalid_bits.ct_eq(&0)) {
        Ok(text)
    } else {
        let index = first_invalid(text);
        black_box(first_invalid(&PUBLIC)); // Overwrites registers and frame.
        Err(Malformed::Byte { index })
    }
}

/// Returns a word in which a top bit is set if a byte of `text` is not an unreserved character. `text` has at least 16
/// bytes.
#[inline(never)]
fn invalid(text: &[u8]) -> u32 {
    let mut acc = [0; 4];
    if let Some(last) = text.last_chunk() {
        accumulate(&mut acc, last);
    }
    for chunk in chunks(text).0 {
        accumulate(&mut acc, chunk);
    }
    acc.iter().fold(0, |all, word| all | word) & splat(0x80)
}

#[inline(always)]
fn accumulate(acc: &mut [u32; 4], chunk: &Chunk) {
    for (i, acc) in acc.iter_mut().enumerate() {
        *acc |= invalid_bits(load_le(chunk, 4 * i));
    }
    // Stops the compiler from interleaving four chunks, which is slower.
    zeroize::optimization_barrier(chunk);
}

/// Returns a word with the top bit set in each byte that is not `ALPHA / DIGIT / "-" / "." / "_" / "~"`, RFC 3986 section
/// 2.3. A byte that is not ASCII is always reported, but those above it in the word may be wrong.
///
/// The sets are joined by `^`: no unreserved character is in two of them, and '/', which is, cancels out. `ne_bits` is the
/// complement of a set: three of them invert the result. With `|`, a check takes up to 1.2 times as long.
#[inline(always)]
const fn invalid_bits(bytes: u32) -> u32 {
    let letter = in_range_bits(b'a', b'z', bytes | splat(0x20));
    // '-', '.', '/' and the digits.
    let dash_to_nine = in_range_bits(b'-', b'9', bytes);
    // A byte that is not ASCII may carry into the byte above and falsify that bit. The word is refused all the same: the
    // byte's own top bit is set in `bytes`.
    letter ^ dash_to_nine ^ ne_bits(b'/', bytes) ^ ne_bits(b'_', bytes) ^ ne_bits(b'~', bytes) | bytes
}

/// Returns the offset of the first invalid byte of a malformed text. The offset is public.
#[cold]
#[inline(never)]
fn first_invalid(text: &[u8]) -> usize {
    let is_unreserved = |byte: &&u8| invalid_bits(u32::from(**byte)) & 0x80 == 0;
    text.iter().take_while(is_unreserved).count()
}
