//! Checks the crate against the test vectors in `tests/vectors/`, which `generate.py` computes without it.

// Miri would take minutes to read the files, and runs the same code in the other tests.
#![cfg(not(miri))]

mod common;

use std::collections::HashSet;

use common::policy::Policy;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError,
    ParseVerifierError, PkceOutcome, ServerPolicy, StoredChallengeError, TokenError,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const VERIFIERS: &str = include_str!("vectors/verifiers.json");
const CHALLENGES: &str = include_str!("vectors/challenges.json");
const PAIRS: &str = include_str!("vectors/pairs.json");
const METHODS: &str = include_str!("vectors/methods.json");
const STORED_CHALLENGES: &str = include_str!("vectors/stored_challenges.json");
const AUTHORIZATION_REQUESTS: &str = include_str!("vectors/authorization_requests.json");
const TOKEN_REQUESTS: &str = include_str!("vectors/token_requests.json");

#[test]
fn verifiers() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        verifier: String,
    }
    for case in cases::<Input>(VERIFIERS, "verifiers", 205) {
        let text = case.input.verifier.as_str();
        let verifier = CodeVerifier::parse(text);
        if let Ok(verifier) = &verifier {
            assert!(verifier.expose_secret() == text, "{}", case.id);
        }
        case.check(verifier.map_or_else(
            |error| Outcome::malformed("malformed", error.into()),
            |_| Outcome::accepted("valid"),
        ));
        // A plain challenge has the syntax of a verifier.
        let challenge = CodeChallenge::parse(text, CodeChallengeMethod::Plain);
        case.check(challenge.map_or_else(
            |error| Outcome::malformed("malformed", error.into()),
            |_| Outcome::accepted("valid"),
        ));
    }
}

#[test]
fn challenges() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        method: String,
        challenge: String,
    }
    for case in cases::<Input>(CHALLENGES, "challenges", 161) {
        let (text, method) = (case.input.challenge.as_str(), known_method(&case.input.method));
        let challenge = CodeChallenge::parse(text, method);
        if let Ok(challenge) = &challenge {
            assert!(
                challenge.as_str() == text && challenge.method() == method,
                "{}",
                case.id
            );
        }
        if let Err(
            ParseChallengeError::InvalidLength { method: named, .. }
            | ParseChallengeError::InvalidByte { method: named, .. },
        ) = challenge
        {
            assert_eq!(named, method, "{}", case.id);
        }
        case.check(challenge.map_or_else(
            |error| Outcome::malformed("malformed", error.into()),
            |_| Outcome::accepted("valid"),
        ));
    }
}

#[test]
fn pairs() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        method: String,
        verifier: String,
        challenge: String,
    }
    let policy = ServerPolicy::new().allow_plain();
    for case in cases::<Input>(PAIRS, "pairs", 435) {
        let method = known_method(&case.input.method);
        let stored = match CodeChallenge::parse(&case.input.challenge, method) {
            Ok(stored) => stored,
            Err(error) => {
                case.check(Outcome::malformed("malformed_challenge", error.into()));
                continue;
            }
        };
        case.check(match CodeVerifier::parse(&case.input.verifier) {
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
            match policy.check_token_request(Some(&stored), Some(&case.input.verifier)) {
                Ok(()) => Outcome::accepted("match"),
                Err(TokenError::Mismatch) => Outcome::refused("mismatch"),
                Err(TokenError::Malformed(error)) => Outcome::malformed("malformed_verifier", error.into()),
                Err(TokenError::MissingVerifier) if case.input.verifier.is_empty() => {
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
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        method: String,
    }
    for case in cases::<Input>(METHODS, "methods", 42) {
        let method: Result<CodeChallengeMethod, ParseMethodError> = case.input.method.parse();
        if let Ok(method) = method {
            assert_eq!(method.as_str(), case.input.method, "{}", case.id);
        }
        case.check(match method {
            Ok(_) => Outcome::accepted("valid"),
            Err(ParseMethodError) => Outcome::refused("unknown_method"),
        });
    }
}

#[test]
fn stored_challenges() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        challenge: Option<String>,
        method: Option<String>,
    }
    for case in cases::<Input>(STORED_CHALLENGES, "stored_challenges", 77) {
        let (challenge, method) = (case.input.challenge.as_deref(), case.input.method.as_deref());
        case.check(match CodeChallenge::from_stored(challenge, method) {
            Ok(stored) => {
                let columns = CodeChallenge::to_stored(stored.as_ref());
                assert!(columns == (challenge, method), "{}", case.id);
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
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        policy: Settings,
        challenge: Option<String>,
        method: Option<String>,
    }
    for case in cases::<Input>(AUTHORIZATION_REQUESTS, "authorization_requests", 240) {
        let (challenge, method) = (case.input.challenge.as_deref(), case.input.method.as_deref());
        case.check(
            match case
                .input
                .policy
                .policy()
                .check_authorization_request(challenge, method)
            {
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
            },
        );
    }
}

#[test]
fn token_requests() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        policy: Settings,
        stored: Option<Stored>,
        verifier: Option<String>,
    }
    for case in cases::<Input>(TOKEN_REQUESTS, "token_requests", 156) {
        let (id, policy) = (&case.id, case.input.policy.policy());
        let stored = case.input.stored.as_ref().map(|row| {
            let method = known_method(&row.method);
            CodeChallenge::parse(&row.challenge, method).unwrap_or_else(|error| panic!("{id}: {error}"))
        });
        case.check(
            match policy.check_token_request(stored.as_ref(), case.input.verifier.as_deref()) {
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
                        other => panic!("{id}: {other:?}"),
                    };
                    outcome.with_error(error.oauth_error())
                }
            },
        );

        let (challenge, method) = CodeChallenge::to_stored(stored.as_ref());
        let reachable = policy.check_authorization_request(challenge, method).as_ref() == Ok(&stored);
        assert_eq!(case.policy_changed, Some(!reachable), "{id}");
    }
}

