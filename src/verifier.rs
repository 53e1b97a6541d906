use core::fmt;
use core::str::FromStr;

use zeroize::ZeroizeOnDrop;

use crate::alphabet;
use crate::base64url;
use crate::challenge::CodeChallenge;
#[cfg(feature = "getrandom")]
use crate::error::GenerateError;
use crate::error::ParseError;
use crate::method::CodeChallengeMethod;
#[cfg(any(feature = "getrandom", feature = "rand_core"))]
use crate::secret::Scratch;
use crate::secret::{MAX_LEN, MIN_LEN, SecretText};

/// The `code_verifier`: the client's secret, 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`,
/// [RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1).
///
/// Make one with [`generate`](Self::generate) for each login, send its [`challenge`](Self::challenge), keep the verifier
/// until the redirect comes back, send it with the token request, and drop it. To carry it across the redirect, put
/// [`expose_secret`](Self::expose_secret) into the session and [`parse`](Self::parse) it back.
///
/// # Security
///
/// It cannot be printed, cloned, compared with `==`, hashed or dereferenced by accident. It is wiped when it is dropped.
/// With the feature `alloc` it lies in one heap block, and nothing is left of it in memory however often it was moved.
/// Without `alloc` it lies inline: then every move leaves a copy behind that nobody wipes, so make it where it stays.
/// No program in safe Rust can clear registers, swapped pages, or a buffer of the caller's.
///
/// Not secret: its length.
///
/// ```
/// # #[cfg(all(feature = "alloc", feature = "getrandom"))] {
/// use pkce_core::{CodeChallengeMethod, CodeVerifier};
///
/// let verifier = CodeVerifier::generate()?;
/// let challenge = verifier.challenge(CodeChallengeMethod::S256);
/// let session: String = verifier.expose_secret().to_owned();
///
/// // … the user logs in, and the browser comes back …
/// let verifier = CodeVerifier::try_from(session)?; // wipes the String
/// assert!(challenge.verify(&verifier).is_ok());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CodeVerifier(SecretText);

impl CodeVerifier {
    /// The least number of characters, 43.
    ///
    /// ```
    /// # use pkce_core::CodeVerifier;
    /// assert!(CodeVerifier::parse(&"a".repeat(CodeVerifier::MIN_LEN)).is_ok());
    /// ```
    pub const MIN_LEN: usize = MIN_LEN;

    /// The greatest number of characters, 128.
    ///
    /// ```
    /// # use pkce_core::CodeVerifier;
    /// assert!(CodeVerifier::parse(&"a".repeat(CodeVerifier::MAX_LEN)).is_ok());
    /// ```
    pub const MAX_LEN: usize = MAX_LEN;

    /// Makes a verifier of 43 characters from 32 octets of the operating system's random number generator, as
    /// [RFC 7636 section 7.1](https://www.rfc-editor.org/rfc/rfc7636#section-7.1) recommends.
    ///
    /// It may block early in the boot of a machine, until the generator is seeded.
    ///
    /// # Errors
    ///
    /// [`GenerateError`] where the generator fails. Give the login up: there is no fallback.
    ///
    /// # Security
    ///
    /// The characters are those of base64url, without `.` and `~`, which some servers refuse. The octets are wiped.
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    ///
    /// let verifier = CodeVerifier::generate()?;
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// # Ok::<(), pkce_core::GenerateError>(())
    /// ```
    #[cfg(feature = "getrandom")]
    #[cfg_attr(docsrs, doc(cfg(feature = "getrandom")))]
    pub fn generate() -> Result<Self, GenerateError> {
        let mut octets = Scratch::<u8, 32>::zeroed();
        getrandom::fill(&mut octets.0).map_err(GenerateError)?;
        Ok(Self::from_random_bytes(&octets.0))
    }

