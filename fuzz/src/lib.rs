//! The models that the targets share: the rules of RFC 7636 and the decisions of a server, written as plainly as
//! possible. They use the types of the crate, and call none of its code.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, ParseChallengeError, ParseMethodError, ParseVerifierError,
    PkceOutcome, StoredChallengeError, TokenError,
};
use sha2::{Digest, Sha256};

pub const UNRESERVED: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
pub const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub const METHODS: [CodeChallengeMethod; 2] = [CodeChallengeMethod::S256, CodeChallengeMethod::Plain];

/// Makes the models wrong in two respects, which every target must notice: the control of `.ci/run fuzz`.
static CONTROL: LazyLock<bool> = LazyLock::new(|| std::env::var_os("PKCE_FUZZ_CONTROL").is_some());

// Rules of RFC 7636

/// Returns the rule that `text` breaks as a verifier.
pub fn verifier_form(text: &str) -> Result<(), ParseVerifierError> {
    if text.len() < 43 + usize::from(*CONTROL) || text.len() > 128 {
        return Err(ParseVerifierError::InvalidLength { len: text.len() });
    }
    match first_byte_outside(UNRESERVED, text) {
        Some(index) => Err(ParseVerifierError::InvalidByte { index }),
        None => Ok(()),
    }
}

/// Returns the rule that `text` breaks as a challenge.
pub fn challenge_form(text: &str, method: CodeChallengeMethod) -> Result<(), ParseChallengeError> {
    let (lengths, alphabet): (_, &[u8]) = match method {
        CodeChallengeMethod::S256 => (43..=43, BASE64URL),
        CodeChallengeMethod::Plain => (43..=128, UNRESERVED),
    };
    if !lengths.contains(&text.len()) {
        return Err(ParseChallengeError::InvalidLength {
            len: text.len(),
            method,
        });
    }
    if let Some(index) = first_byte_outside(alphabet, text) {
        return Err(ParseChallengeError::InvalidByte { index, method });
    }
    // 43 characters have 258 bits, 2 more than a digest: the two lowest of the last character, which are zero in every
    // fourth character of the alphabet.
    let last = BASE64URL
        .iter()
        .position(|&character| text.ends_with(char::from(character)));
    if method == CodeChallengeMethod::S256 && last.is_none_or(|last| last % 4 != 0) {
        return Err(ParseChallengeError::NonCanonical);
    }
    Ok(())
}

fn first_byte_outside(alphabet: &[u8], text: &str) -> Option<usize> {
    text.bytes().position(|byte| !alphabet.contains(&byte))
}

/// Decides the same as `challenge_form` for S256, in another way.
pub fn decodes_to_32_octets_and_back(text: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|octets| octets.len() == 32 && base64url(&octets) == text)
}

pub fn base64url(octets: &[u8]) -> String {
    let padding = if *CONTROL { "=" } else { "" };
    URL_SAFE_NO_PAD.encode(octets) + padding
}

/// Returns the challenge of `verifier`.
pub fn challenge_of(verifier: &str, method: CodeChallengeMethod) -> String {
    match method {
        CodeChallengeMethod::S256 => base64url(&Sha256::digest(verifier)),
        CodeChallengeMethod::Plain => verifier.to_owned(),
    }
}

// Decisions of a server

/// The settings of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Switches {
    pub plain: bool,
    pub non_pkce: bool,
}

/// Applies presence, method, policy and form, and returns what to store.
pub fn authorization_model<'a>(
    allow: Switches,
    challenge: Option<&'a str>,
    method: Option<&str>,
) -> Result<Option<(&'a str, CodeChallengeMethod)>, AuthorizationError> {
    let challenge = match (challenge.unwrap_or(""), method.unwrap_or("")) {
        ("", "") if allow.non_pkce => return Ok(None),
        ("", "") => return Err(AuthorizationError::MissingChallenge),
        ("", _) => return Err(AuthorizationError::MethodWithoutChallenge),
        (challenge, _) => challenge,
    };
    let method = match method.unwrap_or("") {
        "S256" => CodeChallengeMethod::S256,
        "plain" | "" if allow.plain => CodeChallengeMethod::Plain,
        "plain" => return Err(AuthorizationError::PlainNotAllowed),
        "" => return Err(AuthorizationError::MissingMethod),
        _ => return Err(AuthorizationError::UnknownMethod),
    };
    match challenge_form(challenge, method) {
        Ok(()) => Ok(Some((challenge, method))),
        Err(why) => Err(AuthorizationError::Malformed(why)),
    }
}

