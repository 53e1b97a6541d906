//! An example for dependents: valid values from the feature `arbitrary`. A verifier matches its own challenge, and
//! another one exactly if the texts are equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeVerifier, ServerPolicy};
use pkce_core_fuzz::{challenge_of, check_challenge, check_verifier};

const POLICY: ServerPolicy = ServerPolicy::new().allow_plain();

fuzz_target!(|pair: (CodeVerifier, CodeChallenge)| {
    let (verifier, challenge) = pair;
    let text = verifier.expose_secret();
    assert!(check_verifier(text).is_ok());
    assert!(check_challenge(challenge.as_str(), challenge.method()).is_ok());

    let own = verifier.challenge(challenge.method());
    assert_eq!(own.as_str(), challenge_of(text, challenge.method()));
    assert!(own.verify(&verifier).is_ok());

    let result = POLICY.check_token_request(Some(&challenge), Some(text));
    assert_eq!(result.is_ok(), own.as_str() == challenge.as_str());
});
