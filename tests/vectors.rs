//! Checks the crate against the test vectors in `tests/vectors/`, which `generate.py` computes without it.

// Miri would take minutes to read the files, and runs the same code in the other tests.
#![cfg(not(miri))]

mod common;

use common::policy::Policy;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, PkceOutcome, ServerPolicy, StoredChallengeError, TokenError,
};
use serde::Deserialize;

const VERIFIERS: &str = include_str!("vectors/verifiers.json");
const CHALLENGES: &str = include_str!("vectors/challenges.json");
const PAIRS: &str = include_str!("vectors/pairs.json");
const METHODS: &str = include_str!("vectors/methods.json");
const STORED_CHALLENGES: &str = include_str!("vectors/stored_challenges.json");
const AUTHORIZATION_REQUESTS: &str = include_str!("vectors/authorization_requests.json");
const TOKEN_REQUESTS: &str = include_str!("vectors/token_requests.json");

#[test]
fn verifiers() {
    for case in cases(VERIFIERS, "verifiers", 205) {
        let text = case.input.verifier();
        case.check(valid(CodeVerifier::parse(text), |verifier| {
            verifier.expose_secret() == text
        }));
        // A plain challenge has the syntax of a verifier.
        let plain = CodeChallenge::parse(text, CodeChallengeMethod::Plain);
        case.check(valid(plain, |challenge| challenge.as_str() == text));
    }
}

#[test]
fn challenges() {
    for case in cases(CHALLENGES, "challenges", 161) {
        let (text, method) = (case.input.challenge(), case.input.method());
        let challenge = CodeChallenge::parse(text, method);
        if let Err(
            ParseChallengeError::InvalidLength { method: named, .. }
            | ParseChallengeError::InvalidByte { method: named, .. },
        ) = challenge
        {
            assert_eq!(named, method, "{}", case.id);
        }
        case.check(valid(challenge, |it| (it.as_str(), it.method()) == (text, method)));
    }
}

#[test]
fn pairs() {
    let policy = ServerPolicy::new().allow_plain();
    for case in cases(PAIRS, "pairs", 435) {
        let method = case.input.method();
        let stored = match CodeChallenge::parse(case.input.challenge(), method) {
            Ok(stored) => stored,
            Err(error) => {
                case.check(Outcome::malformed("malformed_challenge", error.into()));
                continue;
            }
        };
        case.check(match CodeVerifier::parse(case.input.verifier()) {
            Err(error) => Outcome::malformed("malformed_verifier", error.into()),
            Ok(verifier) => {
                let equal = verifier.challenge(method) == stored;
                assert_eq!(stored.verify(&verifier).is_ok(), equal, "{}", case.id);
                if equal {
                    Outcome::accepted("match")
                } else {
                    Outcome::refused("mismatch")
                }
            }
        });
        // The server's function comes to the same result, except that an empty verifier counts as absent.
        case.check(
            match policy.check_token_request(Some(&stored), Some(case.input.verifier())) {
                Ok(()) => Outcome::accepted("match"),
                Err(TokenError::Mismatch) => Outcome::refused("mismatch"),
                Err(TokenError::Malformed(error)) => Outcome::malformed("malformed_verifier", error.into()),
                Err(TokenError::MissingVerifier) if case.input.verifier().is_empty() => {
                    let error = ParseVerifierError::InvalidLength { len: 0 };
                    Outcome::malformed("malformed_verifier", error.into())
                }
                Err(other) => panic!("{}: {other:?}", case.id),
            },
        );
    }
}

#[test]
fn methods() {
    for case in cases(METHODS, "methods", 42) {
        let name = case.input.method.as_deref().unwrap();
        case.check(match name.parse::<CodeChallengeMethod>() {
            Ok(method) => {
                assert_eq!(method.as_str(), name);
                Outcome::accepted("valid")
            }
            Err(ParseMethodError) => Outcome::refused("unknown_method"),
        });
    }
}

