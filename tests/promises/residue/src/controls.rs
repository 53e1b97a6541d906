//! Faults that the comparison must see: what a careless implementation would leave behind, in the forms in which it does.

use std::hint::black_box;
use std::{array, mem};

use pkce_core::CodeVerifier;
use sha2::block_api::compress256;
use zeroize::Zeroize;

use crate::secret::{self, INITIAL, octet, with_text};

/// A name, the length of the text (or the number of octets), and the fault.
type Control = (&'static str, usize, fn(usize));

pub const ALL: &[Control] = &[
    ("a verifier that is never dropped", 43, |len| {
        with_text(len, |text| mem::forget(Box::new(CodeVerifier::parse(text))));
    }),
    ("the text, on the stack", 43, |len| {
        leave(|i| with_text(len, |text| text.as_bytes()[i % len]))
    }),
    ("its words, byte-swapped", 43, |len| {
        leave(|i| word(len, i / 4).to_le_bytes()[i % 4])
    }),
    ("every second word", 43, |len| {
        leave(|i| {
            if i / 4 % 2 == 0 {
                word(len, i / 4).to_be_bytes()[i % 4]
            } else {
                0
            }
        })
    }),
    ("the words of the message schedule", 43, |len| {
        leave(|i| schedule(len, 16 + i / 4).to_le_bytes()[i % 4])
    }),
    ("a sum under a mask", 43, |len| {
        leave(|i| ((word(len, i / 4) ^ 0x5f5f_5f5f).wrapping_add(0x7f7f_7f7f)).to_be_bytes()[i % 4]);
    }),
    ("eight octets of a generator", 32, |_| {
        leave(|i| if i < 8 { octet(i) } else { 0 })
    }),
    ("a String that is freed unwiped", 128, |len| {
        drop(black_box(secret::owned(len, len, false)))
    }),
    ("spare capacity that is freed unwiped", 128, |len| {
        let mut text = secret::owned(len, 3 * len, false);
        text.as_mut_str().zeroize();
        drop(black_box(text));
    }),
    // The one of riscv64 uses registers that any other function overwrites.
    #[cfg(not(target_arch = "riscv64"))]
    ("memcpy, to a wiped buffer", 64, |len| {
        with_text(len, |text| {
            let mut copy = [0; 64];
            copy.copy_from_slice(black_box(text.as_bytes()));
            black_box(&mut copy).zeroize();
        });
    }),
    ("compress256 of a wiped block", 64, |len| {
        with_text(len, |text| {
            let mut state = INITIAL;
            compress256(&mut state, &[*text.as_bytes().first_chunk().expect("a block")]);
            black_box(&mut state).zeroize();
        });
    }),
];

/// A word of the padded block, without the length.
fn word(len: usize, index: usize) -> u32 {
    u32::from_be_bytes(array::from_fn(|i| secret::character(len, (4 * index + i) % len)))
}

/// FIPS 180-4 section 6.2.2, step 1.
fn schedule(len: usize, index: usize) -> u32 {
    let word = |at| if at < 16 { word(len, at) } else { schedule(len, at) };
    let sigma = |word: u32, a, b, shift: u32| word.rotate_right(a) ^ word.rotate_right(b) ^ (word >> shift);
    sigma(word(index - 2), 17, 19, 10)
        .wrapping_add(word(index - 7))
        .wrapping_add(sigma(word(index - 15), 7, 18, 3))
        .wrapping_add(word(index - 16))
}

/// Leaves 32 bytes on the stack.
fn leave(byte: impl Fn(usize) -> u8) {
    // Many times, because the next calls overwrite what lies nearest.
    let mut buffers = [[0; 32]; 100];
    for (i, buffer) in buffers[0].iter_mut().enumerate() {
        *buffer = black_box(byte(i));
    }
    for i in 1..buffers.len() {
        buffers[i] = black_box(buffers[0]);
    }
    black_box(&buffers);
}
