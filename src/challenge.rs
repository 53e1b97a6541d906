use core::array;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{ParseChallengeError, ParseVerifierError, StoredChallengeError, VerifyError};
use crate::method::CodeChallengeMethod;
use crate::secret::chunk::{CHUNK, Chunk};
use crate::secret::memory::SecretText;
use crate::secret::syntax::{self, Malformed};
use crate::secret::{base64url, compare, s256};
use crate::verifier::CodeVerifier;

/// A `code_challenge` and the method that derived it: what the client sends first, and what the server stores with the
/// code ([RFC 7636 sections 4.2 and 4.4](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
///
/// An S256 challenge is exactly 43 characters of base64url, without padding, and the two spare bits of the last one are
/// zero. A plain challenge is a verifier: 43 to 128 characters.
///
/// # Security
///
/// An S256 challenge is not secret. A plain challenge is the verifier itself: `Debug` hides it, and it is wiped when it is
/// dropped, as a [`CodeVerifier`] is. `==` runs in constant time.
///
/// ```
/// use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
///
/// let value = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// let challenge = CodeChallenge::parse(value, CodeChallengeMethod::S256)?;
/// let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
/// assert!(challenge.verify(&verifier).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a client sends it, a server stores it with the code"]
pub struct CodeChallenge(Repr);

enum Repr {
    S256(S256Challenge),
    Plain(SecretText),
}

/// The digest, for comparisons, and its base64url text.
#[derive(Clone)]
struct S256Challenge {
    digest: [u32; 8],
    text: [Chunk; 3],
}

/// The number of characters of an S256 challenge.
const S256_LEN: usize = 43;

impl CodeChallenge {
    /// Parses a `code_challenge` for the given method
    /// ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    ///
    /// For the parameters of a request, use
    /// [`ServerPolicy::check_authorization_request`](crate::ServerPolicy::check_authorization_request). For a database row,
    /// use [`from_stored`](Self::from_stored).
    ///
    /// # Errors
    ///
    /// Returns [`ParseChallengeError`] if the length, a byte or, for S256, the last character is invalid. An S256 challenge
    /// with padding (`=`) has an invalid length. Never continue as if there were no challenge.
    ///
    /// # Security
    ///
    /// The length, whether the value is well formed, and the offset of the first invalid byte are not secret. An S256
    /// challenge is public and is decoded with a lookup table; a plain challenge is checked without one.
    ///
    /// ```
    /// use pkce_core::{CodeChallenge, CodeChallengeMethod};
    ///
    /// let text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    /// assert!(CodeChallenge::parse(text, CodeChallengeMethod::S256).is_ok());
    /// assert!(CodeChallenge::parse(&text[1..], CodeChallengeMethod::S256).is_err());
    /// ```
    #[doc(alias("base64", "padding", "validate"))]
    pub fn parse(value: &str, method: CodeChallengeMethod) -> Result<Self, ParseChallengeError> {
        match method {
            CodeChallengeMethod::S256 => Ok(Self(Repr::S256(decode_s256(value)?))),
            CodeChallengeMethod::Plain => match syntax::check(value) {
                Ok(text) => Ok(Self(Repr::Plain(SecretText::from_bytes(text)))),
                Err(Malformed::Length { len }) => Err(ParseChallengeError::InvalidLength { len, method }),
                Err(Malformed::Byte { index }) => Err(ParseChallengeError::InvalidByte { index, method }),
            },
        }
    }

