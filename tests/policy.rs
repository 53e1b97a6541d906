//! The decisions of a server (RFC 7636 sections 4.4.1 and 4.6, RFC 9700 section 4.8.2): every combination of policy and
//! parameters, at both endpoints, compared with a model that does not call the crate. The order is presence, then (at
//! the authorization endpoint) the method, policy, form, and comparison.

mod common;

use common::POLICIES;
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, ParseChallengeError,
    ParseVerifierError, PkceOutcome, ServerPolicy, TokenError,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A `code_challenge` parameter, and whether it is well formed for each method.
struct ChallengeRow {
    text: Option<&'static str>,
    as_s256: Result<(), ParseChallengeError>,
    as_plain: Result<(), ParseChallengeError>,
}

const fn challenge_row(
    text: &'static str,
    as_s256: Result<(), ParseChallengeError>,
    as_plain: Result<(), ParseChallengeError>,
) -> ChallengeRow {
    ChallengeRow {
        text: Some(text),
        as_s256,
        as_plain,
    }
}

const CHALLENGES: [ChallengeRow; 10] = [
    ChallengeRow {
        text: None,
        as_s256: Ok(()),
        as_plain: Ok(()),
    },
    challenge_row("", Ok(()), Ok(())),
    challenge_row(CHALLENGE, Ok(()), Ok(())),
    challenge_row(
        "~this.text.is.a.verifier.and.no.digest.~~~~",
        invalid_byte(0, S256),
        Ok(()),
    ),
    challenge_row(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cME9Melhoa2OwvFrEMTJguC",
        invalid_length(64, S256),
        Ok(()),
    ),
    challenge_row(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
        invalid_length(42, S256),
        invalid_length(42, Plain),
    ),
    challenge_row(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",
        invalid_length(44, S256),
        invalid_byte(43, Plain),
    ),
    challenge_row(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
        Err(ParseChallengeError::NonCanonical),
        Ok(()),
    ),
    challenge_row(
        "E9Melho+2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        invalid_byte(7, S256),
        invalid_byte(7, Plain),
    ),
    challenge_row(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-\u{e9}",
        invalid_byte(41, S256),
        invalid_byte(41, Plain),
    ),
];

const fn invalid_length(len: usize, method: CodeChallengeMethod) -> Result<(), ParseChallengeError> {
    Err(ParseChallengeError::InvalidLength { len, method })
}

const fn invalid_byte(index: usize, method: CodeChallengeMethod) -> Result<(), ParseChallengeError> {
    Err(ParseChallengeError::InvalidByte { index, method })
}

const METHODS: [Option<&str>; 11] = [
    None,
    Some(""),
    Some("S256"),
    Some("plain"),
    Some("s256"),
    Some("PLAIN"),
    Some("Plain"),
    Some("unknown"),
    Some(" S256"),
    Some("plain\n"),
    Some(" "),
];

