//! PKCE (RFC 7636), by `pkce-core`.

use std::{borrow::Cow, sync::Arc};

use mas_iana::oauth::PkceCodeChallengeMethod;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The challenge and its method in an authorization request. Deserializing checks both.
pub use pkce_core::CodeChallenge as AuthorizationRequest;

/// Why a verifier was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CodeChallengeError {
    /// Fewer than 43 characters.
    #[error("the code_verifier has fewer than 43 characters")]
    TooShort,

    /// More than 128 characters.
    #[error("the code_verifier has more than 128 characters")]
    TooLong,

    /// A character that RFC 7636 section 4.1 does not allow.
    #[error("the code_verifier contains a character that is not allowed")]
    InvalidCharacters,

    /// The challenge is malformed, or was derived from another verifier.
    #[error("the code_verifier does not match the code_challenge")]
    VerificationFailed,

    /// Neither `S256` nor `plain`.
    #[error("unknown code_challenge_method")]
    UnknownChallengeMethod,
}

impl From<ParseVerifierError> for CodeChallengeError {
    fn from(error: ParseVerifierError) -> Self {
        match error {
            ParseVerifierError::InvalidLength { len } if len < CodeVerifier::MIN_LEN => Self::TooShort,
            ParseVerifierError::InvalidLength { .. } => Self::TooLong,
            _ => Self::InvalidCharacters,
        }
    }
}

/// Derives and verifies challenges.
pub trait CodeChallengeMethodExt {
    /// Derives the challenge from a verifier.
    ///
    /// # Errors
    ///
    /// Returns an error if the verifier is malformed or the method unknown.
    fn compute_challenge<'a>(&self, verifier: &'a str) -> Result<Cow<'a, str>, CodeChallengeError>;

    /// Checks that the challenge was derived from the verifier.
    ///
    /// # Errors
    ///
    /// Returns an error if it was not, if the verifier is malformed or if the method is unknown.
    fn verify(&self, challenge: &str, verifier: &str) -> Result<(), CodeChallengeError>
    where
        Self: Sized;
}

fn known(method: &PkceCodeChallengeMethod) -> Result<CodeChallengeMethod, CodeChallengeError> {
    match method {
        PkceCodeChallengeMethod::S256 => Ok(CodeChallengeMethod::S256),
        PkceCodeChallengeMethod::Plain => Ok(CodeChallengeMethod::Plain),
        _ => Err(CodeChallengeError::UnknownChallengeMethod),
    }
}

impl CodeChallengeMethodExt for PkceCodeChallengeMethod {
    fn compute_challenge<'a>(&self, verifier: &'a str) -> Result<Cow<'a, str>, CodeChallengeError> {
        let challenge = CodeVerifier::parse(verifier)?.challenge(known(self)?);
        Ok(challenge.as_str().to_owned().into())
    }

    fn verify(&self, challenge: &str, verifier: &str) -> Result<(), CodeChallengeError> {
        let verifier = CodeVerifier::parse(verifier)?;
        CodeChallenge::parse(challenge, known(self)?)
            .ok()
            .and_then(|challenge| challenge.verify(&verifier).ok())
            .ok_or(CodeChallengeError::VerificationFailed)
    }
}

/// The verifier in a token request. Shared, because the struct is `Clone` and the verifier is not.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The verifier.
    #[serde(with = "pkce_core::expose_secret")]
    pub code_challenge_verifier: Arc<CodeVerifier>,
}
