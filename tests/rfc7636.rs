//! RFC 7636 as printed: the octets of Appendix A, the vector of Appendix B, and the flow of section 4 between a client
//! and a server with the values of Appendix B.

mod common;

use common::{CHALLENGE, DIGEST, OCTETS, VERIFIER, plain, s256, verifier};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, ServerPolicy, TokenError};

#[test]
fn appendix_a_octets_are_a_z_4me() {
    // At the end, behind 27 octets, which are exactly 36 characters; and at the start, where the zero octet that follows
    // makes the eighth character.
    for (at, wanted) in [
        (27, format!("{}A-z_4ME", "A".repeat(36))),
        (0, format!("A-z_4ME{}", "A".repeat(36))),
    ] {
        let mut octets = [0; 32];
        octets[at..at + 5].copy_from_slice(&[3, 236, 255, 224, 193]);
        assert_eq!(CodeVerifier::from_random_bytes(&octets).expose_secret(), wanted);
    }
}

#[test]
fn appendix_b_octets_are_the_verifier_and_its_digest_is_the_challenge() {
    assert_eq!(CodeVerifier::from_random_bytes(&OCTETS).expose_secret(), VERIFIER);
    assert_eq!(CodeVerifier::from_random_bytes(&DIGEST).expose_secret(), CHALLENGE);
    assert_eq!(
        (s256().as_str(), s256().method()),
        (CHALLENGE, CodeChallengeMethod::S256)
    );
}

#[test]
fn appendix_b_challenge_verifies_the_verifier_alone() {
    let challenge = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap();
    assert_eq!(challenge, s256());
    assert_eq!(challenge.verify(&verifier(VERIFIER)), Ok(()));
    assert!(challenge.verify(&verifier(CHALLENGE)).is_err());
}

#[test]
fn plain_challenge_is_the_verifier() {
    assert_eq!(
        (plain().as_str(), plain().method()),
        (VERIFIER, CodeChallengeMethod::Plain)
    );
    assert_eq!(plain().verify(&verifier(VERIFIER)), Ok(()));
}

#[test]
fn whole_flow() {
    for (policy, challenge, names) in [
        (ServerPolicy::new(), s256(), &["S256"][..]),
        // A method that is left out is plain.
        (ServerPolicy::new().allow_plain(), plain(), &["plain", ""]),
    ] {
        let [(challenge_name, sent), (method_name, method)] = challenge.authorization_params();
        assert_eq!(
            (challenge_name, method_name),
            ("code_challenge", "code_challenge_method")
        );
        assert_eq!(method, names[0]);
        for name in names {
            let received = policy.check_authorization_request(Some(sent), Some(name)).unwrap();
            // The database stores text.
            let row = CodeChallenge::to_stored(Some(&received));
            assert_eq!(row, (Some(sent), Some(names[0])));
            let stored = CodeChallenge::from_stored(row.0, row.1).unwrap();
            assert_eq!(stored, Some(received.clone()));
            let redeem = |verifier| policy.check_token_request(stored.as_ref(), verifier);
            assert_eq!(redeem(Some(VERIFIER)), Ok(()));
            assert_eq!(redeem(Some(CHALLENGE)), Err(TokenError::Mismatch));
            assert_eq!(redeem(None), Err(TokenError::MissingVerifier));
            let short = TokenError::Malformed(ParseVerifierError::InvalidLength { len: 42 });
            assert_eq!(redeem(Some(&VERIFIER[1..])), Err(short));
        }
    }
}
