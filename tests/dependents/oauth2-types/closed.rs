//! Prints which inputs `oauth2-types` accepts.

use mas_iana::oauth::PkceCodeChallengeMethod as Method;
use oauth2_types::pkce::{AuthorizationRequest, CodeChallengeMethodExt, TokenRequest};
use serde_json::{from_value, json};

fn authorization(name: &str, challenge: &str, method: &str) {
    let request = json!({ "code_challenge": challenge, "code_challenge_method": method });
    report(name, from_value::<AuthorizationRequest>(request).is_ok());
}

fn token(name: &str, verifier: &str) {
    let request = json!({ "code_challenge_verifier": verifier });
    let accepted = from_value::<TokenRequest>(request.clone())
        .map(|parsed| assert_eq!(serde_json::to_value(parsed.clone()).unwrap(), request));
    report(name, accepted.is_ok());
}

fn main() {
    report("valid pair", Method::S256.verify(CHALLENGE, VERIFIER).is_ok());
    report("valid plain pair", Method::Plain.verify(VERIFIER, VERIFIER).is_ok());
    authorization("valid S256 challenge", CHALLENGE, "S256");
    authorization("valid plain challenge", VERIFIER, "plain");
    token("valid verifier", VERIFIER);

    for (name, challenge) in MALFORMED {
        authorization(&format!("authorization request: challenge {name}"), challenge, "S256");
    }
    authorization("authorization request: plain challenge of 1 character", "a", "plain");
    authorization("authorization request: method s256", CHALLENGE, "s256");
    for length in WRONG_LENGTHS {
        token(
            &format!("token request: verifier of {length} characters"),
            &"a".repeat(length),
        );
    }
    for (name, verifier) in OTHER_CHARACTERS {
        token(&format!("token request: verifier {name}"), verifier);
    }
}