    /// Reads the two nullable columns `code_challenge` and `code_challenge_method` of a database row.
    ///
    /// Returns `None` if both are null: the authorization request did not use PKCE. Pass the columns as they are. An empty
    /// text is a value, and a malformed one.
    ///
    /// # Errors
    ///
    /// Returns [`StoredChallengeError`] if only one column is null or a value is malformed; the method is checked first. The
    /// row was damaged, so respond with `server_error` and status 500. Never turn the error into `None`, which means that
    /// PKCE was not used.
    ///
    /// ```
    /// use pkce_core::{CodeChallenge, StoredChallengeError};
    ///
    /// let text = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// assert!(CodeChallenge::from_stored(text, Some("S256"))?.is_some());
    /// assert!(CodeChallenge::from_stored(None, None)?.is_none());
    ///
    /// let half = CodeChallenge::from_stored(text, None);
    /// assert_eq!(half, Err(StoredChallengeError::Incomplete));
    /// # Ok::<(), StoredChallengeError>(())
    /// ```
    #[doc(alias("database", "db", "store", "row", "column"))]
    pub fn from_stored(
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Option<Self>, StoredChallengeError> {
        let (challenge, method) = match (code_challenge, code_challenge_method) {
            (Some(challenge), Some(method)) => (challenge, method),
            (None, None) => return Ok(None),
            (Some(_), None) | (None, Some(_)) => return Err(StoredChallengeError::Incomplete),
        };
        let method = method.parse().map_err(StoredChallengeError::Method)?;
        Self::parse(challenge, method)
            .map(Some)
            .map_err(StoredChallengeError::Challenge)
    }

    /// Returns what to write to the two columns `code_challenge` and `code_challenge_method` of a database row: both null
    /// for `None`. The inverse of [`from_stored`](Self::from_stored).
    ///
    /// # Security
    ///
    /// The text of a plain challenge is the verifier: store it as a secret.
    ///
    /// ```
    /// use pkce_core::{CodeChallenge, CodeChallengeMethod};
    ///
    /// let text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    /// let challenge = CodeChallenge::parse(text, CodeChallengeMethod::S256)?;
    /// assert_eq!(CodeChallenge::to_stored(Some(&challenge)), (Some(text), Some("S256")));
    /// assert_eq!(CodeChallenge::to_stored(None), (None, None));
    /// # Ok::<(), pkce_core::ParseChallengeError>(())
    /// ```
    #[doc(alias("database", "db", "store", "row", "column"))]
    #[must_use]
    pub fn to_stored(challenge: Option<&Self>) -> (Option<&str>, Option<&str>) {
        challenge.map(|this| (this.as_str(), this.method().as_str())).unzip()
    }

    /// Returns the challenge as a string. To store it together with its [`method`](Self::method), use
    /// [`to_stored`](Self::to_stored).
    ///
    /// # Security
    ///
    /// The text of a plain challenge is the verifier: store and send it as a secret.
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, CodeVerifier};
    ///
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.as_str().len(), 43);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Infallible: base64url is ASCII. `unwrap_or_default` avoids a panic path.
            Repr::S256(S256Challenge { text, .. }) => text
                .as_flattened()
                .get(..S256_LEN)
                .and_then(|text| core::str::from_utf8(text).ok())
                .unwrap_or_default(),
            Repr::Plain(text) => text.as_str(),
        }
    }

    /// Returns the `code_challenge_method` of this challenge.
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, CodeVerifier};
    ///
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.method(), CodeChallengeMethod::S256);
    /// ```
    #[must_use]
    pub const fn method(&self) -> CodeChallengeMethod {
        match self.0 {
            Repr::S256(_) => CodeChallengeMethod::S256,
            Repr::Plain(_) => CodeChallengeMethod::Plain,
        }
    }

    /// Checks that this challenge was derived from `verifier`. A server calls
    /// [`ServerPolicy::check_token_request`](crate::ServerPolicy::check_token_request) instead.
    ///
    /// This is only the comparison of [RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6): it
    /// applies no policy, and code that calls it only when both values are present skips the check when one is missing.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError`] if it was derived from another verifier.
    ///
    /// # Security
    ///
    /// Timing depends only on the lengths, the method and the result. None of these is secret.
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, CodeVerifier};
    ///
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert!(challenge.verify(&verifier).is_ok());
    /// assert!(challenge.verify(&CodeVerifier::from_random_bytes(&[8; 32])).is_err());
    /// ```
    #[doc(alias = "compare")]
    pub fn verify(&self, verifier: &CodeVerifier) -> Result<(), VerifyError> {
        if self.verify_bytes(verifier.as_bytes()) {
            Ok(())
        } else {
            Err(VerifyError)
        }
    }

    /// Returns the parameters `code_challenge` and `code_challenge_method` of the authorization request, as pairs of name
    /// and value ([RFC 7636 section 4.3](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)).
    ///
    /// The values need no percent-encoding: all of their characters are unreserved.
    ///
    /// # Security
    ///
    /// The value of a plain challenge is the verifier: do not log the pairs.
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, CodeVerifier};
    ///
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// let mut url = String::from("https://server.example/authorize?response_type=code");
    /// for (name, value) in challenge.authorization_params() {
    ///     url.push_str(&format!("&{name}={value}"));
    /// }
    /// assert!(url.ends_with("&code_challenge_method=S256"));
    /// ```
    #[doc(alias("redirect", "url", "query"))]
    #[must_use]
    pub fn authorization_params(&self) -> [(&'static str, &str); 2] {
        [
            ("code_challenge", self.as_str()),
            ("code_challenge_method", self.method().as_str()),
        ]
    }

    /// Derives the challenge of a well-formed verifier.
    pub(crate) fn derive(verifier: &[u8], method: CodeChallengeMethod) -> Self {
        match method {
            CodeChallengeMethod::S256 => {
                let digest = s256::digest(verifier);
                let mut text = [[0; CHUNK]; 3];
                let octets: [_; 9] = array::from_fn(|i| digest.get(i).map_or([0; 4], |word| word.to_be_bytes()));
                base64url::encode(octets.as_flattened(), &mut text);
                Self(Repr::S256(S256Challenge { digest, text }))
            }
            CodeChallengeMethod::Plain => Self(Repr::Plain(SecretText::from_bytes(verifier))),
        }
    }

    /// Parses `verifier` where it is stored, and returns whether this challenge was derived from it.
    #[inline]
    pub(crate) fn verify_str(&self, verifier: &str) -> Result<bool, ParseVerifierError> {
        Ok(self.verify_bytes(syntax::check(verifier)?))
    }

    /// Returns whether this challenge was derived from a well-formed verifier.
    #[inline]
    fn verify_bytes(&self, verifier: &[u8]) -> bool {
        match &self.0 {
            Repr::S256(S256Challenge { digest, .. }) => compare::digests_equal(&s256::digest(verifier), digest),
            Repr::Plain(text) => compare::texts_equal(verifier, text.as_bytes()),
        }
    }
}

