//! The hash of the S256 transform, RFC 7636 section 4.2.

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

/// Ones, zeros, then 0x80 and zeros.
static PADDING: [Chunk; 3] = [
    [0xff; CHUNK],
    [0; CHUNK],
    [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
];
static LENGTH: Chunk = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];

/// Returns the SHA-256 digest of a `code_verifier`.
pub(crate) fn digest(text: &[u8]) -> Digest {
    let mut state = INITIAL;
    compress_whole_blocks(&mut state, text);
    compress_rest(&mut state, text);
    state
}

#[inline(always)]
pub(crate) fn compress_whole_blocks(state: &mut Digest, text: &[u8]) {
    let (blocks, _) = Array::<u8, U64>::slice_as_chunks(text);
    if !blocks.is_empty() {
        compress256(state, Array::cast_slice_to_core(blocks));
    }
}

#[inline(always)]
pub(crate) fn compress_rest(state: &mut Digest, text: &[u8]) {
    pad_and_compress(state, text);
    if cfg!(debug_assertions) {
        // Without optimization the text is left in stack frames. The same calls with a public text overwrite it.
        pad_and_compress(
            &mut INITIAL.clone(),
            [b'A'; MAX_LEN].get(..text.len()).unwrap_or_default(),
        );
    }
}

#[cfg_attr(all(target_arch = "x86_64", not(debug_assertions)), inline(always))]
fn pad_and_compress(state: &mut Digest, text: &[u8]) {
    let (_, rest) = Array::<u8, U64>::slice_as_chunks(text);
    let skip = usize::from(rest.len() < 56);
    let mut message = [[0; CHUNK]; 8];
    let bits = (8 * text.len() as u32).swap_bytes();
    let mask = black_box(&LENGTH);
    put(&mut message[7], array::from_fn(|i| bits & load_le(mask, 4 * i)));
    let used = &mut message[4 * skip..];
    let (whole, tail) = chunks(rest);
    for (to, from) in used.iter_mut().zip(whole) {
        *to = *from;
        zeroize::optimization_barrier(to);
    }
    if let (Some(to), Some(last)) = (used.get_mut(whole.len()), text.last_chunk::<CHUNK>()) {
        let before = CHUNK - tail.len();
        for (i, to) in to.chunks_exact_mut(4).enumerate() {
            let from = before + 4 * i;
            let at = from.min(12);
            let keep = load_le(PADDING.as_flattened(), from);
            let mark = load_le(PADDING.as_flattened(), CHUNK + from);
            let word = load_le(last, at).wrapping_shr(8 * (from - at) as u32) & keep | mark;
            to.copy_from_slice(&(load_le(to, 0) | word).to_le_bytes());
        }
    }
    let (blocks, _) = Array::<u8, U64>::slice_as_chunks(used.as_flattened());
    compress256(state, Array::cast_slice_to_core(blocks));
    wipe(&mut message);
}

#[inline(always)]
fn put(to: &mut Chunk, words: [u32; 4]) {
    for (to, word) in to.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
}
