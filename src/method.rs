use core::fmt;
use core::str::FromStr;

use crate::error::ParseError;

/// The `code_challenge_method`: how a challenge is made from a verifier,
/// [RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2).
///
/// On the wire and in a database it is the text `S256` or `plain`, in exactly this case.
///
/// There is no default, and no way from an absent method to plain: section 4.3's rule is applied by
/// [`ServerPolicy::authorization_request`](crate::ServerPolicy::authorization_request), and nowhere else. So a method that was lost on its way to the
/// database is an error, not plain. The enum is exhaustive, so that a `match` on it needs no default arm to fall into.
///
/// ```
/// use pkce_core::{CodeChallengeMethod, ParseError};
///
/// let method: CodeChallengeMethod = "S256".parse()?;
/// assert_eq!(method, CodeChallengeMethod::S256);
/// assert_eq!(CodeChallengeMethod::try_from("s256"), Err(ParseError::UnknownMethod));
/// # Ok::<(), ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeChallengeMethod {
    /// `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))`: what a client that can hash must use.
    S256,
    /// The challenge is the verifier itself: protects against less, and makes the challenge a secret.
    Plain,
}

impl CodeChallengeMethod {
    /// The text of the method on the wire: `S256` or `plain`
    /// ([RFC 7636 section 4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)).
    ///
    /// ```
    /// # use pkce_core::CodeChallengeMethod;
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
    type Err = ParseError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "S256" => Ok(Self::S256),
            "plain" => Ok(Self::Plain),
            _ => Err(ParseError::UnknownMethod),
        }
    }
}

impl TryFrom<&str> for CodeChallengeMethod {
    type Error = ParseError;

    fn try_from(value: &str) -> Result<Self, Self::Error> {
        value.parse()
    }
}
