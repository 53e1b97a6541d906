//! `CodeChallenge::from_stored`: every combination of the two nullable columns, against a model that is written from the
//! rules and calls nothing of the crate. Both null is no challenge, half a row is an error, an empty text is a value, and
//! the method is judged first.

use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError, PkceOutcome, ServerPolicy,
    StoredChallengeError, TokenError,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

type Form = Result<(), ParseChallengeError>;

const fn invalid_length(len: usize, method: CodeChallengeMethod) -> Form {
    Err(ParseChallengeError::InvalidLength { len, method })
}

const fn invalid_byte(index: usize, method: CodeChallengeMethod) -> Form {
    Err(ParseChallengeError::InvalidByte { index, method })
}

/// A text in the column `code_challenge`, and its form as an S256 and as a plain challenge.
const CHALLENGES: [(&str, Form, Form); 9] = [
    ("", invalid_length(0, S256), invalid_length(0, Plain)),
    (" ", invalid_length(1, S256), invalid_length(1, Plain)),
    (CHALLENGE, Ok(()), Ok(())),
    (
        "~this.text.is.a.verifier.and.no.digest.~~~~",
        invalid_byte(0, S256),
        Ok(()),
    ),
    (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
        invalid_length(42, S256),
        invalid_length(42, Plain),
    ),
    (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
        invalid_length(44, S256),
        invalid_byte(43, Plain),
    ),
    (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
        Err(ParseChallengeError::NonCanonical),
        Ok(()),
    ),
    (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c\n",
        invalid_byte(42, S256),
        invalid_byte(42, Plain),
    ),
    (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-\u{e9}",
        invalid_byte(41, S256),
        invalid_byte(41, Plain),
    ),
];

const METHODS: [Option<&str>; 12] = [
    None,
    Some("S256"),
    Some("plain"),
    Some(""),
    Some(" "),
    Some("s256"),
    Some("PLAIN"),
    Some("Plain"),
    Some("S256 "),
    Some("plain\n"),
    Some("null"),
    Some("S512"),
];

#[test]
fn every_combination_of_the_columns() {
    let mut combinations = 0;
    for method in METHODS {
        let wanted = match method {
            None => Ok(None),
            Some(_) => Err(StoredChallengeError::Incomplete),
        };
        assert_eq!(CodeChallenge::from_stored(None, method), wanted, "null, {method:?}");
        for (text, as_s256, as_plain) in CHALLENGES {
            let stored = CodeChallenge::from_stored(Some(text), method);
            let stored = stored.as_ref().map_err(|e| *e);
            let stored = stored.map(|it| it.as_ref().map(|it| (it.as_str(), it.method())));
            assert_eq!(stored, model(text, method, as_s256, as_plain), "{text:?}, {method:?}");
            combinations += 1;
        }
    }
    assert_eq!(combinations, METHODS.len() * CHALLENGES.len());
}

fn model<'a>(
    text: &'a str,
    method: Option<&str>,
    as_s256: Form,
    as_plain: Form,
) -> Result<Option<(&'a str, CodeChallengeMethod)>, StoredChallengeError> {
    let (method, form) = match method {
        None => return Err(StoredChallengeError::Incomplete),
        Some("S256") => (S256, as_s256),
        Some("plain") => (Plain, as_plain),
        Some(_) => return Err(StoredChallengeError::Method(ParseMethodError)),
    };
    match form {
        Ok(()) => Ok(Some((text, method))),
        Err(why) => Err(StoredChallengeError::Challenge(why)),
    }
}

#[test]
fn the_method_is_judged_before_the_challenge() {
    for text in ["", "short", "\0", CHALLENGE] {
        for method in ["", "s256", "none"] {
            assert_eq!(
                CodeChallenge::from_stored(Some(text), Some(method)),
                Err(StoredChallengeError::Method(ParseMethodError))
            );
        }
    }
}

#[test]
fn an_empty_column_is_not_a_null_one() {
    assert_eq!(CodeChallenge::from_stored(None, None), Ok(None));
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
fn what_a_server_stores_is_what_it_reads_back() {
    let policy = ServerPolicy::new().allow_plain();
    for method in [S256, Plain] {
        let sent = CodeVerifier::parse(VERIFIER).unwrap().challenge(method);
        let [(_, text), (_, name)] = sent.authorization_params();
        let accepted = policy.check_authorization_request(Some(text), Some(name)).unwrap();
        let row = (
            Some(accepted.as_str().to_owned()),
            Some(accepted.method().as_str().to_owned()),
        );
        let stored = CodeChallenge::from_stored(row.0.as_deref(), row.1.as_deref()).unwrap();
        assert_eq!(stored.as_ref(), Some(&accepted));
        assert_eq!(policy.check_token_request(stored.as_ref(), Some(VERIFIER)), Ok(()));
        assert_eq!(
            policy.check_token_request(stored.as_ref(), Some(CHALLENGE)),
            Err(TokenError::Mismatch)
        );
    }
}

#[test]
fn two_null_columns_are_a_request_without_pkce() {
    let stored = CodeChallenge::from_stored(None, None).unwrap();
    let (strict, lenient) = (ServerPolicy::new(), ServerPolicy::new().allow_non_pkce());
    assert_eq!(
        strict.check_token_request(stored.as_ref(), None),
        Err(TokenError::MissingChallenge)
    );
    assert_eq!(
        lenient.check_token_request(stored.as_ref(), None),
        Ok(PkceOutcome::NotUsed)
    );
    assert_eq!(
        lenient.check_token_request(stored.as_ref(), Some(VERIFIER)),
        Err(TokenError::UnexpectedVerifier)
    );
}
