//! A verifier is accepted exactly if sha2, base64 and `==` on texts accept it, by `verify` and by the token endpoint.
//! Two challenges are equal exactly if their texts and methods are.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use pkce_core_fuzz::{
    METHODS, Switches, assert_fits_error_description, challenge_form, challenge_of, fields, spelled_challenge,
    token_model, verifier_form,
};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The method that `=` stands for.
    plain: bool,
    /// A challenge and a verifier.
    texts: &'a str,
}

const ALLOW: Switches = Switches {
    plain: true,
    non_pkce: false,
};
const POLICY: ServerPolicy = ServerPolicy::new().allow_plain();

fuzz_target!(|input: Input| {
    let [spelled, verifier] = fields(input.texts);
    let challenge = spelled_challenge(spelled, verifier, METHODS[usize::from(input.plain)]);
    for method in METHODS {
        assert_pair(&challenge, method, verifier);
    }
});

fn assert_pair(text: &str, method: CodeChallengeMethod, verifier: &str) {
    let parsed = CodeChallenge::parse(text, method);
    assert_eq!(parsed.is_ok(), challenge_form(text, method).is_ok());
    let Ok(challenge) = parsed else { return };

    let equal = challenge_of(verifier, method) == text;
    let accepted = equal && verifier_form(verifier).is_ok();
    let result = POLICY.check_token_request(Some(&challenge), Some(verifier));
    assert_eq!(result.is_ok(), accepted);
    assert_eq!(
        result,
        token_model(ALLOW, Some((text, method)), Some(verifier)).map(|_| ())
    );

    let parsed = CodeVerifier::parse(verifier);
    assert_eq!(parsed.is_ok(), verifier_form(verifier).is_ok());
    let Ok(verifier) = parsed else { return };
    assert_eq!(challenge.verify(&verifier).is_ok(), accepted);
    if let Err(why) = challenge.verify(&verifier) {
        assert_fits_error_description(&why);
    }
    for other in METHODS {
        let made = verifier.challenge(other);
        assert_eq!(challenge == made, equal && other == method);
        assert_eq!(made == challenge, equal && other == method);
    }
}
