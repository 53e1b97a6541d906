//! An example for dependents: valid values from the feature `arbitrary`. A verifier matches its own challenge, and
//! another one exactly if the texts are equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeVerifier};
use pkce_core_fuzz::{challenge_of, laws};

fuzz_target!(|pair: (CodeVerifier, CodeChallenge)| {
    let (verifier, challenge) = pair;
    let (text, method) = (verifier.expose_secret(), challenge.method());
    assert!(laws::verifier(text).is_some());
    assert!(laws::challenge(challenge.as_str(), method).is_some());
    laws::pair(challenge.as_str(), method, text);
    laws::pair(&challenge_of(text, method), method, text);
});
