//! Prints which inputs `oauth2` accepts.

use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::{from_value, json};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn report(name: &str, accepted: bool) {
    println!("{} {name}", if accepted { "accepted" } else { "refused" });
}

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

    derive("challenge of a verifier with a space", &VERIFIER.replace('-', " "));
    derive("challenge of a verifier with a plus sign", &VERIFIER.replace('-', "+"));
    derive(
        "challenge of a verifier that ends in a newline",
        &format!("{VERIFIER}\n"),
    );
    derive("challenge of a verifier that is not ASCII", &"é".repeat(22));
    stored("stored challenge that is empty", "", "S256");
    stored("stored challenge of 42 characters", &CHALLENGE[1..], "S256");
    stored("stored challenge with padding", &format!("{CHALLENGE}="), "S256");
    stored("stored method s256", CHALLENGE, "s256");
}
