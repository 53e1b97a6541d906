//! One error type per subject; that of a method is in `method.rs`. No error holds or prints a byte of the value that was
//! refused.
//!
//! Every message consists of the characters that RFC 6749 allows in `error_description` (section 4.1.2.1): printable ASCII
//! without `"` and `\`.

use core::error::Error;
use core::fmt;

use crate::method::{CodeChallengeMethod, ParseMethodError};
use crate::secret::syntax::Malformed;

/// The error returned when parsing a `code_verifier`.
///
/// Contains the length or the offset that was refused, neither of which is secret, and no part of the value.
///
/// ```
/// use pkce_core::{CodeVerifier, ParseVerifierError};
///
/// let error = CodeVerifier::parse("too short").unwrap_err();
/// assert_eq!(error, ParseVerifierError::InvalidLength { len: 9 });
/// assert_eq!(
///     error.to_string(),
///     "invalid length 9: a code_verifier has 43 to 128 characters",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseVerifierError {
    /// The length is not between 43 and 128 bytes
    /// ([RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)).
    InvalidLength {
        /// The length of the value in bytes.
        len: usize,
    },
    /// A byte is not one of the 66 unreserved characters `A-Z a-z 0-9 - . _ ~`.
    InvalidByte {
        /// The zero-based offset of the first such byte.
        index: usize,
    },
}

impl From<Malformed> for ParseVerifierError {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::Length { len } => Self::InvalidLength { len },
            Malformed::Byte { index } => Self::InvalidByte { index },
        }
    }
}

impl fmt::Display for ParseVerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidLength { len } => {
                write!(f, "invalid length {len}: a code_verifier has 43 to 128 characters")
            }
            Self::InvalidByte { index } => write!(
                f,
                "invalid byte at offset {index}: a code_verifier contains only A-Z a-z 0-9 - . _ ~"
            ),
        }
    }
}

impl Error for ParseVerifierError {}

/// The error returned when parsing a `code_challenge`.
///
/// Contains the method and the length or offset that was refused, none of which is secret, and no part of the value.
///
/// ```
/// use pkce_core::{CodeChallenge, CodeChallengeMethod};
///
/// let padded = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=";
/// let error = CodeChallenge::parse(padded, CodeChallengeMethod::S256).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid length 44: an S256 code_challenge has exactly 43 characters, \
///      without padding (=)",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseChallengeError {
    /// The length is not exactly 43 bytes for S256, or not between 43 and 128 bytes for plain
    /// ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    InvalidLength {
        /// The length of the value in bytes.
        len: usize,
        /// The method that the value was parsed for.
        method: CodeChallengeMethod,
    },
    /// A byte is outside the alphabet: base64url for S256, the 66 unreserved characters for plain.
    InvalidByte {
        /// The zero-based offset of the first such byte.
        index: usize,
        /// The method that the value was parsed for.
        method: CodeChallengeMethod,
    },
    /// The last character of an S256 challenge has a spare bit set, so it is not the base64url encoding of 32 octets.
    NonCanonical,
}

impl fmt::Display for ParseChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use CodeChallengeMethod::{Plain, S256};
        match self {
            Self::InvalidLength { len, method: S256 } => {
                write!(
                    f,
                    "invalid length {len}: an S256 code_challenge has exactly 43 characters, without padding (=)"
                )
            }
            Self::InvalidLength { len, method: Plain } => {
                write!(
                    f,
                    "invalid length {len}: a plain code_challenge has 43 to 128 characters"
                )
            }
            Self::InvalidByte { index, method: S256 } => write!(
                f,
                "invalid byte at offset {index}: an S256 code_challenge contains only A-Z a-z 0-9 - _"
            ),
            Self::InvalidByte { index, method: Plain } => write!(
                f,
                "invalid byte at offset {index}: a plain code_challenge contains only A-Z a-z 0-9 - . _ ~"
            ),
            Self::NonCanonical => f.write_str(
                "non-canonical last character: an S256 code_challenge ends in one of A E I M Q U Y c g k o s w 0 4 8",
            ),
        }
    }
}

impl Error for ParseChallengeError {}

