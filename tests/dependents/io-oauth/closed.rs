//! Prints which verifiers `io-oauth` accepts.

use io_oauth::rfc7636::pkce::{Oauth20PkceCodeChallenge, Oauth20PkceCodeVerifier};

fn parse(name: &str, verifier: &str) {
    report(name, verifier.parse::<Oauth20PkceCodeVerifier>().is_ok());
}

fn main() {
    parse("valid verifier", VERIFIER);
    parse("valid verifier of 128 characters", &"aA1-._~9".repeat(16));
    let challenge = Oauth20PkceCodeChallenge {
        method: Default::default(),
        verifier: VERIFIER.parse().unwrap(),
    };
    report("valid challenge", challenge.encode() == CHALLENGE);
    // The original does not make longer ones: it draws each of the 66 characters at most once.
    for (size, length) in [(0, 43), (43, 43), (66, 66)] {
        let verifier = Oauth20PkceCodeVerifier::new(size);
        report(&format!("valid length {size}"), verifier.expose().len() == length);
    }

    for length in WRONG_LENGTHS {
        parse(&format!("verifier of {length} characters"), &"a".repeat(length));
    }
}
