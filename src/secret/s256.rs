//! The hash of the S256 transform, RFC 7636 section 4.2: SHA-256 of a text of 43 to 128 bytes.
//!
//! ```text
//! text       |     whole blocks, 0 to 2     |       rest, 0 to 63 bytes       |
//!            | hashed where they are stored |   copied to `message`, padded   |
//!
//! message    |            block 0            |            block 1            |      on the stack, wiped
//! chunks     |   0   |   1   |   2   |   3   |   4   |   5   |   6   |   7   |      16 bytes each
//! rest = 43                                  | whole | whole | tail80| length|      0 to 55 bytes: one block
//! rest = 60  | whole | whole | whole | tail80|   0   |   0   |   0   | length|      56 to 63 bytes: two blocks
//! ```
//!
//! `80` is the byte that SHA-256 appends to the text. With a rest of 48 to 55 bytes, the tail shares chunk 7 with the
//! length.
//!
//! Not `Sha256::digest`, which leaves copies of the text on the stack. Even `compress256` leaves its message schedule in
//! registers and, where SHA-256 runs in software, in its frame, and the text can be computed from it. So a public text is
//! hashed last. `.ci/run residue` fails without it and, where `compress256` is inlined and its result seen to be unused,
//! without the barrier after it: with fat LTO for a processor with SHA instructions.
//!
//! Not plain stores of the text, the mark and the length: `compress256` loads 16 bytes at a time on x86_64, and a load that
//! needs more than one pending store waits for all of them, which makes a check 1.12 times as slow. So each chunk is written
//! by one store of 16 bytes. `.ci/run speed` fails if one is split.

use core::array;
use core::hint::black_box;

use sha2::block_api::compress256;
use sha2::digest::array::Array;
use sha2::digest::typenum::U64;
use zeroize::Zeroize;

use super::chunk::{CHUNK, Chunk, chunks};
use super::swar::load_le;

/// The initial hash state, FIPS 180-4 section 5.3.3.
#[rustfmt::skip]
const INITIAL: [u32; 8] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// Public data: a chunk, and the longest tail.
static PUBLIC_TEXT: [u8; 2 * CHUNK] = [b'A'; 2 * CHUNK];

/// The most bytes of a block that leave room for the mark 0x80 and the length.
const MAX_IN_LAST_BLOCK: usize = 64 - 1 - 8;

/// Returns the SHA-256 digest of a text of 16 to 128 bytes, as the words of the hash state.
#[inline(never)]
pub(crate) fn digest(text: &[u8]) -> [u32; 8] {
    let mut state = INITIAL;
    let whole = blocks(text).0;
    if !whole.is_empty() {
        compress256(&mut state, whole);
    }
    let mut message = [[0; CHUNK]; 8];
    compress256(&mut state, pad(text, &mut message));
    // With a tail of the same length, so that `pad` takes the same path.
    let public = PUBLIC_TEXT.get(..CHUNK + text.len() % CHUNK).unwrap_or_default();
    message.as_flattened_mut().zeroize();
    let mut unused = INITIAL;
    compress256(&mut unused, pad(public, &mut message)); // Overwrites registers and frame.
    zeroize::optimization_barrier(&unused);
    state
}

/// Fills `message`, which is zero, with the rest of `text` and the padding, and returns the blocks of it that are used.
#[inline(never)]
fn pad<'a>(text: &[u8], message: &'a mut [Chunk; 8]) -> &'a [[u8; 64]] {
    let rest = blocks(text).1;
    let (whole, tail) = chunks(rest);
    // First, because a tail may be added to the same chunk.
    put_length(&mut message[7], text.len());
    // A single block uses the second half of `message`, so that the length has a constant offset.
    let used = &mut message[if rest.len() <= MAX_IN_LAST_BLOCK { 4 } else { 0 }..];
    for (to, from) in used.iter_mut().zip(whole) {
        *to = *from;
        // Stops the compiler from copying more at a time, through wider registers, or with memcpy.
        zeroize::optimization_barrier(to);
    }
    if let (Some(to), Some(last)) = (used.get_mut(whole.len()), text.last_chunk()) {
        put_tail(to, last, tail.len());
    }
    blocks(used.as_flattened()).0
}

/// Splits `bytes` into whole blocks and the rest.
#[inline(always)]
fn blocks(bytes: &[u8]) -> (&[[u8; 64]], &[u8]) {
    let (blocks, rest) = Array::<u8, U64>::slice_as_chunks(bytes);
    (Array::cast_slice_to_core(blocks), rest)
}

/// Writes the length of the text in bits, big-endian, to the last word of a chunk, and zeros before it.
#[inline(always)]
fn put_length(to: &mut Chunk, len: usize) {
    static LAST_WORD: Chunk = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    // Without `black_box` the mask is a constant, and the store is split in two.
    let mask = black_box(&LAST_WORD);
    let bits = (8 * len as u32).swap_bytes();
    let words: [u32; 4] = array::from_fn(|i| bits & load_le(mask, 4 * i));
    for (to, word) in to.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
}

/// ORs the last `len` bytes of a text, fewer than 16, and the mark 0x80 after them, into the start of a chunk. `last` are
/// the last 16 bytes of the text.
///
/// ```text
/// last       .....abcdefghijk         len = 11
/// marked     ....abcdefghijkM         the first byte is never needed, and makes room for the mark
/// tail       abcdefghijkM0000         shifted right by 15 - len bytes
/// ```
#[inline(always)]
fn put_tail(to: &mut Chunk, last: &Chunk, len: usize) {
    // The first byte is the lowest one: a shift to the right moves bytes to the front.
    let marked = u128::from_le_bytes(*last) >> 8 | 0x80 << 120;
    let tail = marked >> (8 * (CHUNK - 1 - len));
    // In two words, which become one store. A `u128` would be stored in halves.
    let (low, high) = to.split_at_mut(8);
    or_word(low, tail as u64);
    or_word(high, (tail >> 64) as u64);
}

#[inline(always)]
fn or_word(to: &mut [u8], word: u64) {
    let old = to.first_chunk().map_or(0, |old| u64::from_le_bytes(*old));
    to.copy_from_slice(&(old | word).to_le_bytes());
}
