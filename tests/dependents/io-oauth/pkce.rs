//! Proof Key for Code Exchange (RFC 7636), by `pkce-core`.

use core::str::FromStr;

use alloc::{borrow::Cow, borrow::ToOwned, sync::Arc};

use pkce_core::{CodeChallengeMethod, CodeVerifier, ParseVerifierError};
#[cfg(feature = "client")]
use rand::Rng;

/// A verifier, and how its challenge is derived.
#[cfg_attr(feature = "client", derive(Default))]
#[derive(Clone, Debug)]
pub struct Oauth20PkceCodeChallenge {
    /// The method.
    pub method: Oauth20PkceCodeChallengeMethod,
    /// The verifier.
    pub verifier: Oauth20PkceCodeVerifier,
}

impl Oauth20PkceCodeChallenge {
    /// Returns the challenge as a string.
    pub fn encode(&self) -> Cow<'_, str> {
        let method = match self.method {
            Oauth20PkceCodeChallengeMethod::Plain => CodeChallengeMethod::Plain,
            Oauth20PkceCodeChallengeMethod::Sha256 => CodeChallengeMethod::S256,
        };
        self.verifier.0.challenge(method).as_str().to_owned().into()
    }
}

/// The `code_challenge_method`, S256 by default.
#[derive(Clone, Debug, Default)]
pub enum Oauth20PkceCodeChallengeMethod {
    /// The challenge is the verifier.
    Plain,
    /// The challenge is the SHA-256 of the verifier in base64url.
    #[default]
    Sha256,
}

impl Oauth20PkceCodeChallengeMethod {
    /// Returns `plain` or `S256`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Plain => CodeChallengeMethod::Plain.as_str(),
            Self::Sha256 => CodeChallengeMethod::S256.as_str(),
        }
    }
}

/// The `code_verifier`. A clone shares it.
#[derive(Clone, Debug)]
pub struct Oauth20PkceCodeVerifier(Arc<CodeVerifier>);

impl Oauth20PkceCodeVerifier {
    /// Generates a verifier of this length, or of the nearest that is allowed.
    #[cfg(feature = "client")]
    pub fn new(size: u8) -> Self {
        let size = usize::from(size).clamp(CodeVerifier::MIN_LEN, CodeVerifier::MAX_LEN);
        let mut octets = [0; 96];
        rand::rng().fill_bytes(&mut octets);
        let longest = CodeVerifier::from_random_bytes(&octets);
        let verifier = CodeVerifier::parse(&longest.expose_secret()[..size]);
        Self(verifier.expect("an allowed length of base64url").into())
    }

    /// Returns the verifier.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

#[cfg(feature = "client")]
impl Default for Oauth20PkceCodeVerifier {
    fn default() -> Self {
        Self(CodeVerifier::generate_from_rng(&mut rand::rng()).into())
    }
}

impl FromStr for Oauth20PkceCodeVerifier {
    type Err = ParseVerifierError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        CodeVerifier::parse(value).map(|verifier| Self(verifier.into()))
    }
}
