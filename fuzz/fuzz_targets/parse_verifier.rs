//! A text is a verifier exactly if the rules say so, for every parser, and is returned unchanged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::CodeVerifier;
use pkce_core_fuzz::{laws, text_of};

fuzz_target!(|input: &[u8]| {
    let text = text_of(input);
    laws::verifier(&text);
    laws::parsed(CodeVerifier::try_from(text.clone()), &text);
});
