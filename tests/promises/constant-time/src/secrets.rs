//! Texts that memcheck watches, and how often a result about one of them may become public.

use std::ops::{Deref, RangeInclusive};
use std::sync::atomic::{AtomicUsize, Ordering};

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};

use crate::memcheck;

pub const LENGTHS: RangeInclusive<usize> = CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN;

static MADE_PUBLIC: AtomicUsize = AtomicUsize::new(0);

/// Notes that the next call makes `results` public: whether a text is well formed, or whether two are equal.
pub fn makes_public(results: usize) {
    MADE_PUBLIC.fetch_add(results, Ordering::Relaxed);
}

/// The number of results that became public.
pub fn made_public() -> usize {
    MADE_PUBLIC.load(Ordering::Relaxed)
}

/// A well-formed text whose bytes are secret until it is dropped.
pub struct SecretText(String);

impl SecretText {
    pub fn new(len: usize) -> Self {
        let text = text(len);
        memcheck::secret(text.as_bytes());
        Self(text)
    }
}

impl Deref for SecretText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        memcheck::public(self.0.as_bytes());
    }
}

/// Every unreserved character in turn.
fn text(len: usize) -> String {
    const ALPHABET: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    (0..len)
        .map(|i| char::from(ALPHABET[(i * 7 + len) % ALPHABET.len()]))
        .collect()
}

/// A verifier whose text is secret.
pub fn secret_verifier(len: usize) -> CodeVerifier {
    makes_public(1);
    CodeVerifier::parse(&SecretText::new(len)).expect("well formed")
}

/// The stored challenge, which is public: that of the secret verifier, or of another text of the same length. The length
/// of a plain challenge is public, so that one of another length is refused without a comparison.
pub fn stored(len: usize, method: CodeChallengeMethod, right: bool) -> CodeChallenge {
    let text = if right { text(len) } else { "a".repeat(len) };
    CodeVerifier::parse(&text).expect("well formed").challenge(method)
}
