//! A verifier, and a plain challenge, is 43 to 128 bytes of `[A-Za-z0-9-._~]` (RFC 7636 sections 4.1 and 4.2). The
//! length is checked first; then the error contains the offset of the first invalid byte.

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseVerifierError};

/// Miri is slow: test a sample.
const STEP: usize = if cfg!(miri) { 43 } else { 1 };

/// Lengths around every bound: of the rule (43, 128), of a padded hash block (55, 56, 64, 119, 120), and of chunks of
/// 16 bytes.
const LENGTHS: [usize; 15] = [41, 42, 43, 44, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 130];

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

#[test]
fn every_ascii_byte_first_in_the_middle_and_last() {
    for len in LENGTHS.into_iter().step_by(STEP) {
        for index in [0, len / 2, len - 1] {
            for byte in (0..=0x7f).step_by(STEP) {
                let text = with_char(len, index, char::from(byte));
                let wanted = if !(43..=128).contains(&len) {
                    Err(ParseVerifierError::InvalidLength { len })
                } else if ALPHABET.contains(char::from(byte)) {
                    Ok(())
                } else {
                    Err(ParseVerifierError::InvalidByte { index })
                };
                assert_form(&text, wanted);
            }
        }
    }
}

/// UTF-8 uses every byte from 0x80 on except 0xC0, 0xC1 and 0xF5 to 0xFF.
#[test]
fn every_other_byte_that_text_can_hold_first_in_the_middle_and_last() {
    let mut seen = [false; 256];
    for char in non_ascii_chars() {
        char.encode_utf8(&mut [0; 4])
            .bytes()
            .for_each(|byte| seen[usize::from(byte)] = true);
    }
    for char in non_ascii_chars().step_by(STEP) {
        for len in LENGTHS.into_iter().step_by(STEP) {
            for index in [0, len / 2, len - char.len_utf8()] {
                let text = with_char(len, index, char);
                let wanted = if !(43..=128).contains(&len) {
                    ParseVerifierError::InvalidLength { len }
                } else {
                    ParseVerifierError::InvalidByte { index }
                };
                assert_form(&text, Err(wanted));
            }
        }
    }
    let missed: Vec<usize> = (0x80..=0xff).filter(|&byte| !seen[byte]).collect();
    let never_in_text: Vec<usize> = [0xc0, 0xc1].into_iter().chain(0xf5..=0xff).collect();
    assert_eq!(missed, never_in_text);
}

#[test]
fn one_bad_byte_at_every_position_of_every_length() {
    for len in (43..=128).step_by(STEP) {
        for index in (0..len).step_by(STEP) {
            assert_form(
                &with_char(len, index, '+'),
                Err(ParseVerifierError::InvalidByte { index }),
            );
        }
    }
}

#[test]
fn accepts_43_to_128_bytes_and_no_other_length() {
    for len in (0..=300).step_by(STEP) {
        let wanted = if (43..=128).contains(&len) {
            Ok(())
        } else {
            Err(ParseVerifierError::InvalidLength { len })
        };
        assert_form(&"a".repeat(len), wanted);
    }
    assert_eq!((CodeVerifier::MIN_LEN, CodeVerifier::MAX_LEN), (43, 128));
}

#[test]
fn rejects_42_bytes() {
    assert_form(&"a".repeat(42), Err(ParseVerifierError::InvalidLength { len: 42 }));
}

#[test]
fn rejects_129_bytes() {
    assert_form(&"a".repeat(129), Err(ParseVerifierError::InvalidLength { len: 129 }));
}

#[test]
fn rejects_empty_text() {
    assert_form("", Err(ParseVerifierError::InvalidLength { len: 0 }));
}

#[test]
fn accepts_the_whole_alphabet_and_each_symbol_alone() {
    assert_eq!(ALPHABET.len(), 66);
    assert_form(ALPHABET, Ok(()));
    for char in ALPHABET.chars() {
        assert_form(&char.to_string().repeat(43), Ok(()));
        assert_form(&char.to_string().repeat(128), Ok(()));
    }
}

#[test]
fn length_comes_before_everything_else() {
    let len = if cfg!(miri) { 1 << 10 } else { 1 << 20 };
    assert_form(&"\0".repeat(len), Err(ParseVerifierError::InvalidLength { len }));
    assert_form(&"é".repeat(len / 2), Err(ParseVerifierError::InvalidLength { len }));
    assert_form(&"+".repeat(42), Err(ParseVerifierError::InvalidLength { len: 42 }));
    assert_form(&"+".repeat(129), Err(ParseVerifierError::InvalidLength { len: 129 }));
}

#[test]
fn length_is_counted_in_bytes_not_in_characters() {
    // 43 characters in 129 bytes; and 42 characters in 43 bytes, which have a valid length and an invalid byte.
    assert_form(&"€".repeat(43), Err(ParseVerifierError::InvalidLength { len: 129 }));
    assert_form(
        &format!("{}é", "a".repeat(41)),
        Err(ParseVerifierError::InvalidByte { index: 41 }),
    );
    assert_form(
        &format!("{}😀", "a".repeat(39)),
        Err(ParseVerifierError::InvalidByte { index: 39 }),
    );
    assert_form(&"😀".repeat(32), Err(ParseVerifierError::InvalidByte { index: 0 }));
}

