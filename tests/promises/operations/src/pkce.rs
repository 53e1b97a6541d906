//! The promise.

use core::convert::Infallible;
use core::fmt::{Debug, Write};

use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, ParseVerifierError, PkceOutcome, ServerPolicy,
    TokenError,
};
use rand_core::CryptoRng;

use crate::from_random_bytes::FROM_RANDOM_BYTES;
use crate::generator::Generator;
use crate::{Case, Fixture, Given, Printed, SECRETS, secrets};

use CodeChallengeMethod::{Plain, S256};
use Given::{Equal, EqualPair, Octets, Seed, Text, Unequal, UnequalPair, Verifier};

const STRICT: ServerPolicy = ServerPolicy::new().allow_plain();
const LENIENT: LenientPolicy = ServerPolicy::new().allow_plain().allow_non_pkce();

const fn case(name: &'static str, given: Given, results: usize, run: fn(&mut Fixture) -> bool) -> Case {
    Case {
        name,
        given,
        results,
        run,
    }
}

pub(crate) const CASES: &[Case] = &[
    case("generate_with", Seed, 0, generate_with),
    case("try_generate_with", Seed, 0, try_generate_with),
    case("a generator that fails", Seed, 0, failing_generator),
    case("generate_from_rng", Seed, 0, generate_from_rng),
    case("try_generate_from_rng", Seed, 0, try_generate_from_rng),
    case("from_random_bytes", Octets, 0, from_random_bytes),
    case("parse a verifier", Text, 1, parse_verifier),
    case("parse a verifier, FromStr", Text, 1, from_str),
    case("TryFrom<&str>", Text, 1, try_from_str),
    #[cfg(feature = "alloc")]
    case("TryFrom<String>", Given::Owned, 1, try_from_string),
    case("Debug of a verifier", Verifier, 0, debug_verifier),
    case("drop a verifier", Verifier, 0, drop_verifier),
    case("challenge, S256", Verifier, 0, challenge_s256),
    case("challenge, plain", Verifier, 0, challenge_plain),
    case("verify, S256, equal", Equal(S256), 1, verify),
    case("verify, S256, unequal", Unequal(S256), 1, verify),
    case("verify, plain, equal", Equal(Plain), 1, verify),
    case("verify, plain, unequal", Unequal(Plain), 1, verify),
    case("token request, S256, equal", Equal(S256), 2, strict_token),
    case("token request, S256, unequal", Unequal(S256), 2, strict_token),
    case("token request, plain, equal", Equal(Plain), 2, strict_token),
    case("token request, plain, unequal", Unequal(Plain), 2, strict_token),
    case("lenient token request, S256, equal", Equal(S256), 2, lenient_token),
    case("lenient token request, S256, unequal", Unequal(S256), 2, lenient_token),
    case("lenient token request, plain, equal", Equal(Plain), 2, lenient_token),
    case(
        "lenient token request, plain, unequal",
        Unequal(Plain),
        2,
        lenient_token,
    ),
    case("parse a plain challenge", Text, 1, parse_plain),
    case("from_stored, plain", Text, 1, from_stored),
    case("authorization request, plain", Text, 1, strict_authorization),
    case("lenient authorization request, plain", Text, 1, lenient_authorization),
    case("clone a plain challenge", Unequal(Plain), 0, clone_plain),
    case("== of plain challenges, equal", EqualPair, 1, compare_plain),
    case("== of plain challenges, unequal", UnequalPair, 1, compare_plain),
    case("Debug of a plain challenge", Unequal(Plain), 0, debug_plain),
    case("drop a plain challenge", Unequal(Plain), 0, drop_plain),
];

impl Fixture {
    pub(crate) fn prepare(&mut self, given: Given, secret: usize) {
        match given {
            Seed | Octets => secrets::octets(secret, &mut self.buffer[..self.len]),
            _ => secrets::text(secret, &mut self.buffer[..self.len]),
        }
        match given {
            Seed | Octets | Text => {}
            #[cfg(feature = "alloc")]
            Given::Owned => self.owned = Some(self.text().into()),
            _ => self.verifier = CodeVerifier::parse(self.text()).ok(),
        }
        match given {
            Equal(method) => self.stored = self.challenge(method),
            Unequal(method) => self.stored = self.nearly_right(secret, method),
            EqualPair => (self.stored, self.other) = (self.challenge(Plain), self.challenge(Plain)),
            UnequalPair => (self.stored, self.other) = (self.nearly_right(secret, Plain), self.challenge(Plain)),
            _ => {}
        }
        self.is_equal = matches!(given, Equal(_) | EqualPair);
    }

    fn challenge(&self, method: CodeChallengeMethod) -> Option<CodeChallenge> {
        self.verifier.as_ref().map(|verifier| verifier.challenge(method))
    }

    fn nearly_right(&self, secret: usize, method: CodeChallengeMethod) -> Option<CodeChallenge> {
        let right = self.challenge(method)?;
        let mut buffer = [0; 128];
        let text = buffer.get_mut(..right.as_str().len())?;
        text.copy_from_slice(right.as_str().as_bytes());
        let wrong = secrets::wrong_at(secret, text.len());
        let all = secret == SECRETS - 1;
        for (index, character) in text.iter_mut().enumerate() {
            if all || index == wrong {
                // Both are canonical at the end of an S256 challenge.
                *character = if *character == b'A' { b'E' } else { b'A' };
            }
        }
        CodeChallenge::parse(core::str::from_utf8(text).ok()?, method).ok()
    }

