//! An S256 challenge is exactly 43 base64url characters without padding, the last of which is canonical: 43 characters
//! hold two bits more than a digest (RFC 7636 section 4.2, RFC 4648 section 3.5). A challenge is never equal to, or
//! verified as, one of another method.

mod common;

use common::{CHALLENGE, DIGEST, METHODS, STEP, VERIFIER, laws, model, verifier, with_char};
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, CodeChallengeMethod, ParseChallengeError, ServerPolicy, TokenError};

fn challenge(text: &str, method: CodeChallengeMethod) -> CodeChallenge {
    CodeChallenge::parse(text, method).unwrap()
}

fn of_digest(digest: &[u8; 32]) -> CodeChallenge {
    challenge(&model::base64url(digest), S256)
}

#[test]
fn checks_every_ascii_byte_at_every_offset() {
    for index in (0..43).step_by(STEP) {
        for byte in (0..=0x7f).step_by(STEP) {
            laws::challenge(&with_char(CHALLENGE, index, char::from(byte)), S256);
        }
    }
}

#[test]
fn rejects_non_ascii_characters_at_every_offset() {
    for char in ('\u{80}'..='\u{ff}').chain(['\u{7ff}', '€', '\u{ffff}', '😀', '\u{10ffff}']) {
        for index in (0..=43 - char.len_utf8()).step_by(STEP) {
            laws::challenge(&with_char(CHALLENGE, index, char), S256);
        }
    }
}

#[test]
fn accepts_exactly_43_characters() {
    for len in (0..=300).step_by(STEP) {
        assert_eq!(CodeChallenge::parse(&"A".repeat(len), S256).is_ok(), len == 43);
        laws::challenge(&"A".repeat(len), S256);
    }
}

#[test]
fn rejects_other_lengths_before_other_bytes() {
    let hex = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
    for (text, len) in [
        (CHALLENGE[..42].to_owned(), 42),
        ("=".repeat(42), 42),
        (format!("{CHALLENGE}A"), 44),
        (format!("{CHALLENGE}="), 44),
        (format!(" {CHALLENGE}"), 44),
        (hex.to_owned(), 64),
        ("\0".repeat(1 << 20), 1 << 20),
    ] {
        let error = ParseChallengeError::InvalidLength { len, method: S256 };
        assert_eq!(CodeChallenge::parse(&text, S256), Err(error));
    }
}

#[test]
fn rejects_bytes_outside_the_alphabet_before_a_non_canonical_end() {
    let non_canonical = with_char(CHALLENGE, 42, 'N');
    assert_eq!(
        CodeChallenge::parse(&non_canonical, S256),
        Err(ParseChallengeError::NonCanonical)
    );
    for index in (0..42).step_by(STEP) {
        let padded = with_char(CHALLENGE, index, '=');
        for text in [with_char(&non_canonical, index, '+'), with_char(&padded, 42, '~')] {
            let error = ParseChallengeError::InvalidByte { index, method: S256 };
            assert_eq!(CodeChallenge::parse(&text, S256), Err(error), "{text:?}");
        }
    }
}

/// sha2's own hash and the model's encoder are the reference, for texts that end at every offset of a block.
#[test]
fn derives_what_sha2_and_the_model_compute_for_every_length() {
    for len in (43..=128).step_by(STEP) {
        for shift in [0, 7] {
            let text: String = model::UNRESERVED.chars().cycle().skip(shift).take(len).collect();
            for method in METHODS {
                laws::pair(&model::challenge_of(&text, method), method, &text);
            }
        }
    }
}

#[test]
fn verifies_with_its_own_method_alone() {
    let [hashed, plain] = METHODS.map(|method| challenge(CHALLENGE, method));
    assert_eq!(hashed.verify(&verifier(VERIFIER)), Ok(()));
    assert!(hashed.verify(&verifier(CHALLENGE)).is_err());
    assert_eq!(plain.verify(&verifier(CHALLENGE)), Ok(()));
    assert!(plain.verify(&verifier(VERIFIER)).is_err());
    // The same text.
    assert_eq!(hashed.as_str(), plain.as_str());
    assert_ne!(hashed, plain);
    assert_ne!(plain, hashed);
}