#[test]
fn rejects_look_alikes_of_allowed_characters() {
    for char in [
        'Ａ', 'а', '‐', '．', '＿', '～', '\u{212a}', '\u{131}', '\u{feff}', '\u{200b}',
    ] {
        let text = format!("{}{char}{}", "a".repeat(20), "a".repeat(30));
        assert_form(&text, Err(ParseVerifierError::InvalidByte { index: 20 }));
    }
}

#[test]
fn rejects_a_trailing_newline() {
    for len in [43, 44, 64, 127] {
        assert_form(
            &format!("{}\n", "a".repeat(len)),
            Err(ParseVerifierError::InvalidByte { index: len }),
        );
        assert_form(
            &format!("{}\r\n", "a".repeat(len - 1)),
            Err(ParseVerifierError::InvalidByte { index: len - 1 }),
        );
    }
    assert_form(
        &format!("{}\n", "a".repeat(42)),
        Err(ParseVerifierError::InvalidByte { index: 42 }),
    );
    assert_form(
        &format!("{}\n", "a".repeat(128)),
        Err(ParseVerifierError::InvalidLength { len: 129 }),
    );
}

#[test]
fn rejects_surrounding_blanks() {
    for blank in [" ", "\t", "\n", "\0", "\u{a0}"] {
        assert_form(
            &format!("{blank}{}", "a".repeat(43)),
            Err(ParseVerifierError::InvalidByte { index: 0 }),
        );
        assert_form(
            &format!("{}{blank}", "a".repeat(43)),
            Err(ParseVerifierError::InvalidByte { index: 43 }),
        );
    }
}

#[test]
fn first_of_several_bad_bytes_is_the_one_reported() {
    for len in [43, 48, 64, 127, 128] {
        for first in 0..len {
            let mut text = "a".repeat(first);
            text.push('=');
            while text.len() < len {
                text.push(if text.len() % 3 == 0 { '%' } else { 'a' });
            }
            text.replace_range(len - 1.., "/");
            assert_form(&text, Err(ParseVerifierError::InvalidByte { index: first }));
        }
    }
}

#[test]
fn rejects_what_is_still_percent_encoded() {
    let text = format!("{}%7E", "a".repeat(43));
    assert_form(&text, Err(ParseVerifierError::InvalidByte { index: 43 }));
}

/// Parses `text` in every way as a verifier and as a plain challenge, and compares the errors.
fn assert_form(text: &str, wanted: Result<(), ParseVerifierError>) {
    let wanted = wanted.map(|()| text);
    let parsed = CodeVerifier::parse(text);
    assert_eq!(
        parsed.as_ref().map(CodeVerifier::expose_secret).map_err(|e| *e),
        wanted,
        "parse {text:?}"
    );
    let from_str = text.parse::<CodeVerifier>();
    assert_eq!(
        from_str.as_ref().map(CodeVerifier::expose_secret).map_err(|e| *e),
        wanted,
        "FromStr {text:?}"
    );
    let try_from = CodeVerifier::try_from(text);
    assert_eq!(
        try_from.as_ref().map(CodeVerifier::expose_secret).map_err(|e| *e),
        wanted,
        "TryFrom<&str> {text:?}"
    );
    #[cfg(feature = "alloc")]
    {
        let owned = CodeVerifier::try_from(text.to_owned());
        assert_eq!(
            owned.as_ref().map(CodeVerifier::expose_secret).map_err(|e| *e),
            wanted,
            "TryFrom<String> {text:?}"
        );
    }
    let plain = CodeChallenge::parse(text, CodeChallengeMethod::Plain);
    assert_eq!(
        plain.as_ref().map(CodeChallenge::as_str).map_err(|e| *e),
        wanted.map_err(of_plain_challenge),
        "plain challenge {text:?}"
    );
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

/// Returns valid text with `char` at `index`, `len` bytes in all.
fn with_char(len: usize, index: usize, char: char) -> String {
    let good: String = ALPHABET.chars().cycle().take(len).collect();
    format!("{}{char}{}", &good[..index], &good[index + char.len_utf8()..])
}

/// Characters that contain every continuation byte and every lead byte.
fn non_ascii_chars() -> impl Iterator<Item = char> {
    let every_continuation = '\u{80}'..='\u{bf}';
    let two_bytes = (0xc3..=0xdf).map(|lead| (lead & 0x1f) << 6);
    let three_bytes = (0xe0..=0xef).map(|lead| if lead == 0xe0 { 0x800 } else { (lead & 0x0f) << 12 });
    let four_bytes = (0xf0..=0xf4).map(|lead| if lead == 0xf0 { 0x10000 } else { (lead & 0x07) << 18 });
    every_continuation.chain(
        two_bytes
            .chain(three_bytes)
            .chain(four_bytes)
            .filter_map(char::from_u32),
    )
}
