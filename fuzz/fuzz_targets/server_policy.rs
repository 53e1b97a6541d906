//! Both endpoints decide as the model does under every policy, even if the policy changes between the two requests: for
//! the challenge that the first endpoint returned, and for any other.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, ParseMethodError, PkceOutcome, S256Support, ServerPolicy,
    TokenError,
};
use pkce_core_fuzz::{
    METHODS, Switches, assert_fits_error_description, assert_same, authorization_model, challenge_form, fields,
    oauth_error, spelled_challenge, stored_model, token_model,
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

    for allow in POLICIES {
        let given = assert_authorization(allow, challenge, method);
        // The database stores the text and the method, and the policy may change before the token request.
        let row = given.as_ref().map(|given| (given.as_str(), given.method()));
        let (text, method) = CodeChallenge::to_stored(given.as_ref());
        let kept = assert_stored(text, method);
        assert_eq!(given.is_some(), kept.is_some());
        if let (Some(given), Some(kept)) = (&given, &kept) {
            assert_same(given, kept);
        }
        for later in POLICIES {
            assert_token(later, kept.as_ref(), row, verifier);
        }
    }
    // The parameters, stored without a check.
    assert_stored(challenge, method);
    // Rows that another program stored: none, or this text with either method.
    for allow in POLICIES {
        assert_token(allow, None, None, verifier);
        for method in METHODS {
            let Some(text) = challenge.filter(|text| challenge_form(text, method).is_ok()) else {
                continue;
            };
            let stored = CodeChallenge::parse(text, method).unwrap();
            assert_token(allow, Some(&stored), Some((text, method)), verifier);
        }
    }
    assert_method(method.unwrap_or(""));
    assert_metadata(method);
});

const POLICIES: [Switches; 4] = [
    Switches {
        plain: false,
        non_pkce: false,
    },
    Switches {
        plain: true,
        non_pkce: false,
    },
    Switches {
        plain: false,
        non_pkce: true,
    },
    Switches {
        plain: true,
        non_pkce: true,
    },
];

fn strict(allow: Switches) -> ServerPolicy {
    if allow.plain {
        ServerPolicy::new().allow_plain()
    } else {
        ServerPolicy::new()
    }
}

fn methods_supported(allow: Switches) -> &'static [CodeChallengeMethod] {
    if allow.non_pkce {
        strict(allow).allow_non_pkce().methods_supported()
    } else {
        strict(allow).methods_supported()
    }
}

fn check_authorization_request(
    allow: Switches,
    challenge: Option<&str>,
    method: Option<&str>,
) -> Result<Option<CodeChallenge>, AuthorizationError> {
    let lenient = strict(allow).allow_non_pkce().require_pkce(!allow.non_pkce);
    let checked = lenient.check_authorization_request(challenge, method);
    if !allow.non_pkce {
        let strict = strict(allow).check_authorization_request(challenge, method);
        assert_eq!(checked, strict.map(Some));
    }
    checked
}

fn check_token_request(
    allow: Switches,
    stored: Option<&CodeChallenge>,
    verifier: Option<&str>,
) -> Result<PkceOutcome, TokenError> {
    let lenient = strict(allow).allow_non_pkce().require_pkce(!allow.non_pkce);
    let checked = lenient.check_token_request(stored, verifier);
    if !allow.non_pkce {
        let strict = strict(allow).check_token_request(stored, verifier);
        assert_eq!(checked, strict.map(|()| PkceOutcome::Verified));
    }
    checked
}

/// Returns the challenge of a row, as the model does.
fn assert_stored(challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let wanted = stored_model(challenge, method);
    match CodeChallenge::from_stored(challenge, method) {
        Ok(stored) => {
            assert_eq!(Ok(stored.as_ref().map(|it| (it.as_str(), it.method()))), wanted);
            stored
        }
        Err(why) => {
            assert_eq!(wanted, Err(why));
            assert_eq!(why.oauth_error(), "server_error");
            assert_fits_error_description(&why);
            None
        }
    }
}

fn assert_authorization(allow: Switches, challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let listed = methods_supported(allow);
    assert_eq!(listed, &METHODS[..if allow.plain { 2 } else { 1 }]);
    let wanted = authorization_model(allow, challenge, method);
    match check_authorization_request(allow, challenge, method) {
        Ok(given) => {
            assert_eq!(Ok(given.as_ref().map(|it| (it.as_str(), it.method()))), wanted);
            given
        }
        Err(why) => {
            assert_eq!(wanted, Err(why), "{allow:?}");
            assert_eq!(why.oauth_error(), "invalid_request");
            assert_fits_error_description(&why);
            None
        }
    }
}

fn assert_token(
    allow: Switches,
    stored: Option<&CodeChallenge>,
    row: Option<(&str, CodeChallengeMethod)>,
    verifier: Option<&str>,
) {
    let result = check_token_request(allow, stored, verifier);
    assert_eq!(result, token_model(allow, row, verifier), "{allow:?}");
    match result {
        Ok(outcome) => {
            assert_eq!(outcome == PkceOutcome::Verified, stored.is_some());
            assert_eq!(outcome.or_authenticated(true), Ok(()));
            assert_eq!(outcome.or_authenticated(false).is_ok(), stored.is_some());
        }
        Err(why) => {
            assert_eq!(why.oauth_error(), oauth_error(why));
            assert_fits_error_description(&why);
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
        Err(why) => assert_fits_error_description(&why),
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