/// Applies presence, policy, form and comparison.
pub fn token_model(
    allow: Switches,
    stored: Option<(&str, CodeChallengeMethod)>,
    verifier: Option<&str>,
) -> Result<PkceOutcome, TokenError> {
    let verifier = verifier.unwrap_or("");
    let Some((challenge, method)) = stored else {
        return match verifier {
            "" if allow.non_pkce => Ok(PkceOutcome::NotUsed),
            "" => Err(TokenError::MissingChallenge),
            _ => Err(TokenError::UnexpectedVerifier),
        };
    };
    if verifier.is_empty() {
        return Err(TokenError::MissingVerifier);
    }
    if method == CodeChallengeMethod::Plain && !allow.plain {
        return Err(TokenError::PlainNotAllowed);
    }
    if let Err(why) = verifier_form(verifier) {
        return Err(TokenError::Malformed(why));
    }
    if challenge_of(verifier, method) == challenge {
        Ok(PkceOutcome::Verified)
    } else {
        Err(TokenError::Mismatch)
    }
}

/// Reads two nullable columns.
pub fn stored_model<'a>(
    challenge: Option<&'a str>,
    method: Option<&str>,
) -> Result<Option<(&'a str, CodeChallengeMethod)>, StoredChallengeError> {
    let (Some(challenge), Some(method)) = (challenge, method) else {
        return match (challenge, method) {
            (None, None) => Ok(None),
            _ => Err(StoredChallengeError::Incomplete),
        };
    };
    let method = match method {
        "S256" => CodeChallengeMethod::S256,
        "plain" => CodeChallengeMethod::Plain,
        _ => return Err(StoredChallengeError::Method(ParseMethodError)),
    };
    match challenge_form(challenge, method) {
        Ok(()) => Ok(Some((challenge, method))),
        Err(why) => Err(StoredChallengeError::Challenge(why)),
    }
}

pub fn oauth_error(error: TokenError) -> &'static str {
    match error {
        TokenError::Malformed(_) | TokenError::UnexpectedVerifier => "invalid_request",
        _ => "invalid_grant",
    }
}

// Laws that more than one target asserts

/// Asserts that the message of an error fits `error_description`: it is not empty, and contains only the characters
/// that RFC 6749 section 4.1.2.1 allows. It contains no input, because the targets compare the error with one that was
/// constructed from a length or an offset alone.
pub fn assert_fits_error_description(error: &dyn core::error::Error) {
    let text = error.to_string();
    assert!(!text.is_empty());
    let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(text.bytes().all(allowed), "{text}");
}

/// Asserts that all ways to compare two challenges agree that they are equal.
pub fn assert_same(a: &CodeChallenge, b: &CodeChallenge) {
    assert!(a == b);
    assert!(b == a);
    assert_eq!((a.as_str(), a.method()), (b.as_str(), b.method()));
}

// Inputs

/// Returns the input as text. What is not UTF-8 cannot reach the crate.
pub fn text_of(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// Returns a well-formed verifier of 43 to 128 characters.
pub fn verifier_text(input: &[u8]) -> String {
    let filled = input.iter().chain(std::iter::repeat(&b'A'));
    let text = filled.map(|&byte| char::from(one_of(UNRESERVED, byte)));
    text.take(input.len().clamp(43, 128)).collect()
}

/// Returns `text` with another character at an offset.
pub fn with_character(text: &str, at: u8, character: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(at) % bytes.len();
    bytes[at] = one_of(BASE64URL, character);
    text_of(&bytes)
}

/// Maps a byte of `alphabet` to itself, so that seeds are readable, and any other byte to one of `alphabet`.
fn one_of(alphabet: &[u8], byte: u8) -> u8 {
    match alphabet.contains(&byte) {
        true => byte,
        false => alphabet[usize::from(byte) % alphabet.len()],
    }
}

/// Splits the input of a target that takes several texts at tabs. The last text may contain tabs; missing ones are
/// empty.
pub fn fields<const N: usize>(input: &str) -> [&str; N] {
    let mut fields = input.splitn(N, '\t');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// Returns the challenge that an input stands for: `=` is the challenge of `verifier`, which no fuzzer guesses. Two
/// bytes after `=` are an offset and the character to write there.
pub fn spelled_challenge(spelled: &str, verifier: &str, method: CodeChallengeMethod) -> String {
    let right = || challenge_of(verifier, method);
    match spelled.as_bytes() {
        b"=" => right(),
        [b'=', at, character] if !verifier.is_empty() => with_character(&right(), *at, *character),
        _ => spelled.to_owned(),
    }
}
