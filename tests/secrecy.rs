//! No `Debug` output and no error message contains a part of a secret or of a refused value, in any notation. What the
//! messages say is in `errors.rs`.

mod common;

use std::error::Error;
use std::fmt::Debug;

use common::{CHALLENGE, METHODS, VERIFIER, s256, verifier, with_char};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, ServerPolicy, TokenError,
    VerifyError,
};

/// An unexpected length. Miri would take minutes for more.
const LONG: usize = if cfg!(miri) { 150 } else { 1000 };

/// Two markers of the same length. No message of the crate contains three consecutive characters of either.
const MARKERS: [&str; 2] = ["QxZj.wKv~", "7GqY_p9Xf"];

#[test]
fn debug_of_a_verifier_is_redacted() {
    for len in [43, 44, 64, 127, 128] {
        assert_hidden(len, 4, |secret| all_debug(&verifier(secret)));
    }
}

#[test]
fn debug_of_a_plain_challenge_is_redacted() {
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
    for method in METHODS {
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
fn debug_of_what_contains_them_is_redacted() {
    assert_hidden(43, 4, |secret| {
        let verifier = verifier(secret);
        let challenge = verifier.challenge(CodeChallengeMethod::Plain);
        all_debug(&Some((Ok::<_, ParseVerifierError>(verifier), vec![challenge])))
    });
}

#[test]
fn errors_do_not_quote_a_refused_verifier() {
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
fn errors_do_not_quote_a_refused_challenge() {
    for len in [9, 42, 129, LONG] {
        for method in METHODS {
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
fn errors_do_not_quote_an_unknown_method() {
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
fn verify_error_does_not_quote_either_side() {
    for method in METHODS {
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
fn errors_do_not_quote_a_refused_owned_string() {
    for len in [9, 42, 129] {
        assert_hidden(len, 3, |text| {
            error_texts(&CodeVerifier::try_from(text.to_owned()).unwrap_err())
        });
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

fn parse_error(text: &str) -> ParseVerifierError {
    CodeVerifier::parse(text).unwrap_err()
}

fn verify_error(stored: &CodeChallenge, text: &str) -> VerifyError {
    stored.verify(&verifier(text)).unwrap_err()
}

/// Returns the error of a token request with `text`, which is not the verifier, for a stored S256 challenge.
fn token_error(text: &str) -> TokenError {
    let result = ServerPolicy::new().check_token_request(Some(&s256()), Some(text));
    result.unwrap_err()
}

fn authorization_error(challenge: &str, method: &str) -> AuthorizationError {
    ServerPolicy::new()
        .allow_plain()
        .check_authorization_request(Some(challenge), Some(method))
        .unwrap_err()
}
