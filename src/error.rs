//! What can go wrong, split by what the caller does next. No error holds or prints a byte of the value it is about.

use core::error::Error;
use core::fmt;

/// Why a text is not a `code_verifier`, a `code_challenge` or a `code_challenge_method`.
///
/// A client that made the value has a defect to mend; a server answers with the error of its endpoint, which
/// [`AuthorizationError`] and [`TokenError`] carry.
///
/// # Security
///
/// Of the refused value it tells the length, or the place of the first bad byte: neither is secret.
///
/// ```
/// use pkce_core::{CodeVerifier, ParseError};
///
/// assert_eq!(CodeVerifier::parse("too short").unwrap_err(), ParseError::InvalidLength { len: 9 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The length is outside 43 to 128 bytes, or is not exactly 43 for an S256 challenge
    /// ([RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1) and
    /// [4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    InvalidLength {
        /// The length that the value has, in bytes.
        len: usize,
    },
    /// A byte is outside the alphabet: the 66 unreserved characters, or the 64 of base64url for an S256 challenge.
    InvalidByte {
        /// The zero-based offset of the first such byte.
        index: usize,
    },
    /// The last character of an S256 challenge has spare bits set, so that no encoder can have written it.
    NonCanonical,
    /// The method is neither `S256` nor `plain`, spelled exactly so.
    UnknownMethod,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidLength { len } => {
                write!(f, "length is {len} bytes, must be 43 to 128, and exactly 43 for an S256 code_challenge")
            }
            Self::InvalidByte { index } => write!(
                f,
                "byte at offset {index} is not allowed, must be one of A-Z a-z 0-9 - . _ ~ \
                 (without . and ~ in an S256 code_challenge)"
            ),
            Self::NonCanonical => f.write_str(
                "last character is not canonical base64url of 32 octets, must be one of A E I M Q U Y c g k o s w 0 4 8",
            ),
            Self::UnknownMethod => f.write_str("method is unknown, must be S256 or plain, in exactly this case"),
        }
    }
}

impl Error for ParseError {}

/// Why an authorization request is refused.
///
/// The server answers with [`oauth_error`](Self::oauth_error) as `error` and with the text of this error as
/// `error_description`, by redirect to the client
/// ([RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)).
///
/// ```
/// use pkce_core::{AuthorizationError, ServerPolicy};
///
/// let refused = ServerPolicy::new().authorization_request(None, None).unwrap_err();
/// assert_eq!(refused, AuthorizationError::ChallengeRequired);
/// assert_eq!(refused.oauth_error(), "invalid_request");
/// assert_eq!(refused.to_string(), "code_challenge is missing, this server requires PKCE");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Neither parameter is present, and the server requires PKCE.
    ChallengeRequired,
    /// `code_challenge_method` is present without `code_challenge`: half of a PKCE request.
    MethodWithoutChallenge,
    /// The method is plain, said or by default, and the server does not allow it.
    PlainNotAllowed,
    /// `code_challenge` or `code_challenge_method` breaks a rule.
    Malformed(ParseError),
}

impl AuthorizationError {
    /// The `error` code of the answer: `invalid_request` for each of them
    /// ([RFC 7636 section 4.4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1)).
    ///
    /// ```
    /// # use pkce_core::AuthorizationError;
    /// assert_eq!(AuthorizationError::PlainNotAllowed.oauth_error(), "invalid_request");
    /// ```
    #[must_use]
    pub const fn oauth_error(&self) -> &'static str {
        "invalid_request"
    }
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChallengeRequired => f.write_str("code_challenge is missing, this server requires PKCE"),
            Self::MethodWithoutChallenge => f.write_str("code_challenge_method was sent without code_challenge"),
            Self::PlainNotAllowed => {
                f.write_str("code_challenge_method is plain, or absent, which means plain, must be S256")
            }
            Self::Malformed(ParseError::UnknownMethod) => {
                write!(f, "code_challenge_method: {}", ParseError::UnknownMethod)
            }
            Self::Malformed(why) => write!(f, "code_challenge: {why}"),
        }
    }
}

impl Error for AuthorizationError {}

