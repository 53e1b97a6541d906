//! One policy for every client: over the whole product of policies, requests and rows, `require_pkce(true)` decides as
//! `ServerPolicy`, and neither it nor `or_authenticated` turns an error into a success. What a `ServerPolicy` decides is
//! in `policy.rs`.

use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, LenientPolicy, PkceOutcome, ServerPolicy, TokenError};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PADDED: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=";

const STRICT: [ServerPolicy; 2] = [ServerPolicy::new(), ServerPolicy::new().allow_plain()];
/// Challenges and verifiers: absent, empty, right, wrong and malformed.
const TEXTS: [Option<&str>; 6] = [
    None,
    Some(""),
    Some(CHALLENGE),
    Some(VERIFIER),
    Some(PADDED),
    Some("short"),
];
const METHODS: [Option<&str>; 5] = [None, Some(""), Some("S256"), Some("plain"), Some("s256")];

fn rows() -> [Option<CodeChallenge>; 3] {
    [
        None,
        Some(CodeChallenge::parse(CHALLENGE, S256).unwrap()),
        Some(CodeChallenge::parse(VERIFIER, Plain).unwrap()),
    ]
}

#[test]
fn a_required_challenge_is_as_a_strict_policy_decides() {
    let mut without_pkce = 0;
    for strict in STRICT {
        let lenient = strict.allow_non_pkce();
        for challenge in TEXTS {
            for method in METHODS {
                let check = |policy: LenientPolicy| policy.check_authorization_request(challenge, method);
                let (default, required) = (check(lenient), check(lenient.require_pkce(true)));
                assert_eq!(
                    required,
                    strict.check_authorization_request(challenge, method).map(Some)
                );
                assert_eq!(check(lenient.require_pkce(false)), default);
                if default == Ok(None) {
                    without_pkce += 1;
                } else {
                    assert_eq!(required, default);
                }
            }
        }
    }
    // Both parameters, absent or empty.
    assert_eq!(without_pkce, 2 * 2 * 2);
}

#[test]
fn a_required_verifier_is_as_a_strict_policy_decides() {
    let mut without_pkce = 0;
    for strict in STRICT {
        let lenient = strict.allow_non_pkce();
        for row in &rows() {
            for verifier in TEXTS {
                let check = |policy: LenientPolicy| policy.check_token_request(row.as_ref(), verifier);
                let (default, required) = (check(lenient), check(lenient.require_pkce(true)));
                let wanted = strict.check_token_request(row.as_ref(), verifier);
                assert_eq!(required, wanted.map(|()| PkceOutcome::Verified));
                assert_eq!(check(lenient.require_pkce(false)), default);

                // What a server calls for a client that has not authenticated, and for one that has.
                let served =
                    [false, true].map(|authenticated| default.and_then(|it| it.or_authenticated(authenticated)));
                if default == Ok(PkceOutcome::NotUsed) {
                    without_pkce += 1;
                    assert_eq!(served, [Err(TokenError::MissingChallenge), Ok(())]);
                } else {
                    assert_eq!(required, default);
                    assert_eq!(served, [wanted; 2]);
                }
            }
        }
    }
    // No row, and an absent or empty verifier.
    assert_eq!(without_pkce, 2 * 2);
}

#[test]
fn the_last_call_of_require_pkce_counts_in_any_order_with_allow_plain() {
    const LENIENT: LenientPolicy = ServerPolicy::new().allow_non_pkce();
    const REQUIRED: LenientPolicy = LENIENT.require_pkce(true);
    assert_ne!(LENIENT, REQUIRED);
    assert_eq!(REQUIRED.require_pkce(false), LENIENT);
    assert_eq!(LENIENT.require_pkce(false).require_pkce(true), REQUIRED);
    assert_eq!(REQUIRED.allow_plain(), LENIENT.allow_plain().require_pkce(true));
    assert_eq!(REQUIRED.methods_supported(), LENIENT.methods_supported());
    assert_eq!(REQUIRED.allow_plain().methods_supported(), [S256, Plain]);
}

#[test]
fn the_outcome_is_decided_at_compile_time() {
    const SERVED: [Result<(), TokenError>; 4] = [
        PkceOutcome::Verified.or_authenticated(false),
        PkceOutcome::Verified.or_authenticated(true),
        PkceOutcome::NotUsed.or_authenticated(false),
        PkceOutcome::NotUsed.or_authenticated(true),
    ];
    assert_eq!(SERVED, [Ok(()), Ok(()), Err(TokenError::MissingChallenge), Ok(())]);
}

#[test]
fn to_stored_is_the_inverse_of_from_stored() {
    let columns = [
        (None, None),
        (Some(CHALLENGE), Some("S256")),
        (Some(VERIFIER), Some("plain")),
    ];
    for (row, columns) in rows().into_iter().zip(columns) {
        assert_eq!(CodeChallenge::to_stored(row.as_ref()), columns);
        assert_eq!(CodeChallenge::from_stored(columns.0, columns.1), Ok(row));
    }
}
