//! A text is a challenge of a method exactly if the rules say so, and is returned unchanged. Challenges of different
//! methods are never equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, ParseChallengeError};
use pkce_core_fuzz::{
    METHODS, assert_fits_error_description, assert_same, check_challenge, decodes_to_32_octets_and_back, text_of,
};

fuzz_target!(|input: &[u8]| {
    let text = text_of(input);
    assert_eq!(
        check_challenge(&text, CodeChallengeMethod::S256).is_ok(),
        decodes_to_32_octets_and_back(&text),
        "the two models are not one"
    );
    let [s256, plain] = METHODS.map(|method| parsed(&text, method));
    if let (Ok(s256), Ok(plain)) = (s256, plain) {
        assert!(s256 != plain);
        assert!(plain != s256);
    }
});

fn parsed(text: &str, method: CodeChallengeMethod) -> Result<CodeChallenge, ParseChallengeError> {
    let result = CodeChallenge::parse(text, method);
    assert_eq!(result.as_ref().err(), check_challenge(text, method).as_ref().err());
    match &result {
        Ok(challenge) => {
            assert_eq!((challenge.as_str(), challenge.method()), (text, method));
            assert_eq!(
                challenge.authorization_params(),
                [("code_challenge", text), ("code_challenge_method", method.as_str())]
            );
            assert_same(challenge, &challenge.clone());
            let [(_, sent), (_, name)] = challenge.authorization_params();
            assert_same(challenge, &CodeChallenge::parse(sent, name.parse().unwrap()).unwrap());
            assert_debug(challenge);
        }
        Err(why) => assert_fits_error_description(why),
    }
    result
}

/// `Debug` shows an S256 challenge. It is the same for every plain challenge, so it contains no part of one.
fn assert_debug(challenge: &CodeChallenge) {
    let shown = format!("{challenge:?} {challenge:#?}");
    match challenge.method() {
        CodeChallengeMethod::S256 => assert_eq!(shown.matches(challenge.as_str()).count(), 2),
        CodeChallengeMethod::Plain => {
            let other = CodeChallenge::parse(&"~".repeat(43), CodeChallengeMethod::Plain).unwrap();
            assert_eq!(shown, format!("{other:?} {other:#?}"));
        }
    }
}
