use core::error::Error;
use core::fmt;
use core::str::FromStr;

/// The `code_challenge_method`: how a challenge is derived from a verifier
/// ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
///
/// Parses from `S256` or `plain`. The comparison is case-sensitive.
///
/// There is no default. A missing method counts as plain only in an authorization request, and only under a policy that
/// [allows plain](crate::ServerPolicy::allow_plain), so a method that is lost on its way to the database is an error.
/// The enum is exhaustive: a `match` on it needs no default arm.
///
/// ```
/// use pkce_core::{CodeChallengeMethod, ParseMethodError};
///
/// let method: CodeChallengeMethod = "S256".parse()?;
/// assert_eq!(method, CodeChallengeMethod::S256);
/// assert_eq!(CodeChallengeMethod::try_from("s256"), Err(ParseMethodError));
/// # Ok::<(), ParseMethodError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeChallengeMethod {
    /// `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))`. A client that can compute it must use it.
    #[doc(alias("sha256", "hash"))]
    S256,
    /// The challenge is the verifier itself, so the challenge is a secret. Only for clients that cannot compute S256.
    Plain,
}

impl CodeChallengeMethod {
    /// Returns the name of the method in requests and metadata: `S256` or `plain`
    /// ([RFC 7636 section 4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)).
    ///
    /// ```
    /// use pkce_core::CodeChallengeMethod;
    ///
    /// assert_eq!(CodeChallengeMethod::Plain.as_str(), "plain");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for CodeChallengeMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CodeChallengeMethod {
    type Err = ParseMethodError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "S256" => Ok(Self::S256),
            "plain" => Ok(Self::Plain),
            _ => Err(ParseMethodError),
        }
    }
}

impl TryFrom<&str> for CodeChallengeMethod {
    type Error = ParseMethodError;

    fn try_from(value: &str) -> Result<Self, Self::Error> {
        value.parse()
    }
}

/// For `#[serde(try_from = "String")]` and `#[sqlx(try_from = "String")]`.
#[cfg(feature = "alloc")]
impl TryFrom<alloc::string::String> for CodeChallengeMethod {
    type Error = ParseMethodError;

    fn try_from(value: alloc::string::String) -> Result<Self, Self::Error> {
        value.parse()
    }
}

/// The error returned when parsing a `code_challenge_method` that is neither `S256` nor `plain`. The comparison is
/// case-sensitive.
///
/// ```
/// use pkce_core::{CodeChallengeMethod, ParseMethodError};
///
/// assert_eq!("s256".parse::<CodeChallengeMethod>(), Err(ParseMethodError));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseMethodError;

impl fmt::Display for ParseMethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown code_challenge_method: expected S256 or plain (case-sensitive)")
    }
}

impl Error for ParseMethodError {}
