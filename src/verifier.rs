use core::convert::Infallible;
use core::fmt;
use core::str::FromStr;

use zeroize::ZeroizeOnDrop;

use crate::challenge::CodeChallenge;
#[cfg(feature = "getrandom")]
use crate::error::GenerateError;
use crate::error::ParseVerifierError;
use crate::method::CodeChallengeMethod;
use crate::secret::memory::{RandomOctets, SecretText};
use crate::secret::{base64url, syntax};

/// A `code_verifier`: the client's secret, 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`
/// ([RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)).
///
/// Generate one for each login, send its [`challenge`](Self::challenge) in the authorization request, keep the verifier
/// in the user's session, and send it in the token request.
///
/// # Security
///
/// A verifier cannot be printed, cloned, compared with `==`, hashed or serialized by accident. To share one, use
/// `Arc<CodeVerifier>`, which is `Clone`.
///
/// It is wiped when it is dropped, and so are the octets that the `generate` functions draw, even if the generator fails or
/// panics; the caller's own buffers and swapped pages are not. With the feature `alloc` it is one heap block, and moving
/// it leaves no copy. Without `alloc` it is stored inline: creating it leaves copies that are not wiped, and each move may
/// leave another.
///
/// A generated verifier contains neither `.` nor `~`, which some servers refuse.
///
/// ```
/// # #[cfg(all(feature = "alloc", feature = "getrandom"))] {
/// use pkce_core::{CodeChallengeMethod, CodeVerifier};
///
/// let verifier = CodeVerifier::generate()?;
/// let challenge = verifier.challenge(CodeChallengeMethod::S256);
/// let session: String = verifier.expose_secret().to_owned();
///
/// // … the user logs in, and the browser is redirected back …
/// let verifier = CodeVerifier::try_from(session)?; // wipes the String
/// assert!(challenge.verify(&verifier).is_ok());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("arc", "wipe", "zeroize"))]
pub struct CodeVerifier(SecretText);

// Literals, because the documentation shows nothing else.
const _: () = assert!(CodeVerifier::MIN_LEN == syntax::MIN_LEN && CodeVerifier::MAX_LEN == syntax::MAX_LEN);

impl CodeVerifier {
    /// The minimum number of characters: 43.
    pub const MIN_LEN: usize = 43;

    /// The maximum number of characters: 128.
    pub const MAX_LEN: usize = 128;

    /// Generates a verifier of 43 characters from 32 octets of the operating system's random number generator, as
    /// [RFC 7636 section 7.1](https://www.rfc-editor.org/rfc/rfc7636#section-7.1) recommends.
    ///
    /// May block early during boot, until the generator is seeded.
    ///
    /// # Errors
    ///
    /// Returns [`GenerateError`] if the generator fails. Abort the login; there is no fallback.
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    ///
    /// let verifier = CodeVerifier::generate()?;
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// # Ok::<(), pkce_core::GenerateError>(())
    /// ```
    #[doc(alias("random", "new", "create", "rng"))]
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, GenerateError> {
        Self::try_generate_with(getrandom::fill).map_err(GenerateError)
    }