/// The error returned when the two stored columns are not a challenge. See
/// [`CodeChallenge::from_stored`](crate::CodeChallenge::from_stored).
///
/// The row was damaged or written by other code, so the client is not at fault. Respond with status 500 and
/// [`oauth_error`](Self::oauth_error), and issue no token. Log the error's text; the client needs only `server_error`.
///
/// ```
/// use pkce_core::{CodeChallenge, StoredChallengeError};
///
/// let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// let stored = CodeChallenge::from_stored(challenge, None);
/// assert_eq!(stored, Err(StoredChallengeError::Incomplete));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredChallengeError {
    /// One of the two columns is null and the other is not.
    Incomplete,
    /// The stored `code_challenge_method` is not `S256` or `plain`.
    Method(ParseMethodError),
    /// The stored `code_challenge` is malformed for its method.
    Challenge(ParseChallengeError),
}

impl StoredChallengeError {
    /// Returns the `error` code of the response, which is always `server_error`.
    ///
    /// RFC 6749 defines this code for the authorization endpoint
    /// ([section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)) and none for a failure inside the
    /// token endpoint; send it there with status 500.
    ///
    /// ```
    /// use pkce_core::StoredChallengeError;
    ///
    /// assert_eq!(StoredChallengeError::Incomplete.oauth_error(), "server_error");
    /// ```
    #[must_use]
    pub const fn oauth_error(&self) -> &'static str {
        "server_error"
    }
}

impl fmt::Display for StoredChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str(
                "incomplete stored challenge: only one of code_challenge and code_challenge_method is present",
            ),
            Self::Method(error) => write!(f, "stored challenge: {error}"),
            Self::Challenge(error) => write!(f, "stored challenge: {error}"),
        }
    }
}

impl Error for StoredChallengeError {}

/// The error returned when an authorization request is refused.
///
/// If the redirect URI is valid, redirect to it with [`oauth_error`](Self::oauth_error) as `error`, this error's text as
/// `error_description`, and the `state` of the request
/// ([RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1)). Issue no code.
///
/// ```
/// use pkce_core::{AuthorizationError, ServerPolicy};
///
/// let error = ServerPolicy::new().check_authorization_request(None, None).unwrap_err();
/// assert_eq!(error, AuthorizationError::MissingChallenge);
/// assert_eq!(error.oauth_error(), "invalid_request");
/// assert_eq!(error.to_string(), "missing or empty code_challenge: PKCE is required");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Both parameters are absent or empty, and PKCE is required.
    MissingChallenge,
    /// `code_challenge` is present without a method, which means plain
    /// ([RFC 7636 section 4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)), and the policy does not allow plain.
    MissingMethod,
    /// `code_challenge_method` is present without `code_challenge`.
    MethodWithoutChallenge,
    /// `code_challenge_method` is neither `S256` nor `plain`.
    UnknownMethod,
    /// `code_challenge_method` is `plain`, and the policy does not allow it.
    PlainNotAllowed,
    /// `code_challenge` is malformed for its method.
    Malformed(ParseChallengeError),
}

impl AuthorizationError {
    /// Returns the `error` code of the response, which is always `invalid_request`
    /// ([RFC 7636 section 4.4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1)).
    ///
    /// ```
    /// use pkce_core::AuthorizationError;
    ///
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
            Self::MissingChallenge => f.write_str("missing or empty code_challenge: PKCE is required"),
            Self::MissingMethod => {
                f.write_str("missing or empty code_challenge_method: it defaults to plain, and S256 is required")
            }
            Self::MethodWithoutChallenge => {
                f.write_str("missing or empty code_challenge: code_challenge_method requires it")
            }
            // The parser's message also offers plain, which the policy may refuse.
            Self::UnknownMethod => f.write_str("unknown code_challenge_method: use S256 (case-sensitive)"),
            Self::PlainNotAllowed => f.write_str("code_challenge_method plain is not allowed: S256 is required"),
            Self::Malformed(error) => error.fmt(f),
        }
    }
}

impl Error for AuthorizationError {}

