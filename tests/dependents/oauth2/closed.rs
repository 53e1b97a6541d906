//! Prints which inputs `oauth2` accepts.

use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{from_value, json};

/// It panics at what it refuses.
fn derive(name: &str, verifier: &str) {
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    let derived = std::panic::catch_unwind(|| PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    report(name, derived.is_ok());
}

fn stored(name: &str, challenge: &str, method: &str) {
    let value = json!({ "code_challenge": challenge, "code_challenge_method": method });
    let accepted = from_value::<PkceCodeChallenge>(value.clone())
        .map(|parsed| assert_eq!(serde_json::to_value(parsed).unwrap(), value));
    report(name, accepted.is_ok());
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    derive("valid verifier", VERIFIER);
    stored("valid S256 challenge", CHALLENGE, "S256");
    stored("valid plain challenge", VERIFIER, "plain");

    for (name, verifier) in OTHER_CHARACTERS {
        derive(&format!("challenge of a verifier {name}"), verifier);
    }
    for (name, challenge) in MALFORMED {
        stored(&format!("stored challenge {name}"), challenge, "S256");
    }
    stored("stored method s256", CHALLENGE, "s256");
}
