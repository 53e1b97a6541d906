//! `code_challenge_method` is exactly `S256` or `plain` (RFC 7636 section 4.3). Nothing else is a method, including the
//! empty string.

use std::collections::HashSet;

use pkce_core::{CodeChallengeMethod, ParseMethodError};

const BOTH: [CodeChallengeMethod; 2] = [CodeChallengeMethod::S256, CodeChallengeMethod::Plain];

#[test]
fn wire_names_are_s256_and_plain() {
    const S256: &str = CodeChallengeMethod::S256.as_str();
    const PLAIN: &str = CodeChallengeMethod::Plain.as_str();
    assert_eq!((S256, PLAIN), ("S256", "plain"));
}

#[test]
fn display_is_the_wire_name() {
    for method in BOTH {
        assert_eq!(method.to_string(), method.as_str());
    }
}

#[test]
fn a_wire_name_parses_to_its_method() {
    for method in BOTH {
        assert_eq!(method.as_str().parse(), Ok(method));
        assert_eq!(CodeChallengeMethod::try_from(method.as_str()), Ok(method));
        #[cfg(feature = "alloc")]
        assert_eq!(CodeChallengeMethod::try_from(method.to_string()), Ok(method));
    }
}

#[test]
fn rejects_other_case() {
    for name in ["S256", "plain"] {
        for text in every_casing(name).into_iter().filter(|text| text != name) {
            assert_unknown(&text);
        }
    }
}

#[test]
fn rejects_empty_text() {
    assert_unknown("");
}

#[test]
fn rejects_surrounding_blanks() {
    for name in ["S256", "plain"] {
        for blank in [" ", "\t", "\n", "\r\n", "\0", "\u{a0}", "\u{feff}"] {
            assert_unknown(&format!("{blank}{name}"));
            assert_unknown(&format!("{name}{blank}"));
        }
    }
    assert_unknown(" ");
}

#[test]
fn rejects_other_names() {
    for text in [
        "S25", "S2566", "S512", "S384", "RS256", "SHA256", "SHA-256", "S-256", "plai", "plainn", "none", "null",
    ] {
        assert_unknown(text);
    }
    for text in ["undefined", "Ｓ256", "S256,plain", "S256 plain", "\"S256\"", "0", "1"] {
        assert_unknown(text);
    }
    assert_unknown(&"S256".repeat(1 << 18));
}

#[test]
fn a_match_needs_no_default_arm() {
    // Compiles only while the enum is exhaustive, so that a match in a server needs no default arm.
    let name = |method| match method {
        CodeChallengeMethod::S256 => "S256",
        CodeChallengeMethod::Plain => "plain",
    };
    assert_eq!(BOTH.map(name), BOTH.map(CodeChallengeMethod::as_str));
}

#[test]
fn methods_are_keys_of_a_set() {
    let set = HashSet::from([
        CodeChallengeMethod::S256,
        CodeChallengeMethod::Plain,
        CodeChallengeMethod::S256,
    ]);
    assert_eq!(set, HashSet::from(BOTH));
    assert_eq!(set.len(), 2);
}

fn assert_unknown(text: &str) {
    assert_eq!(text.parse::<CodeChallengeMethod>(), Err(ParseMethodError), "{text:?}");
    assert_eq!(CodeChallengeMethod::try_from(text), Err(ParseMethodError), "{text:?}");
    #[cfg(feature = "alloc")]
    assert_eq!(
        CodeChallengeMethod::try_from(text.to_owned()),
        Err(ParseMethodError),
        "{text:?}"
    );
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
