//! The decisions of a server (RFC 7636 sections 4.4.1 and 4.6, RFC 9700 section 4.8.2): every combination of policy and
//! parameters, at both endpoints, is decided as the model decides it.

mod common;

use common::policy::POLICIES;
use common::{CHALLENGE, CHALLENGES, METHOD_NAMES, METHODS, VERIFIER, laws, s256, verifier};
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, LenientPolicy, PkceOutcome, ServerPolicy, TokenError,
};

#[test]
fn decides_every_authorization_request_as_the_model_does() {
    for policy in POLICIES {
        for challenge in CHALLENGES {
            for method in METHOD_NAMES {
                laws::authorization(policy, challenge, method);
            }
        }
    }
}

/// Parameters `code_verifier` that are none of the stored ones.
const VERIFIERS: [Option<&str>; 15] = [
    None,
    Some(""),
    Some(" "),
    Some("\0"),
    Some("x"),
    Some(CHALLENGE),
    Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"),
    Some("DBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    Some("DBJFTJEZ4CVP-MB92K27UHBUJU1P1R_WW1GFWFOEJXK"),
    Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkA"),
    Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX"),
    Some("dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk"),
    Some(" dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n"),
    Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX\u{e9}"),
];

#[test]
fn decides_every_token_request_as_the_model_does() {
    let [longest, longer, endless] = [128, 129, 1 << 20].map(|len| "~".repeat(len));
    // The second ends as no challenge does: a verifier is not base64url.
    let right = [VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN", &longest];
    let stored = right
        .iter()
        .flat_map(|text| METHODS.map(|method| Some(verifier(text).challenge(method))));
    let stored: Vec<_> = stored.chain([None]).collect();
    let wrong = VERIFIERS
        .into_iter()
        .chain([Some(longer.as_str()), Some(endless.as_str())]);
    let verifiers: Vec<_> = right.map(Some).into_iter().chain(wrong).collect();
    for policy in POLICIES {
        for stored in &stored {
            for verifier in &verifiers {
                laws::token(policy, stored.as_ref(), *verifier);
            }
        }
    }
}

#[test]
fn oauth_errors_are_constants() {
    const REQUEST: &str = AuthorizationError::MissingChallenge.oauth_error();
    const GRANT: &str = TokenError::Mismatch.oauth_error();
    assert_eq!((REQUEST, GRANT), ("invalid_request", "invalid_grant"));
}

#[test]
fn or_authenticated_is_constant() {
    const SERVED: [Result<(), TokenError>; 4] = [
        PkceOutcome::Verified.or_authenticated(false),
        PkceOutcome::Verified.or_authenticated(true),
        PkceOutcome::NotUsed.or_authenticated(false),
        PkceOutcome::NotUsed.or_authenticated(true),
    ];
    assert_eq!(SERVED, [Ok(()), Ok(()), Err(TokenError::MissingChallenge), Ok(())]);
}

#[test]
fn default_is_new() {
    assert_eq!(ServerPolicy::default(), ServerPolicy::new());
}

#[test]
fn policies_are_equal_exactly_if_their_settings_are() {
    const STRICT: ServerPolicy = ServerPolicy::new();
    const LENIENT: LenientPolicy = STRICT.allow_non_pkce();
    assert_ne!(STRICT, STRICT.allow_plain());
    assert_ne!(LENIENT, LENIENT.allow_plain());
    assert_eq!(LENIENT.allow_plain(), STRICT.allow_plain().allow_non_pkce());
    assert_eq!(STRICT.allow_plain().allow_plain(), STRICT.allow_plain());
    assert_eq!(LENIENT.allow_plain().allow_plain(), LENIENT.allow_plain());
    // The last call counts, in any order with `allow_plain`.
    const REQUIRED: LenientPolicy = LENIENT.require_pkce(true);
    assert_ne!(LENIENT, REQUIRED);
    assert_eq!(REQUIRED.require_pkce(false), LENIENT);
    assert_eq!(LENIENT.require_pkce(false).require_pkce(true), REQUIRED);
    assert_eq!(REQUIRED.allow_plain(), LENIENT.allow_plain().require_pkce(true));
}

#[test]
fn methods_supported_lists_plain_exactly_if_it_is_allowed() {
    const STRICT: &[CodeChallengeMethod] = ServerPolicy::new().methods_supported();
    assert_eq!(STRICT, [S256]);
    for policy in POLICIES {
        assert_eq!(policy.lenient().methods_supported(), policy.methods_supported());
        let wanted: &[_] = if policy.plain { &[S256, Plain] } else { &[S256] };
        assert_eq!(policy.methods_supported(), wanted, "{policy:?}");
    }
}

/// Compiles only while the enum is exhaustive: a server must say what each outcome means.
#[test]
fn a_match_on_the_outcome_needs_no_default_arm() {
    let policy = ServerPolicy::new().allow_non_pkce();
    let decide = |stored, verifier| {
        Ok(match policy.check_token_request(stored, verifier)? {
            PkceOutcome::Verified => "verified",
            PkceOutcome::NotUsed => "not used",
        })
    };
    let stored = s256();
    assert_eq!(decide(Some(&stored), Some(VERIFIER)), Ok("verified"));
    assert_eq!(decide(None, None), Ok("not used"));
    assert_eq!(decide(None, Some(VERIFIER)), Err(TokenError::UnexpectedVerifier));
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
