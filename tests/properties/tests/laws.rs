//! The laws of `tests/common/laws.rs`, for random values.

#[path = "../../common/mod.rs"]
mod common;

use common::laws;
use common::model::{BASE64URL, UNRESERVED, base64url, challenge_of};
use common::policy::POLICIES;
use common::{METHODS, verifier};
use pkce_core::{CodeChallengeMethod, CodeVerifier};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 1 } else { 512 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn verifiers(text in prop_oneof![near_verifier_text(), any::<String>()]) {
        laws::verifier(&text);
        laws::parsed(CodeVerifier::try_from(text.clone()), &text);
    }

    #[test]
    fn s256_challenges(text in prop_oneof![near_challenge_text(), any::<String>()]) {
        laws::challenge(&text, CodeChallengeMethod::S256);
    }

    #[test]
    fn pairs((a, b) in two_texts(), method in method()) {
        laws::pair(&challenge_of(&a, method), method, &b);
    }

    #[test]
    fn encodings(octets in any::<[u8; 96]>()) {
        laws::encoding(&octets);
    }

    #[test]
    fn requests(challenge in near_challenge_text(), text in near_verifier_text(), method in method()) {
        let stored = verifier(&"v".repeat(43)).challenge(method);
        for policy in POLICIES {
            laws::authorization(policy, Some(&challenge), Some(method.as_str()));
            laws::token(policy, Some(&stored), Some(&text));
        }
    }
}

// Values

fn method() -> impl Strategy<Value = CodeChallengeMethod> {
    select(&METHODS[..])
}

fn text_of(alphabet: &'static str, len: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    vec(select(alphabet.as_bytes()).prop_map(char::from), len).prop_map(String::from_iter)
}

fn verifier_text() -> impl Strategy<Value = String> {
    text_of(UNRESERVED, 43..=128)
}

/// Two texts that are equal, differ at one offset, differ in length by one, or differ throughout.
fn two_texts() -> impl Strategy<Value = (String, String)> {
    (verifier_text(), verifier_text(), any::<Index>(), 0..4).prop_map(|(a, other, index, how)| {
        let mut b = a.clone();
        match how {
            0 => {}
            1 => {
                let at = index.index(a.len());
                b.replace_range(at..=at, &other[..1]);
            }
            2 if a.len() < 128 => b.push('A'),
            _ => b = other,
        }
        (a, b)
    })
}

/// Verifiers with zero, one or two characters replaced, some of them by multi-byte characters, of lengths on both sides
/// of both bounds.
fn near_verifier_text() -> impl Strategy<Value = String> {
    (
        text_of(UNRESERVED, 38..=134),
        vec((any::<Index>(), any::<char>()), 0..=2),
    )
        .prop_map(replace)
}

/// S256 challenges with zero, one or two characters replaced, half of them of 43 characters and the others of lengths
/// around it; most do not end in a canonical character.
fn near_challenge_text() -> impl Strategy<Value = String> {
    let ascii = (0..=0x7fu8).prop_map(char::from);
    let odd = prop_oneof![3 => ascii, 1 => any::<char>()];
    let text = prop_oneof![
        text_of(BASE64URL, 43),
        text_of(BASE64URL, 0..=130),
        any::<[u8; 32]>().prop_map(|digest| base64url(&digest)),
    ];
    (text, vec((any::<Index>(), odd), 0..=2)).prop_map(replace)
}

/// Replaces as many bytes as each character has, so that the length is kept if possible.
fn replace((text, others): (String, Vec<(Index, char)>)) -> String {
    others.into_iter().fold(text, |mut text, (index, char)| {
        let start = floor_boundary(&text, index.index(text.len() + 1));
        let end = ceil_boundary(&text, (start + char.len_utf8()).min(text.len()));
        text.replace_range(start..end, char.encode_utf8(&mut [0; 4]));
        text
    })
}

/// Returns the nearest character boundary at or before `index`.
fn floor_boundary(text: &str, index: usize) -> usize {
    (0..=index).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Returns the nearest character boundary at or after `index`.
fn ceil_boundary(text: &str, index: usize) -> usize {
    (index..text.len())
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(text.len())
}
