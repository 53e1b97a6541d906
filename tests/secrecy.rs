//! No `Debug` output and no error message contains a part of a secret or of a refused value, in any notation. A message
//! names the rule that was broken and, at the endpoints of a server, the parameter, in the characters that an OAuth
//! `error_description` allows (RFC 6749 sections 4.1.2.1 and 5.2).

use std::error::Error;
use std::fmt::Debug;

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, ServerPolicy, StoredChallengeError, TokenError, VerifyError,
};

/// An unexpected length. Miri would take minutes for more.
const LONG: usize = if cfg!(miri) { 150 } else { 1000 };

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Two markers of the same length. No message of the crate contains three consecutive characters of either.
const MARKERS: [&str; 2] = ["QxZj.wKv~", "7GqY_p9Xf"];

#[test]
fn debug_of_a_verifier_says_nothing_of_it() {
    for len in [43, 44, 64, 127, 128] {
        assert_hidden(len, 4, |secret| all_debug(&verifier(secret)));
    }
}

#[test]
fn debug_of_a_plain_challenge_says_nothing_of_it() {
    for len in [43, 44, 64, 127, 128] {
        assert_hidden(len, 4, |secret| {
            all_debug(&CodeChallenge::parse(secret, CodeChallengeMethod::Plain).unwrap())
        });
        assert_hidden(len, 4, |secret| {
            all_debug(&verifier(secret).challenge(CodeChallengeMethod::Plain))
        });
    }
}

#[test]
fn debug_names_the_type() {
    assert!(format!("{:?}", verifier(VERIFIER)).contains("CodeVerifier"));
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        assert!(format!("{:?}", verifier(VERIFIER).challenge(method)).contains("CodeChallenge"));
    }
    let plain = format!("{:?}", verifier(VERIFIER).challenge(CodeChallengeMethod::Plain));
    assert!(plain.to_lowercase().contains("plain"), "{plain}");
}

#[test]
fn debug_of_an_s256_challenge_shows_value_and_method() {
    let challenge = verifier(VERIFIER).challenge(CodeChallengeMethod::S256);
    for text in [format!("{challenge:?}"), format!("{challenge:#?}")] {
        assert!(text.contains(CHALLENGE) && text.contains("S256"), "{text}");
        assert_no_window(&text, VERIFIER, 4);
    }
}

#[test]
fn debug_of_what_a_program_wraps_around_them_says_nothing_either() {
    assert_hidden(43, 4, |secret| {
        let verifier = verifier(secret);
        let challenge = verifier.challenge(CodeChallengeMethod::Plain);
        all_debug(&Some((Ok::<_, ParseVerifierError>(verifier), vec![challenge])))
    });
}

#[test]
fn errors_say_nothing_of_a_refused_verifier() {
    for len in [0, 9, 42, 129, LONG] {
        assert_hidden(len, 3, |text| error_texts(&parse_error(text)));
        assert_hidden(len + 1, 3, |text| error_texts(&token_error(text)));
    }
    for index in [0, 9, 42] {
        assert_hidden(43, 3, |text| error_texts(&parse_error(&with_char(text, index, '+'))));
        assert_hidden(43, 3, |text| error_texts(&token_error(&with_char(text, index, '\n'))));
    }
    assert_hidden(43, 3, |text| error_texts(&token_error(text)));
    assert_hidden(43, 3, |text| {
        error_texts(&ServerPolicy::new().check_token_request(None, Some(text)).unwrap_err())
    });
    assert_hidden(43, 3, |text| {
        let stored = verifier(text).challenge(CodeChallengeMethod::Plain);
        let policies = [ServerPolicy::new(), ServerPolicy::new().allow_plain()];
        policies
            .map(|policy| error_texts(&policy.check_token_request(Some(&stored), Some(VERIFIER)).unwrap_err()))
            .concat()
    });
}

