//! An S256 challenge is exactly 43 base64url characters without padding, the last of which is canonical: 43 characters
//! hold two bits more than a digest (RFC 7636 section 4.2, RFC 4648 section 3.5). A challenge is never equal to, or
//! verified as, one of another method.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ServerPolicy, TokenError};

/// Miri is slow: test a sample.
const STEP: usize = if cfg!(miri) { 43 } else { 1 };

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The characters whose lowest two bits are zero.
const CANONICAL_LAST: &str = "AEIMQUYcgkosw048";

#[test]
fn last_character_is_one_of_sixteen() {
    let (mut accepted, mut non_canonical, mut invalid) = (0, 0, 0);
    for byte in 0..=0x7f {
        let last = char::from(byte);
        let text = format!("{}{last}", &CHALLENGE[..42]);
        if CANONICAL_LAST.contains(last) {
            accepted += 1;
            assert_eq!(s256(&text).map(|c| c.as_str() == text), Ok(true), "{last:?}");
        } else if BASE64URL.contains(last) {
            non_canonical += 1;
            assert_eq!(s256(&text), Err(ParseChallengeError::NonCanonical), "{last:?}");
        } else {
            invalid += 1;
            assert_eq!(s256(&text), Err(invalid_byte(42)), "{last:?}");
        }
    }
    assert_eq!((accepted, non_canonical, invalid), (16, 48, 64));
}

#[test]
fn every_ascii_byte_at_every_position() {
    for index in (0..43).step_by(STEP) {
        for byte in (0..=0x7f).step_by(STEP) {
            let text = with_char(index, char::from(byte));
            let allowed = if index == 42 { CANONICAL_LAST } else { BASE64URL };
            let wanted = if allowed.contains(char::from(byte)) {
                Ok(true)
            } else if BASE64URL.contains(char::from(byte)) {
                Err(ParseChallengeError::NonCanonical)
            } else {
                Err(invalid_byte(index))
            };
            assert_eq!(s256(&text).map(|c| c.as_str() == text), wanted, "{text:?}");
        }
    }
}

#[test]
fn non_ascii_text_of_43_bytes_at_every_position() {
    for char in ('\u{80}'..='\u{ff}').chain(['\u{7ff}', '€', '\u{ffff}', '😀', '\u{10ffff}']) {
        for index in (0..=43 - char.len_utf8()).step_by(STEP) {
            assert_eq!(s256(&with_char(index, char)), Err(invalid_byte(index)), "{char:?}");
        }
    }
}

#[test]
fn rejects_every_length_but_43() {
    for len in (0..=300).filter(|&len| len != 43).step_by(STEP) {
        assert_eq!(s256(&"A".repeat(len)), Err(invalid_length(len)));
    }
    assert!(s256(&"A".repeat(43)).is_ok());
}

#[test]
fn rejects_42_characters() {
    assert_eq!(s256(&CHALLENGE[..42]), Err(invalid_length(42)));
}

#[test]
fn rejects_44_characters() {
    assert_eq!(s256(&format!("{CHALLENGE}A")), Err(invalid_length(44)));
}

#[test]
fn rejects_padding() {
    assert_eq!(s256(&format!("{CHALLENGE}=")), Err(invalid_length(44)));
    assert_eq!(s256(&format!("{}=", &CHALLENGE[..42])), Err(invalid_byte(42)));
    assert_eq!(s256(&format!("{}==", &CHALLENGE[..41])), Err(invalid_byte(41)));
}

#[test]
fn rejects_the_digest_in_hex() {
    let hex = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
    assert_eq!(s256(hex), Err(invalid_length(64)));
}

#[test]
fn rejects_characters_of_a_verifier_that_are_not_base64url() {
    assert_eq!(s256(&with_char(0, '.')), Err(invalid_byte(0)));
    assert_eq!(s256(&with_char(21, '~')), Err(invalid_byte(21)));
}

#[test]
fn rejects_standard_base64() {
    assert_eq!(s256(&CHALLENGE.replace('-', "+")), Err(invalid_byte(40)));
    assert_eq!(s256(&with_char(5, '/')), Err(invalid_byte(5)));
}

#[test]
fn rejects_surrounding_blanks() {
    assert_eq!(s256(&format!(" {CHALLENGE}")), Err(invalid_length(44)));
    assert_eq!(s256(&format!("{}\n", &CHALLENGE[..42])), Err(invalid_byte(42)));
}

#[test]
fn length_comes_before_everything_else() {
    let len = 1 << 20;
    assert_eq!(s256(&"\0".repeat(len)), Err(invalid_length(len)));
    assert_eq!(s256(&"=".repeat(42)), Err(invalid_length(42)));
}

