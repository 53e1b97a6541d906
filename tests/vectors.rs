//! The vectors of `tests/vectors/`, all of them: what the crate answers is what an implementation in another language,
//! written from the RFCs, says (`tests/vectors/generate.py`).

// Under Miri, reading the files alone would take minutes; its interpreter sees the same code in the other tests.
#![cfg(not(miri))]

use std::collections::HashSet;

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseError, PkceOutcome, ServerPolicy,
    TokenError,
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
        let wanted = wanted_form(&case);
        let verifier = CodeVerifier::parse(input);
        assert_eq!(
            verifier.map(|it| it.expose_secret() == input),
            wanted.map(|()| true),
            "{id}"
        );
        let plain = CodeChallenge::parse(input, CodeChallengeMethod::Plain);
        assert_eq!(plain.map(|it| it.as_str() == input), wanted.map(|()| true), "{id}");
    }
}

#[test]
fn challenges() {
    for case in cases(CHALLENGES, 163) {
        let (id, input, method) = (text(&case, "id"), text(&case, "challenge"), method(&case));
        let challenge = CodeChallenge::parse(input, method);
        assert_eq!(
            challenge.map(|it| (it.as_str() == input, it.method())),
            wanted_form(&case).map(|()| (true, method)),
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
        let malformed = stored.as_ref().err().copied().or(verifier.err());
        assert_eq!(malformed, parse_error(&case), "{id}");

        // The server's function gives the same answer.
        if let Ok(stored) = &stored {
            let policy = ServerPolicy::new().allow_plain();
            let wanted = match (result, malformed) {
                ("match", _) => Ok(PkceOutcome::Verified),
                ("mismatch", _) => Err(TokenError::Mismatch),
                (_, _) if text(&case, "verifier").is_empty() => Err(TokenError::MissingVerifier),
                (_, Some(why)) => Err(TokenError::Malformed(why)),
                (_, None) => panic!("{id}: malformed, but no reason"),
            };
            assert_eq!(
                policy.token_request(Some(stored), Some(text(&case, "verifier"))),
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
        let method: Result<CodeChallengeMethod, ParseError> = input.parse();
        assert_eq!(
            method.map(|it| it.as_str() == input),
            wanted_form(&case).map(|()| true),
            "{id}"
        );
    }
}

#[test]
fn authorization_requests() {
    for case in cases(AUTHORIZATION_REQUESTS, 240) {
        let (id, challenge) = (text(&case, "id"), parameter(&case, "code_challenge"));
        let answer = policy(&case).authorization_request(challenge, parameter(&case, "code_challenge_method"));
        if let Err(refused) = answer {
            assert_eq!(refused.oauth_error(), text(&case, "error"), "{id}");
        }
        let wanted = match text(&case, "result") {
            "challenge" => Ok(Some((challenge.map(str::to_owned), method(&case)))),
            "no_challenge" => Ok(None),
            "refused" => Err(authorization_error(&case)),
            other => panic!("{id}: unknown result {other}"),
        };
        let stored = answer.map(|it| it.map(|it| (Some(it.as_str().to_owned()), it.method())));
        assert_eq!(stored, wanted, "{id}");
    }
}

#[test]
fn token_requests() {
    for case in cases(TOKEN_REQUESTS, 144) {
        let id = text(&case, "id");
        let stored = stored(&case);
        let answer = policy(&case).token_request(stored.as_ref(), parameter(&case, "code_verifier"));
        if let Err(refused) = answer {
            assert_eq!(refused.oauth_error(), text(&case, "error"), "{id}");
        }
        let wanted = match text(&case, "result") {
            "verified" => Ok(PkceOutcome::Verified),
            "not_used" => Ok(PkceOutcome::NotUsed),
            "refused" => Err(token_error(&case)),
            other => panic!("{id}: unknown result {other}"),
        };
        assert_eq!(answer, wanted, "{id}");
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

/// The cases of a file, of which there are `at_least` so many.
fn cases(file: &str, at_least: usize) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    let Value::Array(cases) = file["cases"].take() else {
        panic!("no list of cases");
    };
    assert_eq!(file["count"], cases.len());
    assert!(cases.len() >= at_least, "{} cases in {}", cases.len(), file["group"]);
    cases
}

/// A member that is a text.
fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    let Value::String(text) = &case[name] else {
        panic!("{name} is no text in {case}");
    };
    text
}

/// A member that is a text, or null for an absent parameter.
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

fn policy(case: &Value) -> ServerPolicy {
    let flag = |name: &str| case["policy"][name].as_bool().unwrap();
    let policy = ServerPolicy::new();
    let policy = if flag("allow_plain") {
        policy.allow_plain()
    } else {
        policy
    };
    if flag("allow_non_pkce") {
        policy.allow_non_pkce()
    } else {
        policy
    }
}

fn stored(case: &Value) -> Option<CodeChallenge> {
    let stored = case.get("stored").unwrap();
    let parse = || {
        let method = text(stored, "code_challenge_method").parse().unwrap();
        CodeChallenge::parse(text(stored, "code_challenge"), method).unwrap()
    };
    (!stored.is_null()).then(parse)
}

/// The outcome of a case about the form of one text.
fn wanted_form(case: &Value) -> Result<(), ParseError> {
    match (text(case, "result"), parse_error(case)) {
        ("valid", None) => Ok(()),
        ("invalid", Some(why)) => Err(why),
        other => panic!("unknown outcome {other:?} in {case}"),
    }
}

/// The rule that a text breaks, if it is one of form.
fn parse_error(case: &Value) -> Option<ParseError> {
    match case["reason"].as_str()? {
        "invalid_length" => Some(ParseError::InvalidLength {
            len: number(case, "length"),
        }),
        "invalid_byte" => Some(ParseError::InvalidByte {
            index: number(case, "offset"),
        }),
        "non_canonical" => Some(ParseError::NonCanonical),
        "unknown_method" => Some(ParseError::UnknownMethod),
        _ => None,
    }
}

fn authorization_error(case: &Value) -> AuthorizationError {
    match (text(case, "reason"), parse_error(case)) {
        ("challenge_required", None) => AuthorizationError::ChallengeRequired,
        ("method_without_challenge", None) => AuthorizationError::MethodWithoutChallenge,
        ("plain_not_allowed", None) => AuthorizationError::PlainNotAllowed,
        (_, Some(why)) => AuthorizationError::Malformed(why),
        (other, None) => panic!("unknown reason {other}"),
    }
}

fn token_error(case: &Value) -> TokenError {
    match (text(case, "reason"), parse_error(case)) {
        ("missing_verifier", None) => TokenError::MissingVerifier,
        ("unexpected_verifier", None) => TokenError::UnexpectedVerifier,
        ("mismatch", None) => TokenError::Mismatch,
        ("plain_not_allowed", None) => TokenError::PlainNotAllowed,
        ("challenge_required", None) => TokenError::ChallengeRequired,
        (_, Some(why)) => TokenError::Malformed(why),
        (other, None) => panic!("unknown reason {other}"),
    }
}
