//! What the page asks of `pkce-core`. The page itself is in `site`.

mod finding;

use pkce_core::{CodeChallengeMethod, CodeVerifier, ServerPolicy};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::finding::Finding;

/// A fresh verifier, from the browser's generator.
#[wasm_bindgen]
pub fn generate() -> Result<String, String> {
    CodeVerifier::generate()
        .map(|verifier| verifier.expose_secret().to_owned())
        .map_err(|why| why.to_string())
}

/// Whether a text is a verifier, and if not, which rule it breaks.
#[wasm_bindgen]
pub fn check_verifier(text: &str) -> Finding {
    match CodeVerifier::parse(text) {
        Ok(_) => Finding::good(format!("Well formed: {} characters.", text.len())),
        Err(why) => finding::of_verifier(text, why),
    }
}

/// The challenge of a well-formed verifier.
#[wasm_bindgen]
pub fn challenge(verifier: &str, method: &str) -> Result<String, String> {
    let method = CodeChallengeMethod::try_from(method).map_err(|why| why.to_string())?;
    let verifier = CodeVerifier::parse(verifier).map_err(|why| why.to_string())?;
    Ok(verifier.challenge(method).as_str().to_owned())
}

/// What a server that allows both methods says to an authorization request with this challenge and a token request with
/// this verifier.
#[wasm_bindgen]
pub fn check_pair(verifier: &str, challenge: &str, method: &str) -> Finding {
    let policy = ServerPolicy::new().allow_plain();
    let stored = match policy.check_authorization_request(Some(challenge), Some(method)) {
        Ok(stored) => stored,
        Err(why) => return Finding::bad(format!("Refused with {}: {why}.", why.oauth_error())),
    };
    match policy.check_token_request(Some(&stored), Some(verifier)) {
        Ok(()) => Finding::good(format!("The verifier matches the {method} challenge.")),
        Err(why) => Finding::bad(format!("Refused with {}: {why}.", why.oauth_error())),
    }
}
