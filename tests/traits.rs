//! The traits that public types implement, and those they must not, at compile time: a verifier cannot be cloned,
//! compared with `==`, hashed, printed or read implicitly. And the default features.

use std::any::Any;
use std::borrow::Borrow;
use std::error::Error;
use std::fmt::{Binary, Debug, Display, LowerHex};
use std::hash::Hash;
use std::ops::{Deref, Index};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::str::FromStr;
use std::sync::Arc;

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, ParseChallengeError,
    ParseMethodError, ParseVerifierError, PkceOutcome, S256Support, ServerPolicy, StoredChallengeError, TokenError,
    VerifyError,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use zeroize::{DefaultIsZeroes, Zeroize, ZeroizeOnDrop};

#[test]
fn a_verifier_is_parsed_debugged_moved_and_wiped() {
    assert_impl_all!(CodeVerifier: Debug, FromStr, TryFrom<&'static str>, ZeroizeOnDrop);
    assert_impl_all!(CodeVerifier: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Any);
    assert!(std::mem::needs_drop::<CodeVerifier>());
}

/// A program that wants to clone a verifier shares it.
#[test]
fn a_verifier_is_shared_in_an_arc() {
    assert_impl_all!(Arc<CodeVerifier>: Clone, Debug, Send, Sync);
    assert_not_impl_any!(Arc<CodeVerifier>: Display, PartialEq, Hash);
    let verifier = Arc::new(CodeVerifier::from_random_bytes(&[7; 32]));
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let shared = Arc::clone(&verifier);
    let verified = std::thread::spawn(move || challenge.verify(&shared)).join();
    assert_eq!(verified.unwrap(), Ok(()));
    assert_eq!(verifier.expose_secret().len(), 43);
}

#[cfg(feature = "alloc")]
#[test]
fn verifiers_and_methods_are_made_from_owned_strings() {
    assert_impl_all!(CodeVerifier: TryFrom<String, Error = ParseVerifierError>);
    assert_impl_all!(CodeChallengeMethod: TryFrom<String, Error = ParseMethodError>);
}

#[test]
fn a_verifier_is_not_copied() {
    assert_not_impl_any!(CodeVerifier: Clone, Copy, ToOwned);
}

#[test]
fn a_verifier_is_not_compared_or_hashed() {
    assert_not_impl_any!(CodeVerifier: PartialEq, PartialEq<str>, PartialEq<&'static str>, PartialEq<String>);
    assert_not_impl_any!(CodeVerifier: Eq, PartialOrd, Ord, Hash);
    assert_not_impl_any!(str: PartialEq<CodeVerifier>);
    assert_not_impl_any!(String: PartialEq<CodeVerifier>);
}

#[test]
fn a_verifier_is_not_printed() {
    assert_not_impl_any!(CodeVerifier: Display, LowerHex, Binary, ToString);
}

#[test]
fn a_verifier_is_read_by_expose_secret_alone() {
    assert_not_impl_any!(CodeVerifier: AsRef<str>, AsRef<[u8]>, Borrow<str>, Borrow<[u8]>, Deref);
    assert_not_impl_any!(CodeVerifier: Into<String>, Into<Vec<u8>>, Into<Box<str>>, Into<Box<[u8]>>, IntoIterator);
    assert_not_impl_any!(&'static CodeVerifier: Into<String>, Into<&'static str>, Into<&'static [u8]>, IntoIterator);
    assert_not_impl_any!(CodeVerifier: Index<usize>, Index<std::ops::RangeFull>);
}

#[test]
fn a_verifier_is_never_empty_or_half_wiped() {
    // `Zeroize` would leave a value that is not a verifier.
    assert_not_impl_any!(CodeVerifier: Default, Zeroize, DefaultIsZeroes);
}

#[test]
fn a_verifier_is_not_made_unchecked() {
    assert_not_impl_any!(CodeVerifier: From<&'static str>, From<String>, From<[u8; 32]>, From<Vec<u8>>);
    assert_impl_all!(CodeVerifier: FromStr<Err = ParseVerifierError>, TryFrom<&'static str, Error = ParseVerifierError>);
}

#[test]
fn a_challenge_is_kept_compared_and_debugged() {
    assert_impl_all!(CodeChallenge: Clone, PartialEq, Eq, Debug);
    assert_impl_all!(CodeChallenge: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Any);
    assert!(std::mem::needs_drop::<CodeChallenge>());
}

#[test]
fn a_challenge_is_not_printed_hashed_or_read_in_passing() {
    assert_not_impl_any!(CodeChallenge: Copy, Hash, Display, ToString, Default, PartialOrd, Ord, Zeroize);
    assert_not_impl_any!(CodeChallenge: AsRef<str>, AsRef<[u8]>, Borrow<str>, Deref, Into<String>);
    assert_not_impl_any!(CodeChallenge: PartialEq<str>, PartialEq<&'static str>, PartialEq<String>);
}

#[test]
fn a_challenge_is_not_made_without_its_method() {
    assert_not_impl_any!(CodeChallenge: FromStr, TryFrom<&'static str>, TryFrom<String>, From<&'static CodeVerifier>);
    assert_not_impl_any!(CodeChallenge: From<CodeVerifier>);
}

#[test]
fn a_method_is_a_plain_value_without_a_default() {
    assert_impl_all!(CodeChallengeMethod: Copy, Clone, Debug, Display, PartialEq, Eq, Hash, Send, Sync, Unpin, Any);
    assert_impl_all!(CodeChallengeMethod: FromStr<Err = ParseMethodError>, TryFrom<&'static str, Error = ParseMethodError>);
    assert_not_impl_any!(CodeChallengeMethod: Default, From<Option<CodeChallengeMethod>>, From<Option<&'static str>>);
    assert_not_impl_any!(CodeChallengeMethod: From<&'static str>, From<bool>);
}

#[test]
fn policies_and_outcomes_are_plain_values() {
    assert_impl_all!(ServerPolicy: Copy, Clone, Debug, PartialEq, Eq, Default, Send, Sync, Unpin, Any);
    assert_impl_all!(LenientPolicy: Copy, Clone, Debug, PartialEq, Eq, Send, Sync, Unpin, Any);
    // Only `ServerPolicy::allow_non_pkce` creates one.
    assert_not_impl_any!(LenientPolicy: Default, From<ServerPolicy>);
    assert_impl_all!(PkceOutcome: Copy, Clone, Debug, PartialEq, Eq, Send, Sync, Unpin, Any);
    assert_impl_all!(S256Support: Copy, Clone, Debug, PartialEq, Eq, Send, Sync, Unpin, Any);
}

#[test]
fn errors_are_small_plain_values() {
    assert_impl_all!(ParseVerifierError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(ParseChallengeError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(ParseMethodError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(StoredChallengeError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(VerifyError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(AuthorizationError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    assert_impl_all!(TokenError: Copy, Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
    // Too small to contain any input.
    let limit = 3 * size_of::<usize>();
    assert!(size_of::<ParseVerifierError>() <= limit);
    assert!(size_of::<ParseChallengeError>() <= limit);
    assert!(size_of::<StoredChallengeError>() <= limit);
    assert!(size_of::<AuthorizationError>() <= limit);
    assert!(size_of::<TokenError>() <= limit);
    assert_eq!(size_of::<ParseMethodError>(), 0);
    assert_eq!(size_of::<VerifyError>(), 0);
}

#[cfg(feature = "getrandom")]
#[test]
fn the_error_of_a_generator_is_a_value() {
    use pkce_core::GenerateError;
    assert_impl_all!(GenerateError: Clone, Debug, PartialEq, Eq, Error, Send, Sync, Unpin, UnwindSafe, Any);
}

/// `expect` refuses to compile if the compiler has no warning there.
#[deny(unfulfilled_lint_expectations)]
#[test]
fn what_must_not_be_ignored() {
    const STRICT: ServerPolicy = ServerPolicy::new();
    const LENIENT: LenientPolicy = STRICT.allow_non_pkce();
    let check = || {
        // `NotUsed` means that nothing was verified.
        #[expect(unused_must_use)]
        LENIENT.check_token_request(None, None)?;
        Ok::<(), TokenError>(())
    };
    assert_eq!(check(), Ok(()));
    #[expect(unused_must_use)]
    S256Support::from_metadata(None::<[&str; 0]>);
    #[expect(unused_must_use)]
    STRICT.allow_plain();
    #[expect(unused_must_use)]
    STRICT.allow_non_pkce();
    #[expect(unused_must_use)]
    LENIENT.allow_plain();
    let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    #[expect(unused_must_use)]
    verifier.challenge(CodeChallengeMethod::S256).verify(&verifier);
}

#[test]
fn default_features_are_alloc_and_getrandom() {
    assert!(include_str!("../Cargo.toml").contains("\ndefault = [\"alloc\", \"getrandom\"]\n"));
}
