//! RFC 7636 as printed: the octets of Appendix A, the vector of Appendix B, and the flow of section 4 between a client
//! and a server with the values of Appendix B.

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, ServerPolicy, TokenError};

/// Appendix B, the random octets.
const OCTETS: [u8; 32] = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
    91, 88, 5, 88, 83, 132, 141, 121,
];
/// Appendix B, the octets of the SHA-256 digest.
const DIGEST: [u8; 32] = [
    19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8, 118, 168, 120, 173, 109, 241, 68, 86, 110,
    225, 137, 74, 203, 112, 249, 195,
];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[test]
fn appendix_a_octets_become_a_z_4me() {
    // 27 octets are exactly 36 characters, so the five octets that follow are encoded as if alone.
    let mut octets = [0; 32];
    octets[27..].copy_from_slice(&[3, 236, 255, 224, 193]);
    let verifier = CodeVerifier::from_random_bytes(&octets);
    assert_eq!(verifier.expose_secret(), format!("{}A-z_4ME", "A".repeat(36)));
}

#[test]
fn appendix_a_octets_become_a_z_4me_at_the_start_too() {
    let mut octets = [0; 32];
    octets[..5].copy_from_slice(&[3, 236, 255, 224, 193]);
    // The zero octet that follows does not change the seventh character and makes the eighth.
    let verifier = CodeVerifier::from_random_bytes(&octets);
    assert_eq!(verifier.expose_secret(), format!("A-z_4ME{}", "A".repeat(36)));
}

#[test]
fn appendix_b_octets_become_the_verifier() {
    assert_eq!(CodeVerifier::from_random_bytes(&OCTETS).expose_secret(), VERIFIER);
}

#[test]
fn appendix_b_digest_becomes_the_challenge() {
    // The same encoding for both: the digest as base64url is the challenge.
    assert_eq!(CodeVerifier::from_random_bytes(&DIGEST).expose_secret(), CHALLENGE);
}

#[test]
fn appendix_b_verifier_has_the_challenge() {
    let challenge = verifier().challenge(CodeChallengeMethod::S256);
    assert_eq!(challenge.as_str(), CHALLENGE);
    assert_eq!(challenge.method(), CodeChallengeMethod::S256);
}

#[test]
fn appendix_b_challenge_verifies_the_verifier() {
    let challenge = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap();
    assert_eq!(challenge, verifier().challenge(CodeChallengeMethod::S256));
    assert_eq!(challenge.verify(&verifier()), Ok(()));
}

#[test]
fn appendix_b_challenge_refuses_the_digest_as_verifier() {
    let challenge = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap();
    assert!(challenge.verify(&CodeVerifier::parse(CHALLENGE).unwrap()).is_err());
}

#[test]
fn plain_challenge_is_the_verifier() {
    let challenge = verifier().challenge(CodeChallengeMethod::Plain);
    assert_eq!(challenge.as_str(), VERIFIER);
    assert_eq!(challenge.method(), CodeChallengeMethod::Plain);
    assert_eq!(challenge.verify(&verifier()), Ok(()));
}

#[test]
fn authorization_params_are_those_of_section_4_3() {
    let s256 = verifier().challenge(CodeChallengeMethod::S256);
    assert_eq!(
        s256.authorization_params(),
        [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]
    );
    let plain = verifier().challenge(CodeChallengeMethod::Plain);
    assert_eq!(
        plain.authorization_params(),
        [("code_challenge", VERIFIER), ("code_challenge_method", "plain")]
    );
}

#[test]
fn whole_flow_with_s256() {
    let policy = ServerPolicy::new();
    let (stored, method) = ask(&policy, CodeChallengeMethod::S256);
    assert_eq!((stored.as_str(), method.as_str()), (CHALLENGE, "S256"));
    assert_eq!(redeem(&policy, &stored, &method, Some(VERIFIER)), Ok(()));
    assert_eq!(
        redeem(&policy, &stored, &method, Some(CHALLENGE)),
        Err(TokenError::Mismatch)
    );
    assert_eq!(
        redeem(&policy, &stored, &method, None),
        Err(TokenError::MissingVerifier)
    );
    let short = TokenError::Malformed(ParseVerifierError::InvalidLength { len: 42 });
    assert_eq!(redeem(&policy, &stored, &method, Some(&VERIFIER[1..])), Err(short));
}

#[test]
fn whole_flow_with_plain() {
    let policy = ServerPolicy::new().allow_plain();
    let (stored, method) = ask(&policy, CodeChallengeMethod::Plain);
    assert_eq!((stored.as_str(), method.as_str()), (VERIFIER, "plain"));
    assert_eq!(redeem(&policy, &stored, &method, Some(VERIFIER)), Ok(()));
    assert_eq!(
        redeem(&policy, &stored, &method, Some(CHALLENGE)),
        Err(TokenError::Mismatch)
    );
}

#[test]
fn whole_flow_with_the_method_left_out_is_plain() {
    let policy = ServerPolicy::new().allow_plain();
    let challenge = policy.check_authorization_request(Some(VERIFIER), None).unwrap();
    assert_eq!(challenge.method(), CodeChallengeMethod::Plain);
    assert_eq!(policy.check_token_request(Some(&challenge), Some(VERIFIER)), Ok(()));
}

fn verifier() -> CodeVerifier {
    CodeVerifier::parse(VERIFIER).unwrap()
}

/// Returns what the server stores for the client's authorization request: the challenge and its method, as text.
fn ask(policy: &ServerPolicy, method: CodeChallengeMethod) -> (String, String) {
    let sent = verifier().challenge(method);
    let [(_, challenge), (_, method)] = sent.authorization_params();
    let received = policy
        .check_authorization_request(Some(challenge), Some(method))
        .unwrap();
    (received.as_str().to_owned(), received.method().to_string())
}

/// Returns the server's decision on the client's token request.
fn redeem(policy: &ServerPolicy, stored: &str, method: &str, code_verifier: Option<&str>) -> Result<(), TokenError> {
    let stored = CodeChallenge::from_stored(Some(stored), Some(method)).unwrap();
    policy.check_token_request(stored.as_ref(), code_verifier)
}
