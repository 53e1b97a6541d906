//! The promise.

use core::convert::Infallible;
use core::fmt::{self, Debug, Write};
use core::ops::RangeInclusive;

use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, ParseVerifierError, PkceOutcome, ServerPolicy,
    TokenError,
};
use rand_core::CryptoRng;

use crate::from_random_bytes::FROM_RANDOM_BYTES;
use crate::generator::Generator;
use crate::{Case, Fixture, SECRETS, secrets};

use CodeChallengeMethod::{Plain, S256};

const TEXTS: RangeInclusive<usize> = CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN;
const OCTETS: RangeInclusive<usize> = 32..=96;
const STRICT: ServerPolicy = ServerPolicy::new().allow_plain();
const LENIENT: LenientPolicy = ServerPolicy::new().allow_plain().allow_non_pkce();

const fn case(
    name: &'static str,
    lengths: RangeInclusive<usize>,
    prepare: fn(&mut Fixture, usize),
    run: fn(&mut Fixture) -> bool,
) -> Case {
    Case {
        name,
        is_control: false,
        lengths,
        prepare,
        run,
    }
}

pub(crate) const CASES: &[Case] = &[
    case("generate_with", 32..=32, octets, generate_with),
    case("try_generate_with", 32..=32, octets, try_generate_with),
    case("generate_from_rng", 32..=32, octets, generate_from_rng),
    case("try_generate_from_rng", 32..=32, octets, try_generate_from_rng),
    case("from_random_bytes", OCTETS, octets, from_random_bytes),
    case("parse a verifier", TEXTS, text, parse_verifier),
    #[cfg(feature = "alloc")]
    case("TryFrom<String>", TEXTS, owned, try_from_string),
    case("Debug of a verifier", TEXTS, verifier, debug_verifier),
    case("drop a verifier", TEXTS, verifier, drop_verifier),
    case("challenge, S256", TEXTS, verifier, challenge_s256),
    case("challenge, plain", TEXTS, verifier, challenge_plain),
    case("verify, S256, equal", TEXTS, equal::<true>, verify_equal),
    case("verify, S256, unequal", TEXTS, unequal::<true>, verify_unequal),
    case("verify, plain, equal", TEXTS, equal::<false>, verify_equal),
    case("verify, plain, unequal", TEXTS, unequal::<false>, verify_unequal),
    case("check_token_request, S256, equal", TEXTS, equal::<true>, strict_equal),
    case(
        "check_token_request, S256, unequal",
        TEXTS,
        unequal::<true>,
        strict_unequal,
    ),
    case("check_token_request, plain, equal", TEXTS, equal::<false>, strict_equal),
    case(
        "check_token_request, plain, unequal",
        TEXTS,
        unequal::<false>,
        strict_unequal,
    ),
    case(
        "lenient check_token_request, S256, equal",
        TEXTS,
        equal::<true>,
        lenient_equal,
    ),
    case(
        "lenient check_token_request, S256, unequal",
        TEXTS,
        unequal::<true>,
        lenient_unequal,
    ),
    case(
        "lenient check_token_request, plain, equal",
        TEXTS,
        equal::<false>,
        lenient_equal,
    ),
    case(
        "lenient check_token_request, plain, unequal",
        TEXTS,
        unequal::<false>,
        lenient_unequal,
    ),
    case("parse a plain challenge", TEXTS, text, parse_plain),
    case("from_stored, plain", TEXTS, text, from_stored),
    case("check_authorization_request, plain", TEXTS, text, strict_authorization),
    case(
        "lenient check_authorization_request, plain",
        TEXTS,
        text,
        lenient_authorization,
    ),
    case("clone a plain challenge", TEXTS, equal::<false>, clone_plain),
    case("== of plain challenges, equal", TEXTS, two_equal, compare_equal),
    case("== of plain challenges, unequal", TEXTS, two_unequal, compare_unequal),
    case("Debug of a plain challenge", TEXTS, equal::<false>, debug_plain),
    case("drop a plain challenge", TEXTS, equal::<false>, drop_plain),
];

