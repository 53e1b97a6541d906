//! What several packages of tests share: values, ways to make them, the model of the rules, and laws that refer to it.
#![allow(dead_code, unreachable_pub)] // Each user needs a part of it.

pub mod from_random_bytes;
pub mod laws;
pub mod model;
pub mod policy;

use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};

/// RFC 7636 Appendix B: the octets of the generator, and the verifier that they become.
pub const OCTETS: [u8; 32] = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
    91, 88, 5, 88, 83, 132, 141, 121,
];
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// RFC 7636 Appendix B: the SHA-256 digest of the verifier, and the challenge that it becomes.
pub const DIGEST: [u8; 32] = [
    19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241, 68, 86, 110,
    225, 137, 74, 203, 112, 249, 195,
];
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub const METHODS: [CodeChallengeMethod; 2] = [S256, Plain];

/// A parameter or a column `code_challenge`: well formed for both methods, for plain alone, and for neither.
pub const CHALLENGES: [Option<&str>; 13] = [
    None,
    Some(""),
    Some(" "),
    Some("short"),
    Some(CHALLENGE),
    Some("~this.text.is.a.verifier.and.no.digest.~~~~"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cME9Melhoa2OwvFrEMTJguC"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="),
    Some("E9Melho+2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c\n"),
    Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-\u{e9}"),
];

/// A parameter or a column `code_challenge_method`.
pub const METHOD_NAMES: [Option<&str>; 14] = [
    None,
    Some(""),
    Some(" "),
    Some("S256"),
    Some("plain"),
    Some("s256"),
    Some("PLAIN"),
    Some("Plain"),
    Some("S512"),
    Some("null"),
    Some("unknown"),
    Some(" S256"),
    Some("S256 "),
    Some("plain\n"),
];

/// The step of long loops: Miri is slow, and tests a sample.
pub const STEP: usize = if cfg!(miri) { 43 } else { 1 };

pub fn verifier(text: &str) -> CodeVerifier {
    CodeVerifier::parse(text).unwrap()
}

/// The challenges of `VERIFIER`.
pub fn s256() -> CodeChallenge {
    verifier(VERIFIER).challenge(S256)
}

pub fn plain() -> CodeChallenge {
    verifier(VERIFIER).challenge(Plain)
}

/// Returns the text and the method of a challenge, to be compared with the model.
pub fn row(challenge: &CodeChallenge) -> model::Row<'_> {
    (challenge.as_str(), challenge.method())
}

/// Returns `text` with `char` at `index`, in place of as many bytes as it has.
pub fn with_char(text: &str, index: usize, char: char) -> String {
    format!("{}{char}{}", &text[..index], &text[index + char.len_utf8()..])
}

/// Asserts that the message of an error is not empty, and contains only the characters that RFC 6749 section 4.1.2.1
/// allows in `error_description`.
#[track_caller]
pub fn assert_fits_error_description(error: &dyn std::error::Error) {
    let text = error.to_string();
    assert!(!text.is_empty());
    let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(text.bytes().all(allowed), "{text}");
}
