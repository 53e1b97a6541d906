//! The secrets of the scenarios. Each byte is a function of its offset and of the number of the secret, in which nothing
//! wider than a byte depends on the number; and is written alone, behind a barrier, so that none passes through a vector
//! register on its way. So what the harness itself leaves are single bytes.

use std::array;
use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

use pkce_core::{CodeChallengeMethod, CodeVerifier};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// The initial hash state, FIPS 180-4 section 5.3.3.
pub const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const UNRESERVED: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// From now on, this process has the secret of this number.
pub fn choose(secret: u8) {
    CHOSEN.store(secret, Ordering::SeqCst);
}

/// A number that does not depend on the secret.
fn noise(seed: usize, index: usize) -> u32 {
    let mut x = (index as u32).wrapping_add(1).wrapping_mul(0x9e37_79b9) ^ (seed as u32).wrapping_mul(0x85eb_ca6b);
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x.wrapping_mul(0x846c_a68b) >> 8
}

/// The distance between the bytes of two secrets that have the numbers `n` and `n + 1`: 1 to 32.
fn distance(noise: u32) -> u8 {
    (noise >> 16) as u8 % 32 + 1
}

/// A character of the text of `len` characters.
#[inline(never)]
pub fn character(len: usize, index: usize) -> u8 {
    let noise = noise(black_box(len), black_box(index));
    let moved = (noise % 66) as u8 + black_box(CHOSEN.load(Ordering::SeqCst)) * distance(noise);
    black_box(UNRESERVED[usize::from(moved) % UNRESERVED.len()])
}

/// One of the random octets.
#[inline(never)]
pub fn octet(index: usize) -> u8 {
    let noise = noise(7, black_box(index));
    black_box((noise as u8).wrapping_add(black_box(CHOSEN.load(Ordering::SeqCst)).wrapping_mul(distance(noise))))
}

/// Writes the first `n` random octets to the start of `to`.
#[inline(never)]
pub fn fill(n: usize, to: &mut [u8]) {
    for (i, to) in to.iter_mut().enumerate().take(n) {
        *to = octet(i);
    }
    black_box(to);
}

/// Shows the text of `len` characters to `use_it`, in a buffer of the harness's own that it then wipes.
pub fn with_text<T>(len: usize, use_it: impl FnOnce(&str) -> T) -> T {
    with_bytes(len, |i| character(len, i), use_it)
}

/// The same, but for the last character, which is one that no verifier may have.
pub fn with_refused<T>(len: usize, use_it: impl FnOnce(&str) -> T) -> T {
    with_bytes(len, |i| if i == len - 1 { b'=' } else { character(len, i) }, use_it)
}

fn with_bytes<T>(len: usize, byte: impl Fn(usize) -> u8, use_it: impl FnOnce(&str) -> T) -> T {
    let mut buffer = Vec::with_capacity(len);
    for i in 0..len {
        buffer.push(byte(i));
    }
    // SAFETY: every byte is ASCII. The checked conversion would load eight bytes at a time into a register.
    let result = use_it(unsafe { std::str::from_utf8_unchecked(&buffer) });
    buffer.zeroize();
    result
}

/// Shows the first `n` random octets to `use_them`, and wipes them.
pub fn with_octets<T>(n: usize, use_them: impl FnOnce(&[u8]) -> T) -> T {
    let mut octets = vec![0; n];
    fill(n, &mut octets);
    let result = use_them(&octets);
    octets.zeroize();
    result
}

/// A String of `len` characters. Its spare capacity holds all of them once more, if it is large enough.
pub fn owned(len: usize, capacity: usize, refused: bool) -> String {
    let mut text = Vec::with_capacity(capacity);
    for i in 0..capacity.min(2 * len) {
        text.push(if refused && i % len == len - 1 {
            b'='
        } else {
            character(len, i % len)
        });
    }
    text.truncate(len);
    // SAFETY: every byte is ASCII.
    unsafe { String::from_utf8_unchecked(text) }
}

/// What is public of a text, in the forms in which it may lie in memory: its S256 challenge; its digest, and its digest
/// without the initial state that the last step adds, each in both byte orders and with extended signs.
pub fn public(text: &str) -> Vec<Vec<u8>> {
    let verifier = CodeVerifier::parse(text).expect("well formed");
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let digest: [u8; 32] = Sha256::digest(text).into();
    let word = |i: usize| digest[4 * i..4 * i + 4].try_into().map_or(0, u32::from_be_bytes);
    let mut forms = vec![challenge.as_str().as_bytes().to_vec()];
    for words in [
        array::from_fn(word),
        array::from_fn(|i| word(i).wrapping_sub(INITIAL[i])),
    ] {
        let words: [u32; 8] = words;
        forms.push(words.map(u32::to_le_bytes).as_flattened().to_vec());
        forms.push(words.map(u32::to_be_bytes).as_flattened().to_vec());
        // As the registers of riscv64 hold a word.
        forms.push(
            words
                .map(|word| i64::from(word as i32).to_le_bytes())
                .as_flattened()
                .to_vec(),
        );
    }
    forms
}
