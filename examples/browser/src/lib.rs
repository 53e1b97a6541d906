//! The functions of `pkce-core` that the page calls. The page itself is in `site`.

mod finding;

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::finding::Finding;

/// Generates a verifier with the browser's generator.
#[wasm_bindgen]
pub fn generate() -> Result<String, String> {
    CodeVerifier::generate()
        .map(|verifier| verifier.expose_secret().to_owned())
        .map_err(|error| error.to_string())
}

/// Checks whether a text is a verifier, and if not, which rule it breaks.
#[wasm_bindgen]
pub fn check_verifier(text: &str) -> Finding {
    match CodeVerifier::parse(text) {
        Ok(_) => Finding::good(format!("Well formed: {} characters.", text.len())),
        Err(error) => finding::of_verifier(text, error),
    }
}

/// Derives the challenge of a well-formed verifier.
#[wasm_bindgen]
pub fn challenge(verifier: &str, method: &str) -> Result<String, String> {
    let method: CodeChallengeMethod = method.parse().map_err(|error| format!("{error}"))?;
    let verifier = CodeVerifier::parse(verifier).map_err(|error| error.to_string())?;
    Ok(verifier.challenge(method).as_str().to_owned())
}

/// Checks a verifier as a server does that allows both methods and has stored this challenge.
#[wasm_bindgen]
pub fn check_pair(verifier: &str, challenge: &str, method: &str) -> Finding {
    let policy = ServerPolicy::new().allow_plain();
    let stored = match CodeChallenge::from_stored(Some(challenge), Some(method)) {
        Ok(stored) => stored,
        Err(error) => {
            let message = format!("The server's own fault, {}: {error}.", error.oauth_error());
            return Finding::bad(message);
        }
    };
    match policy.check_token_request(stored.as_ref(), Some(verifier)) {
        Ok(()) => Finding::good(format!("The verifier matches the {method} challenge.")),
        Err(error) => Finding::bad(format!("Refused with {}: {error}.", error.oauth_error())),
    }
}
