//! The hash of the S256 transform, RFC 7636 section 4.2: SHA-256 of a text of 43 to 128 bytes.
//!
//! ```text
//! text       |     whole blocks, 0 to 2     |       rest, 0 to 63 bytes       |
//!            | hashed where they are stored |   copied to `message`, padded   |
//!
//! message    |            block 0            |            block 1            |      on the stack, wiped
//! chunks     |   0   |   1   |   2   |   3   |   4   |   5   |   6   |   7   |      16 bytes each
//! rest of 43                                 | whole | whole | tail80| length|      0 to 55 bytes: one block
//! rest of 60 | whole | whole | whole | tail80|   0   |   0   |   0   | length|      56 to 63 bytes: two blocks
//! ```
//!
//! `80` is the byte that SHA-256 appends to the text. With a rest of 48 to 55 bytes, the tail shares chunk 7 with the
//! length.
//!
//! Not `Sha256::digest`: it leaves copies of the text on the stack, which `.ci/run residue` finds.
//!
//! `compress256` loads 16 bytes at a time on x86_64. A load that needs more than one pending store waits until all of
//! them have reached the cache, and delays the next check: 52 ns instead of 34 for 43 characters. So each chunk is
//! written by one store of 16 bytes. Where a chunk is put together from words, compilers keep that store whole only if
//! no word is constant. `.ci/run speed` fails if it is split.

use core::array;
use core::hint::black_box;

use sha2::block_api::compress256;
use sha2::digest::array::Array;
use sha2::digest::typenum::U64;

use crate::chunk::{CHUNK, Chunk, chunks, wipe};
use crate::swar::load_le;
use crate::syntax::MAX_LEN;

/// A SHA-256 digest, as the eight words of the hash state.
pub(crate) type Digest = [u32; 8];

/// The initial hash state, FIPS 180-4 section 5.3.3.
#[rustfmt::skip]
pub(crate) const INITIAL: Digest = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

/// The most bytes of a block that leave room for the mark 0x80 and the length.
const MAX_IN_LAST_BLOCK: usize = 64 - 1 - 8;

/// Returns the SHA-256 digest of a text of at least sixteen bytes.
pub(crate) fn digest(text: &[u8]) -> Digest {
    let mut state = INITIAL;
    compress_whole_blocks(&mut state, text);
    compress_rest(&mut state, text);
    state
}

/// Hashes the whole blocks of `text`.
///
/// A step of its own, so that a server checks the syntax between the two, while these rounds are still in flight: 128
/// characters take 1.28 times as long as the compressions alone, instead of 1.44 times. Both steps take the state by
/// reference: by value, it would be moved in pieces of eight bytes.
#[inline(always)]
pub(crate) fn compress_whole_blocks(state: &mut Digest, text: &[u8]) {
    let (blocks, _) = blocks(text);
    if !blocks.is_empty() {
        compress256(state, blocks);
    }
}

/// Hashes the rest of `text`, with the padding.
#[inline(always)]
pub(crate) fn compress_rest(state: &mut Digest, text: &[u8]) {
    pad_and_compress(state, text);
    if cfg!(debug_assertions) {
        // In a debug build, the text is left in stack frames. The same call with a public text overwrites them, and those
        // of `compress_whole_blocks`.
        pad_and_compress(
            &mut INITIAL.clone(),
            [b'A'; MAX_LEN].get(..text.len()).unwrap_or_default(),
        );
    }
}

// Inlined where that was measured. Firmware is short of memory, not of time.
#[cfg_attr(all(target_arch = "x86_64", not(debug_assertions)), inline(always))]
fn pad_and_compress(state: &mut Digest, text: &[u8]) {
    let (_, rest) = blocks(text);
    let (whole, tail) = chunks(rest);
    let mut message = [[0; CHUNK]; 8];
    put_length(&mut message[7], text.len());
    // A single block uses the second half of `message`, so that the length has a constant offset.
    let message_used = &mut message[if rest.len() <= MAX_IN_LAST_BLOCK { 4 } else { 0 }..];
    for (to, from) in message_used.iter_mut().zip(whole) {
        *to = *from;
        // Stops the compiler from copying more at a time, through wider registers, or with memcpy.
        zeroize::optimization_barrier(to);
    }
    if let (Some(to), Some(last)) = (message_used.get_mut(whole.len()), text.last_chunk()) {
        put_tail(to, last, tail.len());
    }
    compress256(state, blocks(message_used.as_flattened()).0);
    wipe(&mut message);
    #[cfg(not(target_arch = "x86_64"))]
    {
        // 32-bit ARM shifts a tail in memory. A public one follows it, through the same stack frame.
        let mut public = [0; CHUNK];
        put_tail(&mut public, &[b'A'; CHUNK], tail.len());
        zeroize::optimization_barrier(&public);
    }
}

/// Splits `bytes` into whole blocks and the rest.
#[inline(always)]
fn blocks(bytes: &[u8]) -> (&[[u8; 64]], &[u8]) {
    let (blocks, rest) = Array::<u8, U64>::slice_as_chunks(bytes);
    (Array::cast_slice_to_core(blocks), rest)
}

/// Writes the length of the message in bits, big-endian, to the last word of a chunk, and zeros before it.
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

/// Adds the last `len` bytes of a text, fewer than 16, and the mark 0x80 after them, to the start of a chunk. `last` are
/// the last sixteen bytes of the text.
///
/// ```text
/// last       .....abcdefghijk         len = 11
/// marked     ....abcdefghijkM         the first byte is never needed, and makes room for the mark
/// tail       abcdefghijkM0000         shifted by the other 15 - len bytes
/// ```
// Not inlined where a public tail follows, so that both use the same memory.
#[cfg_attr(target_arch = "x86_64", inline(always))]
#[cfg_attr(not(target_arch = "x86_64"), inline(never))]
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
