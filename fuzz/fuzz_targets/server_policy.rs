//! Both endpoints decide as the model does under every policy, even if the policy changes between the two requests: for
//! the challenge that the first endpoint returned, and for any other.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, ParseMethodError, S256Support};
use pkce_core_fuzz::{METHODS, POLICIES, assert_fits_error_description, fields, laws, spelled_challenge};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    has_challenge: bool,
    has_method: bool,
    has_verifier: bool,
    /// A challenge, a method and a verifier, each of which may be empty.
    texts: &'a str,
}

fuzz_target!(|input: Input| {
    let [challenge, method, verifier] = fields(input.texts);
    let hashed = if method == "S256" { METHODS[0] } else { METHODS[1] };
    let challenge = spelled_challenge(challenge, verifier, hashed);
    let challenge = input.has_challenge.then_some(challenge.as_str());
    let method = input.has_method.then_some(method);
    let verifier = input.has_verifier.then_some(verifier);

    for policy in POLICIES {
        let listed = if policy.plain { 2 } else { 1 };
        assert_eq!(policy.methods_supported(), &METHODS[..listed]);
        let accepted = laws::authorization(policy, challenge, method);
        // The database stores the text and the method, and the policy may change before the token request.
        let (text, name) = CodeChallenge::to_stored(accepted.as_ref());
        let stored = laws::stored(text, name);
        assert_eq!(accepted, stored);
        for later in POLICIES {
            laws::token(later, stored.as_ref(), verifier);
        }
        // Rows that another program stored: none, or this text with either method.
        laws::token(policy, None, verifier);
        for method in METHODS {
            if let Some(stored) = challenge.and_then(|text| laws::challenge(text, method)) {
                laws::token(policy, Some(&stored), verifier);
            }
        }
    }
    // The parameters, stored without a check.
    laws::stored(challenge, method);
    assert_method(method.unwrap_or(""));
    assert_metadata(method);
});

/// Names are case-sensitive. An empty name is an error: only the endpoint applies the default.
fn assert_method(name: &str) {
    let wanted = METHODS.into_iter().zip(["S256", "plain"]).find(|known| known.1 == name);
    let result = name.parse::<CodeChallengeMethod>();
    assert_eq!(result, wanted.map(|known| known.0).ok_or(ParseMethodError));
    assert_eq!(CodeChallengeMethod::try_from(name), result);
    assert_eq!(CodeChallengeMethod::try_from(name.to_owned()), result);
    match result {
        Ok(method) => assert_eq!(method.to_string(), name),
        Err(error) => assert_fits_error_description(&error),
    }
}

/// A client reads the parameter as a list in the metadata of a server.
fn assert_metadata(methods: Option<&str>) {
    let wanted = match methods.map(|list| format!(" {list} ").contains(" S256 ")) {
        None => S256Support::Unknown,
        Some(true) => S256Support::Listed,
        Some(false) => S256Support::NotListed,
    };
    assert_eq!(S256Support::from_metadata(methods.map(|list| list.split(' '))), wanted);
}