#[test]
fn errors_say_nothing_of_a_refused_challenge() {
    for len in [9, 42, 129, LONG] {
        for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
            assert_hidden(len, 3, |text| {
                error_texts(&CodeChallenge::parse(text, method).unwrap_err())
            });
            assert_hidden(len, 3, |text| error_texts(&authorization_error(text, method.as_str())));
        }
    }
    for (index, char) in [(0, '='), (9, ' '), (42, '+'), (42, 'B')] {
        assert_hidden(43, 3, |text| {
            // Without the characters that base64url lacks, so that the inserted character is the one refused.
            let text = with_char(&text.replace(['.', '~'], "_"), index, char);
            error_texts(&CodeChallenge::parse(&text, CodeChallengeMethod::S256).unwrap_err())
                + &error_texts(&authorization_error(&text, "S256"))
        });
    }
    assert_hidden(43, 3, |text| {
        error_texts(
            &ServerPolicy::new()
                .check_authorization_request(Some(text), Some("plain"))
                .unwrap_err(),
        )
    });
}

#[test]
fn errors_say_nothing_of_an_unknown_method() {
    for len in [5, 9, 43, LONG] {
        assert_hidden(len, 3, |text| {
            error_texts(&text.parse::<CodeChallengeMethod>().unwrap_err())
        });
        assert_hidden(len, 3, |text| error_texts(&authorization_error(CHALLENGE, text)));
        assert_hidden(len, 3, |text| {
            error_texts(
                &ServerPolicy::new()
                    .check_authorization_request(None, Some(text))
                    .unwrap_err(),
            )
        });
    }
}

#[test]
fn the_error_of_verify_says_nothing_of_either_side() {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        assert_hidden(43, 3, |text| {
            error_texts(&verify_error(&verifier(text).challenge(method), VERIFIER))
        });
        assert_hidden(43, 3, |text| {
            error_texts(&verify_error(&verifier(VERIFIER).challenge(method), text))
        });
    }
}

#[cfg(feature = "alloc")]
#[test]
fn errors_say_nothing_of_a_refused_owned_string() {
    for len in [9, 42, 129] {
        assert_hidden(len, 3, |text| {
            error_texts(&CodeVerifier::try_from(text.to_owned()).unwrap_err())
        });
    }
}

#[test]
fn every_message_fits_an_error_description() {
    for message in every_message() {
        assert!(message.len() > 5, "{message:?}");
        let allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(message.bytes().all(allowed), "{message:?}");
    }
}

#[test]
fn every_error_has_a_message_of_its_own() {
    for messages in [
        texts(&VERIFIER_ERRORS),
        texts(&CHALLENGE_ERRORS),
        texts(&stored_errors()),
        texts(&authorization_errors()),
        texts(&token_errors()),
    ] {
        let distinct = std::collections::HashSet::<&String>::from_iter(&messages);
        assert_eq!(distinct.len(), messages.len(), "{messages:#?}");
    }
}

#[test]
fn authorization_errors_name_the_parameter() {
    for error in authorization_errors() {
        let parameter = match error {
            AuthorizationError::MissingMethod
            | AuthorizationError::PlainNotAllowed
            | AuthorizationError::UnknownMethod => "code_challenge_method",
            _ => "code_challenge",
        };
        assert!(error.to_string().contains(parameter), "{error}");
    }
    let half = AuthorizationError::MethodWithoutChallenge.to_string();
    assert!(
        half.replace("code_challenge_method", "").contains("code_challenge"),
        "{half}"
    );
}

#[test]
fn token_errors_name_the_parameter() {
    for error in token_errors() {
        let message = error.to_string();
        match error {
            TokenError::PlainNotAllowed | TokenError::MissingChallenge => {
                assert!(message.contains("code_challenge"), "{message}");
            }
            _ => assert!(message.contains("code_verifier"), "{message}"),
        }
    }
}

/// Asserts that `text_of` returns the same text for two different secrets of `len` bytes, so that it contains no part
/// of either in any notation, and that it does not contain `window` consecutive bytes of them.
fn assert_hidden(len: usize, window: usize, text_of: impl Fn(&str) -> String) {
    let [a, b] = MARKERS.map(|marker| {
        let secret: String = marker.chars().cycle().take(len).collect();
        let text = text_of(&secret);
        assert_no_window(&text, &secret, window);
        text
    });
    assert!(!a.is_empty());
    assert_eq!(a, b, "{len}");
}