#[test]
fn stored_challenges() {
    for case in cases(STORED_CHALLENGES, "stored_challenges", 77) {
        let columns = (case.input.challenge.as_deref(), case.input.method.as_deref());
        case.check(match CodeChallenge::from_stored(columns.0, columns.1) {
            Ok(stored) => {
                assert!(CodeChallenge::to_stored(stored.as_ref()) == columns, "{}", case.id);
                Outcome::accepted(if stored.is_some() { "challenge" } else { "none" })
            }
            Err(error) => {
                let outcome = match error {
                    StoredChallengeError::Incomplete => Outcome::refused("incomplete"),
                    StoredChallengeError::Method(ParseMethodError) => Outcome::refused("unknown_method"),
                    StoredChallengeError::Challenge(error) => Outcome::malformed("malformed_challenge", error.into()),
                    other => panic!("{}: {other:?}", case.id),
                };
                outcome.with_error(error.oauth_error())
            }
        });
    }
}

#[test]
fn authorization_requests() {
    for case in cases(AUTHORIZATION_REQUESTS, "authorization_requests", 240) {
        let (challenge, method) = (case.input.challenge.as_deref(), case.input.method.as_deref());
        let result = case.input.policy().check_authorization_request(challenge, method);
        case.check(match result {
            Ok(None) => Outcome::accepted("not_used"),
            Ok(Some(stored)) => Outcome {
                stored: Some(Stored {
                    challenge: stored.as_str().to_owned(),
                    method: stored.method().as_str().to_owned(),
                }),
                ..Outcome::accepted("challenge")
            },
            Err(error) => {
                let outcome = match error {
                    AuthorizationError::MissingChallenge => Outcome::refused("missing_challenge"),
                    AuthorizationError::MissingMethod => Outcome::refused("missing_method"),
                    AuthorizationError::MethodWithoutChallenge => Outcome::refused("method_without_challenge"),
                    AuthorizationError::UnknownMethod => Outcome::refused("unknown_method"),
                    AuthorizationError::PlainNotAllowed => Outcome::refused("plain_not_allowed"),
                    AuthorizationError::Malformed(error) => Outcome::malformed("malformed_challenge", error.into()),
                    other => panic!("{}: {other:?}", case.id),
                };
                outcome.with_error(error.oauth_error())
            }
        });
    }
}

#[test]
fn token_requests() {
    for case in cases(TOKEN_REQUESTS, "token_requests", 156) {
        let policy = case.input.policy();
        let row = case.input.stored.as_ref();
        let stored = row.map(|row| CodeChallenge::parse(&row.challenge, known_method(&row.method)).unwrap());
        let result = policy.check_token_request(stored.as_ref(), case.input.verifier.as_deref());
        case.check(match result {
            Ok(PkceOutcome::Verified) => Outcome::accepted("verified"),
            Ok(PkceOutcome::NotUsed) => Outcome::accepted("not_used"),
            Err(error) => {
                let outcome = match error {
                    TokenError::MissingVerifier => Outcome::refused("missing_verifier"),
                    TokenError::UnexpectedVerifier => Outcome::refused("unexpected_verifier"),
                    TokenError::Malformed(error) => Outcome::malformed("malformed_verifier", error.into()),
                    TokenError::Mismatch => Outcome::refused("mismatch"),
                    TokenError::PlainNotAllowed => Outcome::refused("plain_not_allowed"),
                    TokenError::MissingChallenge => Outcome::refused("missing_challenge"),
                    other => panic!("{}: {other:?}", case.id),
                };
                outcome.with_error(error.oauth_error())
            }
        });

        let (challenge, method) = CodeChallenge::to_stored(stored.as_ref());
        let reachable = policy.check_authorization_request(challenge, method).as_ref() == Ok(&stored);
        assert_eq!(case.policy_changed, Some(!reachable), "{}", case.id);
    }
}

/// The control: a wrong expectation is seen in each field.
#[test]
fn a_wrong_expectation_is_seen() {
    let right = Outcome {
        malformed: Some(Malformed::InvalidLength { length: 42 }),
        stored: Some(Stored {
            challenge: String::new(),
            method: "S256".to_owned(),
        }),
        ..Outcome::refused("mismatch").with_error("invalid_grant")
    };
    let faults: [fn(&mut Outcome); 6] = [
        |it| it.accepted = true,
        |it| it.decision = "match".to_owned(),
        |it| it.malformed = Some(Malformed::InvalidLength { length: 43 }),
        |it| it.malformed = None,
        |it| it.stored = None,
        |it| it.error = None,
    ];
    for fault in faults {
        let mut wrong = right.clone();
        fault(&mut wrong);
        assert!(wrong != right);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The files
// ---------------------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct File {
    group: String,
    cases: Vec<Case>,
}

/// Without the fields that only describe a case. `generate.py` checks those.
#[derive(Deserialize)]
struct Case {
    id: String,
    input: Input,
    policy_changed: Option<bool>,
    expected: Outcome,
}

/// The inputs of all groups. Each has some of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    policy: Option<Settings>,
    stored: Option<Stored>,
    verifier: Option<String>,
    challenge: Option<String>,
    method: Option<String>,
}

