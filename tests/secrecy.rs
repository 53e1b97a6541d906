//! No `Debug` output and no error message contains a part of a secret or of a refused value, in any notation. What the
//! messages say is in `errors.rs`.

mod common;

use std::error::Error;
use std::fmt::Debug;

use common::{CHALLENGE, METHODS, VERIFIER, s256, verifier, with_char};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, ServerPolicy};

/// An unexpected length. Miri would take minutes for more.
const LONG: usize = if cfg!(miri) { 150 } else { 1000 };

/// Two markers that break the same rules. No message of the crate contains three consecutive characters of either.
const MARKERS: [&str; 2] = ["QxZj.wKv~", "7GqY.p9X~"];

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

/// A function that refuses a text, and returns all that the error shows.
type Refuse = fn(&str) -> String;

#[test]
fn errors_do_not_quote_what_is_refused() {
    const NOT_PLAIN: ServerPolicy = ServerPolicy::new();
    const POLICY: ServerPolicy = NOT_PLAIN.allow_plain();
    // As a verifier, a challenge or a method, of whatever form.
    let refuse: &[Refuse] = &[
        |text| shown(CodeVerifier::parse(text)),
        #[cfg(feature = "alloc")]
        |text| shown(CodeVerifier::try_from(text.to_owned())),
        |text| shown(POLICY.check_token_request(Some(&s256()), Some(text))),
        |text| shown(POLICY.check_token_request(None, Some(text))),
        |text| shown(CodeChallenge::parse(text, CodeChallengeMethod::S256)),
        |text| shown(CodeChallenge::parse(text, CodeChallengeMethod::Plain)),
        |text| shown(CodeChallenge::from_stored(Some(text), Some("S256"))),
        |text| shown(POLICY.check_authorization_request(Some(text), Some("S256"))),
        |text| shown(POLICY.check_authorization_request(Some(text), Some("plain"))),
        |text| shown(NOT_PLAIN.check_authorization_request(Some(text), Some("plain"))),
        |text| shown(text.parse::<CodeChallengeMethod>()),
        |text| shown(POLICY.check_authorization_request(Some(CHALLENGE), Some(text))),
        |text| shown(POLICY.check_authorization_request(None, Some(text))),
    ];
    for refuse in refuse {
        for len in [5, 9, 42, 43, 129, LONG] {
            assert_hidden(len, 3, refuse);
        }
        for (index, char) in [(0, '+'), (9, ' '), (42, '\n'), (42, 'B')] {
            assert_hidden(43, 3, |text| refuse(&with_char(text, index, char)));
            // Base64url, but for the character.
            assert_hidden(43, 3, |text| {
                refuse(&with_char(&text.replace(['.', '~'], "_"), index, char))
            });
        }
    }
}

#[test]
fn a_mismatch_does_not_quote_either_side() {
    for method in METHODS {
        for policy in [ServerPolicy::new(), ServerPolicy::new().allow_plain()] {
            let differ = |stored: &str, text: &str| {
                let stored = verifier(stored).challenge(method);
                let result = policy.check_token_request(Some(&stored), Some(text));
                shown(result) + &shown(stored.verify(&verifier(text)))
            };
            assert_hidden(43, 3, |text| differ(text, VERIFIER));
            assert_hidden(43, 3, |text| differ(VERIFIER, text));
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
fn shown<T>(result: Result<T, impl Error>) -> String {
    let Err(error) = result else {
        return "accepted".to_owned();
    };
    let mut texts = format!("{error} {error:#} {}", all_debug(&error));
    let mut source = error.source();
    while let Some(error) = source {
        texts += &format!(" {error} {error:?} {error:#?}");
        source = error.source();
    }
    texts
}
