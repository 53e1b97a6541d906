//! All vectors of `tests/vectors/`: the crate agrees with an implementation in another language that is written from
//! the RFCs (`tests/vectors/generate.py`).

// Under Miri, reading the files alone would take minutes.
#![cfg(not(miri))]

mod common;

use std::collections::HashSet;

use common::Policy;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, PkceOutcome, ServerPolicy, TokenError,
};
use serde_json::Value;

const VERIFIERS: &str = include_str!("vectors/verifiers.json");
const CHALLENGES: &str = include_str!("vectors/challenges.json");
const PAIRS: &str = include_str!("vectors/pairs.json");
const METHODS: &str = include_str!("vectors/methods.json");
const AUTHORIZATION_REQUESTS: &str = include_str!("vectors/authorization_requests.json");
const TOKEN_REQUESTS: &str = include_str!("vectors/token_requests.json");

#[test]
fn verifiers() {
    for case in cases(VERIFIERS, 205) {
        let (id, input) = (text(&case, "id"), text(&case, "verifier"));
        let verifier = CodeVerifier::parse(input);
        assert_eq!(
            verifier.map(|it| it.expose_secret() == input),
            wanted_form(&case, verifier_error),
            "{id}"
        );
        let plain = CodeChallenge::parse(input, CodeChallengeMethod::Plain);
        assert_eq!(
            plain.map(|it| it.as_str() == input),
            wanted_form(&case, |case| challenge_error(case, CodeChallengeMethod::Plain)),
            "{id}"
        );
    }
}

#[test]
fn challenges() {
    for case in cases(CHALLENGES, 163) {
        let (id, input, method) = (text(&case, "id"), text(&case, "challenge"), method(&case));
        let challenge = CodeChallenge::parse(input, method);
        assert_eq!(
            challenge.map(|it| it.as_str() == input && it.method() == method),
            wanted_form(&case, |case| challenge_error(case, method)),
            "{id}"
        );
    }
}

#[test]
fn pairs() {
    for case in cases(PAIRS, 349) {
        let (id, method) = (text(&case, "id"), method(&case));
        let verifier = CodeVerifier::parse(text(&case, "verifier"));
        let stored = CodeChallenge::parse(text(&case, "challenge"), method);
        let result = match (&stored, &verifier) {
            (Err(_), _) => "malformed_challenge",
            (Ok(_), Err(_)) => "malformed_verifier",
            (Ok(stored), Ok(verifier)) => {
                let same = verifier.challenge(method) == *stored;
                assert_eq!(stored.verify(verifier).is_ok(), same, "{id}");
                if same { "match" } else { "mismatch" }
            }
        };
        assert_eq!(result, text(&case, "result"), "{id}");
        match result {
            "malformed_challenge" => assert_eq!(stored.as_ref().err(), challenge_error(&case, method).as_ref(), "{id}"),
            "malformed_verifier" => assert_eq!(verifier.as_ref().err(), verifier_error(&case).as_ref(), "{id}"),
            _ => {}
        }

        // The function for servers agrees.
        if let Ok(stored) = &stored {
            let policy = ServerPolicy::new().allow_plain();
            let wanted = match (result, verifier_error(&case)) {
                ("match", _) => Ok(()),
                ("mismatch", _) => Err(TokenError::Mismatch),
                (_, _) if text(&case, "verifier").is_empty() => Err(TokenError::MissingVerifier),
                (_, Some(why)) => Err(TokenError::Malformed(why)),
                (_, None) => panic!("{id}: malformed, but no reason"),
            };
            assert_eq!(
                policy.check_token_request(Some(stored), Some(text(&case, "verifier"))),
                wanted,
                "{id}"
            );
        }
    }
}

#[test]
fn methods() {
    for case in cases(METHODS, 40) {
        let (id, input) = (text(&case, "id"), text(&case, "method"));
        let method: Result<CodeChallengeMethod, ParseMethodError> = input.parse();
        assert_eq!(
            method.map(|it| it.as_str() == input),
            wanted_form(&case, method_error),
            "{id}"
        );
    }
}

#[test]
fn authorization_requests() {
    for case in cases(AUTHORIZATION_REQUESTS, 240) {
        let (id, challenge) = (text(&case, "id"), parameter(&case, "code_challenge"));
        let result = policy(&case).check_authorization_request(challenge, parameter(&case, "code_challenge_method"));
        if let Err(refused) = result {
            assert_eq!(refused.oauth_error(), text(&case, "error"), "{id}");
        }
        let wanted = match text(&case, "result") {
            "challenge" => Ok(Some((challenge.map(str::to_owned), method(&case)))),
            "no_challenge" => Ok(None),
            "refused" => Err(authorization_error(&case)),
            other => panic!("{id}: unknown result {other}"),
        };
        let stored = result.map(|it| it.map(|it| (Some(it.as_str().to_owned()), it.method())));
        assert_eq!(stored, wanted, "{id}");
    }
}

#[test]
fn token_requests() {
    for case in cases(TOKEN_REQUESTS, 144) {
        let id = text(&case, "id");
        let stored = stored(&case);
        let result = policy(&case).check_token_request(stored.as_ref(), parameter(&case, "code_verifier"));
        if let Err(refused) = result {
            assert_eq!(refused.oauth_error(), text(&case, "error"), "{id}");
        }
        let wanted = match text(&case, "result") {
            "verified" => Ok(PkceOutcome::Verified),
            "not_used" => Ok(PkceOutcome::NotUsed),
            "refused" => Err(token_error(&case)),
            other => panic!("{id}: unknown result {other}"),
        };
        assert_eq!(result, wanted, "{id}");
    }
}

