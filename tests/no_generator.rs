//! Failure class i: if the operating system has no random number generator, generating a verifier is an error. There is
//! no fallback to zeros, the time or another generator.
//!
//! Needs `RUSTFLAGS='--cfg getrandom_backend="unsupported"'`, as in `.ci/run generator`.

#![cfg(getrandom_backend = "unsupported")]

use pkce_core::CodeVerifier;

#[test]
fn generate_fails_where_there_is_no_generator() {
    let error = CodeVerifier::generate().expect_err("there is no generator");
    assert_eq!(
        error.to_string(),
        "the system random number generator failed: getrandom: this target is not supported"
    );
}
