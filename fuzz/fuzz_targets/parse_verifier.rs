//! A text is a verifier exactly if the rules say so, for every parser, and is returned unchanged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeVerifier, ParseVerifierError};
use pkce_core_fuzz::{assert_fits_error_description, check_verifier, text_of};

fuzz_target!(|input: &[u8]| {
    let text = text_of(input);
    let wanted = check_verifier(&text);
    assert_result(CodeVerifier::parse(&text), wanted, &text);
    assert_result(text.parse(), wanted, &text);
    assert_result(CodeVerifier::try_from(text.as_str()), wanted, &text);
    assert_result(CodeVerifier::try_from(text.clone()), wanted, &text);
});

fn assert_result(result: Result<CodeVerifier, ParseVerifierError>, wanted: Result<(), ParseVerifierError>, text: &str) {
    match result {
        Ok(verifier) => {
            assert_eq!(wanted, Ok(()));
            assert_eq!(verifier.expose_secret(), text);
            assert_debug_tells_nothing(&verifier);
            let again = CodeVerifier::parse(verifier.expose_secret());
            assert_eq!(again.unwrap().expose_secret(), text);
        }
        Err(why) => {
            assert_eq!(wanted, Err(why));
            assert_fits_error_description(&why);
        }
    }
}

/// `Debug` is the same for every verifier, so it contains no part of one.
fn assert_debug_tells_nothing(verifier: &CodeVerifier) {
    let other = CodeVerifier::from_random_bytes(&[0xff; 32]);
    assert_eq!(format!("{verifier:?} {verifier:#?}"), format!("{other:?} {other:#?}"));
}
