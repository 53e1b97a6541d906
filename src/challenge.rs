use core::fmt;

use crate::alphabet;
use crate::base64url;
use crate::compare;
use crate::error::{ParseError, VerifyError};
use crate::method::CodeChallengeMethod;
use crate::s256::{self, Digest};
use crate::secret::SecretText;
use crate::verifier::CodeVerifier;

/// The `code_challenge` together with the method that made it: what the client sends first and the server stores with
/// the code, [RFC 7636 sections 4.2 and 4.4](https://www.rfc-editor.org/rfc/rfc7636#section-4.2).
///
/// An S256 challenge is exactly 43 characters of base64url, the last one canonical, without padding. A plain one is a
/// verifier: 43 to 128 characters.
///
/// # Security
///
/// An S256 challenge is not secret. A plain challenge is the verifier itself: `Debug` hides it, and it is wiped when it is
/// dropped, as a [`CodeVerifier`] is. `==` takes constant time.
///
/// ```
/// use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
///
/// let stored = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", CodeChallengeMethod::S256)?;
/// let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
/// assert!(stored.verify(&verifier).is_ok());
/// # Ok::<(), pkce_core::ParseError>(())
/// ```
pub struct CodeChallenge(Form);

enum Form {
    /// The text for those who ask for it, the digest for the comparison: each is the other, encoded or decoded.
    S256 {
        text: [u8; 43],
        digest: Digest,
    },
    Plain(SecretText),
}

impl CodeChallenge {
    /// The challenge of a well-formed verifier.
    pub(crate) fn of(verifier: &[u8], method: CodeChallengeMethod) -> Self {
        match method {
            CodeChallengeMethod::S256 => {
                let digest = s256::digest(verifier);
                let mut text = [0; 43];
                base64url::encode::<32>(|i| digest.get(i).copied().unwrap_or_default(), &mut text);
                Self(Form::S256 { text, digest })
            }
            CodeChallengeMethod::Plain => Self(Form::Plain(SecretText::copy_of(verifier))),
        }
    }

    /// Takes a `code_challenge` from a database, with the method that was stored beside it.
    ///
    /// For the parameters of a request use
    /// [`ServerPolicy::authorization_request`](crate::ServerPolicy::authorization_request), which knows what an absent
    /// method means and which methods are allowed.
    ///
    /// # Errors
    ///
    /// [`ParseError::InvalidLength`], [`ParseError::InvalidByte`] or, for S256, [`ParseError::NonCanonical`]. A stored
    /// challenge that does not parse is the server's own fault: answer `server_error`, and never go on as if there were no
    /// challenge.
    ///
    /// # Security
    ///
    /// Not secret: the length, whether it is well formed, and the place of the first bad byte. An S256 challenge is
    /// decoded with a look-up table, for it is public; a plain one is checked without.
    ///
    /// ```
    /// use pkce_core::{CodeChallenge, CodeChallengeMethod, ParseError};
    ///
    /// let padded = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", CodeChallengeMethod::S256);
    /// assert_eq!(padded.unwrap_err(), ParseError::InvalidLength { len: 44 });
    /// ```
    pub fn parse(value: &str, method: CodeChallengeMethod) -> Result<Self, ParseError> {
        match method {
            CodeChallengeMethod::S256 => {
                let (text, digest) = base64url::decode(value)?;
                Ok(Self(Form::S256 { text, digest }))
            }
            CodeChallengeMethod::Plain => {
                alphabet::check(value).map(|text| Self(Form::Plain(SecretText::copy_of(text))))
            }
        }
    }

