//! Laws that hold for every value. The model of the crate's tests says what is well formed, and what a challenge is;
//! `base64` is a second opinion on encoding.

#[path = "../../common/mod.rs"]
mod common;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use common::from_random_bytes::FROM_RANDOM_BYTES;
use common::model::{BASE64URL, UNRESERVED, challenge_of, check_challenge, check_verifier};
use common::{METHODS, verifier};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseMethodError, ServerPolicy, TokenError,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

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
    fn challenge_is_the_text_or_base64url_of_its_digest(text in verifier_text(), method in method()) {
        let challenge = verifier(&text).challenge(method);
        prop_assert_eq!(challenge.as_str(), challenge_of(&text, method));
        prop_assert_eq!(challenge.method(), method);
    }

    #[test]
    fn verify_accepts_exactly_what_the_oracle_calls_equal((a, b) in two_texts(), method in method()) {
        let stored = CodeChallenge::parse(&challenge_of(&a, method), method).unwrap();
        let equal = challenge_of(&a, method) == challenge_of(&b, method);
        prop_assert_eq!(stored.verify(&verifier(&b)).is_ok(), equal);
        let result = ServerPolicy::new().allow_plain().check_token_request(Some(&stored), Some(&b));
        prop_assert_eq!(result, if equal { Ok(()) } else { Err(TokenError::Mismatch) });
    }

    #[test]
    fn challenges_are_equal_exactly_when_text_and_method_are(
        (a, b) in two_texts(), of_a in method(), of_b in method(),
    ) {
        let (left, right) = (verifier(&a).challenge(of_a), verifier(&b).challenge(of_b));
        let equal = of_a == of_b && challenge_of(&a, of_a) == challenge_of(&b, of_b);
        prop_assert_eq!(left == right, equal);
        prop_assert_eq!(right == left, equal);
        let clone = left.clone();
        prop_assert_eq!(clone, left);
    }

    #[test]
    fn methods_never_cross(text in verifier_text()) {
        let hashed = challenge_of(&text, CodeChallengeMethod::S256);
        let stored_hash = CodeChallenge::parse(&hashed, CodeChallengeMethod::S256).unwrap();
        let stored_text = CodeChallenge::parse(&hashed, CodeChallengeMethod::Plain).unwrap();
        prop_assert!(stored_hash.verify(&verifier(&text)).is_ok());
        prop_assert!(stored_hash.verify(&verifier(&hashed)).is_err());
        prop_assert!(stored_text.verify(&verifier(&text)).is_err());
        prop_assert!(stored_text.verify(&verifier(&hashed)).is_ok());
        prop_assert_ne!(stored_hash, stored_text);
    }

    #[test]
    fn from_random_bytes_is_base64url(octets in vec(any::<u8>(), 96)) {
        for (from_random_bytes, n) in FROM_RANDOM_BYTES.into_iter().zip(32..) {
            let verifier = from_random_bytes(&octets).unwrap();
            prop_assert_eq!(verifier.expose_secret(), base64(&octets[..n]));
        }
    }

    #[test]
    fn parse_accepts_exactly_what_the_rules_do(text in near_verifier_text()) {
        let wanted = check_verifier(&text).map(|()| text.as_str());
        let parsed = CodeVerifier::parse(&text);
        prop_assert_eq!(parsed.as_ref().map(CodeVerifier::expose_secret), wanted.as_ref().copied());
        let owned = CodeVerifier::try_from(text.clone());
        prop_assert_eq!(owned.as_ref().map(CodeVerifier::expose_secret), wanted.as_ref().copied());
        let plain = CodeChallenge::parse(&text, CodeChallengeMethod::Plain);
        let wanted = check_challenge(&text, CodeChallengeMethod::Plain).map(|()| text.as_str());
        prop_assert_eq!(plain.as_ref().map(CodeChallenge::as_str), wanted.as_ref().copied());
    }

    #[test]
    fn parse_does_not_panic(text in any::<String>()) {
        prop_assert_eq!(CodeVerifier::parse(&text).err(), check_verifier(&text).err());
        let method = CodeChallengeMethod::S256;
        prop_assert_eq!(CodeChallenge::parse(&text, method).err(), check_challenge(&text, method).err());
        prop_assert_eq!(text.parse::<CodeChallengeMethod>(), Err(ParseMethodError));
    }

    #[test]
    fn s256_challenge_is_accepted_exactly_when_base64_round_trips(text in near_challenge_text()) {
        let parsed = CodeChallenge::parse(&text, CodeChallengeMethod::S256);
        prop_assert_eq!(parsed.is_ok(), decodes_to_32_octets_and_back(&text));
        prop_assert_eq!(parsed.as_ref().err().copied(), check_challenge(&text, CodeChallengeMethod::S256).err());
        if let Ok(parsed) = parsed {
            prop_assert_eq!(parsed.as_str(), &text);
        }
    }

    #[test]
    fn every_digest_is_a_challenge(digest in any::<[u8; 32]>()) {
        let text = base64(&digest);
        let parsed = CodeChallenge::parse(&text, CodeChallengeMethod::S256).unwrap();
        prop_assert_eq!(parsed.as_str(), text);
    }

    #[test]
    fn a_verifier_is_read_back_from_its_text(text in verifier_text(), method in method()) {
        let original = verifier(&text);
        let kept = verifier(original.expose_secret());
        prop_assert_eq!(kept.expose_secret(), text);
        prop_assert_eq!(original.challenge(method).verify(&kept), Ok(()));
    }

    #[test]
    fn a_challenge_is_read_back_from_its_params(text in verifier_text(), method in method()) {
        let sent = verifier(&text).challenge(method);
        let [(challenge_name, challenge), (method_name, wire)] = sent.authorization_params();
        prop_assert_eq!((challenge_name, method_name), ("code_challenge", "code_challenge_method"));
        let received = ServerPolicy::new().allow_plain().check_authorization_request(Some(challenge), Some(wire));
        prop_assert_eq!(received, Ok(sent.clone()));
    }

    #[test]
    fn the_server_functions_agree_with_the_parsers(text in near_challenge_text(), method in method()) {
        let policy = ServerPolicy::new().allow_plain();
        let parsed = CodeChallenge::parse(&text, method).map_err(AuthorizationError::Malformed);
        prop_assume!(!text.is_empty());
        prop_assert_eq!(policy.check_authorization_request(Some(&text), Some(method.as_str())), parsed);
        let stored = verifier(&"v".repeat(43)).challenge(method);
        let wanted = match CodeVerifier::parse(&text) {
            Ok(verifier) => stored.verify(&verifier).map_err(|_| TokenError::Mismatch),
            Err(error) => Err(TokenError::Malformed(error)),
        };
        prop_assert_eq!(policy.check_token_request(Some(&stored), Some(&text)), wanted);
    }
}

fn base64(octets: &[u8]) -> String {
    let mut text = [0; 128];
    let len = URL_SAFE_NO_PAD.encode_slice(octets, &mut text).unwrap();
    String::from_utf8(text[..len].to_vec()).unwrap()
}

/// Decodes without checking the two spare bits, and checks them by encoding again.
fn decodes_to_32_octets_and_back(text: &str) -> bool {
    let lax = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    let mut octets = [0; 128];
    matches!(lax.decode_slice(text, &mut octets), Ok(32)) && base64(&octets[..32]) == text
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
    (verifier_text(), verifier_text(), any::<proptest::sample::Index>(), 0..4).prop_map(|(a, other, index, how)| {
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
        vec((any::<proptest::sample::Index>(), any::<char>()), 0..=2),
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
        any::<[u8; 32]>().prop_map(|digest| base64(&digest)),
    ];
    (text, vec((any::<proptest::sample::Index>(), odd), 0..=2)).prop_map(replace)
}

/// Replaces as many bytes as each character has, so that the length is kept if possible.
fn replace((text, others): (String, Vec<(proptest::sample::Index, char)>)) -> String {
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