// Not traced.

fn octets(fixture: &mut Fixture, secret: usize) {
    secrets::octets(secret, &mut fixture.buffer[..fixture.len]);
}

fn text(fixture: &mut Fixture, secret: usize) {
    secrets::text(secret, &mut fixture.buffer[..fixture.len]);
}

#[cfg(feature = "alloc")]
fn owned(fixture: &mut Fixture, secret: usize) {
    text(fixture, secret);
    fixture.owned = Some(fixture.text().into());
}

fn verifier(fixture: &mut Fixture, secret: usize) {
    text(fixture, secret);
    fixture.verifier = CodeVerifier::parse(fixture.text()).ok();
}

fn method(s256: bool) -> CodeChallengeMethod {
    if s256 { S256 } else { Plain }
}

/// The stored challenge is that of the verifier.
fn equal<const S256: bool>(fixture: &mut Fixture, secret: usize) {
    verifier(fixture, secret);
    fixture.stored = right(fixture, S256);
}

/// The stored challenge differs in a single character, which is another one for each secret: a comparison that stops early
/// is seen. The last secret's differs in all characters.
fn unequal<const S256: bool>(fixture: &mut Fixture, secret: usize) {
    verifier(fixture, secret);
    fixture.stored = nearly_right(fixture, secret, S256);
}

fn two_equal(fixture: &mut Fixture, secret: usize) {
    equal::<false>(fixture, secret);
    fixture.other = right(fixture, false);
}

fn two_unequal(fixture: &mut Fixture, secret: usize) {
    equal::<false>(fixture, secret);
    fixture.other = nearly_right(fixture, secret, false);
}

fn right(fixture: &Fixture, s256: bool) -> Option<CodeChallenge> {
    fixture
        .verifier
        .as_ref()
        .map(|verifier| verifier.challenge(method(s256)))
}

fn nearly_right(fixture: &Fixture, secret: usize, s256: bool) -> Option<CodeChallenge> {
    let right = right(fixture, s256)?;
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
    CodeChallenge::parse(core::str::from_utf8(text).ok()?, method(s256)).ok()
}

// Traced.

fn keep_verifier(fixture: &mut Fixture, verifier: Option<CodeVerifier>) -> bool {
    fixture.verifier = verifier;
    fixture.verifier.is_some()
}

fn keep_challenge(fixture: &mut Fixture, challenge: Option<CodeChallenge>) -> bool {
    fixture.other = challenge;
    fixture.other.is_some()
}

fn generate_with(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::generate_with(|to| to.copy_from_slice(fixture.bytes()));
    keep_verifier(fixture, Some(made))
}

fn try_generate_with(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::try_generate_with(|to| {
        to.copy_from_slice(fixture.bytes());
        Ok::<(), ()>(())
    });
    keep_verifier(fixture, made.ok())
}

fn generator(octets: &[u8]) -> impl CryptoRng {
    Generator(|to: &mut [u8]| {
        to.copy_from_slice(octets);
        Ok::<(), Infallible>(())
    })
}

fn generate_from_rng(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::generate_from_rng(&mut generator(fixture.bytes()));
    keep_verifier(fixture, Some(made))
}

fn try_generate_from_rng(fixture: &mut Fixture) -> bool {
    let made = CodeVerifier::try_generate_from_rng(&mut generator(fixture.bytes()));
    keep_verifier(fixture, made.ok())
}

fn from_random_bytes(fixture: &mut Fixture) -> bool {
    let made = FROM_RANDOM_BYTES[fixture.len - 32](fixture.bytes());
    keep_verifier(fixture, made)
}

fn parse_verifier(fixture: &mut Fixture) -> bool {
    let parsed = CodeVerifier::parse(fixture.text());
    keep_verifier(fixture, parsed.ok())
}

/// Returns the offset at which the text is refused.
pub fn refused_at(fixture: &Fixture) -> Option<usize> {
    match CodeVerifier::parse(fixture.text()) {
        Err(ParseVerifierError::InvalidByte { index }) => Some(index),
        _ => None,
    }
}

