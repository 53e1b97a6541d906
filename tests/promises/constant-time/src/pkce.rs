//! The promise.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hint::black_box;

use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, PkceOutcome, ServerPolicy, TokenError,
};

use crate::from_random_bytes::FROM_RANDOM_BYTES;
use crate::generator::Generator;
use crate::secrets::{LENGTHS, SecretText, makes_public, secret_verifier, stored};
use crate::{Case, memcheck, system};

use CodeChallengeMethod::{Plain, S256};

/// Each is tried with every length.
pub const CASES: &[Case] = &[
    ("generate", generate),
    ("generate_with, try_generate_with", generate_with),
    ("generate_from_rng, try_generate_from_rng", generate_from_rng),
    ("from_random_bytes, every number of octets", from_random_bytes),
    ("verifier: parse, FromStr, TryFrom<&str>, Debug, drop", parse),
    #[cfg(feature = "alloc")]
    ("verifier: TryFrom<String>", from_string),
    ("challenge S256", || challenge(S256)),
    ("challenge plain", || challenge(Plain)),
    ("verify S256, equal", || verify(S256, true)),
    ("verify S256, unequal", || verify(S256, false)),
    ("verify plain, equal", || verify(Plain, true)),
    ("verify plain, unequal", || verify(Plain, false)),
    ("check_token_request S256, equal", || strict(S256, true)),
    ("check_token_request S256, unequal", || strict(S256, false)),
    ("check_token_request plain, equal", || strict(Plain, true)),
    ("check_token_request plain, unequal", || strict(Plain, false)),
    ("lenient check_token_request S256, equal", || lenient(S256, true)),
    ("lenient check_token_request S256, unequal", || lenient(S256, false)),
    ("lenient check_token_request plain, equal", || lenient(Plain, true)),
    ("lenient check_token_request plain, unequal", || lenient(Plain, false)),
    ("plain challenge: parse, from_stored, Debug, drop", parse_plain),
    ("plain challenge: check_authorization_request", authorization),
    ("plain challenge: clone, ==, !=", compare_plain),
];

const STRICT: ServerPolicy = ServerPolicy::new().allow_plain();
const LENIENT: LenientPolicy = STRICT.allow_non_pkce();

/// Fails, as memcheck sees it, if the output depends on the secret.
fn debug(value: &impl Debug) {
    memcheck::expect_public(format!("{value:?}").as_bytes());
}

fn fill(to: &mut [u8]) {
    to.fill(4);
    memcheck::secret(to);
}

/// Uses a new verifier, whose text is secret.
fn use_verifier(verifier: &CodeVerifier) {
    debug(verifier);
    drop(black_box(verifier.challenge(S256)));
}

fn generate() {
    let before = system::drawn();
    use_verifier(&CodeVerifier::generate().expect("the generator does not fail"));
    assert_eq!(system::drawn() - before, 32, "the octets were not those of the harness");
}

fn generate_with() {
    use_verifier(&CodeVerifier::generate_with(fill));
    let filled = CodeVerifier::try_generate_with(|to| {
        fill(to);
        Ok::<(), Infallible>(())
    });
    let Ok(verifier) = filled;
    use_verifier(&verifier);
    let failed = CodeVerifier::try_generate_with(|to| {
        fill(to);
        Err(())
    });
    assert!(failed.is_err());
}

fn generate_from_rng() {
    let mut generator = Generator(|to: &mut [u8]| {
        fill(to);
        Ok::<(), Infallible>(())
    });
    use_verifier(&CodeVerifier::generate_from_rng(&mut generator));
    let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut generator);
    use_verifier(&verifier);
}

fn from_random_bytes() {
    for (from_random_bytes, n) in FROM_RANDOM_BYTES.into_iter().zip(32..) {
        let octets = black_box([7; 96]);
        memcheck::secret(&octets);
        use_verifier(&from_random_bytes(&octets[..n]).expect("there are enough octets"));
    }
}

fn parse() {
    for len in LENGTHS {
        let verifier = secret_verifier(len);
        debug(&verifier);
        drop(verifier);
        makes_public(1);
        black_box(SecretText::new(len).parse::<CodeVerifier>().expect("well formed"));
        makes_public(1);
        black_box(CodeVerifier::try_from(&*SecretText::new(len)).expect("well formed"));
    }
}

#[cfg(feature = "alloc")]
fn from_string() {
    for len in LENGTHS {
        let text = SecretText::new(len);
        makes_public(1);
        black_box(CodeVerifier::try_from(text.to_owned()).expect("well formed"));
    }
}

fn challenge(method: CodeChallengeMethod) {
    for len in LENGTHS {
        drop(black_box(secret_verifier(len).challenge(method)));
    }
}

fn verify(method: CodeChallengeMethod, equal: bool) {
    for len in LENGTHS {
        makes_public(1);
        assert_eq!(stored(len, method, equal).verify(&secret_verifier(len)).is_ok(), equal);
    }
}

fn strict(method: CodeChallengeMethod, equal: bool) {
    let expected = if equal { Ok(()) } else { Err(TokenError::Mismatch) };
    for len in LENGTHS {
        let text = SecretText::new(len);
        makes_public(2);
        let result = STRICT.check_token_request(Some(&stored(len, method, equal)), Some(&text));
        assert_eq!(result, expected);
    }
}

fn lenient(method: CodeChallengeMethod, equal: bool) {
    let expected = if equal {
        Ok(PkceOutcome::Verified)
    } else {
        Err(TokenError::Mismatch)
    };
    for len in LENGTHS {
        let text = SecretText::new(len);
        makes_public(2);
        let result = LENIENT.check_token_request(Some(&stored(len, method, equal)), Some(&text));
        assert_eq!(result, expected);
    }
}

fn parse_plain() {
    for len in LENGTHS {
        let text = SecretText::new(len);
        makes_public(1);
        let parsed = CodeChallenge::parse(&text, Plain).expect("well formed");
        debug(&parsed);
        makes_public(1);
        let stored = CodeChallenge::from_stored(Some(&text), Some("plain")).expect("well formed");
        debug(&stored);
    }
}

fn authorization() {
    for len in LENGTHS {
        let text = SecretText::new(len);
        makes_public(1);
        let strict = STRICT.check_authorization_request(Some(&text), Some("plain"));
        debug(&strict.expect("plain is allowed"));
        makes_public(1);
        // Without a method it is plain.
        let lenient = LENIENT.check_authorization_request(Some(&text), None);
        debug(&lenient.expect("plain is allowed"));
    }
}

fn compare_plain() {
    for len in LENGTHS {
        let challenge = secret_verifier(len).challenge(Plain);
        let copy = challenge.clone();
        debug(&copy);
        makes_public(1);
        assert!(copy == challenge);
        makes_public(1);
        assert!(copy != stored(len, Plain, false));
    }
}
