//! Laws that hold for every value. `sha2` and `base64` are the oracle for hashing and encoding; the rules for
//! well-formed values are written out here.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, ServerPolicy, TokenError,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest, Sha256};

const UNRESERVED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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
    fn s256_challenge_is_base64url_of_sha256(text in verifier_text()) {
        let challenge = verifier(&text).challenge(CodeChallengeMethod::S256);
        prop_assert_eq!(challenge.as_str(), s256_oracle(&text));
        prop_assert_eq!(challenge.method(), CodeChallengeMethod::S256);
    }

    #[test]
    fn plain_challenge_is_the_text_itself(text in verifier_text()) {
        let challenge = verifier(&text).challenge(CodeChallengeMethod::Plain);
        prop_assert_eq!(challenge.as_str(), text);
        prop_assert_eq!(challenge.method(), CodeChallengeMethod::Plain);
    }

    #[test]
    fn verify_accepts_exactly_what_the_oracle_calls_equal((a, b) in two_texts(), method in method()) {
        let stored = CodeChallenge::parse(&challenge_oracle(&a, method), method).unwrap();
        let equal = challenge_oracle(&a, method) == challenge_oracle(&b, method);
        prop_assert_eq!(stored.verify(&verifier(&b)).is_ok(), equal);
        let result = ServerPolicy::new().allow_plain().check_token_request(Some(&stored), Some(&b));
        prop_assert_eq!(result, if equal { Ok(()) } else { Err(TokenError::Mismatch) });
    }

    #[test]
    fn challenges_are_equal_exactly_when_text_and_method_are(
        (a, b) in two_texts(), of_a in method(), of_b in method(),
    ) {
        let (left, right) = (verifier(&a).challenge(of_a), verifier(&b).challenge(of_b));
        let equal = of_a == of_b && challenge_oracle(&a, of_a) == challenge_oracle(&b, of_b);
        prop_assert_eq!(left == right, equal);
        prop_assert_eq!(right == left, equal);
        let clone = left.clone();
        prop_assert_eq!(clone, left);
    }

    #[test]
    fn methods_never_cross(text in verifier_text()) {
        let hashed = s256_oracle(&text);
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
        assert_encodes::<32>(&octets)?;
        assert_encodes::<33>(&octets)?;
        assert_encodes::<34>(&octets)?;
        assert_encodes::<47>(&octets)?;
        assert_encodes::<64>(&octets)?;
        assert_encodes::<95>(&octets)?;
        assert_encodes::<96>(&octets)?;
    }

    #[test]
    fn parse_accepts_exactly_what_the_rules_do(text in near_verifier_text()) {
        let wanted = unreserved_model(&text);
        let parsed = CodeVerifier::parse(&text);
        prop_assert_eq!(parsed.as_ref().err().copied(), wanted);
        if let Ok(parsed) = parsed {
            prop_assert_eq!(parsed.expose_secret(), &text);
        }
        let plain = CodeChallenge::parse(&text, CodeChallengeMethod::Plain);
        prop_assert_eq!(plain.as_ref().err().copied(), wanted.map(of_plain_challenge));
        if let Ok(plain) = plain {
            prop_assert_eq!(plain.as_str(), &text);
        }
    }

    #[test]
    fn parse_takes_any_text_without_a_panic(text in any::<String>()) {
        prop_assert_eq!(CodeVerifier::parse(&text).err(), unreserved_model(&text));
        prop_assert_eq!(CodeChallenge::parse(&text, CodeChallengeMethod::S256).err(), s256_model(&text));
        prop_assert_eq!(text.parse::<CodeChallengeMethod>(), Err(ParseMethodError));
    }

    #[test]
    fn s256_challenge_is_accepted_exactly_when_base64_round_trips(text in near_challenge_text()) {
        let parsed = CodeChallenge::parse(&text, CodeChallengeMethod::S256);
        prop_assert_eq!(parsed.is_ok(), decodes_to_32_octets_and_back(&text));
        prop_assert_eq!(parsed.as_ref().err().copied(), s256_model(&text));
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
    fn a_verifier_survives_its_text(text in verifier_text(), method in method()) {
        let original = verifier(&text);
        let kept = verifier(original.expose_secret());
        prop_assert_eq!(kept.expose_secret(), text);
        prop_assert_eq!(original.challenge(method).verify(&kept), Ok(()));
    }

    #[test]
    fn a_challenge_survives_its_params(text in verifier_text(), method in method()) {
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_owned_string_is_parsed_as_a_borrowed_one(text in near_verifier_text()) {
        let owned = CodeVerifier::try_from(text.clone());
        prop_assert_eq!(owned.as_ref().err().copied(), unreserved_model(&text));
        if let Ok(owned) = owned {
            prop_assert_eq!(owned.expose_secret(), &text);
        }
    }
}

fn verifier(text: &str) -> CodeVerifier {
    CodeVerifier::parse(text).unwrap()
}

fn assert_encodes<const N: usize>(octets: &[u8]) -> Result<(), TestCaseError> {
    let octets: &[u8; N] = octets.first_chunk().unwrap();
    let verifier = CodeVerifier::from_random_bytes(octets);
    prop_assert_eq!(verifier.expose_secret(), base64(octets));
    Ok(())
}

// Oracles

fn base64(octets: &[u8]) -> String {
    let mut text = [0; 128];
    let len = URL_SAFE_NO_PAD.encode_slice(octets, &mut text).unwrap();
    String::from_utf8(text[..len].to_vec()).unwrap()
}

fn s256_oracle(text: &str) -> String {
    base64(&Sha256::digest(text))
}

fn challenge_oracle(text: &str, method: CodeChallengeMethod) -> String {
    match method {
        CodeChallengeMethod::S256 => s256_oracle(text),
        CodeChallengeMethod::Plain => text.to_owned(),
    }
}

/// Returns the rule that `text` breaks as a verifier.
fn unreserved_model(text: &str) -> Option<ParseVerifierError> {
    if text.len() < 43 || text.len() > 128 {
        return Some(ParseVerifierError::InvalidLength { len: text.len() });
    }
    let index = text.bytes().position(|byte| !UNRESERVED.contains(&byte))?;
    Some(ParseVerifierError::InvalidByte { index })
}

/// The error of a plain challenge for the same rule.
fn of_plain_challenge(error: ParseVerifierError) -> ParseChallengeError {
    let method = CodeChallengeMethod::Plain;
    match error {
        ParseVerifierError::InvalidLength { len } => ParseChallengeError::InvalidLength { len, method },
        ParseVerifierError::InvalidByte { index } => ParseChallengeError::InvalidByte { index, method },
        other => panic!("unknown error {other:?}"),
    }
}

/// Returns the rule that `text` breaks as an S256 challenge.
fn s256_model(text: &str) -> Option<ParseChallengeError> {
    let method = CodeChallengeMethod::S256;
    if text.len() != 43 {
        return Some(ParseChallengeError::InvalidLength {
            len: text.len(),
            method,
        });
    }
    if let Some(index) = text.bytes().position(|byte| !BASE64URL.contains(&byte)) {
        return Some(ParseChallengeError::InvalidByte { index, method });
    }
    if decodes_to_32_octets_and_back(text) {
        None
    } else {
        Some(ParseChallengeError::NonCanonical)
    }
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
    select(&[CodeChallengeMethod::S256, CodeChallengeMethod::Plain][..])
}

fn text_of(alphabet: &'static [u8], len: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = String> {
    vec(select(alphabet).prop_map(char::from), len).prop_map(String::from_iter)
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
