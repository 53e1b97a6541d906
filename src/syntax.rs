//! The syntax of a `code_verifier`: 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`, RFC 7636 section 4.1.
//!
//! ```text
//! text       |    chunk 0     |    chunk 1     |           |     43 bytes
//!                                        |   last chunk    |      bytes where they overlap are checked twice
//! each chunk | word | word | word | word |                        invalid_bits: a top bit for each bad byte
//!                   or  ->  acc, four words                       one vector
//!                   or  ->  declassify                            one bit, public
//! ```
//!
//! Not `text.bytes().all(…)`, which stops at the first bad byte, so that its time depends on the secret, and takes 17 ns
//! for 43 characters instead of 5. `.ci/run constant-time` fails for a branch on a byte, `.ci/run speed` for a check that
//! is too slow.

use core::hint::black_box;

use crate::chunk::{CHUNK, Chunk, chunks};
use crate::error::ParseVerifierError;
use crate::swar::{in_range_bits, load_le, ne_bits, splat};
use crate::verifier::CodeVerifier;

/// The least number of characters in a `code_verifier`.
pub(crate) const MIN_LEN: usize = CodeVerifier::MIN_LEN;
/// The greatest number of characters in a `code_verifier`.
pub(crate) const MAX_LEN: usize = CodeVerifier::MAX_LEN;

/// Returns the bytes of `text` if they are well formed, and leaves nothing of them in registers.
pub(crate) fn check(text: &str) -> Result<&[u8], ParseVerifierError> {
    let text = check_length(text)?;
    check_bytes(text)?;
    clear_registers();
    Ok(text)
}

#[inline]
pub(crate) fn check_length(text: &str) -> Result<&[u8], ParseVerifierError> {
    match text.len() {
        MIN_LEN..=MAX_LEN => Ok(text.as_bytes()),
        len => Err(ParseVerifierError::InvalidLength { len }),
    }
}

/// Checks every byte. Only the result becomes public and, for a refused text, the offset of its first bad byte.
#[inline]
pub(crate) fn check_bytes(text: &[u8]) -> Result<(), ParseVerifierError> {
    if declassify(invalid(text)) {
        Ok(())
    } else {
        let error = first_bad_byte(text);
        clear_registers();
        Err(error)
    }
}

/// Overwrites what a check leaves in registers, by checking a public text. The rounds of the hash do that, too.
#[inline]
fn clear_registers() {
    invalid(&[b'A'; CHUNK]);
}

/// Returns a word in which a top bit is set if a byte of `text` is not an unreserved character. `text` has at least sixteen
/// bytes. In one function, so that all texts pass through the same registers.
#[inline(never)]
fn invalid(text: &[u8]) -> u32 {
    let mut acc = [0; 4];
    if let Some(last) = text.last_chunk() {
        accumulate(&mut acc, last);
    }
    for chunk in chunks(text).0 {
        accumulate(&mut acc, chunk);
    }
    acc.iter().fold(0, |all, word| all | word)
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
/// 2.3. If a byte is not ASCII, only that one is certain to be right.
#[inline(always)]
const fn invalid_bits(bytes: u32) -> u32 {
    let letter = in_range_bits(b'a', b'z', bytes | splat(0x20));
    // '-', '.', '/' and the digits.
    let dash_to_nine = in_range_bits(b'-', b'9', bytes);
    // A byte that is not ASCII may carry into the next one, and set or clear its bit. Its own top bit, in `bytes`, is set,
    // so the word is refused all the same.
    letter ^ dash_to_nine ^ ne_bits(b'/', bytes) ^ ne_bits(b'_', bytes) ^ ne_bits(b'~', bytes) | bytes
}

/// Makes "well formed?" public, here alone. Written as `compare::declassify` is.
#[inline(never)]
fn declassify(invalid: u32) -> bool {
    if invalid & splat(0x80) == 0 {
        true
    } else {
        black_box(false)
    }
}

#[cold]
#[inline(never)]
fn first_bad_byte(text: &[u8]) -> ParseVerifierError {
    let is_unreserved = |byte: &&u8| invalid_bits(u32::from(**byte)) & 0x80 == 0;
    ParseVerifierError::InvalidByte {
        index: text.iter().take_while(is_unreserved).count(),
    }
}