    /// The text of the challenge, to send and to store, never without its [`method`](Self::method).
    ///
    /// # Security
    ///
    /// The text of a plain challenge is the verifier: store and send it as the secret that it is.
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, CodeVerifier};
    /// let challenge = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.as_str().len(), 43);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Never an error, for base64url is ASCII: the fallback is there so that nothing can panic.
            Form::S256 { text, .. } => core::str::from_utf8(text).unwrap_or_default(),
            Form::Plain(text) => text.as_str(),
        }
    }

    /// The `code_challenge_method` that made the challenge.
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, CodeVerifier};
    /// let challenge = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.method(), CodeChallengeMethod::S256);
    /// ```
    #[must_use]
    pub const fn method(&self) -> CodeChallengeMethod {
        match self.0 {
            Form::S256 { .. } => CodeChallengeMethod::S256,
            Form::Plain(_) => CodeChallengeMethod::Plain,
        }
    }

    /// Whether this is the challenge of `verifier`
    /// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
    ///
    /// It applies no policy, and cannot see that a challenge or a verifier is missing: a server calls
    /// [`ServerPolicy::token_request`](crate::ServerPolicy::token_request).
    ///
    /// # Errors
    ///
    /// [`VerifyError`] where it is not: refuse the token request with `invalid_grant`.
    ///
    /// # Security
    ///
    /// The time it takes depends on the lengths and the method alone. Not secret: these and the answer.
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, CodeVerifier};
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert!(challenge.verify(&verifier).is_ok());
    /// assert!(challenge.verify(&CodeVerifier::from_random_bytes(&[8; 32])).is_err());
    /// ```
    pub fn verify(&self, verifier: &CodeVerifier) -> Result<(), VerifyError> {
        if self.matches(verifier.as_bytes()) {
            Ok(())
        } else {
            Err(VerifyError)
        }
    }

    /// The parameters `code_challenge` and `code_challenge_method` of the authorization request, as names and values
    /// ([RFC 7636 section 4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)).
    ///
    /// No value needs percent-encoding: all of their characters are unreserved.
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, CodeVerifier};
    /// let challenge = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
    /// let mut url = String::from("https://server.example/authorize?response_type=code");
    /// for (name, value) in challenge.authorization_params() {
    ///     url.push_str(&format!("&{name}={value}"));
    /// }
    /// assert!(url.ends_with("&code_challenge_method=S256"));
    /// ```
    #[must_use]
    pub fn authorization_params(&self) -> [(&'static str, &str); 2] {
        [
            ("code_challenge", self.as_str()),
            ("code_challenge_method", self.method().as_str()),
        ]
    }

    /// Whether this is the challenge of a verifier whose form is yet to be checked.
    #[inline]
    pub(crate) fn check(&self, verifier: &str) -> Result<bool, ParseError> {
        let verifier = alphabet::check_length(verifier)?;
        match &self.0 {
            Form::S256 { digest, .. } => {
                // The alphabet in between: it is looked at while the rounds before it go on, a sixth less time for 128
                // characters.
                let begun = s256::begin(verifier);
                alphabet::check_bytes(verifier)?;
                Ok(compare::digests_equal(&s256::finish(begun, verifier), digest))
            }
            Form::Plain(text) => {
                alphabet::check_bytes(verifier)?;
                Ok(compare::texts_equal(verifier, text.as_bytes()))
            }
        }
    }

    /// Whether this is the challenge of a well-formed verifier.
    #[inline]
    pub(crate) fn matches(&self, verifier: &[u8]) -> bool {
        match &self.0 {
            Form::S256 { digest, .. } => compare::digests_equal(&s256::digest(verifier), digest),
            Form::Plain(text) => compare::texts_equal(verifier, text.as_bytes()),
        }
    }
}

impl Clone for CodeChallenge {
    fn clone(&self) -> Self {
        match &self.0 {
            Form::S256 { text, digest } => Self(Form::S256 {
                text: *text,
                digest: *digest,
            }),
            Form::Plain(text) => Self(Form::Plain(SecretText::copy_of(text.as_bytes()))),
        }
    }
}

/// In constant time: challenges of different methods are different, whatever their texts are.
impl PartialEq for CodeChallenge {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::S256 { digest: a, .. }, Form::S256 { digest: b, .. }) => compare::digests_equal(a, b),
            (Form::Plain(a), Form::Plain(b)) => compare::texts_equal(a.as_bytes(), b.as_bytes()),
            (Form::S256 { .. }, Form::Plain(_)) | (Form::Plain(_), Form::S256 { .. }) => false,
        }
    }
}

impl Eq for CodeChallenge {}

/// Shows the method, and the text of an S256 challenge alone.
impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("CodeChallenge");
        shown.field("method", &self.method());
        match &self.0 {
            // Not the `Debug` of `str`: that of the standard library can panic, as far as the compiler can tell.
            Form::S256 { .. } => shown.field("text", &format_args!("\"{}\"", self.as_str())).finish(),
            Form::Plain(_) => shown.finish_non_exhaustive(),
        }
    }
}
