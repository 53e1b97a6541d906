//! Compares digests and texts in constant time: every byte is compared, even after a difference.
//!
//! ```text
//! a          | word | word | word | word | …
//! b          | word | word | word | word | …
//! xor, or    the bits in which any word differs  ->  is it 0? one bit, public
//! ```
//!
//! Not `==`, which stops at the first difference: `.ci/run constant-time` fails. Not `ct_eq` on byte slices, which makes a
//! `Choice` per byte and takes fifteen times as long.

use subtle::ConstantTimeEq;

use super::chunk::{Chunk, chunks};
use super::swar::load_le;
use super::{PUBLIC, declassify};

/// Returns whether two digests are equal. No branch depends on either: the digest of a wrong verifier is not public. It may
/// stay in registers and frames, because the verifier cannot be computed from it.
#[inline]
pub(crate) fn digests_equal(a: &[u32; 8], b: &[u32; 8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |acc, (a, b)| acc | (a ^ b));
    declassify(difference.ct_eq(&0))
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
    difference(&PUBLIC, &PUBLIC); // Overwrites registers and frame.
    declassify(acc.ct_eq(&0))
}

/// Returns the bits in which the words of two chunks differ.
#[inline(never)]
fn difference(a: &Chunk, b: &Chunk) -> u32 {
    let acc = (0..4).fold(0, |acc, i| acc | (load_le(a, 4 * i) ^ load_le(b, 4 * i)));
    zeroize::optimization_barrier(a);
    acc
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
    fn a_difference_in_any_bit_is_found() {
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
