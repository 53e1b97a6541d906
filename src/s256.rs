//! The hash of the S256 transform, RFC 7636 section 4.2, in one shot.

use core::{array, slice};

use sha2::block_api::compress256;
use sha2::digest::array::Array;
use sha2::digest::typenum::U64;

use crate::lanes::word;
use crate::secret::Scratch;

/// A SHA-256 digest, as the eight words of the hash state.
pub(crate) type Digest = [u32; 8];

/// The initial hash state, FIPS 180-4 section 5.3.3.
#[rustfmt::skip]
const INITIAL: Digest = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
];

const BLOCK: usize = 64;
const LANE: usize = 16;
const WORD: usize = 4;

/// SHA-256 of a `code_verifier`.
///
/// `Sha256::digest` copies its input into buffers of its own and leaves them behind. Here whole blocks are hashed where
/// they lie; only the last one, which needs padding, is a copy, and that is wiped.
pub(crate) fn digest(text: &[u8]) -> Digest {
    finish(begin(text), text)
}

// Inlined, both steps take a tenth less time. Only where that was measured: a small device is short of room, not of time.

/// Hashes the whole blocks of the text.
#[cfg_attr(target_arch = "x86_64", inline(always))]
pub(crate) fn begin(text: &[u8]) -> Digest {
    let (blocks, _) = Array::<u8, U64>::slice_as_chunks(text);
    let mut state = INITIAL;
    if !blocks.is_empty() {
        compress256(&mut state, Array::cast_slice_to_core(blocks));
    }
    state
}

/// Hashes the rest of the text, with the padding.
#[cfg_attr(target_arch = "x86_64", inline(always))]
pub(crate) fn finish(mut state: Digest, text: &[u8]) -> Digest {
    let (_, tail) = Array::<u8, U64>::slice_as_chunks(text);
    let length_fits = tail.len() < BLOCK - 8;
    // Not before: it is put together while the rounds above go on, a tenth less time for 64 characters.
    let mut padded = Scratch::<u8, BLOCK>::zeroed();
    add_length(&mut padded.0, text.len(), length_fits);
    add_tail(&mut padded.0, text, tail);
    compress256(&mut state, slice::from_ref(&padded.0));
    if !length_fits {
        padded.0.fill(0);
        add_length(&mut padded.0, text.len(), true);
        compress256(&mut state, slice::from_ref(&padded.0));
    }
    if cfg!(debug_assertions) {
        // Without optimization the compression function leaves what it read in its stack frame: zeros take its place.
        compress256(&mut INITIAL.clone(), &[[0; BLOCK]]);
    }
    state
}

// How the padded block is filled decides what a verification costs. The compression function reads it in lanes of
// sixteen bytes, and a lane that was written in smaller pieces is not there yet when it is read: the processor waits
// until everything before has retired, which took half as long as the compression itself. So every lane is written by
// one store. A lane that is not whole is put together in four words, with masks that are read at an offset out of the
// tables below; a mask that were a constant would be folded, and the store be split again.

/// Read from `LANE - n` on: n bytes of ones, then zeros.
static KEEP: [[u8; LANE]; 2] = [[0xff; LANE], [0; LANE]];
/// Read from `LANE - n` on: n zeros, then the mark 0x80, then zeros.
static MARK: [[u8; LANE]; 2] = [[0; LANE], [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]];
/// Read from 0 on: zeros. Read from `WORD` on: ones where the low word of the message's length goes.
static LENGTH: [[u8; WORD]; 5] = [[0; WORD], [0; WORD], [0; WORD], [0; WORD], [0xff; WORD]];

/// Adds the last bytes of `text`, which are `tail`, and the mark behind them, to a block that is zero there.
#[inline(always)]
fn add_tail(block: &mut [u8; BLOCK], text: &[u8], tail: &[u8]) {
    for start in [0, LANE, 2 * LANE] {
        if let Some(whole) = tail.get(start..start + LANE) {
            block[start..start + LANE].copy_from_slice(whole);
        }
    }
    // What is over goes into a lane of its own. Its words are read out of the last lane of the text; those that would
    // reach behind its end are read from its last four bytes and shifted, and what is then too much is masked out.
    let over = tail.len() % LANE;
    let Some(last) = text.last_chunk::<LANE>() else { return };
    let mut lane = Scratch::<u32, 4>::zeroed();
    for (i, to) in lane.0.iter_mut().enumerate() {
        let from = LANE - over + WORD * i;
        let at = from.min(LANE - WORD);
        let bytes = word(last, at).wrapping_shr(8 * (from - at) as u32);
        *to = bytes & word(KEEP.as_flattened(), from) | word(MARK.as_flattened(), from);
    }
    add(block, tail.len() - over, &lane.0);
}

/// Adds the length of the message in bits, if it `fits`, to the last lane of the block.
#[inline(always)]
fn add_length(block: &mut [u8; BLOCK], len: usize, fits: bool) {
    let bits = (8 * len as u32).swap_bytes();
    let start = if fits { WORD } else { 0 };
    add(
        block,
        BLOCK - LANE,
        &array::from_fn(|i| bits & word(LENGTH.as_flattened(), start + WORD * i)),
    );
}

/// Adds a lane to a block at `start`, a multiple of `LANE`.
#[inline(always)]
fn add(block: &mut [u8; BLOCK], start: usize, lane: &[u32; 4]) {
    let start = start & (BLOCK - LANE);
    for (to, lane) in block[start..start + LANE].chunks_exact_mut(WORD).zip(lane) {
        to.copy_from_slice(&(word(to, 0) | lane).to_le_bytes());
    }
}