#[test]
fn a_bad_byte_comes_before_a_non_canonical_last_character() {
    let text = format!("{}N", &CHALLENGE[..42]);
    assert_eq!(s256(&text), Err(ParseChallengeError::NonCanonical));
    for index in (0..42).step_by(STEP) {
        let mut worse = text.clone();
        worse.replace_range(index..=index, "+");
        assert_eq!(s256(&worse), Err(invalid_byte(index)));
    }
}

#[test]
fn first_of_several_bad_bytes_is_the_one_reported() {
    for first in (0..42).step_by(STEP) {
        let mut text = with_char(first, '=');
        text.replace_range(42.., "~");
        assert_eq!(s256(&text), Err(invalid_byte(first)));
    }
}

#[test]
fn a_verifier_with_the_text_of_the_challenge_does_not_verify() {
    let stored = s256(CHALLENGE).unwrap();
    assert!(stored.verify(&verifier(CHALLENGE)).is_err());
    assert_eq!(stored.verify(&verifier(VERIFIER)), Ok(()));
}

#[test]
fn a_plain_challenge_with_the_text_of_an_s256_challenge_verifies_only_that_text() {
    let stored = plain(CHALLENGE).unwrap();
    assert_eq!(stored.verify(&verifier(CHALLENGE)), Ok(()));
    assert!(stored.verify(&verifier(VERIFIER)).is_err());
}

#[test]
fn the_same_text_under_two_methods_is_two_challenges() {
    let (hashed, plain) = (s256(CHALLENGE).unwrap(), plain(CHALLENGE).unwrap());
    assert_eq!(hashed.as_str(), plain.as_str());
    assert_ne!(hashed, plain);
    assert_ne!(plain, hashed);
}

#[test]
fn verify_refuses_a_change_of_any_character() {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        for len in [43, 44, 55, 56, 63, 64, 65, 119, 120, 127, 128] {
            let text = "a".repeat(len);
            let challenge = verifier(&text).challenge(method);
            assert_eq!(challenge.verify(&verifier(&text)), Ok(()), "{method} {len}");
            for index in (0..len).step_by(STEP) {
                let mut other = text.clone();
                other.replace_range(index..=index, "b");
                assert!(challenge.verify(&verifier(&other)).is_err(), "{method} {len} {index}");
            }
        }
    }
}

#[test]
fn verify_refuses_a_prefix_and_an_extension() {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        let challenge = verifier(&"a".repeat(64)).challenge(method);
        for len in (43..=128).filter(|&len| len != 64).step_by(STEP) {
            assert!(challenge.verify(&verifier(&"a".repeat(len))).is_err(), "{method} {len}");
        }
    }
}

#[test]
fn equality_looks_at_every_character() {
    let (hashed, readable) = (s256(CHALLENGE).unwrap(), plain(CHALLENGE).unwrap());
    for index in (0..43).step_by(STEP) {
        // Both characters are canonical, so they can be last.
        let other = with_char(index, if &CHALLENGE[index..=index] == "A" { 'E' } else { 'A' });
        assert_ne!(s256(&other).unwrap(), hashed, "{index}");
        assert_ne!(plain(&other).unwrap(), readable, "{index}");
    }
    assert_eq!(s256(CHALLENGE).unwrap(), hashed);
    assert_eq!(plain(CHALLENGE).unwrap(), readable);
}

/// Challenges of digests that differ in one bit, or in all but one word, whatever the word that they share is.
#[test]
fn equality_looks_at_every_bit_of_the_digest() {
    let base = [0, 0xff, 7].map(|octet| [octet; 32]);
    for digest in base {
        let challenge = of_digest(&digest);
        assert_eq!(challenge, of_digest(&digest));
        for bit in (0..256).step_by(STEP) {
            let mut other = digest;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(of_digest(&other), challenge, "{bit}");
            assert_ne!(challenge, of_digest(&other), "{bit}");
        }
        for shared in [0, 0xff, 0x80, 1] {
            for at in (0..32).step_by(4) {
                let [mut one, mut other] = [digest, digest.map(|octet| !octet)];
                one[at..at + 4].fill(shared);
                other[at..at + 4].fill(shared);
                assert_ne!(of_digest(&one), of_digest(&other), "{shared} in the word at {at}");
            }
        }
    }
}

/// RFC 7636 Appendix B.
const DIGEST: [u8; 32] = [
    19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241, 68, 86, 110,
    225, 137, 74, 203, 112, 249, 195,
];

