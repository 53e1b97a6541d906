//! Prints which inputs `oauth2-types` accepts.

use mas_iana::oauth::PkceCodeChallengeMethod as Method;
use oauth2_types::pkce::{AuthorizationRequest, CodeChallengeMethodExt, TokenRequest};
use serde_json::{from_value, json};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn report(name: &str, accepted: bool) {
    println!("{} {name}", if accepted { "accepted" } else { "refused" });
}

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

    authorization("authorization request with an empty challenge", "", "S256");
    authorization(
        "authorization request with a challenge of 42 characters",
        &CHALLENGE[1..],
        "S256",
    );
    authorization(
        "authorization request with a padded challenge",
        &format!("{CHALLENGE}="),
        "S256",
    );
    authorization(
        "authorization request with a plain challenge of 1 character",
        "a",
        "plain",
    );
    authorization("authorization request with the method s256", CHALLENGE, "s256");
    token("token request with an empty verifier", "");
    token("token request with a verifier of 42 characters", &VERIFIER[1..]);
    token(
        "token request with a space in the verifier",
        &VERIFIER.replace('-', " "),
    );
}