/// Why a token request is refused.
///
/// The server answers with [`oauth_error`](Self::oauth_error) as `error` and with the text of this error as
/// `error_description`, in the JSON of a 400 response
/// ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)), and issues no token.
///
/// ```
/// use pkce_core::{CodeChallenge, CodeChallengeMethod, ServerPolicy, TokenError};
///
/// let stored = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", CodeChallengeMethod::S256)?;
/// let refused = ServerPolicy::new().token_request(Some(&stored), None).unwrap_err();
/// assert_eq!(refused, TokenError::MissingVerifier);
/// assert_eq!(refused.oauth_error(), "invalid_grant");
/// # Ok::<(), pkce_core::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// A challenge is stored with the code, and `code_verifier` is absent or empty.
    MissingVerifier,
    /// No challenge is stored with the code, and `code_verifier` is present: the sign of a downgrade
    /// ([RFC 9700 section 4.8.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2)).
    UnexpectedVerifier,
    /// `code_verifier` breaks a rule.
    Malformed(ParseError),
    /// `code_verifier` is not the one that the challenge was made of.
    Mismatch,
    /// The stored challenge is plain, and the server does not allow that any more.
    PlainNotAllowed,
    /// Neither a challenge is stored nor a verifier present, and the server requires PKCE.
    ChallengeRequired,
}

impl TokenError {
    /// The `error` code of the answer: `invalid_request` for [`Malformed`](Self::Malformed) and
    /// [`UnexpectedVerifier`](Self::UnexpectedVerifier), else `invalid_grant`
    /// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
    ///
    /// ```
    /// # use pkce_core::TokenError;
    /// assert_eq!(TokenError::Mismatch.oauth_error(), "invalid_grant");
    /// assert_eq!(TokenError::UnexpectedVerifier.oauth_error(), "invalid_request");
    /// ```
    #[must_use]
    pub const fn oauth_error(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::UnexpectedVerifier => "invalid_request",
            Self::MissingVerifier | Self::Mismatch | Self::PlainNotAllowed | Self::ChallengeRequired => "invalid_grant",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingVerifier => {
                f.write_str("code_verifier is missing, the authorization request carried a code_challenge")
            }
            Self::UnexpectedVerifier => {
                f.write_str("code_verifier was sent, but the authorization request carried no code_challenge")
            }
            Self::Malformed(why) => write!(f, "code_verifier: {why}"),
            Self::Mismatch => f.write_str("code_verifier does not match the code_challenge"),
            Self::PlainNotAllowed => f.write_str("code_challenge is plain, which this server does not allow any more"),
            Self::ChallengeRequired => {
                f.write_str("code_challenge was missing in the authorization request, this server requires PKCE")
            }
        }
    }
}

impl Error for TokenError {}

/// The verifier does not belong to the challenge. It says nothing more, on purpose.
///
/// A server that compares by hand answers `invalid_grant`
/// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
///
/// ```
/// use pkce_core::{CodeChallengeMethod, CodeVerifier, VerifyError};
///
/// let challenge = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
/// let another = CodeVerifier::from_random_bytes(&[8; 32]);
/// assert_eq!(challenge.verify(&another), Err::<(), VerifyError>(challenge.verify(&another).unwrap_err()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyError;

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("code_verifier does not match the code_challenge")
    }
}

impl Error for VerifyError {}

/// The operating system's random number generator failed, and no verifier was made.
///
/// There is nothing to fall back to: the login cannot start. The text says why, by the operating system's error number
/// where there is one.
///
/// ```
/// use pkce_core::{CodeVerifier, GenerateError};
///
/// fn start_login() -> Result<CodeVerifier, GenerateError> {
///     CodeVerifier::generate()
/// }
/// assert!(start_login().is_ok());
/// ```
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateError(pub(crate) getrandom::Error);

#[cfg(feature = "getrandom")]
impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the random number generator of the operating system failed, {}",
            self.0
        )
    }
}

#[cfg(feature = "getrandom")]
impl Error for GenerateError {}

#[cfg(all(test, feature = "getrandom"))]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::GenerateError;

    /// No test can make the operating system fail, so the error is made by hand.
    #[test]
    fn generate_error_says_what_failed_and_why() {
        assert_eq!(
            GenerateError(getrandom::Error::UNSUPPORTED).to_string(),
            "the random number generator of the operating system failed, getrandom: this target is not supported"
        );
    }
}
