//! `code_challenge_method` is exactly `S256` or `plain` (RFC 7636 section 4.3). Nothing else is a method, including the
//! empty string.

mod common;

use std::collections::HashSet;

use common::METHODS;
use pkce_core::{CodeChallengeMethod, ParseMethodError};

#[test]
fn names_are_s256_and_plain() {
    const S256: &str = CodeChallengeMethod::S256.as_str();
    const PLAIN: &str = CodeChallengeMethod::Plain.as_str();
    assert_eq!((S256, PLAIN), ("S256", "plain"));
}

#[test]
fn parses_what_display_writes() {
    for method in METHODS {
        assert_eq!(method.to_string(), method.as_str());
        assert_parsed(method.as_str(), Ok(method));
    }
}

#[test]
fn rejects_other_case() {
    for name in ["S256", "plain"] {
        for text in every_casing(name).into_iter().filter(|text| text != name) {
            assert_parsed(&text, Err(ParseMethodError));
        }
    }
}

#[test]
fn rejects_surrounding_white_space() {
    for name in ["S256", "plain"] {
        for blank in [" ", "\t", "\n", "\r\n", "\0", "\u{a0}", "\u{feff}"] {
            assert_parsed(&format!("{blank}{name}"), Err(ParseMethodError));
            assert_parsed(&format!("{name}{blank}"), Err(ParseMethodError));
        }
    }
}

#[test]
fn rejects_other_names() {
    let others =
        "S25 S2566 S512 S384 RS256 SHA256 SHA-256 S-256 Ｓ256 S256,plain \"S256\" plai plainn none null undefined 0 1";
    let long = "S256".repeat(1 << 18);
    for text in others.split(' ').chain(["", " ", "S256 plain", &long]) {
        assert_parsed(text, Err(ParseMethodError));
    }
}

/// Compiles only while the enum is exhaustive.
#[test]
fn a_match_needs_no_default_arm() {
    let name = |method| match method {
        CodeChallengeMethod::S256 => "S256",
        CodeChallengeMethod::Plain => "plain",
    };
    assert_eq!(METHODS.map(name), METHODS.map(CodeChallengeMethod::as_str));
}

#[test]
fn methods_are_keys_of_a_set() {
    assert_eq!(METHODS.into_iter().chain(METHODS).collect::<HashSet<_>>().len(), 2);
}

/// Asserts the result of every parser.
#[track_caller]
fn assert_parsed(text: &str, wanted: Result<CodeChallengeMethod, ParseMethodError>) {
    assert_eq!(text.parse(), wanted, "{text:?}");
    assert_eq!(CodeChallengeMethod::try_from(text), wanted, "{text:?}");
    #[cfg(feature = "alloc")]
    assert_eq!(CodeChallengeMethod::try_from(text.to_owned()), wanted, "{text:?}");
}

/// Returns `name` in every combination of upper and lower case.
fn every_casing(name: &str) -> Vec<String> {
    name.chars().fold(vec![String::new()], |texts, char| {
        let variants = [char.to_ascii_lowercase(), char.to_ascii_uppercase()];
        texts
            .iter()
            .flat_map(|text| variants.map(|variant| format!("{text}{variant}")))
            .collect()
    })
}