/// Returns the text of an S256 challenge, which is public, and the digest that it encodes.
fn decode_s256(value: &str) -> Result<S256Challenge, ParseChallengeError> {
    let method = CodeChallengeMethod::S256;
    let len = value.len();
    if len != S256_LEN {
        return Err(ParseChallengeError::InvalidLength { len, method });
    }
    // `decode_slice` requires room for whole groups of three octets.
    let mut octets = [0; 33];
    if URL_SAFE_NO_PAD.decode_slice(value, &mut octets).is_err() {
        return Err(decode_error(value));
    }
    let mut digest = [0; 8];
    for (word, octets) in digest.iter_mut().zip(octets.chunks_exact(4)) {
        *word = octets.try_into().map_or(0, u32::from_be_bytes);
    }
    let mut text = [[0; CHUNK]; 3];
    for (to, from) in text.as_flattened_mut().iter_mut().zip(value.as_bytes()) {
        *to = *from;
    }
    Ok(S256Challenge { digest, text })
}

#[cold]
fn decode_error(value: &str) -> ParseChallengeError {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match value.bytes().position(|byte| !in_alphabet(byte)) {
        Some(index) => ParseChallengeError::InvalidByte {
            index,
            method: CodeChallengeMethod::S256,
        },
        None => ParseChallengeError::NonCanonical,
    }
}

impl Clone for CodeChallenge {
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::S256(challenge) => Self(Repr::S256(challenge.clone())),
            Repr::Plain(text) => Self(Repr::Plain(SecretText::from_bytes(text.as_bytes()))),
        }
    }
}

/// Runs in constant time. Challenges of different methods are not equal.
impl PartialEq for CodeChallenge {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::S256(a), Repr::S256(b)) => compare::digests_equal(&a.digest, &b.digest),
            (Repr::Plain(a), Repr::Plain(b)) => compare::texts_equal(a.as_bytes(), b.as_bytes()),
            (Repr::S256(_), Repr::Plain(_)) | (Repr::Plain(_), Repr::S256(_)) => false,
        }
    }
}

impl Eq for CodeChallenge {}

/// Prints the method, and the text of an S256 challenge only.
impl fmt::Debug for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CodeChallenge");
        debug.field("method", &self.method());
        match &self.0 {
            // The standard `Debug` of `str` contains a panic path.
            Repr::S256(_) => debug.field("text", &format_args!("\"{}\"", self.as_str())).finish(),
            Repr::Plain(_) => debug.finish_non_exhaustive(),
        }
    }
}
