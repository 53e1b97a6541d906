//! Both endpoints decide as the model does under every policy, even if the policy changes between the two requests: for
//! the challenge that the first endpoint returned, and for any other.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, ParseMethodError, S256Support};
use pkce_core_fuzz::{
    METHODS, POLICIES, Policy, assert_fits_error_description, assert_same, check_challenge, fields, model, row, rows,
    spelled_challenge,
};

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
        let accepted = assert_authorization(policy, challenge, method);
        // The database stores the text and the method, and the policy may change before the token request.
        let accepted_row = accepted.as_ref().map(row);
        let (text, name) = CodeChallenge::to_stored(accepted.as_ref());
        let stored = assert_stored(text, name);
        assert_eq!(accepted.is_some(), stored.is_some());
        if let (Some(accepted), Some(stored)) = (&accepted, &stored) {
            assert_same(accepted, stored);
        }
        for later in POLICIES {
            assert_token(later, stored.as_ref(), accepted_row, verifier);
        }
        // Rows that another program stored: none, or this text with either method.
        assert_token(policy, None, None, verifier);
        for method in METHODS {
            let Some(text) = challenge.filter(|text| check_challenge(text, method).is_ok()) else {
                continue;
            };
            let stored = CodeChallenge::parse(text, method).unwrap();
            assert_token(policy, Some(&stored), Some((text, method)), verifier);
        }
    }
    // The parameters, stored without a check.
    assert_stored(challenge, method);
    assert_method(method.unwrap_or(""));
    assert_metadata(method);
});

/// Returns the challenge of a row.
fn assert_stored(challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let result = CodeChallenge::from_stored(challenge, method);
    assert_eq!(rows(&result), model::stored(challenge, method));
    if let Err(error) = result {
        assert_eq!(error.oauth_error(), "server_error");
        assert_fits_error_description(&error);
    }
    result.ok().flatten()
}

/// Returns the challenge that is accepted.
fn assert_authorization(policy: Policy, challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let listed = if policy.plain { 2 } else { 1 };
    assert_eq!(policy.methods_supported(), &METHODS[..listed]);
    let result = policy.check_authorization_request(challenge, method);
    assert_eq!(
        rows(&result),
        model::authorization(policy, challenge, method),
        "{policy:?}"
    );
    if let Err(error) = result {
        assert_eq!(error.oauth_error(), "invalid_request");
        assert_fits_error_description(&error);
    }
    result.ok().flatten()
}

fn assert_token(policy: Policy, stored: Option<&CodeChallenge>, row: Option<model::Row<'_>>, verifier: Option<&str>) {
    let result = policy.check_token_request(stored, verifier);
    assert_eq!(result, model::token(policy, row, verifier), "{policy:?}");
    match result {
        Ok(outcome) => {
            assert_eq!(outcome.or_authenticated(true), Ok(()));
            assert_eq!(outcome.or_authenticated(false).is_ok(), stored.is_some());
        }
        Err(error) => {
            assert_eq!(error.oauth_error(), model::oauth_error(error));
            assert_fits_error_description(&error);
        }
    }
}

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
