//! The secrets of the scenarios. Each is a function of the offset, so that no copy of one lies in the program, and is
//! written byte by byte behind a barrier, so that none passes through a vector register on its way.

use std::hint::black_box;

use zeroize::Zeroize;

use crate::scan::Masked;

const UNRESERVED: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn noise(seed: usize, index: usize) -> u32 {
    let mut x = (index as u32).wrapping_add(1).wrapping_mul(0x9e37_79b9) ^ (seed as u32).wrapping_mul(0x85eb_ca6b);
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x.wrapping_mul(0x846c_a68b) >> 8
}

/// A byte of the text of `len` characters.
#[inline(never)]
fn character(len: usize, index: usize) -> u8 {
    black_box(UNRESERVED[noise(black_box(len), black_box(index)) as usize % UNRESERVED.len()])
}

/// A byte of the random octets.
#[inline(never)]
pub fn octet(index: usize) -> u8 {
    black_box(noise(7, black_box(index)) as u8)
}

/// Writes the first `n` random octets to the start of `to`.
#[inline(never)]
pub fn fill(n: usize, to: &mut [u8]) {
    for (i, to) in to.iter_mut().enumerate().take(n) {
        *to = octet(i);
    }
    black_box(to);
}

/// The text of `len` characters.
pub fn text(len: usize) -> Vec<Masked> {
    vec![Masked::new(len, |i| character(len, i))]
}

/// What is allowed of the text that [`with_refused`] shows.
pub fn refused(len: usize) -> Vec<Masked> {
    vec![Masked::new(len - 1, |i| character(len, i))]
}

/// The first `n` random octets, and the text that base64url makes of them.
pub fn octets(n: usize) -> Vec<Masked> {
    vec![
        Masked::new(n, octet),
        Masked::new((4 * n).div_ceil(3), |i| {
            let bit = |at: usize| {
                if at < 8 * n {
                    octet(at / 8) >> (7 - at % 8) & 1
                } else {
                    0
                }
            };
            BASE64URL[usize::from((6 * i..6 * i + 6).fold(0, |sextet, at| sextet << 1 | bit(at)))]
        }),
    ]
}

/// The first `n` random octets, of which no text was made.
pub fn raw_octets(n: usize) -> Vec<Masked> {
    vec![Masked::new(n, octet)]
}

/// A text that nobody knew before, and the octets that it was made of.
pub fn of_text(text: &str) -> Vec<Masked> {
    let text = text.as_bytes();
    let sextet = |i: usize| {
        BASE64URL
            .iter()
            .position(|&it| it == black_box(text[i]))
            .expect("base64url") as u8
    };
    let bit = |at: usize| sextet(at / 6) >> (5 - at % 6) & 1;
    vec![
        Masked::new(text.len(), |i| text[i]),
        Masked::new(text.len() * 3 / 4, |i| {
            (8 * i..8 * i + 8).fold(0, |octet, at| octet << 1 | bit(at))
        }),
    ]
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

/// Shows the first N random octets to `use_them`, and wipes them.
pub fn with_octets<const N: usize, T>(use_them: impl FnOnce(&[u8; N]) -> T) -> T {
    let mut octets = [0; N];
    for (i, to) in octets.iter_mut().enumerate() {
        *to = octet(i);
    }
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