#[test]
fn authorization_endpoint_decides_every_combination_by_the_rules() {
    let mut cases = 0;
    for policy in POLICIES {
        for row in &CHALLENGES {
            for method in METHODS {
                let result = policy.check_authorization_request(row.text, method);
                let result = result.as_ref().map_err(|e| *e);
                let result = result.map(|c| c.as_ref().map(|c| (c.as_str(), c.method())));
                let wanted = authorization_model(policy.plain, policy.non_pkce, row, method);
                assert_eq!(result, wanted, "{policy:?} {:?} {method:?}", row.text);
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 4 * 10 * 11);
}

/// The rules of the authorization endpoint, in order.
fn authorization_model(
    plain: bool,
    non_pkce: bool,
    row: &ChallengeRow,
    method: Option<&str>,
) -> Result<Option<(&'static str, CodeChallengeMethod)>, AuthorizationError> {
    let method = method.filter(|method| !method.is_empty());
    let Some(text) = row.text.filter(|text| !text.is_empty()) else {
        return match method {
            Some(_) => Err(AuthorizationError::MethodWithoutChallenge),
            None if non_pkce => Ok(None),
            None => Err(AuthorizationError::MissingChallenge),
        };
    };
    let (method, form) = match method {
        Some("S256") => (S256, row.as_s256),
        None if !plain => return Err(AuthorizationError::MissingMethod),
        Some("plain") if !plain => return Err(AuthorizationError::PlainNotAllowed),
        None | Some("plain") => (Plain, row.as_plain),
        Some(_) => return Err(AuthorizationError::UnknownMethod),
    };
    form.map(|()| Some((text, method)))
        .map_err(AuthorizationError::Malformed)
}

/// A `code_verifier` parameter, whether it is well formed, and whether it matches the stored challenge.
struct VerifierRow {
    text: Option<&'static str>,
    form: Result<(), ParseVerifierError>,
    right: bool,
}

const fn verifier_row(text: &'static str, form: Result<(), ParseVerifierError>, right: bool) -> VerifierRow {
    VerifierRow {
        text: Some(text),
        form,
        right,
    }
}

const VERIFIERS: [VerifierRow; 13] = [
    VerifierRow {
        text: None,
        form: Ok(()),
        right: false,
    },
    verifier_row("", Ok(()), false),
    verifier_row(VERIFIER, Ok(()), true),
    verifier_row(CHALLENGE, Ok(()), false),
    verifier_row("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", Ok(()), false),
    verifier_row("DBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", Ok(()), false),
    verifier_row("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkA", Ok(()), false),
    verifier_row(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX",
        Err(ParseVerifierError::InvalidLength { len: 42 }),
        false,
    ),
    verifier_row(
        concat!(
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        Err(ParseVerifierError::InvalidLength { len: 129 }),
        false,
    ),
    verifier_row(
        "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk",
        Err(ParseVerifierError::InvalidByte { index: 12 }),
        false,
    ),
    verifier_row(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n",
        Err(ParseVerifierError::InvalidByte { index: 43 }),
        false,
    ),
    verifier_row(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX\u{e9}",
        Err(ParseVerifierError::InvalidByte { index: 42 }),
        false,
    ),
    verifier_row(" ", Err(ParseVerifierError::InvalidLength { len: 1 }), false),
];

#[test]
fn token_endpoint_decides_every_combination_by_the_rules() {
    let mut cases = 0;
    for policy in POLICIES {
        for stored in [None, Some(CodeChallengeMethod::S256), Some(CodeChallengeMethod::Plain)] {
            let challenge = stored.map(|method| CodeVerifier::parse(VERIFIER).unwrap().challenge(method));
            for row in &VERIFIERS {
                let result = policy.check_token_request(challenge.as_ref(), row.text);
                let wanted = token_model(policy.plain, policy.non_pkce, stored, row);
                assert_eq!(result, wanted, "{policy:?} {stored:?} {:?}", row.text);
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 4 * 3 * 13);
}

/// The rules of the token endpoint, in order.
fn token_model(
    plain: bool,
    non_pkce: bool,
    stored: Option<CodeChallengeMethod>,
    row: &VerifierRow,
) -> Result<PkceOutcome, TokenError> {
    let present = row.text.is_some_and(|text| !text.is_empty());
    let Some(method) = stored else {
        return match present {
            true => Err(TokenError::UnexpectedVerifier),
            false if non_pkce => Ok(PkceOutcome::NotUsed),
            false => Err(TokenError::MissingChallenge),
        };
    };
    if !present {
        return Err(TokenError::MissingVerifier);
    }
    if method == CodeChallengeMethod::Plain && !plain {
        return Err(TokenError::PlainNotAllowed);
    }
    row.form.map_err(TokenError::Malformed)?;
    if row.right {
        Ok(PkceOutcome::Verified)
    } else {
        Err(TokenError::Mismatch)
    }
}

#[test]
fn s256_is_accepted_under_every_policy() {
    for policy in POLICIES {
        let challenge = policy
            .check_authorization_request(Some(CHALLENGE), Some("S256"))
            .unwrap()
            .unwrap();
        assert_eq!(
            (challenge.as_str(), challenge.method()),
            (CHALLENGE, CodeChallengeMethod::S256)
        );
        assert_eq!(
            policy.check_token_request(Some(&challenge), Some(VERIFIER)),
            Ok(PkceOutcome::Verified)
        );
    }
}

#[test]
fn a_method_without_a_challenge_is_refused_under_every_policy() {
    for policy in POLICIES {
        for method in ["S256", "plain", "unknown"] {
            for challenge in [None, Some("")] {
                let result = policy.check_authorization_request(challenge, Some(method));
                assert_eq!(result, Err(AuthorizationError::MethodWithoutChallenge));
            }
        }
    }
}

#[test]
fn nothing_at_all_needs_allow_non_pkce() {
    let (strict, lenient) = (ServerPolicy::new(), ServerPolicy::new().allow_non_pkce());
    for nothing in [None, Some("")] {
        assert_eq!(
            strict.check_authorization_request(nothing, nothing),
            Err(AuthorizationError::MissingChallenge)
        );
        assert_eq!(lenient.check_authorization_request(nothing, nothing), Ok(None));
        assert_eq!(
            strict.check_token_request(None, nothing),
            Err(TokenError::MissingChallenge)
        );
        assert_eq!(lenient.check_token_request(None, nothing), Ok(PkceOutcome::NotUsed));
    }
}

#[test]
fn an_absent_method_is_plain_before_the_policy_looks() {
    for absent in [None, Some("")] {
        let result = ServerPolicy::new().check_authorization_request(Some(CHALLENGE), absent);
        assert_eq!(result, Err(AuthorizationError::MissingMethod));
        let result = ServerPolicy::new()
            .allow_plain()
            .check_authorization_request(Some(CHALLENGE), absent);
        assert_eq!(result.unwrap().method(), CodeChallengeMethod::Plain);
    }
}

#[test]
fn an_unknown_method_comes_before_policy_and_form() {
    let result = ServerPolicy::new().check_authorization_request(Some("bad"), Some("PLAIN"));
    assert_eq!(result, Err(AuthorizationError::UnknownMethod));
}

#[test]
fn policy_comes_before_the_form_of_the_challenge() {
    let result = ServerPolicy::new().check_authorization_request(Some("bad"), Some("plain"));
    assert_eq!(result, Err(AuthorizationError::PlainNotAllowed));
}

#[test]
fn a_stored_plain_challenge_is_refused_once_plain_is_not_allowed() {
    let stored = CodeChallenge::parse(VERIFIER, CodeChallengeMethod::Plain).unwrap();
    for policy in POLICIES.into_iter().filter(|policy| !policy.plain) {
        for verifier in [VERIFIER, CHALLENGE, "bad"] {
            assert_eq!(
                policy.check_token_request(Some(&stored), Some(verifier)),
                Err(TokenError::PlainNotAllowed)
            );
        }
        assert_eq!(
            policy.check_token_request(Some(&stored), None),
            Err(TokenError::MissingVerifier)
        );
    }
}

#[test]
fn a_verifier_without_a_challenge_is_refused_whatever_it_is() {
    for policy in POLICIES {
        for verifier in [VERIFIER, "x", " ", "\0", &"+".repeat(1 << 20)] {
            assert_eq!(
                policy.check_token_request(None, Some(verifier)),
                Err(TokenError::UnexpectedVerifier)
            );
        }
    }
}

#[test]
fn a_right_length_verifier_with_a_non_canonical_end_is_well_formed() {
    // A verifier is not base64url: only a challenge has a canonical last character.
    let verifier = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN";
    let stored = CodeVerifier::parse(verifier)
        .unwrap()
        .challenge(CodeChallengeMethod::S256);
    assert_eq!(
        ServerPolicy::new().check_token_request(Some(&stored), Some(verifier)),
        Ok(())
    );
}

#[test]
fn a_verifier_of_128_characters_verifies() {
    let verifier = "~".repeat(128);
    let stored = CodeVerifier::parse(&verifier)
        .unwrap()
        .challenge(CodeChallengeMethod::S256);
    assert_eq!(
        ServerPolicy::new().check_token_request(Some(&stored), Some(&verifier)),
        Ok(())
    );
}

#[test]
fn every_authorization_error_is_invalid_request() {
    let malformed = [
        ParseChallengeError::InvalidLength { len: 42, method: S256 },
        ParseChallengeError::InvalidLength { len: 42, method: Plain },
        ParseChallengeError::InvalidByte { index: 7, method: S256 },
        ParseChallengeError::InvalidByte {
            index: 7,
            method: Plain,
        },
        ParseChallengeError::NonCanonical,
    ]
    .map(AuthorizationError::Malformed);
    let others = [
        AuthorizationError::MissingChallenge,
        AuthorizationError::MissingMethod,
        AuthorizationError::MethodWithoutChallenge,
        AuthorizationError::UnknownMethod,
        AuthorizationError::PlainNotAllowed,
    ];
    for error in malformed.into_iter().chain(others) {
        assert_eq!(error.oauth_error(), "invalid_request", "{error:?}");
    }
}

#[test]
fn malformed_and_unexpected_verifiers_are_invalid_request() {
    let malformed = [
        ParseVerifierError::InvalidLength { len: 42 },
        ParseVerifierError::InvalidByte { index: 7 },
    ]
    .map(TokenError::Malformed);
    for error in malformed.into_iter().chain([TokenError::UnexpectedVerifier]) {
        assert_eq!(error.oauth_error(), "invalid_request", "{error:?}");
    }
}

#[test]
fn every_other_token_error_is_invalid_grant() {
    let others = [
        TokenError::MissingVerifier,
        TokenError::Mismatch,
        TokenError::PlainNotAllowed,
        TokenError::MissingChallenge,
    ];
    for error in others {
        assert_eq!(error.oauth_error(), "invalid_grant", "{error:?}");
    }
}

#[test]
fn oauth_errors_are_constants() {
    const REQUEST: &str = AuthorizationError::MissingChallenge.oauth_error();
    const GRANT: &str = TokenError::Mismatch.oauth_error();
    assert_eq!((REQUEST, GRANT), ("invalid_request", "invalid_grant"));
}

#[test]
fn default_is_new_pkce_required_and_s256_only() {
    assert_eq!(ServerPolicy::default(), ServerPolicy::new());
    assert_eq!(ServerPolicy::default().methods_supported(), [CodeChallengeMethod::S256]);
    assert_eq!(
        ServerPolicy::default().check_token_request(None, None),
        Err(TokenError::MissingChallenge)
    );
}

#[test]
fn the_four_policies_differ() {
    const STRICT: ServerPolicy = ServerPolicy::new();
    const LENIENT: LenientPolicy = STRICT.allow_non_pkce();
    assert_ne!(STRICT, STRICT.allow_plain());
    assert_ne!(LENIENT, LENIENT.allow_plain());
    assert_eq!(LENIENT.allow_plain(), STRICT.allow_plain().allow_non_pkce());
    assert_eq!(STRICT.allow_plain().allow_plain(), STRICT.allow_plain());
    assert_eq!(LENIENT.allow_plain().allow_plain(), LENIENT.allow_plain());
}

#[test]
fn methods_supported_lists_plain_only_where_it_is_allowed() {
    const STRICT: &[CodeChallengeMethod] = ServerPolicy::new().methods_supported();
    const PLAIN: ServerPolicy = ServerPolicy::new().allow_plain();
    assert_eq!(STRICT, [CodeChallengeMethod::S256]);
    assert_eq!(
        PLAIN.methods_supported(),
        [CodeChallengeMethod::S256, CodeChallengeMethod::Plain]
    );
    for policy in POLICIES {
        assert_eq!(policy.methods_supported().contains(&Plain), policy.plain);
        assert!(policy.methods_supported().contains(&S256));
    }
}

#[test]
fn every_supported_method_is_accepted_and_no_other() {
    for policy in POLICIES {
        for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
            let accepted = policy
                .check_authorization_request(Some(CHALLENGE), Some(method.as_str()))
                .is_ok();
            assert_eq!(
                accepted,
                policy.methods_supported().contains(&method),
                "{policy:?} {method}"
            );
        }
    }
}

/// Compiles only while the enum is exhaustive: a server must say what each outcome means.
#[test]
fn a_match_on_the_outcome_needs_no_default_arm() {
    let policy = ServerPolicy::new().allow_non_pkce();
    let stored = CodeVerifier::parse(VERIFIER).unwrap().challenge(S256);
    let answer = |stored, verifier| {
        Ok(match policy.check_token_request(stored, verifier)? {
            PkceOutcome::Verified => "verified",
            PkceOutcome::NotUsed => "not used",
        })
    };
    assert_eq!(answer(Some(&stored), Some(VERIFIER)), Ok("verified"));
    assert_eq!(answer(None, None), Ok("not used"));
    assert_eq!(answer(None, Some(VERIFIER)), Err(TokenError::UnexpectedVerifier));
    assert_eq!(answer(Some(&stored), None), Err(TokenError::MissingVerifier));
}

/// Under a strict policy there is no outcome to drop: `?` is all that a server needs, without a warning.
#[test]
#[deny(warnings)]
fn a_strict_server_has_no_outcome() -> Result<(), Box<dyn std::error::Error>> {
    const POLICY: ServerPolicy = ServerPolicy::new();
    let challenge: CodeChallenge = POLICY.check_authorization_request(Some(CHALLENGE), Some("S256"))?;
    let row = (Some(challenge.as_str()), Some(challenge.method().as_str()));
    let stored = CodeChallenge::from_stored(row.0, row.1)?;
    POLICY.check_token_request(stored.as_ref(), Some(VERIFIER))?;
    assert!(POLICY.check_token_request(stored.as_ref(), Some(CHALLENGE)).is_err());
    Ok(())
}
