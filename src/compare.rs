//! Comparison of secrets: every byte is looked at, whatever the ones before it were.

use core::hint::black_box;

use subtle::{Choice, ConstantTimeEq};

use crate::s256::Digest;

/// Whether two digests are the same.
///
/// Word by word, and one answer at the end: `subtle` over byte slices makes an answer per byte, and takes fifteen times
/// as long.
#[inline]
pub(crate) fn digests_equal(a: &Digest, b: &Digest) -> bool {
    let difference = a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    answer(difference.ct_eq(&0))
}

/// Whether two texts are the same. Their lengths are not secret.
#[inline]
pub(crate) fn texts_equal(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    a.len() == b.len() && answer(difference.ct_eq(&0))
}

/// Where "equal?" becomes public, and the only such place: a branch that the compiler can neither move into a caller nor
/// turn into arithmetic on the secret.
#[inline(never)]
fn answer(equal: Choice) -> bool {
    if equal.into() { black_box(true) } else { false }
}
