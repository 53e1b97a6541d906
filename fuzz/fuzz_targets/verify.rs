//! A verifier is accepted exactly if the model accepts it, by `verify` and by the token endpoint. Two challenges are equal
//! exactly if their texts and methods are.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use pkce_core_fuzz::{METHODS, fields, laws, spelled_challenge};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The method that `=` stands for.
    plain: bool,
    /// A challenge and a verifier.
    texts: &'a str,
}

fuzz_target!(|input: Input| {
    let [spelled, verifier] = fields(input.texts);
    let challenge = spelled_challenge(spelled, verifier, METHODS[usize::from(input.plain)]);
    for method in METHODS {
        laws::pair(&challenge, method, verifier);
    }
});
