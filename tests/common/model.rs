//! The rules of RFC 7636 and the decisions of a server, written as plainly as possible: the reference for the fast
//! routines of the crate, and for its policies. It uses the types of the crate and calls none of its code.
//!
//! The test vectors and `tests/failures.rs` do not use it.

use std::sync::LazyLock;

use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    AuthorizationError, CodeChallengeMethod, ParseChallengeError, ParseMethodError, ParseVerifierError, PkceOutcome,
    StoredChallengeError, TokenError,
};
use sha2::{Digest, Sha256};

use super::policy::Policy;

pub const UNRESERVED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
pub const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The characters of base64url whose two lowest bits are zero. 43 characters have two bits more than a digest.
pub const CANONICAL_LAST: &str = "AEIMQUYcgkosw048";

/// Makes the model wrong in two respects, which every fuzz target must notice: the control of `.ci/run fuzz`.
static CONTROL: LazyLock<bool> = LazyLock::new(|| std::env::var_os("PKCE_FUZZ_CONTROL").is_some());

// Texts, hashing and encoding

/// Returns the rule that `text` breaks as a verifier: the length is checked first, then one byte after the other.
pub fn check_verifier(text: &str) -> Result<(), ParseVerifierError> {
    let len = text.len();
    if len < 43 + usize::from(*CONTROL) || len > 128 {
        return Err(ParseVerifierError::InvalidLength { len });
    }
    match first_byte_outside(UNRESERVED, text) {
        Some(index) => Err(ParseVerifierError::InvalidByte { index }),
        None => Ok(()),
    }
}

/// Returns the rule that `text` breaks as a challenge.
pub fn check_challenge(text: &str, method: CodeChallengeMethod) -> Result<(), ParseChallengeError> {
    let len = text.len();
    let (lengths, alphabet) = match method {
        S256 => (43..=43, BASE64URL),
        Plain => (43..=128, UNRESERVED),
    };
    if !lengths.contains(&len) {
        return Err(ParseChallengeError::InvalidLength { len, method });
    }
    if let Some(index) = first_byte_outside(alphabet, text) {
        return Err(ParseChallengeError::InvalidByte { index, method });
    }
    if method == S256 && !text.ends_with(|last| CANONICAL_LAST.contains(last)) {
        return Err(ParseChallengeError::NonCanonical);
    }
    Ok(())
}

fn first_byte_outside(alphabet: &str, text: &str) -> Option<usize> {
    text.bytes().position(|byte| !alphabet.as_bytes().contains(&byte))
}

/// Encodes as base64url without padding (RFC 4648 section 5): looks up each six bits in the alphabet.
pub fn base64url(octets: &[u8]) -> String {
    let mut text = String::new();
    for three in octets.chunks(3) {
        let mut group = [0; 4];
        group[1..=three.len()].copy_from_slice(three);
        let group = u32::from_be_bytes(group) as usize;
        let characters = [group >> 18, group >> 12, group >> 6, group].map(|bits| BASE64URL.as_bytes()[bits % 64]);
        text.extend(characters[..=three.len()].iter().map(|&byte| char::from(byte)));
    }
    if *CONTROL {
        text.push('=');
    }
    text
}

/// Returns the challenge of `verifier`.
pub fn challenge_of(verifier: &str, method: CodeChallengeMethod) -> String {
    match method {
        S256 => base64url(&Sha256::digest(verifier)),
        Plain => verifier.to_owned(),
    }
}

// Decisions of a server

/// What a server stores.
pub type Row<'a> = (&'a str, CodeChallengeMethod);

/// Decides an authorization request: presence, method, policy and syntax, in this order. An empty parameter is absent.
pub fn authorization<'a>(
    policy: Policy,
    challenge: Option<&'a str>,
    method: Option<&str>,
) -> Result<Option<Row<'a>>, AuthorizationError> {
    let challenge = challenge.unwrap_or("");
    let method = match (challenge, method.unwrap_or("")) {
        ("", "") if policy.required => return Err(AuthorizationError::MissingChallenge),
        ("", "") => return Ok(None),
        ("", _) => return Err(AuthorizationError::MethodWithoutChallenge),
        (_, "S256") => S256,
        (_, "plain" | "") if policy.plain => Plain,
        (_, "plain") => return Err(AuthorizationError::PlainNotAllowed),
        (_, "") => return Err(AuthorizationError::MissingMethod),
        _ => return Err(AuthorizationError::UnknownMethod),
    };
    match check_challenge(challenge, method) {
        Ok(()) => Ok(Some((challenge, method))),
        Err(error) => Err(AuthorizationError::Malformed(error)),
    }
}

/// Decides a token request: presence, policy, syntax and comparison, in this order. An empty parameter is absent.
pub fn token(policy: Policy, stored: Option<Row<'_>>, verifier: Option<&str>) -> Result<PkceOutcome, TokenError> {
    let (challenge, method, verifier) = match (stored, verifier.unwrap_or("")) {
        (None, "") if policy.required => return Err(TokenError::MissingChallenge),
        (None, "") => return Ok(PkceOutcome::NotUsed),
        (None, _) => return Err(TokenError::UnexpectedVerifier),
        (Some(_), "") => return Err(TokenError::MissingVerifier),
        (Some((_, Plain)), _) if !policy.plain => return Err(TokenError::PlainNotAllowed),
        (Some((challenge, method)), verifier) => (challenge, method, verifier),
    };
    match check_verifier(verifier) {
        Err(error) => Err(TokenError::Malformed(error)),
        Ok(()) if challenge_of(verifier, method) == challenge => Ok(PkceOutcome::Verified),
        Ok(()) => Err(TokenError::Mismatch),
    }
}

/// Reads two nullable columns. An empty text is a value, and the method is checked first.
pub fn stored<'a>(challenge: Option<&'a str>, method: Option<&str>) -> Result<Option<Row<'a>>, StoredChallengeError> {
    let (challenge, method) = match (challenge, method) {
        (None, None) => return Ok(None),
        (None, Some(_)) | (Some(_), None) => return Err(StoredChallengeError::Incomplete),
        (Some(challenge), Some("S256")) => (challenge, S256),
        (Some(challenge), Some("plain")) => (challenge, Plain),
        (Some(_), Some(_)) => return Err(StoredChallengeError::Method(ParseMethodError)),
    };
    match check_challenge(challenge, method) {
        Ok(()) => Ok(Some((challenge, method))),
        Err(error) => Err(StoredChallengeError::Challenge(error)),
    }
}

/// Returns the OAuth error of a token request.
pub fn oauth_error(error: TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) | TokenError::UnexpectedVerifier => "invalid_request",
        _ => "invalid_grant",
    }
}