#[test]
fn verify_compares_every_character() {
    for method in METHODS {
        for len in [43, 44, 55, 56, 63, 64, 65, 119, 120, 127, 128] {
            let text = "a".repeat(len);
            let challenge = verifier(&text).challenge(method);
            assert_eq!(challenge.verify(&verifier(&text)), Ok(()), "{method} {len}");
            for index in (0..len).step_by(STEP) {
                let other = with_char(&text, index, 'b');
                assert!(challenge.verify(&verifier(&other)).is_err(), "{method} {len} {index}");
            }
        }
    }
}

#[test]
fn verify_compares_the_length() {
    for method in METHODS {
        let challenge = verifier(&"a".repeat(64)).challenge(method);
        for len in (43..=128).filter(|&len| len != 64).step_by(STEP) {
            assert!(challenge.verify(&verifier(&"a".repeat(len))).is_err(), "{method} {len}");
        }
    }
}

#[test]
fn equality_compares_every_character_and_the_length() {
    for method in METHODS {
        let original = challenge(CHALLENGE, method);
        assert_eq!(original, challenge(CHALLENGE, method));
        for index in (0..43).step_by(STEP) {
            // Both characters are canonical, so they can be last.
            let other = if &CHALLENGE[index..=index] == "A" { 'E' } else { 'A' };
            let other = challenge(&with_char(CHALLENGE, index, other), method);
            assert_ne!(other, original, "{method} {index}");
        }
    }
    let [short, long] = [1, 2].map(|times| challenge(&CHALLENGE.repeat(times), Plain));
    assert_ne!(short, long);
    assert_ne!(long, short);
}

/// Digests that differ from `digest` in one bit, and digests that share one word of four octets with it or with its
/// complement, whatever the word is.
fn other_digests(digest: [u8; 32]) -> Vec<[u8; 32]> {
    let one_bit = (0..256).step_by(STEP).map(|bit| {
        let mut other = digest;
        other[bit / 8] ^= 1 << (bit % 8);
        other
    });
    let one_word = (0..32).step_by(4).flat_map(|at| {
        let mut only = digest.map(|octet| !octet);
        only[at..at + 4].copy_from_slice(&digest[at..at + 4]);
        let mut without = digest;
        without[at..at + 4].fill(if digest[at] == 0 { 1 } else { 0 });
        [only, without]
    });
    one_bit.chain(one_word).collect()
}

#[test]
fn equality_compares_every_bit_of_the_digest() {
    for octet in [0, 0xff, 0x80, 7, 1] {
        for digest in [[octet; 32], DIGEST] {
            assert_eq!(of_digest(&digest), of_digest(&digest));
            for other in other_digests(digest) {
                assert_ne!(of_digest(&other), of_digest(&digest), "{other:x?}");
                assert_ne!(of_digest(&digest), of_digest(&other), "{other:x?}");
            }
        }
    }
}

#[test]
fn verification_compares_every_bit_of_the_digest() {
    assert_eq!(of_digest(&DIGEST).as_str(), CHALLENGE);
    for other in other_digests(DIGEST) {
        let stored = of_digest(&other);
        assert!(stored.verify(&verifier(VERIFIER)).is_err(), "{other:x?}");
        let checked = ServerPolicy::new().check_token_request(Some(&stored), Some(VERIFIER));
        assert_eq!(checked, Err(TokenError::Mismatch), "{other:x?}");
    }
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
    let [a, b] = ["a".repeat(43), format!("bb{}", "a".repeat(41))];
    assert_ne!(challenge(&a, Plain), challenge(&b, Plain));
    assert!(challenge(&a, Plain).verify(&verifier(&b)).is_err());
}