impl Input {
    fn policy(&self) -> Policy {
        let Settings {
            require_pkce,
            allow_plain,
        } = self.policy.unwrap();
        Policy::new(require_pkce, allow_plain)
    }

    fn verifier(&self) -> &str {
        self.verifier.as_deref().unwrap()
    }

    fn challenge(&self) -> &str {
        self.challenge.as_deref().unwrap()
    }

    fn method(&self) -> CodeChallengeMethod {
        known_method(self.method.as_deref().unwrap())
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    require_pkce: bool,
    allow_plain: bool,
}

#[derive(Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Stored {
    challenge: String,
    method: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "rule")]
enum Malformed {
    InvalidLength { length: usize },
    InvalidByte { offset: usize },
    NonCanonical,
}

/// What a case expects, or what the crate returned.
#[derive(Clone, Deserialize, PartialEq)]
struct Outcome {
    accepted: bool,
    decision: String,
    malformed: Option<Malformed>,
    stored: Option<Stored>,
    error: Option<String>,
}

impl Outcome {
    /// For failure messages, which must not contain a challenge: a plain one is a verifier.
    fn summary(&self) -> String {
        let stored = self.stored.as_ref().map(|stored| &stored.method);
        format!("{} {:?} {:?} {:?}", self.decision, self.malformed, stored, self.error)
    }

    fn accepted(decision: &str) -> Self {
        Self {
            accepted: true,
            ..Self::refused(decision)
        }
    }

    fn refused(decision: &str) -> Self {
        Self {
            accepted: false,
            decision: decision.to_owned(),
            malformed: None,
            stored: None,
            error: None,
        }
    }

    fn malformed(decision: &str, malformed: Malformed) -> Self {
        Self {
            malformed: Some(malformed),
            ..Self::refused(decision)
        }
    }

    fn with_error(self, error: &str) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..self
        }
    }
}

impl From<ParseVerifierError> for Malformed {
    fn from(error: ParseVerifierError) -> Self {
        match error {
            ParseVerifierError::InvalidLength { len } => Self::InvalidLength { length: len },
            ParseVerifierError::InvalidByte { index } => Self::InvalidByte { offset: index },
            other => panic!("{other:?}"),
        }
    }
}

impl From<ParseChallengeError> for Malformed {
    fn from(error: ParseChallengeError) -> Self {
        match error {
            ParseChallengeError::InvalidLength { len, .. } => Self::InvalidLength { length: len },
            ParseChallengeError::InvalidByte { index, .. } => Self::InvalidByte { offset: index },
            ParseChallengeError::NonCanonical => Self::NonCanonical,
            other => panic!("{other:?}"),
        }
    }
}

impl Case {
    fn check(&self, outcome: Outcome) {
        assert!(
            outcome == self.expected,
            "{}: {}, not {}",
            self.id,
            outcome.summary(),
            self.expected.summary()
        );
    }
}

/// The outcome of parsing. An accepted value must be the input.
fn valid<T, E: Into<Malformed>>(result: Result<T, E>, is_input: impl Fn(&T) -> bool) -> Outcome {
    match result {
        Ok(value) => {
            assert!(is_input(&value));
            Outcome::accepted("valid")
        }
        Err(error) => Outcome::malformed("malformed", error.into()),
    }
}

fn cases(file: &str, group: &str, at_least: usize) -> Vec<Case> {
    let file: File = serde_json::from_str(file).unwrap_or_else(|error| panic!("{group}: {error}"));
    assert_eq!(file.group, group);
    assert!(file.cases.len() >= at_least, "{} cases in {group}", file.cases.len());
    file.cases
}

fn known_method(name: &str) -> CodeChallengeMethod {
    name.parse().unwrap()
}