fn assert_no_window(text: &str, secret: &str, window: usize) {
    for part in secret.as_bytes().windows(window) {
        let part = std::str::from_utf8(part).unwrap_or("\u{fffd}");
        assert!(!text.contains(part), "{part:?} in {text:?}");
    }
}

fn all_debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?} {value:x?} {value:#X?} {value:200?} {value:.0?}")
}

/// Returns every text that an error provides, including its sources.
fn error_texts(error: &impl Error) -> String {
    let mut texts = format!("{error} {error:#} {}", all_debug(error));
    let mut source = error.source();
    while let Some(error) = source {
        texts += &format!(" {error} {error:?} {error:#?}");
        source = error.source();
    }
    texts
}

fn every_message() -> Vec<String> {
    [
        texts(&VERIFIER_ERRORS),
        texts(&CHALLENGE_ERRORS),
        texts(&[ParseMethodError]),
        texts(&stored_errors()),
        texts(&authorization_errors()),
        texts(&token_errors()),
        texts(&[VerifyError]),
    ]
    .concat()
}

fn texts(errors: &[impl Error]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

const VERIFIER_ERRORS: [ParseVerifierError; 2] = [
    ParseVerifierError::InvalidLength { len: 1000 },
    ParseVerifierError::InvalidByte { index: 7 },
];

const CHALLENGE_ERRORS: [ParseChallengeError; 5] = {
    use CodeChallengeMethod::{Plain, S256};
    [
        ParseChallengeError::InvalidLength {
            len: 1000,
            method: S256,
        },
        ParseChallengeError::InvalidLength {
            len: 1000,
            method: Plain,
        },
        ParseChallengeError::InvalidByte { index: 7, method: S256 },
        ParseChallengeError::InvalidByte {
            index: 7,
            method: Plain,
        },
        ParseChallengeError::NonCanonical,
    ]
};

fn stored_errors() -> Vec<StoredChallengeError> {
    let mut errors = vec![
        StoredChallengeError::Incomplete,
        StoredChallengeError::Method(ParseMethodError),
    ];
    errors.extend(CHALLENGE_ERRORS.map(StoredChallengeError::Challenge));
    errors
}

fn authorization_errors() -> Vec<AuthorizationError> {
    let mut errors = vec![
        AuthorizationError::MissingChallenge,
        AuthorizationError::MissingMethod,
        AuthorizationError::MethodWithoutChallenge,
        AuthorizationError::UnknownMethod,
        AuthorizationError::PlainNotAllowed,
    ];
    errors.extend(CHALLENGE_ERRORS.map(AuthorizationError::Malformed));
    errors
}

fn token_errors() -> Vec<TokenError> {
    let mut errors = vec![
        TokenError::MissingVerifier,
        TokenError::UnexpectedVerifier,
        TokenError::Mismatch,
        TokenError::PlainNotAllowed,
        TokenError::MissingChallenge,
    ];
    errors.extend(VERIFIER_ERRORS.map(TokenError::Malformed));
    errors
}

fn verifier(text: &str) -> CodeVerifier {
    CodeVerifier::parse(text).unwrap()
}

fn parse_error(text: &str) -> ParseVerifierError {
    CodeVerifier::parse(text).unwrap_err()
}

fn verify_error(stored: &CodeChallenge, text: &str) -> VerifyError {
    stored.verify(&verifier(text)).unwrap_err()
}

/// Returns the error of a token request with `text`, which is not the verifier, for a stored S256 challenge.
fn token_error(text: &str) -> TokenError {
    let stored = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap();
    ServerPolicy::new()
        .check_token_request(Some(&stored), Some(text))
        .unwrap_err()
}

fn authorization_error(challenge: &str, method: &str) -> AuthorizationError {
    ServerPolicy::new()
        .allow_plain()
        .check_authorization_request(Some(challenge), Some(method))
        .unwrap_err()
}

/// Returns `text` with another byte at `index`.
fn with_char(text: &str, index: usize, char: char) -> String {
    format!("{}{char}{}", &text[..index], &text[index + 1..])
}
