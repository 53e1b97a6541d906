//! A verifier of 32 to 96 octets is their base64url, and one from a generator is that of 32 octets.

#![no_main]

#[path = "../../tests/common/generator.rs"]
mod generator;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use generator::Generator;
use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use pkce_core_fuzz::base64url;
use pkce_core_fuzz::common::from_random_bytes::FROM_RANDOM_BYTES;

fuzz_target!(|input: &[u8]| {
    // Repeats short input, so that a long verifier does not end in zeros.
    let octets: [u8; 96] = match input {
        [] => [0; 96],
        _ => std::array::from_fn(|i| input[i % input.len()]),
    };
    for (from_random_bytes, n) in FROM_RANDOM_BYTES.into_iter().zip(32..) {
        let verifier = from_random_bytes(&octets).unwrap();
        assert_eq!(verifier.expose_secret(), base64url(&octets[..n]), "{n} octets");
    }
    assert_eq!(
        URL_SAFE_NO_PAD.encode(octets),
        base64url(&octets),
        "the two models are not one"
    );
    assert_generates(octets.first_chunk().unwrap());
    assert_round_trips(octets.last_chunk().unwrap());
});

/// A generator fills once, and its error is returned.
fn assert_generates(octets: &[u8; 32]) {
    let with_closure = CodeVerifier::generate_with(|to| to.copy_from_slice(octets));
    assert_eq!(with_closure.expose_secret(), base64url(octets));
    let mut fills = 0;
    let mut generator = Generator(|to: &mut [u8]| {
        fills += 1;
        to.copy_from_slice(octets);
        if fills == 1 { Ok(()) } else { Err(std::fmt::Error) }
    });
    let verifier = CodeVerifier::try_generate_from_rng(&mut generator).unwrap();
    assert_eq!(verifier.expose_secret(), base64url(octets));
    let refused = CodeVerifier::try_generate_from_rng(&mut generator);
    assert_eq!(refused.err(), Some(std::fmt::Error));
    assert_eq!(fills, 2);
}

/// The crate decodes what the model encodes.
fn assert_round_trips(digest: &[u8; 32]) {
    let text = base64url(digest);
    let challenge = CodeChallenge::parse(&text, CodeChallengeMethod::S256).unwrap();
    assert_eq!(challenge.as_str(), text);
}
