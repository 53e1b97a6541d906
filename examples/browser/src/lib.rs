//! The functions of `pkce-core` that the page calls. The page itself is in `site`.

mod finding;

use pkce_core::{CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};
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

/// Sends the two requests of a login to a server that allows both methods, and stops at the one that it refuses.
#[wasm_bindgen]
pub fn check_pair(verifier: &str, challenge: &str, method: &str) -> Finding {
    let policy = ServerPolicy::new().allow_plain();
    let stored = match policy.check_authorization_request(Some(challenge), Some(method)) {
        Ok(stored) => stored,
        Err(error) => {
            let (code, hints) = (error.oauth_error(), finding::hints(challenge));
            let refused = "Refused before the login, at the authorization request, with";
            return Finding::bad("challenge", format!("{refused} {code}: {error}.{hints}"));
        }
    };
    let Err(error) = policy.check_token_request(Some(&stored), Some(verifier)) else {
        return Finding::good(format!("The verifier matches the {method} challenge."));
    };
    let (fault, hints) = match error {
        TokenError::Malformed(_) => ("verifier", finding::hints(verifier)),
        _ => (
            "",
            " The challenge was made from another text: one line break more is enough.".to_owned(),
        ),
    };
    let (code, refused) = (
        error.oauth_error(),
        "Refused after the login, at the token request, with",
    );
    Finding::bad(fault, format!("{refused} {code}: {error}.{hints}"))
}