/// The error returned when a token request is refused.
///
/// Respond with status 400, [`oauth_error`](Self::oauth_error) as `error` and this error's text as `error_description`
/// ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)), and issue no token.
///
/// ```
/// use pkce_core::{CodeChallenge, CodeChallengeMethod, ServerPolicy, TokenError};
///
/// let value = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// let stored = CodeChallenge::parse(value, CodeChallengeMethod::S256)?;
/// let policy = ServerPolicy::new();
/// let error = policy.check_token_request(Some(&stored), None).unwrap_err();
/// assert_eq!(error, TokenError::MissingVerifier);
/// assert_eq!(error.oauth_error(), "invalid_grant");
/// # Ok::<(), pkce_core::ParseChallengeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// A challenge is stored with the code, and `code_verifier` is absent or empty.
    MissingVerifier,
    /// No challenge is stored with the code, and `code_verifier` is present. A server must refuse this to prevent
    /// downgrade attacks ([RFC 9700 section 4.8.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2)).
    #[doc(alias = "downgrade")]
    UnexpectedVerifier,
    /// `code_verifier` is malformed.
    Malformed(ParseVerifierError),
    /// `code_verifier` is well formed but does not match the stored challenge.
    Mismatch,
    /// The stored challenge is plain, and the policy does not allow plain.
    PlainNotAllowed,
    /// No challenge is stored with the code and no verifier was sent, and PKCE is required or the client has not
    /// authenticated. If the client did send a challenge, the server lost it.
    MissingChallenge,
}

impl TokenError {
    /// Returns the `error` code of the response: `invalid_request` for [`Malformed`](Self::Malformed) and
    /// [`UnexpectedVerifier`](Self::UnexpectedVerifier), `invalid_grant` for a mismatch
    /// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)) and for the others.
    ///
    /// ```
    /// use pkce_core::TokenError;
    ///
    /// assert_eq!(TokenError::Mismatch.oauth_error(), "invalid_grant");
    /// assert_eq!(TokenError::UnexpectedVerifier.oauth_error(), "invalid_request");
    /// ```
    #[must_use]
    pub const fn oauth_error(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::UnexpectedVerifier => "invalid_request",
            Self::MissingVerifier | Self::Mismatch | Self::PlainNotAllowed | Self::MissingChallenge => "invalid_grant",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingVerifier => {
                f.write_str("missing or empty code_verifier: a code_challenge is stored with the code")
            }
            Self::UnexpectedVerifier => {
                f.write_str("unexpected code_verifier: no code_challenge is stored with the code")
            }
            Self::Malformed(error) => error.fmt(f),
            Self::Mismatch => VerifyError.fmt(f),
            Self::PlainNotAllowed => f.write_str("plain code_challenge is no longer allowed: S256 is required"),
            Self::MissingChallenge => f.write_str("no code_challenge is stored with the code: PKCE is required"),
        }
    }
}

impl Error for TokenError {}

/// The error returned when a verifier does not match a challenge.
///
/// Contains no detail, on purpose. A server responds with `invalid_grant`
/// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
///
/// ```
/// use pkce_core::{CodeChallengeMethod, CodeVerifier, VerifyError};
///
/// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
/// let challenge = verifier.challenge(CodeChallengeMethod::S256);
/// let other = CodeVerifier::from_random_bytes(&[8; 32]);
/// assert_eq!(challenge.verify(&other), Err(VerifyError));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyError;

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("code_verifier does not match the code_challenge")
    }
}

impl Error for VerifyError {}

/// The error returned when the operating system's random number generator fails.
///
/// Abort the login: there is no fallback. The message contains the operating system's error code if there is one.
///
/// Cannot be constructed outside this crate. To test a failure, pass a `fill` that returns an error to
/// [`CodeVerifier::try_generate_with`](crate::CodeVerifier::try_generate_with).
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
        write!(f, "the system random number generator failed: {}", self.0)
    }
}

#[cfg(feature = "getrandom")]
impl Error for GenerateError {}

#[cfg(all(test, feature = "getrandom"))]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::GenerateError;

    /// The operating system's generator cannot be made to fail in a test, so the error is constructed here.
    #[test]
    fn generate_error_names_the_generator_and_its_reason() {
        assert_eq!(
            GenerateError(getrandom::Error::UNSUPPORTED).to_string(),
            "the system random number generator failed: getrandom: this target is not supported"
        );
    }
}
