//! A text is a verifier exactly when the rules say so, whichever way it comes in, and comes out as it went in.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeVerifier, ParseVerifierError};
use pkce_core_fuzz::{assert_fits_error_description, text_of, verifier_form};

fuzz_target!(|input: &[u8]| {
    let text = text_of(input);
    let wanted = verifier_form(&text);
    assert_answer(CodeVerifier::parse(&text), wanted, &text);
    assert_answer(text.parse(), wanted, &text);
    assert_answer(CodeVerifier::try_from(text.as_str()), wanted, &text);
    assert_answer(CodeVerifier::try_from(text.clone()), wanted, &text);
});

fn assert_answer(answer: Result<CodeVerifier, ParseVerifierError>, wanted: Result<(), ParseVerifierError>, text: &str) {
    match answer {
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

/// What is the same for every verifier can hold nothing of this one.
fn assert_debug_tells_nothing(verifier: &CodeVerifier) {
    let other = CodeVerifier::from_random_bytes(&[0xff; 32]);
    assert_eq!(format!("{verifier:?} {verifier:#?}"), format!("{other:?} {other:#?}"));
}