    /// Generates a verifier of 43 characters from 32 octets of an infallible generator, with a single call of `fill_bytes`.
    ///
    /// Accepts the cryptographically secure generators of `rand` 0.10. For those of `rand` 0.8 and 0.9, use
    /// [`generate_with`](Self::generate_with).
    ///
    /// # Security
    ///
    /// The generator must be seeded with octets that nobody can guess, and must not share its state with a clone.
    ///
    /// ```
    /// # mod rand {
    /// #     pub fn rng() -> chacha20::ChaCha20Rng { rand_core::SeedableRng::from_seed([4; 32]) }
    /// # }
    /// use pkce_core::CodeVerifier;
    ///
    /// // With `rand` 0.10:
    /// let verifier = CodeVerifier::generate_from_rng(&mut rand::rng());
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// ```
    #[doc(alias("random", "new", "rng"))]
    #[cfg(feature = "rand_core")]
    pub fn generate_from_rng<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::generate_with(|octets| rng.fill_bytes(octets))
    }

    /// The fallible form of [`generate_from_rng`](Self::generate_from_rng), with a single call of `try_fill_bytes`.
    ///
    /// # Errors
    ///
    /// Returns the generator's error. Abort the login; there is no fallback.
    ///
    /// ```
    /// # mod rand { pub mod rngs {
    /// #     pub struct SysRng;
    /// #     impl rand_core::TryRng for SysRng {
    /// #         type Error = std::io::Error;
    /// #         fn try_next_u32(&mut self) -> std::io::Result<u32> { Ok(4) }
    /// #         fn try_next_u64(&mut self) -> std::io::Result<u64> { Ok(4) }
    /// #         fn try_fill_bytes(&mut self, to: &mut [u8]) -> std::io::Result<()> { to.fill(4); Ok(()) }
    /// #     }
    /// #     impl rand_core::TryCryptoRng for SysRng {}
    /// # } }
    /// use pkce_core::CodeVerifier;
    ///
    /// // With `rand` 0.10:
    /// let verifier = CodeVerifier::try_generate_from_rng(&mut rand::rngs::SysRng)?;
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias("random", "new", "rng"))]
    #[cfg(feature = "rand_core")]
    pub fn try_generate_from_rng<R: rand_core::TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        Self::try_generate_with(|octets| rng.try_fill_bytes(octets))
    }

    /// Generates a verifier of 43 characters from 32 octets that `fill` writes, with a generator of any crate and version.
    ///
    /// # Security
    ///
    /// `fill` must overwrite the whole slice from a cryptographically secure generator. Octets that it does not write remain
    /// zero; this is not detected.
    ///
    /// ```
    /// # mod rand {
    /// #     pub fn rng() -> Rng { Rng }
    /// #     pub struct Rng;
    /// #     pub trait RngCore { fn fill_bytes(&mut self, to: &mut [u8]); }
    /// #     impl RngCore for Rng { fn fill_bytes(&mut self, to: &mut [u8]) { to.fill(4) } }
    /// # }
    /// use pkce_core::CodeVerifier;
    /// use rand::RngCore; // of `rand` 0.9
    ///
    /// let mut rng = rand::rng();
    /// let verifier = CodeVerifier::generate_with(|octets| rng.fill_bytes(octets));
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// ```
    #[doc(alias("random", "new", "create", "rng"))]
    #[must_use]
    pub fn generate_with(fill: impl FnOnce(&mut [u8])) -> Self {
        let Ok(verifier) = Self::try_generate_with(|octets| {
            fill(octets);
            Ok::<(), Infallible>(())
        });
        verifier
    }

    /// The fallible form of [`generate_with`](Self::generate_with).
    ///
    /// # Errors
    ///
    /// Returns the error of `fill`. Abort the login; there is no fallback.
    ///
    /// ```
    /// # #[cfg(feature = "getrandom")] {
    /// use pkce_core::CodeVerifier;
    ///
    /// // Needs `getrandom` 0.3 or later as a dependency of your own.
    /// let verifier = CodeVerifier::try_generate_with(getrandom::fill)?;
    /// assert_eq!(verifier.expose_secret().len(), 43);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("random", "new", "create", "rng"))]
    pub fn try_generate_with<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut octets = RandomOctets::<3>::zeroed();
        fill(octets.first(32))?;
        Ok(Self::encode(&mut octets, 32))
    }

    /// Encodes random octets as a verifier, in base64url: 32 octets become 43 characters, 96 become 128.
    ///
    /// Fewer than 32 octets and more than 96 do not compile: `cargo build` fails, but `cargo check` does not detect it.
    ///
    /// # Security
    ///
    /// Draw the octets from a cryptographically secure generator, use them for one verifier only, and wipe them;
    /// [`generate_with`](Self::generate_with) wipes them for you. No branch and no memory index depends on them.
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    ///
    /// let octets = [7; 32]; // from a hardware generator
    /// let verifier = CodeVerifier::from_random_bytes(&octets);
    /// assert_eq!(verifier.expose_secret(), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    /// ```
    #[doc(alias("base64", "random"))]
    #[must_use]
    pub fn from_random_bytes<const N: usize>(octets: &[u8; N]) -> Self {
        const { assert!(32 <= N && N <= 96, "a code_verifier is made from 32 to 96 octets") };
        let mut padded = RandomOctets::<6>::zeroed();
        padded.copy_from(octets);
        Self::encode(&mut padded, N)
    }

    /// Parses a `code_verifier`, checking its length and alphabet
    /// ([RFC 7636 section 4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)).
    ///
    /// Nothing is trimmed. A server calls
    /// [`ServerPolicy::check_token_request`](crate::ServerPolicy::check_token_request) instead, which also handles an absent
    /// verifier.
    ///
    /// # Errors
    ///
    /// Returns [`ParseVerifierError`] if the length or a byte is invalid. The stored value was damaged: start a new login.
    ///
    /// # Security
    ///
    /// The length, whether the value is well formed, and the offset of the first invalid byte are not secret. The caller
    /// wipes the buffer that holds `value`; `TryFrom<String>` wipes the `String`.
    ///
    /// ```
    /// use pkce_core::{CodeVerifier, ParseVerifierError};
    ///
    /// assert!(CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").is_ok());
    /// let padded = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=");
    /// assert_eq!(padded.unwrap_err(), ParseVerifierError::InvalidByte { index: 43 });
    /// ```
    #[doc(alias = "validate")]
    pub fn parse(value: &str) -> Result<Self, ParseVerifierError> {
        Ok(Self(SecretText::from_bytes(syntax::check(value)?)))
    }

    /// Returns the verifier as a string, for the user's session and for the token request. This is the only accessor.
    ///
    /// # Security
    ///
    /// Keep the string out of logs, send it over TLS only, and wipe every copy. Do not use it as `state`, which appears in
    /// URLs.
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    ///
    /// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    /// let body = format!("code=…&code_verifier={}", verifier.expose_secret());
    /// # assert!(body.ends_with(verifier.expose_secret()));
    /// ```
    #[doc(alias("secret", "reveal", "session", "cookie", "serialize", "state", "as_str"))]
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.as_str()
    }

    /// Derives the `code_challenge` for the authorization request
    /// ([RFC 7636 section 4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2)).
    ///
    /// Use [`CodeChallengeMethod::S256`]. Plain is only for clients that cannot compute S256, and is never a fallback
    /// ([section 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
    ///
    /// # Security
    ///
    /// No branch and no memory index depends on the verifier. An S256 challenge is not secret and is not wiped; a plain
    /// challenge is the verifier.
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, CodeVerifier};
    ///
    /// let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")?;
    /// let challenge = verifier.challenge(CodeChallengeMethod::S256);
    /// assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// # Ok::<(), pkce_core::ParseVerifierError>(())
    /// ```
    #[doc(alias("hash", "sha256", "s256", "base64", "plain"))]
    pub fn challenge(&self, method: CodeChallengeMethod) -> CodeChallenge {
        CodeChallenge::derive(self.as_bytes(), method)
    }

    /// Encodes the first `len` octets. [`Self::from_random_bytes`] checks their number at compile time:
    ///
    /// ```compile_fail
    /// pkce_core::CodeVerifier::from_random_bytes(&[0; 31]);
    /// ```
    ///
    /// ```compile_fail
    /// pkce_core::CodeVerifier::from_random_bytes(&[0; 97]);
    /// ```
    #[inline]
    fn encode<const CHUNKS: usize>(octets: &mut RandomOctets<CHUNKS>, len: usize) -> Self {
        let mut text = SecretText::placeholder(base64url::encoded_len(len));
        base64url::encode(octets.first(base64url::padded_len(len)), text.chunks_mut());
        Self(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for CodeVerifier {
    type Err = ParseVerifierError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Self::parse(value)
    }
}

impl TryFrom<&str> for CodeVerifier {
    type Error = ParseVerifierError;

    fn try_from(value: &str) -> Result<Self, Self::Error> {
        Self::parse(value)
    }
}

/// Parses a `String` and wipes its whole buffer, even on error.
#[cfg(feature = "alloc")]
impl TryFrom<alloc::string::String> for CodeVerifier {
    type Error = ParseVerifierError;

    fn try_from(value: alloc::string::String) -> Result<Self, Self::Error> {
        Self::parse(&zeroize::Zeroizing::new(value))
    }
}

/// Prints `CodeVerifier { .. }`.
impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeVerifier").finish_non_exhaustive()
    }
}

// The inner text wipes itself on drop.
impl ZeroizeOnDrop for CodeVerifier {}
