//! A verifier of 32 to 96 octets is their base64url, and one from a generator is that of 32 octets.

#![no_main]

#[path = "../../tests/common/generator.rs"]
mod generator;

use generator::Generator;
use libfuzzer_sys::fuzz_target;
use pkce_core::CodeChallengeMethod::S256;
use pkce_core::CodeVerifier;
use pkce_core_fuzz::{base64url, laws};

fuzz_target!(|input: &[u8]| {
    // Repeats short input, so that a long verifier does not end in zeros.
    let octets: [u8; 96] = match input {
        [] => [0; 96],
        _ => std::array::from_fn(|i| input[i % input.len()]),
    };
    laws::encoding(&octets);
    assert_generates(octets.first_chunk().unwrap());
    // The crate decodes what the model encodes.
    assert!(laws::challenge(&base64url(&octets[64..]), S256).is_some());
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
