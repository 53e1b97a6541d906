//! A verifier, and a plain challenge, is 43 to 128 bytes of `[A-Za-z0-9-._~]` (RFC 7636 sections 4.1 and 4.2). The
//! length is checked first; then the error contains the offset of the first invalid byte.

mod common;

use common::{STEP, laws, model, with_char};
use pkce_core::{CodeVerifier, ParseVerifierError};

/// Lengths around every bound: of the rule (43, 128), of a padded hash block (55, 56, 64, 119, 120), and of chunks of
/// 16 bytes.
const LENGTHS: [usize; 15] = [41, 42, 43, 44, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 130];

/// Asserts that `text` is parsed as the model says in every way.
#[track_caller]
fn assert_parsed(text: &str) {
    laws::verifier(text);
    #[cfg(feature = "alloc")]
    laws::parsed(CodeVerifier::try_from(text.to_owned()), text);
}

/// Well-formed text of `len` bytes, if `len` is allowed.
fn unreserved(len: usize) -> String {
    model::UNRESERVED.chars().cycle().take(len).collect()
}

#[test]
fn accepts_exactly_43_to_128_bytes() {
    for len in (0..=300).step_by(STEP) {
        assert_eq!(CodeVerifier::parse(&unreserved(len)).is_ok(), (43..=128).contains(&len));
        assert_parsed(&unreserved(len));
    }
    assert_eq!((CodeVerifier::MIN_LEN, CodeVerifier::MAX_LEN), (43, 128));
}

#[test]
fn accepts_exactly_66_characters() {
    let accepted = (0..=0x7f).filter(|&byte| CodeVerifier::parse(&char::from(byte).to_string().repeat(43)).is_ok());
    let mut alphabet = model::UNRESERVED.as_bytes().to_vec();
    alphabet.sort();
    assert_eq!(accepted.collect::<Vec<u8>>(), alphabet);
    assert_eq!(alphabet.len(), 66);
    for char in model::UNRESERVED.chars() {
        assert_parsed(&char.to_string().repeat(128));
    }
}

#[test]
fn checks_every_ascii_byte_first_in_the_middle_and_last() {
    for len in LENGTHS.into_iter().step_by(STEP) {
        for index in [0, len / 2, len - 1] {
            for byte in (0..=0x7f).step_by(STEP) {
                assert_parsed(&with_char(&unreserved(len), index, char::from(byte)));
            }
        }
    }
}

#[test]
fn rejects_a_bad_byte_at_every_offset_of_every_length() {
    for len in (43..=128).step_by(STEP) {
        for index in (0..len).step_by(STEP) {
            assert_parsed(&with_char(&unreserved(len), index, '+'));
        }
    }
}

#[test]
fn reports_the_first_of_several_bad_bytes() {
    for len in [43, 48, 64, 127, 128] {
        for first in 0..len {
            let mut text = unreserved(first) + "=";
            while text.len() < len {
                text.push(if text.len() % 3 == 0 { '%' } else { 'a' });
            }
            text.replace_range(len - 1.., "/");
            let error = ParseVerifierError::InvalidByte { index: first };
            assert_eq!(CodeVerifier::parse(&text).err(), Some(error));
            assert_parsed(&text);
        }
    }
}

#[test]
fn rejects_other_lengths_before_other_bytes() {
    let long = if cfg!(miri) { 1 << 10 } else { 1 << 20 };
    for (text, len) in [
        (String::new(), 0),
        ("a".repeat(42), 42),
        ("a".repeat(129), 129),
        ("+".repeat(42), 42),
        ("+".repeat(129), 129),
        (format!("{}\n", "a".repeat(128)), 129),
        ("\0".repeat(long), long),
        // Bytes are counted, not characters.
        ("é".repeat(long / 2), long),
        ("€".repeat(43), 129),
    ] {
        let error = ParseVerifierError::InvalidLength { len };
        assert_eq!(CodeVerifier::parse(&text).err(), Some(error));
        assert_parsed(&text);
    }
}
