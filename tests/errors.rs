//! The text and the OAuth error of every error, word for word.

mod common;

use std::error::Error;

use common::assert_fits_error_description;
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    AuthorizationError, ParseChallengeError, ParseMethodError, ParseVerifierError, StoredChallengeError, TokenError,
    VerifyError,
};

const VERIFIER: [(ParseVerifierError, &str); 2] = [
    (
        ParseVerifierError::InvalidLength { len: 42 },
        "invalid length 42: a code_verifier has 43 to 128 characters",
    ),
    (
        ParseVerifierError::InvalidByte { index: 7 },
        "invalid byte at offset 7: a code_verifier contains only A-Z a-z 0-9 - . _ ~",
    ),
];

const CHALLENGE: [(ParseChallengeError, &str); 5] = [
    (
        ParseChallengeError::InvalidLength { len: 44, method: S256 },
        "invalid length 44: an S256 code_challenge has exactly 43 characters, without padding (=)",
    ),
    (
        ParseChallengeError::InvalidLength {
            len: 129,
            method: Plain,
        },
        "invalid length 129: a plain code_challenge has 43 to 128 characters",
    ),
    (
        ParseChallengeError::InvalidByte { index: 0, method: S256 },
        "invalid byte at offset 0: an S256 code_challenge contains only A-Z a-z 0-9 - _",
    ),
    (
        ParseChallengeError::InvalidByte {
            index: 127,
            method: Plain,
        },
        "invalid byte at offset 127: a plain code_challenge contains only A-Z a-z 0-9 - . _ ~",
    ),
    (
        ParseChallengeError::NonCanonical,
        "non-canonical last character: an S256 code_challenge ends in one of A E I M Q U Y c g k o s w 0 4 8",
    ),
];

const METHOD: &str = "unknown code_challenge_method: expected S256 or plain (case-sensitive)";

#[test]
fn parse_errors() {
    for (error, text) in VERIFIER {
        assert_text(&error, text);
    }
    for (error, text) in CHALLENGE {
        assert_text(&error, text);
    }
    assert_text(&ParseMethodError, METHOD);
    assert_text(&VerifyError, "code_verifier does not match the code_challenge");
}

#[test]
fn stored_challenge_errors() {
    let incomplete = StoredChallengeError::Incomplete;
    let others = [
        (
            incomplete,
            "incomplete stored challenge: only one of code_challenge and code_challenge_method is present".to_owned(),
        ),
        (
            StoredChallengeError::Method(ParseMethodError),
            format!("stored challenge: {METHOD}"),
        ),
    ];
    let malformed = CHALLENGE.map(|(error, text)| {
        (
            StoredChallengeError::Challenge(error),
            format!("stored challenge: {text}"),
        )
    });
    for (error, text) in others.into_iter().chain(malformed) {
        assert_text(&error, &text);
        assert_eq!(error.oauth_error(), "server_error", "{error:?}");
    }
}

#[test]
fn authorization_errors() {
    let others = [
        (
            AuthorizationError::MissingChallenge,
            "missing or empty code_challenge: PKCE is required",
        ),
        (
            AuthorizationError::MissingMethod,
            "missing or empty code_challenge_method: it defaults to plain, and S256 is required",
        ),
        (
            AuthorizationError::MethodWithoutChallenge,
            "missing or empty code_challenge: code_challenge_method requires it",
        ),
        (
            AuthorizationError::UnknownMethod,
            "unknown code_challenge_method: use S256 (case-sensitive)",
        ),
        (
            AuthorizationError::PlainNotAllowed,
            "code_challenge_method plain is not allowed: S256 is required",
        ),
    ];
    let malformed = CHALLENGE.map(|(error, text)| (AuthorizationError::Malformed(error), text));
    for (error, text) in others.into_iter().chain(malformed) {
        assert_text(&error, text);
        assert_eq!(error.oauth_error(), "invalid_request", "{error:?}");
    }
}

#[test]
fn token_errors() {
    let others = [
        (
            TokenError::MissingVerifier,
            "missing or empty code_verifier: a code_challenge is stored with the code",
            "invalid_grant",
        ),
        (
            TokenError::UnexpectedVerifier,
            "unexpected code_verifier: no code_challenge is stored with the code",
            "invalid_request",
        ),
        (
            TokenError::Mismatch,
            "code_verifier does not match the code_challenge",
            "invalid_grant",
        ),
        (
            TokenError::PlainNotAllowed,
            "plain code_challenge is no longer allowed: S256 is required",
            "invalid_grant",
        ),
        (
            TokenError::MissingChallenge,
            "no code_challenge is stored with the code: PKCE is required",
            "invalid_grant",
        ),
    ];
    let malformed = VERIFIER.map(|(error, text)| (TokenError::Malformed(error), text, "invalid_request"));
    for (error, text, code) in others.into_iter().chain(malformed) {
        assert_text(&error, text);
        assert_eq!(error.oauth_error(), code, "{error:?}");
    }
}

#[test]
fn numbers_are_written_in_full() {
    let error = ParseVerifierError::InvalidLength { len: usize::MAX };
    let text = format!(
        "invalid length {}: a code_verifier has 43 to 128 characters",
        usize::MAX
    );
    assert_text(&TokenError::Malformed(error), &text);
}

/// The whole reason is in the text: no error has a source.
fn assert_text(error: &(impl Error + 'static), text: &str) {
    assert_eq!(error.to_string(), text);
    assert!(error.source().is_none(), "{error:?}");
    assert_fits_error_description(error);
    // One sentence, without a full stop.
    assert!(!text.ends_with('.') && !text.contains("; "), "{text}");
}
