//! Exhaustive tests. Encoder (RFC 4648 section 5): every three octets at every offset, and every one or two octets at
//! the end. Alphabet (RFC 7636 section 4.1): every pair of adjacent bytes that can occur in a `str`.
//!
//! Debug builds take a sample in the longest loops. Miri would take days.

#![cfg(not(miri))]

mod common;

use common::model::{BASE64URL, UNRESERVED};
use pkce_core::{CodeVerifier, ParseVerifierError};

/// Verifiers from a generator, and digests, have 32 octets and 43 characters. Tests four characters at every offset,
/// not only where octets and characters are aligned, because the encoder writes 16 at a time and the last 16 overlap.
#[test]
fn every_four_characters_at_every_offset_of_32_octets() {
    assert_every_four_characters_from::<32>(0);
    assert_every_four_characters_from::<32>(1);
}

#[test]
fn every_four_characters_at_every_other_offset_of_32_octets() {
    assert_every_four_characters_from::<32>(2);
    assert_every_four_characters_from::<32>(3);
}

/// The two other endings: four characters for three octets, and two characters for one octet.
#[test]
fn every_four_characters_up_to_the_end_of_33_and_of_34_octets() {
    assert_every_four_characters_from::<33>(0);
    assert_every_four_characters_from::<34>(2);
}

/// Every fourth character from `first` on starts a group of four that takes all 2^24 values, at each offset in another
/// order. In debug builds each offset takes every 257th.
fn assert_every_four_characters_from<const N: usize>(first: usize) {
    let step = if cfg!(debug_assertions) { 257 } else { 1 };
    let places = (8 * N - 6 * first) / 24;
    for i in (0..1 << 24).step_by(step) {
        let mut octets = [0; N];
        for place in 0..places {
            put(&mut octets, 6 * first + 24 * place, value_at(place, i));
        }
        let verifier = CodeVerifier::from_random_bytes(&octets);
        let text = &verifier.expose_secret().as_bytes()[first..];
        for (place, characters) in text.chunks_exact(4).take(places).enumerate() {
            let value = value_at(place, i);
            assert_eq!(
                characters,
                characters_of(value),
                "{value:#08x} from character {}",
                first + 4 * place
            );
        }
    }
}

/// Writes 24 bits at the even bit offset `at`, into three or four octets.
fn put<const N: usize>(octets: &mut [u8; N], at: usize, value: u32) {
    let bits = (value << (8 - at % 8)).to_be_bytes();
    for (octet, bits) in octets[at / 8..].iter_mut().zip(bits) {
        *octet |= bits;
    }
}

/// A permutation of the values of 24 bits: multiplication by an odd number is invertible.
fn value_at(place: usize, i: u32) -> u32 {
    let place = place as u32;
    i.wrapping_mul(2 * place + 1).wrapping_add(place * 0x0b_a5ed) % (1 << 24)
}

#[test]
fn every_last_two_octets() {
    for value in 0..=u16::MAX {
        assert_last::<32, 2>(value.to_be_bytes());
        assert_last::<35, 2>(value.to_be_bytes());
        assert_last::<38, 2>(value.to_be_bytes());
        assert_last::<41, 2>(value.to_be_bytes());
        assert_last::<95, 2>(value.to_be_bytes());
    }
}

#[test]
fn every_last_octet() {
    for octet in 0..=u8::MAX {
        assert_last::<34, 1>([octet]);
        assert_last::<37, 1>([octet]);
        assert_last::<40, 1>([octet]);
        assert_last::<43, 1>([octet]);
        assert_last::<94, 1>([octet]);
    }
}

/// The spare bits are zero, and the octets before the last `L` do not affect these characters.
fn assert_last<const N: usize, const L: usize>(last: [u8; L]) {
    let mut octets = [0xff; N];
    octets[N - L..].copy_from_slice(&last);
    let mut value = [0; 4];
    value[1..=L].copy_from_slice(&last);
    let verifier = CodeVerifier::from_random_bytes(&octets);
    let (before, characters) = verifier.expose_secret().as_bytes().split_at(4 * (N / 3));
    assert!(before.iter().all(|&byte| byte == b'_'));
    let wanted = characters_of(u32::from_be_bytes(value));
    assert_eq!(characters, &wanted[..=L], "{N} octets, {last:x?}");
}