    /// Makes a verifier of 43 characters from 32 octets of the caller's generator, drawn in one fill.
    ///
    /// # Errors
    ///
    /// The generator's own error, unchanged. Give the login up: there is no fallback.
    ///
    /// # Security
    ///
    /// The generator must be cryptographically secure, seeded, and not shared with a copy of itself. The octets are wiped,
    /// also when the generator fails or panics.
    ///
    /// ```
    /// # use pkce_core::CodeVerifier;
    /// # struct Generator;
    /// # impl rand_core::TryRng for Generator {
    /// #     type Error = std::io::Error;
    /// #     fn try_next_u32(&mut self) -> std::io::Result<u32> { Ok(4) }
    /// #     fn try_next_u64(&mut self) -> std::io::Result<u64> { Ok(4) }
    /// #     fn try_fill_bytes(&mut self, to: &mut [u8]) -> std::io::Result<()> { to.fill(4); Ok(()) }
    /// # }
    /// # impl rand_core::TryCryptoRng for Generator {}
    /// # let mut generator = Generator;
    /// // `generator` implements rand_core's `TryCryptoRng`
    /// let verifier = CodeVerifier::generate_from_rng(&mut generator)?;
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "rand_core")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rand_core")))]
    pub fn generate_from_rng<R: rand_core::TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut octets = Scratch::<u8, 32>::zeroed();
        rng.try_fill_bytes(&mut octets.0)?;
        Ok(Self::from_random_bytes(&octets.0))
    }

    /// Makes a verifier from random octets, by base64url: 43 characters from 32 octets, 128 from 96.
    ///
    /// This is the way for those who have no `getrandom` and no `rand_core`: octets from a hardware source. A number of
    /// octets outside 32 to 96 does not compile.
    ///
    /// # Security
    ///
    /// The verifier is as hard to guess as the octets are: draw them from a cryptographically secure source, for this
    /// verifier alone, and wipe them after. No branch and no memory index depends on them.
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    ///
    /// // The octets of RFC 7636 Appendix B.
    /// let verifier = CodeVerifier::from_random_bytes(&[
    ///     116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
    ///     91, 88, 5, 88, 83, 132, 141, 121,
    /// ]);
    /// assert_eq!(verifier.expose_secret(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    /// ```
    ///
    /// ```compile_fail
    /// // 16 octets are too few to be a verifier.
    /// pkce_core::CodeVerifier::from_random_bytes(&[0; 16]);
    /// ```
    #[must_use]
    pub fn from_random_bytes<const N: usize>(octets: &[u8; N]) -> Self {
        const { assert!(32 <= N && N <= 96, "a code_verifier is made of 32 to 96 octets") };
        let mut text = SecretText::of_len(base64url::encoded_len(N));
        base64url::encode::<N>(base64url::words(octets), text.as_bytes_mut());
        Self(text)
    }

    /// Takes a `code_verifier` from a session or a request, if it has the form that
    /// [RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1) gives it.
    ///
    /// # Errors
    ///
    /// [`ParseError::InvalidLength`] or [`ParseError::InvalidByte`]. A client has stored something else and starts the login
    /// anew; a server calls [`ServerPolicy::token_request`](crate::ServerPolicy::token_request) instead, which has the
    /// OAuth error.
    ///
    /// # Security
    ///
    /// Not secret: the length, whether it is well formed, and the place of the first bad byte. The buffer that holds
    /// `value` is the caller's to wipe; `TryFrom<String>` wipes the `String`.
    ///
    /// ```
    /// use pkce_core::{CodeVerifier, ParseError};
    ///
    /// assert!(CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").is_ok());
    /// let padded = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=");
    /// assert_eq!(padded.unwrap_err(), ParseError::InvalidByte { index: 43 });
    /// ```
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        alphabet::check(value).map(|text| Self(SecretText::copy_of(text)))
    }

    /// The text of the verifier, for the session and for the token request: the one way to read it.
    ///
    /// # Security
    ///
    /// What is read here is out of this crate's hands: it is the caller's to keep out of logs, to send over TLS only, and
    /// to wipe.
    ///
    /// ```
    /// # use pkce_core::CodeVerifier;
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let body = format!("grant_type=authorization_code&code_verifier={}", verifier.expose_secret());
    /// # assert_eq!(body.len(), 87);
    /// ```
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.as_str()
    }

    /// Makes the `code_challenge` for the authorization request
    /// ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    ///
    /// Use [`CodeChallengeMethod::S256`]; plain is for servers that know nothing else, and is no fallback
    /// ([section 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
    ///
    /// # Security
    ///
    /// No branch and no memory index depends on the verifier. An S256 challenge is not secret, and is not wiped; a plain one
    /// is the verifier.
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, CodeVerifier};
    /// let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// # Ok::<(), pkce_core::ParseError>(())
    /// ```
    #[must_use]
    pub fn challenge(&self, method: CodeChallengeMethod) -> CodeChallenge {
        CodeChallenge::of(self.as_bytes(), method)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for CodeVerifier {
    type Err = ParseError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Self::parse(value)
    }
}

impl TryFrom<&str> for CodeVerifier {
    type Error = ParseError;

    fn try_from(value: &str) -> Result<Self, Self::Error> {
        Self::parse(value)
    }
}

/// Parses the text, and wipes the `String` with all of its capacity: also when it refuses it.
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
impl TryFrom<alloc::string::String> for CodeVerifier {
    type Error = ParseError;

    fn try_from(value: alloc::string::String) -> Result<Self, Self::Error> {
        Self::parse(&zeroize::Zeroizing::new(value))
    }
}

/// Shows that it is a verifier, and nothing of it.
impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeVerifier").finish_non_exhaustive()
    }
}

/// The text wipes itself when it is dropped.
impl ZeroizeOnDrop for CodeVerifier {}
