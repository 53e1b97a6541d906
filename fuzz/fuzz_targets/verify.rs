//! A verifier is accepted exactly if the model accepts it, by `verify` and by the token endpoint. Two challenges are equal
//! exactly if their texts and methods are.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use pkce_core_fuzz::{
    METHODS, Policy, assert_fits_error_description, challenge_of, check_challenge, check_verifier, fields, model,
    spelled_challenge,
};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The method that `=` stands for.
    plain: bool,
    /// A challenge and a verifier.
    texts: &'a str,
}

fuzz_target!(|input: Input| {
    let [spelled, verifier] = fields(input.texts);
    let challenge = spelled_challenge(spelled, verifier, METHODS[usize::from(input.plain)]);
    for method in METHODS {
        assert_pair(&challenge, method, verifier);
    }
});

fn assert_pair(text: &str, method: CodeChallengeMethod, verifier: &str) {
    let parsed = CodeChallenge::parse(text, method);
    assert_eq!(parsed.is_ok(), check_challenge(text, method).is_ok());
    let Ok(challenge) = parsed else { return };

    let policy = Policy::new(true, true);
    let result = policy.check_token_request(Some(&challenge), Some(verifier));
    assert_eq!(result, model::token(policy, Some((text, method)), Some(verifier)));

    let parsed = CodeVerifier::parse(verifier);
    assert_eq!(parsed.is_ok(), check_verifier(verifier).is_ok());
    let Ok(verifier) = parsed else { return };
    let equal = challenge_of(verifier.expose_secret(), method) == text;
    assert_eq!(result.is_ok(), equal);
    assert_eq!(challenge.verify(&verifier).is_ok(), equal);
    if let Err(error) = challenge.verify(&verifier) {
        assert_fits_error_description(&error);
    }
    for other in METHODS {
        let derived = verifier.challenge(other);
        assert_eq!(challenge == derived, equal && other == method);
        assert_eq!(derived == challenge, equal && other == method);
    }
}
