//! `CodeChallenge::from_stored`, and its inverse `to_stored`: every combination of the two nullable columns is read as
//! the model reads it. Both null is no challenge, half a row is an error, an empty text is a value, and the method is
//! checked first.

mod common;

use common::{CHALLENGE, CHALLENGES, METHOD_NAMES, VERIFIER, laws, plain, s256};
use pkce_core::{CodeChallenge, ParseMethodError, PkceOutcome, ServerPolicy, StoredChallengeError, TokenError};

#[test]
fn reads_every_combination_of_the_columns_as_the_model_does() {
    for challenge in CHALLENGES {
        for method in METHOD_NAMES {
            laws::stored(challenge, method);
        }
    }
}

#[test]
fn checks_the_method_before_the_challenge() {
    for text in ["", "short", "\0", CHALLENGE] {
        for method in ["", "s256", "none"] {
            let stored = CodeChallenge::from_stored(Some(text), Some(method));
            assert_eq!(stored, Err(StoredChallengeError::Method(ParseMethodError)));
        }
    }
}

#[test]
fn an_empty_column_is_not_null() {
    assert_eq!(CodeChallenge::from_stored(None, None), Ok(None));
    assert_eq!(CodeChallenge::to_stored(None), (None, None));
    for (challenge, method) in [
        (Some(""), Some("")),
        (Some(""), None),
        (None, Some("")),
        (Some(""), Some("S256")),
        (Some(CHALLENGE), Some("")),
    ] {
        assert!(CodeChallenge::from_stored(challenge, method).is_err(), "{method:?}");
    }
}

#[test]
fn reads_back_what_a_server_stores() {
    let policy = ServerPolicy::new().allow_plain();
    for sent in [s256(), plain()] {
        let [(_, text), (_, name)] = sent.authorization_params();
        let accepted = policy.check_authorization_request(Some(text), Some(name)).unwrap();
        let row = (accepted.as_str().to_owned(), accepted.method().to_string());
        assert_eq!(
            CodeChallenge::to_stored(Some(&accepted)),
            (Some(&*row.0), Some(&*row.1))
        );
        let stored = CodeChallenge::from_stored(Some(&row.0), Some(&row.1)).unwrap();
        assert_eq!(stored.as_ref(), Some(&accepted));
        assert_eq!(policy.check_token_request(stored.as_ref(), Some(VERIFIER)), Ok(()));
        let other = policy.check_token_request(stored.as_ref(), Some(CHALLENGE));
        assert_eq!(other, Err(TokenError::Mismatch));
    }
}

#[test]
fn two_null_columns_are_a_request_without_pkce() {
    let stored = CodeChallenge::from_stored(None, None).unwrap();
    let strict = ServerPolicy::new();
    let lenient = strict.allow_non_pkce();
    let missing = Err(TokenError::MissingChallenge);
    assert_eq!(strict.check_token_request(stored.as_ref(), None), missing);
    let not_used = Ok(PkceOutcome::NotUsed);
    assert_eq!(lenient.check_token_request(stored.as_ref(), None), not_used);
    let unexpected = Err(TokenError::UnexpectedVerifier);
    assert_eq!(lenient.check_token_request(stored.as_ref(), Some(VERIFIER)), unexpected);
}
