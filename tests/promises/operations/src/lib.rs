//! The operations on secrets, and secrets to try them with: `constant-time` marks the secret as undefined, `trace`
//! compares what is executed for several secrets, and `proof` executes the code for all of them.
//!
//! What a case is given is public or was made before, such as the stored challenge, whose decoding may use a table.

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod arena;
mod controls;
#[path = "../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../common/generator.rs"]
mod generator;
mod pkce;
mod secrets;

use core::fmt;
use core::ops::RangeInclusive;

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};

pub use pkce::refused_at;
pub use secrets::SECRETS;

pub struct Case {
    /// That of a control begins with this word.
    pub name: &'static str,
    given: Given,
    /// How often it makes a result about the secret public: "well formed" or "equal".
    pub results: usize,
    /// Returns whether the operation had the expected result.
    pub run: fn(&mut Fixture) -> bool,
}

/// What an operation is given.
#[derive(Clone, Copy)]
enum Given {
    /// As many octets as a generator is asked for.
    Seed,
    Octets,
    Text,
    #[cfg(feature = "alloc")]
    Owned,
    Verifier,
    /// The text, the verifier, and its challenge.
    Equal(CodeChallengeMethod),
    /// The same, but with a challenge that differs in a single character, which is another one for each secret, so that
    /// a comparison that stops early is seen. The last secret's differs in all characters.
    Unequal(CodeChallengeMethod),
    /// The same with the plain challenge of the verifier beside it.
    EqualPair,
    UnequalPair,
}

/// What the cases work on. It is at the same address for every secret.
pub struct Fixture {
    buffer: [u8; 128],
    len: usize,
    verifier: Option<CodeVerifier>,
    stored: Option<CodeChallenge>,
    other: Option<CodeChallenge>,
    is_equal: bool,
    #[cfg(feature = "alloc")]
    owned: Option<alloc::string::String>,
    printed: Printed,
}

/// What `Debug` printed.
struct Printed {
    buffer: [u8; 256],
    len: usize,
}

impl Fixture {
    pub const fn new() -> Self {
        Self {
            buffer: [0; 128],
            len: 0,
            verifier: None,
            stored: None,
            other: None,
            is_equal: false,
            #[cfg(feature = "alloc")]
            owned: None,
            printed: Printed {
                buffer: [0; 256],
                len: 0,
            },
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

    /// Calls `visit` with each secret.
    pub fn visit_secrets(&self, visit: fn(&[u8])) {
        visit(self.bytes());
        if let Some(verifier) = &self.verifier {
            visit(verifier.expose_secret().as_bytes());
        }
        for challenge in self.stored.iter().chain(&self.other) {
            if challenge.method() == CodeChallengeMethod::Plain {
                visit(challenge.as_str().as_bytes());
            }
        }
        #[cfg(feature = "alloc")]
        if let Some(owned) = &self.owned {
            visit(owned.as_bytes());
        }
    }

    /// What `Debug` printed, which must be public.
    pub fn printed(&self) -> &[u8] {
        &self.printed.buffer[..self.printed.len]
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Write for Printed {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let end = self.len + s.len();
        self.buffer[self.len..end].copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Case {
    pub fn is_control(&self) -> bool {
        self.name.starts_with("control")
    }

    /// The numbers of octets or of characters.
    pub fn lengths(&self) -> RangeInclusive<usize> {
        match self.given {
            Given::Seed => 32..=32,
            Given::Octets => 32..=96,
            _ => CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN,
        }
    }

    /// Makes what `run` needs for the secret number `secret` of length `len`.
    pub fn prepare(&self, fixture: &mut Fixture, len: usize, secret: usize) {
        fixture.clear();
        fixture.len = len;
        fixture.prepare(self.given, secret);
    }
}

/// Every case, the controls first.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    controls::CASES.iter().chain(pkce::CASES)
}
