//! base64url without padding, RFC 4648 section 5 and RFC 7636 Appendix A: an encoder for secret octets, and the strict
//! decoding of S256 challenges, which are public.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ParseChallengeError;
use crate::method::CodeChallengeMethod::S256;
use crate::s256::Digest;
use crate::swar::{ge_mask, splat};

/// The number of letters that `octets` octets become.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    (4 * octets).div_ceil(3)
}

/// Writes the letters of `N` octets, at least 12, to `text`, which is `encoded_len(N)` bytes long.
///
/// The octets come as big-endian words, with zeros behind them. Sixteen letters are a lane, and one vector where there
/// are vectors; the last lane overlaps the one before it. They are made by arithmetic, so that no branch and no table
/// depends on what the octets are.
#[inline(always)]
pub(crate) fn encode<const N: usize>(word: impl Fn(usize) -> u32, text: &mut [u8]) {
    let last = const { encoded_len(N) - 16 };
    // The last lane first: what it shares with the one before it is then read back, by the hash, as it was written last.
    encode_lane(&word, last, text);
    let mut start = 0;
    while start < last {
        encode_lane(&word, start, text);
        start += 16;
    }
    write_lane(0, 0, 0, 0, &mut [0; 16]);
}

/// Writes the sixteen letters from `start` on.
#[inline(always)]
fn encode_lane(word: &impl Fn(usize) -> u32, start: usize, text: &mut [u8]) {
    let group = |i: usize| bits(word, 6 * start + 24 * i);
    if let Some(to) = text.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        write_lane(group(0), group(1), group(2), group(3), to);
    }
}

/// The 24 bits from `start` on, and above them whatever comes along.
#[inline(always)]
fn bits(word: &impl Fn(usize) -> u32, start: usize) -> u32 {
    let (at, shift) = (start / 32, start as u32 % 32);
    if shift <= 8 {
        word(at) >> (8 - shift)
    } else {
        word(at) << (shift - 8) | word(at + 1) >> (40 - shift)
    }
}

/// Writes the letters of four groups. Not inlined, so that all lanes share its code: a third of the size, and a tenth
/// less time for a challenge than with a copy for each.
#[inline(never)]
fn write_lane(a: u32, b: u32, c: u32, d: u32, to: &mut [u8; 16]) {
    for (to, group) in to.chunks_exact_mut(4).zip([a, b, c, d]) {
        to.copy_from_slice(&to_letters(to_sextets(group)).to_le_bytes());
    }
    zeroize::optimization_barrier(to);
}

/// Spreads the four sextets of a group over the bytes of a word, the first one lowest: halves first, then quarters.
#[inline(always)]
const fn to_sextets(group: u32) -> u32 {
    let halves = group >> 12 & 0xfff | group << 16 & 0xfff_0000;
    halves >> 6 & 0x3f_003f | halves << 8 & 0x3f00_3f00
}

/// Maps four sextets to their letters, `A-Z a-z 0-9 - _`: at the end of each run it goes on where the next one starts.
#[inline(always)]
const fn to_letters(sextets: u32) -> u32 {
    sextets
        .wrapping_add(splat(b'A'))
        .wrapping_add(ge_mask(26, sextets) & splat(b'a' - b'Z' - 1))
        .wrapping_sub(ge_mask(52, sextets) & splat(b'z' + 1 - b'0'))
        .wrapping_sub(ge_mask(62, sextets) & splat(b'9' + 1 - b'-'))
        .wrapping_add(ge_mask(63, sextets) & splat(b'_' - b'-' - 1))
}

/// The big-endian words of `octets`, the last one filled up with zeros.
#[inline(always)]
pub(crate) fn words(octets: &[u8]) -> impl Fn(usize) -> u32 {
    |index| {
        let rest = octets.get(4 * index..).unwrap_or_default();
        match rest.first_chunk() {
            Some(four) => u32::from_be_bytes(*four),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, &octet| word >> 8 | u32::from(octet) << 24),
        }
    }
}

/// The text of an S256 challenge and the digest that it stands for.
pub(crate) fn decode(value: &str) -> Result<([u8; 43], Digest), ParseChallengeError> {
    let text = value
        .as_bytes()
        .try_into()
        .map_err(|_| ParseChallengeError::InvalidLength {
            len: value.len(),
            method: S256,
        })?;
    // `decode_slice` wants room for 33 octets, because it counts in groups of three.
    let mut octets = [0; 33];
    URL_SAFE_NO_PAD
        .decode_slice(text, &mut octets)
        .map_err(|_| why_not(text))?;
    let mut digest = Digest::default();
    for (word, octets) in digest.iter_mut().zip(octets.chunks_exact(4)) {
        *word = words(octets)(0);
    }
    Ok((*text, digest))
}

#[cold]
fn why_not(text: &[u8; 43]) -> ParseChallengeError {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match text.iter().position(|&byte| !is_letter(byte)) {
        Some(index) => ParseChallengeError::InvalidByte { index, method: S256 },
        None => ParseChallengeError::NonCanonical,
    }
}