/// Encodes with the table of the RFC, which the crate does not use.
fn characters_of(value: u32) -> [u8; 4] {
    [value >> 18, value >> 12, value >> 6, value].map(|value| BASE64URL.as_bytes()[value as usize % 64])
}

/// Two adjacent bytes, with what UTF-8 requires around them.
struct Pair {
    bytes: [u8; 2],
    piece: Vec<u8>,
    /// The offset of the pair in the piece.
    start: usize,
    /// The offset of the first byte of the piece that is not allowed.
    bad: Option<usize>,
}

impl Pair {
    /// Returns `None` if the two bytes are never adjacent in UTF-8.
    fn new(bytes: [u8; 2]) -> Option<Self> {
        let [first, second] = bytes;
        let before: &[u8] = match (continues(first), continues(second)) {
            (true, true) => &[0xe1],
            (true, false) => &[0xc2],
            (false, _) => &[],
        };
        let behind: &[u8] = match (first, second) {
            (0xe0..0xf0, 0x80..=0xbf) => &[0x80],
            (0xf0.., 0x80..=0xbf) => &[0x80, 0x80],
            (_, 0xc0..0xe0) => &[0x80],
            (_, 0xe0) => &[0xa0, 0x80],
            (_, 0xe1..0xf0) => &[0x80, 0x80],
            (_, 0xf0) => &[0x90, 0x80, 0x80],
            (_, 0xf1..) => &[0x80, 0x80, 0x80],
            _ => &[],
        };
        let piece = [before, &bytes, behind].concat();
        std::str::from_utf8(&piece).ok()?;
        Some(Self {
            bytes,
            start: before.len(),
            bad: piece.iter().position(|byte| !UNRESERVED.as_bytes().contains(byte)),
            piece,
        })
    }
}

const fn continues(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

/// The number of the 2^16 pairs that occur in UTF-8: two ASCII characters; the end of a character and then ASCII or one
/// of the 51 lead bytes; and two bytes of the same character.
const PAIRS_IN_TEXT: usize = (128 + 64) * (128 + 51) + FIRST_TWO_OF_A_CHARACTER + 64 * 64;
/// Most lead bytes can be followed by 64 continuation bytes, E0, ED, F0 and F4 by fewer.
const FIRST_TWO_OF_A_CHARACTER: usize = (30 + 14 + 3) * 64 + 32 + 32 + 48 + 16;

/// The crate checks several bytes at once, so a byte could affect its neighbour, and the last chunk overlaps the one
/// before. Tests every offset in texts that end on, before and after the edge of a chunk. In debug builds each offset
/// takes every 127th pair, and all offsets together take every pair.
///
/// The other 23,936 pairs cannot occur in a `str`.
#[test]
fn every_pair_of_bytes_that_text_can_hold() {
    let pairs: Vec<Pair> = (0..=u16::MAX)
        .filter_map(|pair| Pair::new(pair.to_be_bytes()))
        .collect();
    assert_eq!(pairs.len(), PAIRS_IN_TEXT);
    let mut tried = vec![false; pairs.len()];
    let mut places = 0;
    for len in [43, 47, 48, 49, 63, 64, 65, 127, 128] {
        for at in 0..len - 1 {
            let step = if cfg!(debug_assertions) { 127 } else { 1 };
            for i in (places % step..pairs.len()).step_by(step) {
                tried[i] |= assert_pair(&pairs[i], at, len);
            }
            places += 1;
        }
    }
    assert!(tried.iter().all(|&tried| tried));
}

/// Returns whether the pair and what it requires around it fit.
fn assert_pair(pair: &Pair, at: usize, len: usize) -> bool {
    let (start, end) = match at.checked_sub(pair.start) {
        Some(start) if start + pair.piece.len() <= len => (start, start + pair.piece.len()),
        _ => return false,
    };
    let mut text = [b'a'; 128];
    text[start..end].copy_from_slice(&pair.piece);
    let result = CodeVerifier::parse(std::str::from_utf8(&text[..len]).unwrap());
    let wanted = pair
        .bad
        .map(|bad| ParseVerifierError::InvalidByte { index: start + bad });
    assert_eq!(result.err(), wanted, "{:02x?} at {at} of {len}", pair.bytes);
    true
}