#[cfg(feature = "alloc")]
fn try_from_string(fixture: &mut Fixture) -> bool {
    let parsed = CodeVerifier::try_from(fixture.owned.take().unwrap_or_default());
    keep_verifier(fixture, parsed.ok())
}

/// Counts the characters.
struct Counter(usize);

impl Write for Counter {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0 += s.len();
        Ok(())
    }
}

fn debug(value: &Option<impl Debug>) -> bool {
    let mut counter = Counter(0);
    value.as_ref().is_some_and(|value| write!(counter, "{value:?}").is_ok()) && counter.0 > 0
}

fn debug_verifier(fixture: &mut Fixture) -> bool {
    debug(&fixture.verifier)
}

fn debug_plain(fixture: &mut Fixture) -> bool {
    debug(&fixture.stored)
}

fn drop_verifier(fixture: &mut Fixture) -> bool {
    fixture.verifier.take().is_some()
}

fn drop_plain(fixture: &mut Fixture) -> bool {
    fixture.stored.take().is_some()
}

fn challenge_s256(fixture: &mut Fixture) -> bool {
    let made = fixture.verifier.as_ref().map(|verifier| verifier.challenge(S256));
    keep_challenge(fixture, made)
}

fn challenge_plain(fixture: &mut Fixture) -> bool {
    let made = fixture.verifier.as_ref().map(|verifier| verifier.challenge(Plain));
    keep_challenge(fixture, made)
}

fn verified(fixture: &Fixture) -> Option<bool> {
    Some(fixture.stored.as_ref()?.verify(fixture.verifier.as_ref()?).is_ok())
}

fn verify_equal(fixture: &mut Fixture) -> bool {
    verified(fixture) == Some(true)
}

fn verify_unequal(fixture: &mut Fixture) -> bool {
    verified(fixture) == Some(false)
}

fn strict_equal(fixture: &mut Fixture) -> bool {
    STRICT.check_token_request(fixture.stored.as_ref(), Some(fixture.text())) == Ok(())
}

fn strict_unequal(fixture: &mut Fixture) -> bool {
    STRICT.check_token_request(fixture.stored.as_ref(), Some(fixture.text())) == Err(TokenError::Mismatch)
}

fn lenient_equal(fixture: &mut Fixture) -> bool {
    LENIENT.check_token_request(fixture.stored.as_ref(), Some(fixture.text())) == Ok(PkceOutcome::Verified)
}

fn lenient_unequal(fixture: &mut Fixture) -> bool {
    LENIENT.check_token_request(fixture.stored.as_ref(), Some(fixture.text())) == Err(TokenError::Mismatch)
}

fn parse_plain(fixture: &mut Fixture) -> bool {
    let parsed = CodeChallenge::parse(fixture.text(), Plain);
    keep_challenge(fixture, parsed.ok())
}

fn from_stored(fixture: &mut Fixture) -> bool {
    let parsed = CodeChallenge::from_stored(Some(fixture.text()), Some("plain"));
    keep_challenge(fixture, parsed.ok().flatten())
}

fn strict_authorization(fixture: &mut Fixture) -> bool {
    let parsed = STRICT.check_authorization_request(Some(fixture.text()), Some("plain"));
    keep_challenge(fixture, parsed.ok())
}

fn lenient_authorization(fixture: &mut Fixture) -> bool {
    let parsed = LENIENT.check_authorization_request(Some(fixture.text()), None);
    keep_challenge(fixture, parsed.ok().flatten())
}

fn clone_plain(fixture: &mut Fixture) -> bool {
    let copy = fixture.stored.clone();
    keep_challenge(fixture, copy)
}

fn compare_equal(fixture: &mut Fixture) -> bool {
    fixture.stored.is_some() && fixture.stored == fixture.other
}

fn compare_unequal(fixture: &mut Fixture) -> bool {
    fixture.stored.is_some() && fixture.other.is_some() && fixture.stored != fixture.other
}
