//! The operations on secrets whose traces must be equal, and the secrets to try them with.
//!
//! Each case has an untraced `prepare` and a traced `run`. `prepare` makes what is public or was made before, such as the
//! stored challenge, whose decoding may use a table. `run` must execute the same instructions and access the same
//! addresses for every secret of a length.

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod arena;
mod controls;
#[path = "../../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../../common/generator.rs"]
mod generator;
mod pkce;
mod secrets;

use core::ops::RangeInclusive;

use pkce_core::{CodeChallenge, CodeVerifier};

pub use pkce::refused_at;
pub use secrets::SECRETS;

pub struct Case {
    pub name: &'static str,
    /// The traces of a control must differ.
    pub is_control: bool,
    pub lengths: RangeInclusive<usize>,
    pub prepare: fn(&mut Fixture, secret: usize),
    /// Returns whether the operation had the expected result.
    pub run: fn(&mut Fixture) -> bool,
}

/// What the cases work on. It is at the same address for every secret.
pub struct Fixture {
    buffer: [u8; 128],
    len: usize,
    verifier: Option<CodeVerifier>,
    stored: Option<CodeChallenge>,
    other: Option<CodeChallenge>,
    #[cfg(feature = "alloc")]
    owned: Option<alloc::string::String>,
}

impl Fixture {
    pub const fn new() -> Self {
        Self {
            buffer: [0; 128],
            len: 0,
            verifier: None,
            stored: None,
            other: None,
            #[cfg(feature = "alloc")]
            owned: None,
        }
    }

    /// Drops what the last case made.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    fn text(&self) -> &str {
        // SAFETY: every secret text is ASCII. A check would branch on the secret.
        unsafe { core::str::from_utf8_unchecked(self.bytes()) }
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl Case {
    /// Makes what `run` needs for the secret number `secret` of length `len`.
    pub fn prepare(&self, fixture: &mut Fixture, len: usize, secret: usize) {
        fixture.len = len;
        (self.prepare)(fixture, secret);
    }
}

/// Every case, the controls first.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    controls::CASES.iter().chain(pkce::CASES)
}
