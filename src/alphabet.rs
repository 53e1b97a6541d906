//! The form of a `code_verifier`: its length and its alphabet, RFC 7636 section 4.1.

use core::hint::black_box;

use crate::error::ParseVerifierError;
use crate::lanes::{at_least, each, word};
use crate::secret::{MAX_LEN, MIN_LEN};

/// The bytes that are looked at together.
const LANE: usize = 16;

/// Gives the bytes of `text` if it is well formed: its length is checked first, then every byte.
#[inline]
pub(crate) fn check(text: &str) -> Result<&[u8], ParseVerifierError> {
    let text = check_length(text)?;
    check_bytes(text)?;
    Ok(text)
}

#[inline]
pub(crate) fn check_length(text: &str) -> Result<&[u8], ParseVerifierError> {
    match text.len() {
        MIN_LEN..=MAX_LEN => Ok(text.as_bytes()),
        len => Err(ParseVerifierError::InvalidLength { len }),
    }
}

/// No branch and no table depends on what the bytes are. Only the answer becomes public and, for a refused text, the
/// place of its first bad byte.
#[inline]
pub(crate) fn check_bytes(text: &[u8]) -> Result<(), ParseVerifierError> {
    if answer(all_unreserved(text)) {
        Ok(())
    } else {
        Err(first_bad_byte(text))
    }
}

/// Collects the answers position by position, so that a lane is one vector and the sum is drawn once, at the end.
#[inline]
fn all_unreserved(text: &[u8]) -> bool {
    let mut so_far = [each(0x80); LANE / 4];
    let lanes = text.chunks_exact(LANE);
    if !lanes.remainder().is_empty() {
        // The last lane overlaps the one before it, which is cheaper than its bytes one by one.
        narrow(&mut so_far, text.last_chunk::<LANE>().map_or(&[], |lane| lane));
    }
    for lane in lanes {
        narrow(&mut so_far, lane);
    }
    so_far.iter().fold(each(0x80), |all, word| all & word) == each(0x80)
}

#[inline(always)]
fn narrow(so_far: &mut [u32; LANE / 4], lane: &[u8]) {
    for (i, so_far) in so_far.iter_mut().enumerate() {
        *so_far &= unreserved(word(lane, 4 * i));
    }
    // Lane after lane: the compiler would take four of them apart to look at them at once, and be slower. The barrier is
    // on the text, because one on the answers so far would send them through memory each time.
    zeroize::optimization_barrier(lane);
}

/// 0x80 in each byte that is `ALPHA / DIGIT / "-" / "." / "_" / "~"`, RFC 3986 section 2.3, and anything below that.
#[inline(always)]
const fn unreserved(bytes: u32) -> u32 {
    let ascii = bytes & each(0x7f);
    let letter = within(b'a', b'z', ascii | each(0x20));
    // From '-' to '9' there are '-', '.', '/' and the digits.
    let digit_hyphen_period = within(b'-', b'9', ascii) & other_than(b'/', ascii);
    let symbol = !(other_than(b'_', ascii) & other_than(b'~', ascii));
    (letter | digit_hyphen_period | symbol) & !bytes
}

/// 0x80 in each byte from `first` to `last`.
#[inline(always)]
const fn within(first: u8, last: u8, ascii: u32) -> u32 {
    at_least(first, ascii) ^ at_least(last + 1, ascii)
}

/// 0x80 in each byte that is not `byte`.
#[inline(always)]
const fn other_than(byte: u8, ascii: u32) -> u32 {
    at_least(1, ascii ^ each(byte))
}

/// Where "well formed?" becomes public, and the only such place: a branch that the compiler can neither move into a
/// caller nor turn into arithmetic on the secret.
#[inline(never)]
fn answer(well_formed: bool) -> bool {
    if well_formed { black_box(true) } else { false }
}

#[cold]
#[inline(never)]
fn first_bad_byte(text: &[u8]) -> ParseVerifierError {
    let is_unreserved = |byte: &&u8| unreserved(u32::from(**byte)) & 0x80 != 0;
    ParseVerifierError::InvalidByte {
        index: text.iter().take_while(is_unreserved).count(),
    }
}