#[test]
fn ids_are_unique() {
    let mut seen = HashSet::new();
    for (file, group) in [
        (VERIFIERS, "verifiers"),
        (CHALLENGES, "challenges"),
        (PAIRS, "pairs"),
        (METHODS, "methods"),
        (STORED_CHALLENGES, "stored_challenges"),
        (AUTHORIZATION_REQUESTS, "authorization_requests"),
        (TOKEN_REQUESTS, "token_requests"),
    ] {
        for case in cases::<serde_json::Value>(file, group, 1) {
            assert!(seen.insert(case.id.clone()), "{} is not unique", case.id);
        }
    }
    assert!(seen.len() >= 1316, "{} cases", seen.len());
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
#[serde(deny_unknown_fields)]
struct File<I> {
    version: String,
    group: String,
    description: String,
    count: usize,
    cases: Vec<Case<I>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<I> {
    id: String,
    comment: String,
    sources: Vec<String>,
    basis: Basis,
    input: I,
    policy_changed: Option<bool>,
    expected: Outcome,
    rfc: Option<Rfc>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Basis {
    Required,
    Stricter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rfc {
    accepted: bool,
    decision: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    require_pkce: bool,
    allow_plain: bool,
}

impl Settings {
    const fn policy(&self) -> Policy {
        Policy::new(self.require_pkce, self.allow_plain)
    }
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
#[serde(deny_unknown_fields)]
struct Outcome {
    accepted: bool,
    decision: String,
    malformed: Option<Malformed>,
    stored: Option<Stored>,
    error: Option<String>,
    /// For other implementations. Taken out when the file is read.
    other_errors: Option<Vec<String>>,
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
            other_errors: None,
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

impl<I> Case<I> {
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

/// Reads a file and checks what holds for every group.
fn cases<I: DeserializeOwned>(file: &str, group: &str, at_least: usize) -> Vec<Case<I>> {
    let mut file: File<I> = serde_json::from_str(file).unwrap_or_else(|error| panic!("{group}: {error}"));
    assert_eq!((file.version.as_str(), file.group.as_str()), ("1.0", group));
    assert!(!file.description.is_empty());
    assert_eq!(file.count, file.cases.len(), "{group}");
    assert!(file.count >= at_least, "{} cases in {group}", file.count);
    for case in &mut file.cases {
        assert!(!case.comment.is_empty() && !case.sources.is_empty(), "{}", case.id);
        let has_other_errors = case.expected.other_errors.take().is_some();
        assert_eq!(has_other_errors, case.expected.error.is_some(), "{}", case.id);
        // The crate accepts nothing that the RFCs refuse, so a stricter case is a refusal.
        match (&case.basis, &case.rfc) {
            (Basis::Required, None) => {}
            (Basis::Stricter, Some(rfc)) => {
                assert!(!case.expected.accepted, "{}", case.id);
                assert!(rfc.accepted || rfc.decision != case.expected.decision, "{}", case.id);
            }
            _ => panic!("{}: `rfc` belongs to stricter cases", case.id),
        }
    }
    file.cases
}

fn known_method(name: &str) -> CodeChallengeMethod {
    name.parse()
        .unwrap_or_else(|error: ParseMethodError| panic!("{name}: {error}"))
}
