//! Laws that hold for every input. The files in `tests/` assert them for chosen inputs, `tests/properties` for random ones,
//! and `fuzz` for those of libFuzzer. The model decides what is right, and the crate `base64` checks the model's encoding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, TokenError};

use super::from_random_bytes::FROM_RANDOM_BYTES;
use super::policy::Policy;
use super::{METHODS, assert_fits_error_description, model, row};

/// Every parser accepts `text` exactly if the model does, as a verifier and as a plain challenge.
#[track_caller]
pub fn verifier(text: &str) -> Option<CodeVerifier> {
    parsed(text.parse(), text);
    parsed(CodeVerifier::try_from(text), text);
    challenge(text, Plain);
    parsed(CodeVerifier::parse(text), text)
}

/// The result of parsing `text` is that of the model. An accepted verifier is the text, and `Debug` hides it.
#[track_caller]
pub fn parsed(result: Result<CodeVerifier, ParseVerifierError>, text: &str) -> Option<CodeVerifier> {
    assert_eq!(
        result.as_ref().err(),
        model::check_verifier(text).err().as_ref(),
        "{text:?}"
    );
    match &result {
        Ok(verifier) => {
            assert_eq!(verifier.expose_secret(), text);
            assert_eq!(
                format!("{verifier:?} {verifier:#?}"),
                "CodeVerifier { .. } CodeVerifier { .. }"
            );
        }
        Err(error) => assert_fits_error_description(error),
    }
    result.ok()
}

/// `text` is a challenge exactly if it is one in the model. Its text and its parameters are the input, and a clone and what
/// is read from the parameters are equal to it.
#[track_caller]
pub fn challenge(text: &str, method: CodeChallengeMethod) -> Option<CodeChallenge> {
    let wanted = model::check_challenge(text, method);
    assert!(
        method == Plain || wanted.is_ok() == is_base64url_of_a_digest(text),
        "the two models are not one"
    );
    let result = CodeChallenge::parse(text, method);
    assert_eq!(result.as_ref().err(), wanted.err().as_ref(), "{method} {text:?}");
    match &result {
        Ok(challenge) => {
            assert_eq!(row(challenge), (text, method));
            let [(challenge_name, sent), (method_name, name)] = challenge.authorization_params();
            assert_eq!(
                (challenge_name, method_name),
                ("code_challenge", "code_challenge_method")
            );
            assert_same(challenge, &CodeChallenge::parse(sent, name.parse().unwrap()).unwrap());
            assert_same(challenge, &challenge.clone());
            assert_debug(challenge);
        }
        Err(error) => assert_fits_error_description(error),
    }
    result.ok()
}

fn is_base64url_of_a_digest(text: &str) -> bool {
    let mut octets = [0; 128];
    matches!(URL_SAFE_NO_PAD.decode_slice(text, &mut octets), Ok(32)) && model::base64url(&octets[..32]) == text
}

fn assert_same(a: &CodeChallenge, b: &CodeChallenge) {
    assert!(a == b);
    assert!(b == a);
    assert_eq!(row(a), row(b));
}

/// `Debug` shows an S256 challenge. It is the same for every plain challenge, so it contains no part of one.
fn assert_debug(challenge: &CodeChallenge) {
    let shown = format!("{challenge:?} {challenge:#?}");
    match challenge.method() {
        S256 => assert_eq!(shown.matches(challenge.as_str()).count(), 2),
        Plain => {
            let other = CodeChallenge::parse(&"~".repeat(43), Plain).unwrap();
            assert_eq!(shown, format!("{other:?} {other:#?}"));
        }
    }
}

/// A verifier has the challenges of the model. It is accepted exactly if the stored challenge is one of them, by `verify`,
/// by the token endpoint and by `==`.
#[track_caller]
pub fn pair(challenge_text: &str, method: CodeChallengeMethod, verifier_text: &str) {
    let verifier = verifier(verifier_text);
    let stored = challenge(challenge_text, method);
    if let Some(stored) = &stored {
        token(Policy::new(true, true), Some(stored), Some(verifier_text));
    }
    let Some(verifier) = verifier else { return };
    for other in METHODS {
        let derived = verifier.challenge(other);
        assert_eq!(row(&derived), (&*model::challenge_of(verifier_text, other), other));
        let Some(stored) = &stored else { continue };
        let equal = row(&derived) == (challenge_text, method);
        assert_eq!((*stored == derived, derived == *stored), (equal, equal));
        if other == method {
            let result = stored.verify(&verifier);
            assert_eq!(result.is_ok(), equal, "{method}");
            result.unwrap_or_else(|error| assert_fits_error_description(&error));
        }
    }
}

/// 32 to 96 octets become their base64url.
#[track_caller]
pub fn encoding(octets: &[u8; 96]) {
    for (from_random_bytes, n) in FROM_RANDOM_BYTES.into_iter().zip(32..) {
        let mut text = [0; 128];
        let len = URL_SAFE_NO_PAD.encode_slice(&octets[..n], &mut text).unwrap();
        assert_eq!(
            model::base64url(&octets[..n]).as_bytes(),
            &text[..len],
            "the two models are not one"
        );
        let verifier = from_random_bytes(octets).unwrap();
        assert_eq!(verifier.expose_secret().as_bytes(), &text[..len], "{n} octets");
    }
}

/// Two nullable columns are read as the model reads them. Returns the challenge.
#[track_caller]
pub fn stored(challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let result = CodeChallenge::from_stored(challenge, method);
    let read = result
        .as_ref()
        .map(|stored| stored.as_ref().map(row))
        .map_err(|error| *error);
    assert_eq!(read, model::stored(challenge, method), "{challenge:?}, {method:?}");
    match &result {
        Ok(stored) => assert_eq!(CodeChallenge::to_stored(stored.as_ref()), (challenge, method)),
        Err(error) => {
            assert_eq!(error.oauth_error(), "server_error");
            assert_fits_error_description(error);
        }
    }
    result.ok().flatten()
}

/// An authorization request is decided as the model decides it. Returns the challenge that is accepted.
#[track_caller]
pub fn authorization(policy: Policy, challenge: Option<&str>, method: Option<&str>) -> Option<CodeChallenge> {
    let result = policy.check_authorization_request(challenge, method);
    let decided = result
        .as_ref()
        .map(|accepted| accepted.as_ref().map(row))
        .map_err(|error| *error);
    let wanted = model::authorization(policy, challenge, method);
    assert_eq!(decided, wanted, "{policy:?} {challenge:?} {method:?}");
    if let Err(error) = result {
        assert_eq!(error.oauth_error(), "invalid_request", "{error:?}");
        assert_fits_error_description(&error);
    }
    result.ok().flatten()
}

/// A token request is decided as the model decides it. Where it is accepted without PKCE, a client that has not
/// authenticated is refused.
#[track_caller]
pub fn token(policy: Policy, stored: Option<&CodeChallenge>, verifier: Option<&str>) {
    let result = policy.check_token_request(stored, verifier);
    let wanted = model::token(policy, stored.map(row), verifier);
    assert_eq!(result, wanted, "{policy:?} {stored:?} {verifier:?}");
    match result {
        Ok(outcome) => {
            assert_eq!(outcome.or_authenticated(true), Ok(()));
            let required = stored.map(|_| ()).ok_or(TokenError::MissingChallenge);
            assert_eq!(outcome.or_authenticated(false), required);
        }
        Err(error) => {
            assert_eq!(error.oauth_error(), model::oauth_error(error), "{error:?}");
            assert_fits_error_description(&error);
        }
    }
}
