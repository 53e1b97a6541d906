//! A verifier, and a plain challenge, is 43 to 128 bytes of `[A-Za-z0-9-._~]` (RFC 7636 sections 4.1 and 4.2). The
//! length is checked first; then the error contains the offset of the first invalid byte.

mod common;

use common::{STEP, model, with_char};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseVerifierError};

/// Lengths around every bound: of the rule (43, 128), of a padded hash block (55, 56, 64, 119, 120), and of chunks of
/// 16 bytes.
const LENGTHS: [usize; 15] = [41, 42, 43, 44, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 130];

/// Asserts that `text` is parsed as the model says in every way, as a verifier and as a plain challenge.
#[track_caller]
fn assert_parsed(text: &str) {
    let wanted = model::check_verifier(text).map(|()| text);
    let parsed = [
        CodeVerifier::parse(text),
        text.parse(),
        CodeVerifier::try_from(text),
        #[cfg(feature = "alloc")]
        CodeVerifier::try_from(text.to_owned()),
    ];
    for (way, result) in parsed.iter().enumerate() {
        let result = result.as_ref().map(CodeVerifier::expose_secret);
        assert_eq!(result.map_err(|e| *e), wanted, "way {way}: {text:?}");
    }
    let plain = CodeChallenge::parse(text, CodeChallengeMethod::Plain);
    let plain = plain.as_ref().map(CodeChallenge::as_str);
    let wanted = wanted.map_err(of_plain_challenge);
    assert_eq!(plain.map_err(|e| *e), wanted, "plain challenge {text:?}");
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

/// UTF-8 uses every byte from 0x80 on except 0xC0, 0xC1 and 0xF5 to 0xFF.
#[test]
fn rejects_every_other_byte_first_in_the_middle_and_last() {
    let mut seen: Vec<u8> = non_ascii_chars()
        .flat_map(|char| char.to_string().into_bytes())
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(
        seen,
        [
            &(0x80..=0xbf).collect::<Vec<_>>()[..],
            &(0xc2..=0xf4).collect::<Vec<_>>()
        ]
        .concat()
    );
    for char in non_ascii_chars().step_by(STEP) {
        for len in LENGTHS.into_iter().step_by(STEP) {
            for index in [0, len / 2, len - char.len_utf8()] {
                assert_parsed(&with_char(&unreserved(len), index, char));
            }
        }
    }
}

/// Characters that contain every continuation byte and every lead byte.
fn non_ascii_chars() -> impl Iterator<Item = char> {
    let every_continuation = '\u{80}'..='\u{bf}';
    let two_bytes = (0xc3..=0xdf).map(|lead| (lead & 0x1f) << 6);
    let three_bytes = (0xe0..=0xef).map(|lead| if lead == 0xe0 { 0x800 } else { (lead & 0x0f) << 12 });
    let four_bytes = (0xf0..=0xf4).map(|lead| if lead == 0xf0 { 0x10000 } else { (lead & 0x07) << 18 });
    let others = two_bytes.chain(three_bytes).chain(four_bytes);
    every_continuation.chain(others.filter_map(char::from_u32))
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

#[test]
fn rejects_bytes_outside_the_alphabet() {
    let a = |len| "a".repeat(len);
    for (text, index) in [
        // White space is not removed, and nothing is decoded.
        (format!("{}\n", a(42)), 42),
        (format!("{}\n", a(43)), 43),
        (format!("{}\n", a(127)), 127),
        (format!("{}\r\n", a(63)), 63),
        (format!(" {}", a(43)), 0),
        (format!("\t{}", a(43)), 0),
        (format!("{}\0", a(43)), 43),
        (format!("\u{a0}{}", a(43)), 0),
        (format!("{}%7E", a(43)), 43),
        // 43 bytes and fewer characters.
        (format!("{}é", a(41)), 41),
        (format!("{}😀", a(39)), 39),
        ("😀".repeat(32), 0),
    ] {
        let error = ParseVerifierError::InvalidByte { index };
        assert_eq!(CodeVerifier::parse(&text).err(), Some(error), "{text:?}");
        assert_parsed(&text);
    }
    // Characters that look like allowed ones.
    for char in "Ａа‐．＿～\u{212a}\u{131}\u{feff}\u{200b}".chars() {
        let text = format!("{}{char}{}", a(20), a(30));
        let error = ParseVerifierError::InvalidByte { index: 20 };
        assert_eq!(CodeVerifier::parse(&text).err(), Some(error), "{char:?}");
        assert_parsed(&text);
    }
}