#[test]
fn verification_looks_at_every_bit_of_the_digest() {
    let policy = ServerPolicy::new();
    let refused = |digest: &[u8; 32], what: usize| {
        let stored = of_digest(digest);
        assert!(stored.verify(&verifier(VERIFIER)).is_err(), "{what}");
        let checked = policy.check_token_request(Some(&stored), Some(VERIFIER));
        assert_eq!(checked, Err(TokenError::Mismatch), "{what}");
    };
    assert_eq!(of_digest(&DIGEST).as_str(), CHALLENGE);
    for bit in (0..256).step_by(STEP) {
        let mut other = DIGEST;
        other[bit / 8] ^= 1 << (bit % 8);
        refused(&other, bit);
    }
    for at in (0..32).step_by(4) {
        // Only this word is right, or only this one is wrong.
        let mut one = [0; 32];
        one[at..at + 4].copy_from_slice(&DIGEST[at..at + 4]);
        refused(&one, at);
        let mut other = DIGEST;
        other[at..at + 4].fill(0);
        refused(&other, at);
    }
}

fn of_digest(digest: &[u8; 32]) -> CodeChallenge {
    let mut text = [0; 43];
    URL_SAFE_NO_PAD.encode_slice(digest, &mut text).unwrap();
    s256(std::str::from_utf8(&text).unwrap()).unwrap()
}

/// Digests are compared word by word. The differences of two words must not cancel out, neither as bits nor as numbers.
#[test]
fn equal_differences_do_not_cancel() {
    for word in 1..8 {
        // The same bit of both words: once it has the same value in both, once it has not.
        for first in [0x07, 0x17] {
            let mut digest = [7; 32];
            digest[0] = first;
            let mut other = digest;
            other[0] ^= 0x10;
            other[4 * word] ^= 0x10;
            assert_ne!(of_digest(&other), of_digest(&digest), "{word}");
        }
    }
    let (a, b) = ("a".repeat(43), format!("bb{}", "a".repeat(41)));
    assert_ne!(plain(&a).unwrap(), plain(&b).unwrap());
    assert!(plain(&a).unwrap().verify(&verifier(&b)).is_err());
}

#[test]
fn equality_of_plain_challenges_looks_at_the_length() {
    let short = plain(CHALLENGE).unwrap();
    let long = plain(&CHALLENGE.repeat(2)).unwrap();
    assert_ne!(short, long);
    assert_ne!(long, short);
}

#[test]
fn a_parsed_challenge_is_the_computed_one() {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        let computed = verifier(VERIFIER).challenge(method);
        let parsed = CodeChallenge::parse(computed.as_str(), method).unwrap();
        assert_eq!(parsed, computed);
        assert_eq!(parsed.as_str(), computed.as_str());
        assert_eq!(parsed.method(), method);
    }
}

#[test]
fn a_clone_is_equal_and_verifies_alike() {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        let original = verifier(VERIFIER).challenge(method);
        let clone = original.clone();
        assert_eq!(clone, original);
        drop(original);
        assert_eq!(clone.method(), method);
        assert_eq!(clone.verify(&verifier(VERIFIER)), Ok(()));
        assert!(clone.verify(&verifier(CHALLENGE)).is_err());
    }
}

#[test]
fn params_name_the_method_that_was_parsed() {
    let hashed = s256(CHALLENGE).unwrap();
    assert_eq!(
        hashed.authorization_params(),
        [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]
    );
    let readable = plain(CHALLENGE).unwrap();
    assert_eq!(
        readable.authorization_params(),
        [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")]
    );
}

fn s256(text: &str) -> Result<CodeChallenge, ParseChallengeError> {
    CodeChallenge::parse(text, CodeChallengeMethod::S256)
}

/// The error for an S256 challenge of another length.
fn invalid_length(len: usize) -> ParseChallengeError {
    ParseChallengeError::InvalidLength {
        len,
        method: CodeChallengeMethod::S256,
    }
}

/// The error for an S256 challenge with a byte outside its alphabet.
fn invalid_byte(index: usize) -> ParseChallengeError {
    ParseChallengeError::InvalidByte {
        index,
        method: CodeChallengeMethod::S256,
    }
}

fn plain(text: &str) -> Result<CodeChallenge, ParseChallengeError> {
    CodeChallenge::parse(text, CodeChallengeMethod::Plain)
}

fn verifier(text: &str) -> CodeVerifier {
    CodeVerifier::parse(text).unwrap()
}

/// Returns `CHALLENGE` with `char` at `index`, cut to 43 bytes.
fn with_char(index: usize, char: char) -> String {
    format!("{}{char}{}", &CHALLENGE[..index], &CHALLENGE[index + char.len_utf8()..])
}
