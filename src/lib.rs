//! PKCE ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)) for OAuth clients and authorization servers.
//!
//! A client generates a secret [`CodeVerifier`] for each login, sends its [`CodeChallenge`] with the authorization
//! request, and sends the verifier itself when it redeems the code. A server checks both requests with a
//! [`ServerPolicy`]. The crate does no I/O except to read the system's random generator, is `no_std`, and contains
//! no `unsafe` code.
//!
//! ```
//! # #[cfg(feature = "getrandom")] {
//! use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
//!
//! // Client, before the redirect: keep the verifier, send the challenge.
//! let verifier = CodeVerifier::generate()?;
//! let challenge = verifier.challenge(CodeChallengeMethod::S256);
//! let [(_, sent), (_, method)] = challenge.authorization_params();
//!
//! // Server, authorization endpoint: store both columns with the code.
//! let policy = ServerPolicy::new(); // requires PKCE, accepts S256 only
//! let challenge = policy.check_authorization_request(Some(sent), Some(method))?;
//! let row = CodeChallenge::to_stored(Some(&challenge));
//!
//! // Server, token endpoint: issue tokens only if this succeeds.
//! let stored = CodeChallenge::from_stored(row.0, row.1)?;
//! policy.check_token_request(stored.as_ref(), Some(verifier.expose_secret()))?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | Task | Items |
//! |---|---|
//! | [Write a client][client] | [`CodeVerifier`], [`CodeChallenge`], [`CodeChallengeMethod`], [`S256Support`] |
//! | [Write a server][server] | [`ServerPolicy`], [`CodeChallenge::to_stored`], [`CodeChallenge::from_stored`] |
//! | Serve clients without PKCE | [`LenientPolicy`], [`PkceOutcome`] |
//! | Handle a refused request | [`AuthorizationError`], [`TokenError`], [`StoredChallengeError`] |
//! | Handle a malformed value | [`ParseVerifierError`], [`ParseChallengeError`], [`ParseMethodError`] |
//! | Handle other failures | [`GenerateError`], [`VerifyError`] |
//! | Store a verifier with serde | [`expose_secret`] |
//!
//! The [`guides`] describe clients, servers, firmware and browsers, list every decision as a table, and help with
//! migrating from other crates.
//!
//! The features `alloc` and `getrandom` are enabled by default; `rand_core`, `serde`, `arbitrary` and `wasm_js` are
//! optional. `serde` enables `alloc`, and `wasm_js` enables `getrandom`. Without `alloc`, values are stored inline: see [`CodeVerifier`].
//!
// Items that depend on a feature: without it, the links lead to this page.
#![cfg_attr(not(feature = "getrandom"), doc = "[`GenerateError`]: crate")]
#![cfg_attr(not(feature = "serde"), doc = "[`expose_secret`]: crate")]
#![cfg_attr(
    all(feature = "alloc", feature = "getrandom"),
    doc = "[client]: guides::client\n[server]: guides::server"
)]
#![cfg_attr(
    not(all(feature = "alloc", feature = "getrandom")),
    doc = "[`guides`]: crate\n[client]: crate\n[server]: crate"
)]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;

// Documentation only: no program can use this module. Its examples use the default features.
#[cfg(all(any(doc, doctest), feature = "alloc", feature = "getrandom"))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guides;

// Compiles and runs the examples of the README.
#[cfg(all(doctest, feature = "alloc", feature = "getrandom"))]
#[doc = include_str!("../README.md")]
mod readme {}

// The values of the protocol.
mod challenge;
mod metadata;
mod method;
mod verifier;

// The server's decisions, and the errors.
mod error;
mod policy;

// The mechanisms for secrets, which know none of the above.
mod secret;

// Implementations of other crates' traits.
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
    AuthorizationError, ParseChallengeError, ParseVerifierError, StoredChallengeError, TokenError, VerifyError,
};
pub use metadata::S256Support;
pub use method::{CodeChallengeMethod, ParseMethodError};
pub use policy::{LenientPolicy, PkceOutcome, ServerPolicy};
pub use verifier::CodeVerifier;