    /// The result of a token request.
    fn expected<T>(&self, accepted: T) -> Result<T, TokenError> {
        if self.is_equal {
            Ok(accepted)
        } else {
            Err(TokenError::Mismatch)
        }
    }

    fn keep_verifier(&mut self, verifier: Option<CodeVerifier>) -> bool {
        self.verifier = verifier;
        self.verifier.is_some()
    }

    fn keep_challenge(&mut self, challenge: Option<CodeChallenge>) -> bool {
        self.other = challenge;
        self.other.is_some()
    }
}

fn generate_with(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::generate_with(|to| to.copy_from_slice(fixture.bytes()));
    fixture.keep_verifier(Some(made))
}

fn try_generate_with(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::try_generate_with(|to| {
        to.copy_from_slice(fixture.bytes());
        Ok::<(), ()>(())
    });
    fixture.keep_verifier(made.ok())
}

fn failing_generator(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::try_generate_with(|to| {
        to.copy_from_slice(fixture.bytes());
        Err(())
    });
    made.is_err()
}

fn generator(octets: &[u8]) -> impl CryptoRng {
    Generator(|to: &mut [u8]| {
        to.copy_from_slice(octets);
        Ok::<(), Infallible>(())
    })
}

fn generate_from_rng(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::generate_from_rng(&mut generator(fixture.bytes()));
    fixture.keep_verifier(Some(made))
}

fn try_generate_from_rng(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::try_generate_from_rng(&mut generator(fixture.bytes()));
    fixture.keep_verifier(made.ok())
}

fn from_random_bytes(fixture: &mut Fixture) -> bool {
    let made = FROM_RANDOM_BYTES[fixture.len - 32](fixture.bytes());
    fixture.keep_verifier(made)
}

fn parse_verifier(fixture: &mut Fixture) -> bool {
    let parsed = CodeVerifier::parse(fixture.text());
    fixture.keep_verifier(parsed.ok())
}

fn from_str(fixture: &mut Fixture) -> bool {
    let parsed = fixture.text().parse::<CodeVerifier>();
    fixture.keep_verifier(parsed.ok())
}

fn try_from_str(fixture: &mut Fixture) -> bool {
    let parsed = CodeVerifier::try_from(fixture.text());
    fixture.keep_verifier(parsed.ok())
}

#[cfg(feature = "alloc")]
fn try_from_string(fixture: &mut Fixture) -> bool {
    let parsed = CodeVerifier::try_from(fixture.owned.take().unwrap_or_default());
    fixture.keep_verifier(parsed.ok())
}

/// Returns the offset at which the text is refused.
pub fn refused_at(fixture: &Fixture) -> Option<usize> {
    match CodeVerifier::parse(fixture.text()) {
        Err(ParseVerifierError::InvalidByte { index }) => Some(index),
        _ => None,
    }
}

fn debug_verifier(fixture: &mut Fixture) -> bool {
    debug(&fixture.verifier, &mut fixture.printed)
}

fn debug_plain(fixture: &mut Fixture) -> bool {
    debug(&fixture.stored, &mut fixture.printed)
}

fn debug(value: &Option<impl Debug>, printed: &mut Printed) -> bool {
    value.as_ref().is_some_and(|value| write!(printed, "{value:?}").is_ok()) && printed.len > 0
}

fn drop_verifier(fixture: &mut Fixture) -> bool {
    fixture.verifier.take().is_some()
}

fn drop_plain(fixture: &mut Fixture) -> bool {
    fixture.stored.take().is_some()
}

fn challenge_s256(fixture: &mut Fixture) -> bool {
    let made = fixture.challenge(S256);
    fixture.keep_challenge(made)
}

fn challenge_plain(fixture: &mut Fixture) -> bool {
    let made = fixture.challenge(Plain);
    fixture.keep_challenge(made)
}

fn verify(fixture: &mut Fixture) -> bool {
    match (&fixture.stored, &fixture.verifier) {
        (Some(stored), Some(verifier)) => stored.verify(verifier).is_ok() == fixture.is_equal,
        _ => false,
    }
}

fn strict_token(fixture: &mut Fixture) -> bool {
    let result = STRICT.check_token_request(fixture.stored.as_ref(), Some(fixture.text()));
    result == fixture.expected(())
}

fn lenient_token(fixture: &mut Fixture) -> bool {
    let result = LENIENT.check_token_request(fixture.stored.as_ref(), Some(fixture.text()));
    result == fixture.expected(PkceOutcome::Verified)
}

fn parse_plain(fixture: &mut Fixture) -> bool {
    let parsed = CodeChallenge::parse(fixture.text(), Plain);
    fixture.keep_challenge(parsed.ok())
}

fn from_stored(fixture: &mut Fixture) -> bool {
    let parsed = CodeChallenge::from_stored(Some(fixture.text()), Some("plain"));
    fixture.keep_challenge(parsed.ok().flatten())
}

fn strict_authorization(fixture: &mut Fixture) -> bool {
    let parsed = STRICT.check_authorization_request(Some(fixture.text()), Some("plain"));
    fixture.keep_challenge(parsed.ok())
}

fn lenient_authorization(fixture: &mut Fixture) -> bool {
    // Without a method it is plain.
    let parsed = LENIENT.check_authorization_request(Some(fixture.text()), None);
    fixture.keep_challenge(parsed.ok().flatten())
}

fn clone_plain(fixture: &mut Fixture) -> bool {
    let copy = fixture.stored.clone();
    fixture.keep_challenge(copy)
}

fn compare_plain(fixture: &mut Fixture) -> bool {
    let (stored, other) = (&fixture.stored, &fixture.other);
    stored.is_some() && other.is_some() && (stored == other) == fixture.is_equal
}
