//! base64url without padding, RFC 4648 section 5 and RFC 7636 Appendix A: an encoder for secret octets, and the strict
//! decoding of S256 challenges, which are public.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ParseError;
use crate::s256::Digest;
use crate::secret::Scratch;

/// The number of letters that `octets` octets become.
pub(crate) const fn encoded_len(octets: usize) -> usize {
    (4 * octets).div_ceil(3)
}

/// Writes the letters of `N` octets, at least 12, to `text`, which is `encoded_len(N)` bytes long.
///
/// The octets come as big-endian words. Four letters are made at a time, by arithmetic: no branch and no table depends
/// on what the octets are. Four such groups are a lane, which is one vector where there are vectors; the last lane
/// overlaps the one before it.
#[inline(always)]
pub(crate) fn encode<const N: usize>(word: impl Fn(usize) -> u32, text: &mut [u8]) {
    let mut lane = Scratch::<u32, 4>::zeroed();
    let last = const { N.div_ceil(3) - 4 };
    let mut first = 0;
    while first < last {
        write_lane(&mut lane.0, &word, first, text);
        first += 4;
    }
    write_lane(&mut lane.0, &word, last, text);
}

/// Writes the letters of the four groups from `first` on, as far as `text` goes.
#[inline(always)]
fn write_lane(lane: &mut [u32; 4], word: &impl Fn(usize) -> u32, first: usize, text: &mut [u8]) {
    for (i, letters) in lane.iter_mut().enumerate() {
        *letters = group(word, first + i);
    }
    for letters in lane.iter_mut() {
        *letters = to_letters(to_sextets(*letters));
    }
    for (to, letters) in text.chunks_mut(4).skip(first).zip(lane) {
        let len = to.len();
        to.copy_from_slice(&letters.to_le_bytes()[..len]);
    }
}

/// The three octets of a group, from the one or two words that they lie in, and above them whatever comes along.
#[inline(always)]
fn group(word: &impl Fn(usize) -> u32, index: usize) -> u32 {
    let at = index / 4 * 3;
    match index % 4 {
        0 => word(at).rotate_right(8),
        1 => word(at) << 16 | word(at + 1) >> 16,
        2 => word(at + 1) << 8 | word(at + 2) >> 24,
        _ => word(at + 2),
    }
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
        .wrapping_add(each(b'A'))
        .wrapping_add(reached(26, sextets) & each(b'a' - b'Z' - 1))
        .wrapping_sub(reached(52, sextets) & each(b'z' + 1 - b'0'))
        .wrapping_sub(reached(62, sextets) & each(b'9' + 1 - b'-'))
        .wrapping_add(reached(63, sextets) & each(b'_' - b'-' - 1))
}

/// 0x7f in each byte whose sextet is at least `limit`, else 0.
#[inline(always)]
const fn reached(limit: u8, sextets: u32) -> u32 {
    let top = sextets.wrapping_add(each(0x80 - limit)) & each(0x80);
    top - (top >> 7)
}

const fn each(byte: u8) -> u32 {
    u32::from_ne_bytes([byte; 4])
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
pub(crate) fn decode(value: &str) -> Result<([u8; 43], Digest), ParseError> {
    let text = value
        .as_bytes()
        .try_into()
        .map_err(|_| ParseError::InvalidLength { len: value.len() })?;
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
fn why_not(text: &[u8; 43]) -> ParseError {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match text.iter().position(|&byte| !is_letter(byte)) {
        Some(index) => ParseError::InvalidByte { index },
        None => ParseError::NonCanonical,
    }
}
