//! A challenge is what sha2 and base64 compute, and its verifier matches it. A verifier with one other character does
//! not, and the verifier does not match a digest with one other bit.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};
use pkce_core_fuzz::{assert_same, base64url, challenge_of, verifier_text, with_character};
use sha2::{Digest, Sha256};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    at: u8,
    character: u8,
    verifier: &'a [u8],
}

fuzz_target!(|input: Input| {
    let text = verifier_text(input.verifier);
    let wanted = challenge_of(&text, CodeChallengeMethod::S256);
    let verifier = CodeVerifier::parse(&text).unwrap();
    let made = verifier.challenge(CodeChallengeMethod::S256);
    assert_eq!(made.as_str(), wanted);

    let stored = CodeChallenge::parse(&wanted, CodeChallengeMethod::S256).unwrap();
    assert_same(&made, &stored);
    assert_eq!(stored.verify(&verifier), Ok(()));
    assert_eq!(made.verify(&verifier), Ok(()));
    let policy = ServerPolicy::new();
    assert_eq!(policy.check_token_request(Some(&stored), Some(&text)), Ok(()));

    let other = with_character(&text, input.at, input.character);
    if other != text {
        assert!(stored.verify(&CodeVerifier::parse(&other).unwrap()).is_err());
        assert_eq!(
            policy.check_token_request(Some(&stored), Some(&other)),
            Err(TokenError::Mismatch)
        );
    }

    // Every octet of the digest is compared.
    let digest: [u8; 32] = Sha256::digest(&text).into();
    for octet in 0..digest.len() {
        let mut near = digest;
        near[octet] ^= 1 << (input.at % 8);
        let near = CodeChallenge::parse(&base64url(&near), CodeChallengeMethod::S256).unwrap();
        assert!(near.verify(&verifier).is_err());
        assert!(near != made);
        assert_eq!(
            policy.check_token_request(Some(&near), Some(&text)),
            Err(TokenError::Mismatch)
        );
    }
});
