#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The examples of the README use the default features.
#![cfg_attr(all(feature = "alloc", feature = "getrandom"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "alloc", feature = "getrandom")),
    doc = "PKCE (RFC 7636) primitives."
)]

#[cfg(feature = "alloc")]
extern crate alloc;

// No part of the API: it is there for rustdoc and for the doc tests alone. Its examples use all three features.
#[cfg(all(any(doc, doctest), feature = "alloc", feature = "getrandom", feature = "rand_core"))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guides;

// The four values of the protocol.
mod challenge;
mod metadata;
mod method;
mod verifier;

// What a server decides, and what can go wrong.
mod error;
mod policy;

// The mechanisms under them, each in a file of its own.
mod alphabet;
mod base64url;
mod compare;
mod lanes;
mod s256;
mod secret;

// What other crates ask of the values.
#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "serde")]
mod serde;

#[cfg(feature = "serde")]
pub use self::serde::expose_secret;
pub use challenge::CodeChallenge;
#[cfg(feature = "getrandom")]
pub use error::GenerateError;
pub use error::{
    AuthorizationError, ParseChallengeError, ParseMethodError, ParseVerifierError, StoredChallengeError, TokenError,
    VerifyError,
};
pub use metadata::S256Support;
pub use method::CodeChallengeMethod;
pub use policy::{LenientPolicy, PkceOutcome, ServerPolicy};
pub use verifier::CodeVerifier;
