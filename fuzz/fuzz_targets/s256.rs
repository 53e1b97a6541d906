//! A challenge is what sha2 and base64 compute, and its verifier matches it. A verifier with one other character does
//! not, and the verifier does not match a digest with one other bit.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::CodeChallengeMethod::S256;
use pkce_core::{CodeChallenge, CodeVerifier, ServerPolicy, TokenError};
use pkce_core_fuzz::{base64url, laws, verifier_text, with_character};
use sha2::{Digest, Sha256};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    at: u8,
    character: u8,
    verifier: &'a [u8],
}

fuzz_target!(|input: Input| {
    let text = verifier_text(input.verifier);
    let digest: [u8; 32] = Sha256::digest(&text).into();
    let challenge = base64url(&digest);
    laws::pair(&challenge, S256, &text);
    laws::pair(&challenge, S256, &with_character(&text, input.at, input.character));
    // Every octet of the digest is compared.
    let verifier = CodeVerifier::parse(&text).unwrap();
    let made = verifier.challenge(S256);
    for octet in 0..digest.len() {
        let mut near = digest;
        near[octet] ^= 1 << (input.at % 8);
        let near = CodeChallenge::parse(&base64url(&near), S256).unwrap();
        assert!(near != made);
        assert!(near.verify(&verifier).is_err());
        let result = ServerPolicy::new().check_token_request(Some(&near), Some(&text));
        assert_eq!(result, Err(TokenError::Mismatch));
    }
});