#[test]
fn every_case_has_an_id_of_its_own_and_a_source() {
    let mut seen = HashSet::new();
    let files = [
        VERIFIERS,
        CHALLENGES,
        PAIRS,
        METHODS,
        AUTHORIZATION_REQUESTS,
        TOKEN_REQUESTS,
    ];
    for case in files.into_iter().flat_map(|file| cases(file, 1)) {
        assert!(!text(&case, "source").is_empty() && !text(&case, "comment").is_empty());
        assert!(
            seen.insert(text(&case, "id").to_owned()),
            "{} is there twice",
            text(&case, "id")
        );
    }
    assert!(seen.len() >= 1141, "{} cases", seen.len());
}

/// Returns the cases of a file, of which there must be `at_least` so many.
fn cases(file: &str, at_least: usize) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    let Value::Array(cases) = file["cases"].take() else {
        panic!("no list of cases");
    };
    assert_eq!(file["count"], cases.len());
    assert!(cases.len() >= at_least, "{} cases in {}", cases.len(), file["group"]);
    cases
}

/// Returns a member that is a string.
fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    let Value::String(text) = &case[name] else {
        panic!("{name} is no text in {case}");
    };
    text
}

/// Returns a member that is a string, or `None` for null, which stands for an absent parameter.
fn parameter<'a>(case: &'a Value, name: &str) -> Option<&'a str> {
    assert!(case.get(name).is_some(), "no {name} in {case}");
    (!case[name].is_null()).then(|| text(case, name))
}

fn number(case: &Value, name: &str) -> usize {
    let number = case[name].as_u64().and_then(|it| usize::try_from(it).ok());
    number.unwrap_or_else(|| panic!("{name} is no number in {case}"))
}

fn method(case: &Value) -> CodeChallengeMethod {
    text(case, "method").parse().unwrap()
}

fn policy(case: &Value) -> Policy {
    let flag = |name: &str| case["policy"][name].as_bool().unwrap();
    Policy::new(flag("allow_plain"), flag("allow_non_pkce"))
}

fn stored(case: &Value) -> Option<CodeChallenge> {
    let stored = case.get("stored").unwrap();
    let parse = || {
        let method = text(stored, "code_challenge_method").parse().unwrap();
        CodeChallenge::parse(text(stored, "code_challenge"), method).unwrap()
    };
    (!stored.is_null()).then(parse)
}

/// Returns the outcome of parsing one text. `Ok` contains whether the text is returned unchanged.
fn wanted_form<E: std::fmt::Debug>(case: &Value, error: impl Fn(&Value) -> Option<E>) -> Result<bool, E> {
    match (text(case, "result"), error(case)) {
        ("valid", None) => Ok(true),
        ("invalid", Some(why)) => Err(why),
        other => panic!("unknown outcome {other:?} in {case}"),
    }
}

/// Returns the name of the rule that a verifier breaks.
fn verifier_error(case: &Value) -> Option<ParseVerifierError> {
    match case["reason"].as_str()? {
        "invalid_length" => Some(ParseVerifierError::InvalidLength {
            len: number(case, "length"),
        }),
        "invalid_byte" => Some(ParseVerifierError::InvalidByte {
            index: number(case, "offset"),
        }),
        _ => None,
    }
}

/// Returns the name of the rule that a challenge of `method` breaks.
fn challenge_error(case: &Value, method: CodeChallengeMethod) -> Option<ParseChallengeError> {
    match case["reason"].as_str()? {
        "invalid_length" => Some(ParseChallengeError::InvalidLength {
            len: number(case, "length"),
            method,
        }),
        "invalid_byte" => Some(ParseChallengeError::InvalidByte {
            index: number(case, "offset"),
            method,
        }),
        "non_canonical" => Some(ParseChallengeError::NonCanonical),
        _ => None,
    }
}

fn method_error(case: &Value) -> Option<ParseMethodError> {
    (case["reason"].as_str()? == "unknown_method").then_some(ParseMethodError)
}

fn authorization_error(case: &Value) -> AuthorizationError {
    match text(case, "reason") {
        "missing_challenge" => AuthorizationError::MissingChallenge,
        "missing_method" => AuthorizationError::MissingMethod,
        "method_without_challenge" => AuthorizationError::MethodWithoutChallenge,
        "unknown_method" => AuthorizationError::UnknownMethod,
        "plain_not_allowed" => AuthorizationError::PlainNotAllowed,
        other => {
            // An absent method means plain.
            let method = parameter(case, "code_challenge_method").filter(|method| !method.is_empty());
            let method = method.unwrap_or("plain").parse().unwrap();
            let why = challenge_error(case, method);
            AuthorizationError::Malformed(why.unwrap_or_else(|| panic!("unknown reason {other}")))
        }
    }
}

fn token_error(case: &Value) -> TokenError {
    match text(case, "reason") {
        "missing_verifier" => TokenError::MissingVerifier,
        "unexpected_verifier" => TokenError::UnexpectedVerifier,
        "mismatch" => TokenError::Mismatch,
        "plain_not_allowed" => TokenError::PlainNotAllowed,
        "missing_challenge" => TokenError::MissingChallenge,
        other => {
            let why = verifier_error(case);
            TokenError::Malformed(why.unwrap_or_else(|| panic!("unknown reason {other}")))
        }
    }
}
