//! Comparison of digests and of texts: every byte is compared, even after a difference.
//!
//! ```text
//! a          | word | word | word | word | …
//! b          | word | word | word | word | …
//! xor, or    the bits in which any word differs  ->  declassify: one bit, public
//! ```
//!
//! Not `==`, which stops at the first difference: `.ci/run constant-time` fails.

use core::hint::black_box;

use subtle::{Choice, ConstantTimeEq};

use crate::chunk::{Chunk, chunks};
use crate::s256::Digest;
use crate::swar::load_le;

/// Returns whether two digests are equal.
///
/// Not `ct_eq` on byte slices, which makes a `Choice` per byte and takes fifteen times as long.
#[inline]
pub(crate) fn digests_equal(a: &Digest, b: &Digest) -> bool {
    let acc = a.iter().zip(b).fold(0, |acc, (a, b)| acc | (a ^ b));
    declassify(acc.ct_eq(&0))
}

/// Returns whether two texts of at least 16 bytes are equal. Their lengths are not secret.
pub(crate) fn texts_equal(a: &[u8], b: &[u8]) -> bool {
    let (Some(last_a), Some(last_b), true) = (a.last_chunk(), b.last_chunk(), a.len() == b.len()) else {
        return false;
    };
    let mut acc = difference(last_a, last_b);
    for (a, b) in chunks(a).0.iter().zip(chunks(b).0) {
        acc |= difference(a, b);
    }
    acc |= difference(&Chunk::default(), &Chunk::default());
    declassify(acc.ct_eq(&0))
}

/// Not inlined, so that every chunk passes through the same registers, and the last one in them is public.
#[inline(never)]
fn difference(a: &Chunk, b: &Chunk) -> u32 {
    let acc = (0..4).fold(0, |acc, i| acc | (load_le(a, 4 * i) ^ load_le(b, 4 * i)));
    zeroize::optimization_barrier(a);
    acc
}

/// Makes "equal?" public, here alone.
///
/// Not inlined, so that this is the only branch on a secret. `black_box` keeps the compiler from returning the condition
/// itself instead of branching; it stores its argument in memory, so only `false` passes through it.
/// `.ci/run constant-time` fails if another branch depends on a secret.
#[inline(never)]
fn declassify(equal: Choice) -> bool {
    if equal.into() { true } else { black_box(false) }
}

#[cfg(test)]
mod tests {
    use super::digests_equal;

    /// No text is that short. Such a comparison must not succeed.
    #[test]
    fn texts_shorter_than_a_chunk_are_not_equal() {
        assert!(!super::texts_equal(b"short", b"short"));
    }

    #[test]
    fn digests_differ_in_every_single_bit_and_word() {
        let digest = core::array::from_fn(|i| 0x9e37_79b9_u32.wrapping_mul(i as u32 + 1));
        assert!(digests_equal(&digest, &digest.clone()));
        for word in 0..8 {
            for change in (0..32).map(|bit| 1 << bit).chain([digest[word], !0]) {
                let mut other = digest;
                other[word] ^= change;
                assert!(!digests_equal(&digest, &other), "word {word}, {change:#x}");
            }
        }
    }
}
