//! Failure class i: where the operating system has no random number generator, making a verifier is an error. Nothing is
//! made of zeros, of the time, or of a generator of another kind.
//!
//! It needs `RUSTFLAGS='--cfg getrandom_backend="unsupported"'`, which takes the generator away: `.ci/run generator`.

#![cfg(getrandom_backend = "unsupported")]

use pkce_core::CodeVerifier;

#[test]
fn generate_fails_where_there_is_no_generator() {
    let error = CodeVerifier::generate().expect_err("there is no generator");
    assert_eq!(
        error.to_string(),
        "the random number generator of the operating system failed, getrandom: this target is not supported"
    );
}
