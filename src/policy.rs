use crate::challenge::CodeChallenge;
use crate::error::{AuthorizationError, TokenError};
use crate::method::CodeChallengeMethod;

/// The rules of an authorization server that requires PKCE
/// ([RFC 7636 sections 4.3 to 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.3)).
///
/// Accepts S256 only, unless [`allow_plain`](Self::allow_plain) is called. Both checks take the parameters as they were
/// received, including absent and empty ones. The caller still refuses repeated parameters, authenticates the client, checks
/// that the code was issued to it, and redeems each code once.
///
/// ```
/// use pkce_core::{CodeChallenge, ServerPolicy};
///
/// const POLICY: ServerPolicy = ServerPolicy::new();
///
/// // The authorization endpoint stores both columns with the code.
/// let sent = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// let challenge = POLICY.check_authorization_request(sent, Some("S256"))?;
/// let row = CodeChallenge::to_stored(Some(&challenge));
///
/// // The token endpoint reads them back.
/// let stored = CodeChallenge::from_stored(row.0, row.1)?;
/// let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
/// POLICY.check_token_request(stored.as_ref(), verifier)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("server", "axum", "validate", "require", "enforce"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ServerPolicy {
    plain_allowed: bool,
}

impl ServerPolicy {
    /// Creates a policy that requires PKCE and accepts S256 only.
    #[must_use]
    pub const fn new() -> Self {
        Self { plain_allowed: false }
    }

    /// Also accepts the method plain, for clients that cannot compute S256.
    ///
    /// # Security
    ///
    /// Call this only for registered clients that need it. An attacker who removes the method from an S256 request turns its
    /// challenge into a plain one, and can then redeem the code with that challenge, which is public.
    ///
    /// A plain challenge is the verifier: anyone who sees the authorization request can redeem the code. Store it as a
    /// secret, and encrypt it if it is carried inside the code
    /// ([RFC 7636 section 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
    ///
    /// ```
    /// use pkce_core::ServerPolicy;
    ///
    /// assert_eq!(ServerPolicy::new().allow_plain().methods_supported().len(), 2);
    /// ```
    #[must_use]
    pub const fn allow_plain(self) -> Self {
        Self { plain_allowed: true }
    }

    /// Also accepts requests without PKCE, for confidential clients that do not support it.
    ///
    /// # Security
    ///
    /// Public clients must use PKCE ([RFC 9700 section 2.1.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1)).
    /// Call [`LenientPolicy::require_pkce`] for them. A stored challenge is always enforced.
    ///
    /// ```
    /// use pkce_core::ServerPolicy;
    ///
    /// let lenient = ServerPolicy::new().allow_non_pkce();
    /// assert_eq!(lenient.check_authorization_request(None, None), Ok(None));
    /// ```
    #[doc(alias("optional", "downgrade"))]
    #[must_use]
    pub const fn allow_non_pkce(self) -> LenientPolicy {
        LenientPolicy {
            base: self,
            pkce_required: false,
        }
    }

    /// Returns the methods for `code_challenge_methods_supported` in the server's metadata
    /// ([RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
    ///
    /// ```
    /// use pkce_core::{CodeChallengeMethod, ServerPolicy};
    ///
    /// assert_eq!(ServerPolicy::new().methods_supported(), [CodeChallengeMethod::S256]);
    /// ```
    #[must_use]
    pub const fn methods_supported(&self) -> &'static [CodeChallengeMethod] {
        if self.plain_allowed {
            &[CodeChallengeMethod::S256, CodeChallengeMethod::Plain]
        } else {
            &[CodeChallengeMethod::S256]
        }
    }

    /// Checks the PKCE parameters of an authorization request and returns the challenge to store with the code
    /// ([RFC 7636 section 4.4](https://www.rfc-editor.org/rfc/rfc7636#section-4.4)).
    ///
    /// Pass each parameter as it was received, `None` if it is absent. An empty parameter counts as absent. Refuse a
    /// repeated parameter before the call
    /// ([RFC 6749 section 3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)). Store the challenge *and* the method.
    ///
    /// # Errors
    ///
    /// Checks presence, then the method, then the form of the challenge. If the redirect URI is valid, redirect to it as
    /// [`AuthorizationError`] describes, and issue no code.
    ///
    /// # Security
    ///
    /// An S256 challenge is not secret; a plain one is. Lengths, the offset of the first invalid byte, and the result are
    /// not secret.
    ///
    /// ```
    /// use pkce_core::{AuthorizationError, ServerPolicy};
    ///
    /// let policy = ServerPolicy::new();
    /// let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// assert!(policy.check_authorization_request(challenge, Some("S256")).is_ok());
    ///
    /// let error = policy.check_authorization_request(challenge, None).unwrap_err();
    /// assert_eq!(error, AuthorizationError::MissingMethod);
    /// ```
    #[doc(alias("validate", "server"))]
    pub fn check_authorization_request(
        &self,
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<CodeChallenge, AuthorizationError> {
        self.parse_challenge(code_challenge, code_challenge_method)?
            .ok_or(AuthorizationError::MissingChallenge)
    }

    /// Checks the `code_verifier` of a token request against the challenge stored with the code
    /// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
    ///
    /// Pass the parameter as it was received, `None` if it is absent. An empty parameter counts as absent. Refuse a
    /// repeated parameter before the call
    /// ([RFC 6749 section 3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)). Read `stored` with
    /// [`CodeChallenge::from_stored`]. Call this before issuing any token, after checking that the code was issued to this
    /// client. Call it for `grant_type=authorization_code`, and for device codes if the client's registration says that they
    /// use PKCE, but not for refresh tokens.
    ///
    /// # Errors
    ///
    /// Checks presence, then the policy, then the form of the verifier, then equality. Respond with status 400,
    /// [`TokenError::oauth_error`] and the error's text, and issue no token.
    ///
    /// # Security
    ///
    /// Reads the verifier in place; the only copies are hash blocks, which are wiped. No branch and no memory index depends
    /// on the verifier, except for the two results "well formed" and "equal" and, if it is malformed, the offset of its
    /// first invalid byte. These and its length are not secret. The caller wipes the buffer that holds the verifier.
    ///
    /// ```
    /// use pkce_core::{CodeChallenge, CodeChallengeMethod, ServerPolicy, TokenError};
    ///
    /// let policy = ServerPolicy::new();
    /// let value = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    /// let stored = CodeChallenge::parse(value, CodeChallengeMethod::S256)?;
    ///
    /// let right = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    /// policy.check_token_request(Some(&stored), right)?;
    ///
    /// let wrong = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXo");
    /// let error = policy.check_token_request(Some(&stored), wrong).unwrap_err();
    /// assert_eq!(error, TokenError::Mismatch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("verify", "validate", "compare", "server", "axum", "refresh", "device"))]
    pub fn check_token_request(
        &self,
        stored: Option<&CodeChallenge>,
        code_verifier: Option<&str>,
    ) -> Result<(), TokenError> {
        match self.verify_stored(stored, code_verifier)? {
            PkceOutcome::Verified => Ok(()),
            PkceOutcome::NotUsed => Err(TokenError::MissingChallenge),
        }
    }

    /// Applies every rule except the one in which the policies differ: `Ok(None)` means that PKCE is not used.
    fn parse_challenge(
        self,
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        let (challenge, method) = match (non_empty(code_challenge), non_empty(code_challenge_method)) {
            (Some(challenge), Some(method)) => (
                challenge,
                method.parse().map_err(|_| AuthorizationError::UnknownMethod)?,
            ),
            // RFC 7636 section 4.3: "defaults to plain if not present".
            (Some(challenge), None) if self.plain_allowed => (challenge, CodeChallengeMethod::Plain),
            (Some(_), None) => return Err(AuthorizationError::MissingMethod),
            (None, Some(_)) => return Err(AuthorizationError::MethodWithoutChallenge),
            (None, None) => return Ok(None),
        };
        if !self.allows(method) {
            return Err(AuthorizationError::PlainNotAllowed);
        }
        CodeChallenge::parse(challenge, method)
            .map(Some)
            .map_err(AuthorizationError::Malformed)
    }

    /// Applies every rule except the one in which the policies differ: whether `NotUsed` is accepted.
    fn verify_stored(
        self,
        stored: Option<&CodeChallenge>,
        code_verifier: Option<&str>,
    ) -> Result<PkceOutcome, TokenError> {
        let (challenge, verifier) = match (stored, non_empty(code_verifier)) {
            (Some(challenge), Some(verifier)) => (challenge, verifier),
            (Some(_), None) => return Err(TokenError::MissingVerifier),
            (None, Some(_)) => return Err(TokenError::UnexpectedVerifier),
            (None, None) => return Ok(PkceOutcome::NotUsed),
        };
        if !self.allows(challenge.method()) {
            return Err(TokenError::PlainNotAllowed);
        }
        if challenge.verify_str(verifier).map_err(TokenError::Malformed)? {
            Ok(PkceOutcome::Verified)
        } else {
            Err(TokenError::Mismatch)
        }
    }

    const fn allows(self, method: CodeChallengeMethod) -> bool {
        match method {
            CodeChallengeMethod::S256 => true,
            CodeChallengeMethod::Plain => self.plain_allowed,
        }
    }
}

/// The rules of an authorization server that also serves clients without PKCE.
///
/// Created by [`ServerPolicy::allow_non_pkce`]. Which client may omit PKCE is decided by its registration, never by the
/// request, and alike at both endpoints:
///
/// ```
/// use pkce_core::{
///     AuthorizationError, CodeChallenge, LenientPolicy, ServerPolicy, TokenError,
/// };
///
/// const LENIENT: LenientPolicy = ServerPolicy::new().allow_non_pkce();
///
/// // A public client must use PKCE.
/// let public_client = true;
/// let policy = LENIENT.require_pkce(public_client);
/// let error = policy.check_authorization_request(None, None).unwrap_err();
/// assert_eq!(error, AuthorizationError::MissingChallenge);
///
/// // A confidential client may omit PKCE. It authenticates in either case.
/// let policy = LENIENT.require_pkce(false);
/// let challenge = policy.check_authorization_request(None, None)?;
/// let row = CodeChallenge::to_stored(challenge.as_ref());
///
/// let stored = CodeChallenge::from_stored(row.0, row.1)?;
/// let authenticated = true;
/// policy.check_token_request(stored.as_ref(), None)?.or_authenticated(authenticated)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "downgrade")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LenientPolicy {
    base: ServerPolicy,
    pkce_required: bool,
}

impl LenientPolicy {
    /// Also accepts the method plain. See [`ServerPolicy::allow_plain`].
    ///
    /// ```
    /// use pkce_core::ServerPolicy;
    ///
    /// let policy = ServerPolicy::new();
    /// let lenient = policy.allow_non_pkce().allow_plain();
    /// assert_eq!(lenient, policy.allow_plain().allow_non_pkce());
    /// ```
    #[must_use]
    pub const fn allow_plain(self) -> Self {
        Self {
            base: self.base.allow_plain(),
            ..self
        }
    }

    /// Requires PKCE of the client at hand if `required` is true: both checks then decide as those of [`ServerPolicy`],
    /// and never return `None` or [`PkceOutcome::NotUsed`].
    ///
    /// A new policy requires it of no client. The last call decides: false revokes an earlier true.
    ///
    /// # Security
    ///
    /// Pass true for every public client. Take the value from the client's registration, never from the request, and pass
    /// the same one at both endpoints.
    ///
    /// ```
    /// use pkce_core::{ServerPolicy, TokenError};
    ///
    /// let lenient = ServerPolicy::new().allow_non_pkce();
    /// let public_client = true;
    /// let result = lenient.require_pkce(public_client).check_token_request(None, None);
    /// assert_eq!(result, Err(TokenError::MissingChallenge));
    /// ```
    #[doc(alias = "mandatory")]
    #[must_use]
    pub const fn require_pkce(self, required: bool) -> Self {
        Self {
            pkce_required: required,
            ..self
        }
    }

    /// Returns the methods for `code_challenge_methods_supported`. See [`ServerPolicy::methods_supported`].
    ///
    /// ```
    /// use pkce_core::ServerPolicy;
    ///
    /// assert_eq!(ServerPolicy::new().allow_non_pkce().methods_supported().len(), 1);
    /// ```
    #[must_use]
    pub const fn methods_supported(&self) -> &'static [CodeChallengeMethod] {
        self.base.methods_supported()
    }

    /// Checks the PKCE parameters of an authorization request and returns the challenge to store with the code, or `None`
    /// if the request does not use PKCE.
    ///
    /// Store the result with [`CodeChallenge::to_stored`]: for `None`, both columns are null. See
    /// [`ServerPolicy::check_authorization_request`] for everything else.
    ///
    /// # Errors
    ///
    /// Those of [`ServerPolicy::check_authorization_request`];
    /// [`MissingChallenge`](AuthorizationError::MissingChallenge) only if PKCE is [required](Self::require_pkce).
    ///
    /// ```
    /// use pkce_core::{AuthorizationError, ServerPolicy};
    ///
    /// let policy = ServerPolicy::new().allow_non_pkce();
    /// assert_eq!(policy.check_authorization_request(None, None), Ok(None));
    ///
    /// let error = policy.check_authorization_request(None, Some("S256")).unwrap_err();
    /// assert_eq!(error, AuthorizationError::MethodWithoutChallenge);
    /// ```
    pub fn check_authorization_request(
        &self,
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        match self.base.parse_challenge(code_challenge, code_challenge_method)? {
            None if self.pkce_required => Err(AuthorizationError::MissingChallenge),
            challenge => Ok(challenge),
        }
    }

    /// Checks the `code_verifier` of a token request against the challenge stored with the code, if there is one.
    ///
    /// `Ok` alone does not mean that a verifier was checked: call [`PkceOutcome::or_authenticated`] on the result. See
    /// [`ServerPolicy::check_token_request`] for the parameters and for what is secret.
    ///
    /// # Errors
    ///
    /// Those of [`ServerPolicy::check_token_request`]; here [`MissingChallenge`](TokenError::MissingChallenge) only if PKCE
    /// is [required](Self::require_pkce).
    ///
    /// ```
    /// use pkce_core::{ServerPolicy, TokenError};
    ///
    /// let policy = ServerPolicy::new().allow_non_pkce();
    ///
    /// // Neither request used PKCE.
    /// let client_is_authenticated = true;
    /// let outcome = policy.check_token_request(None, None)?;
    /// assert!(outcome.or_authenticated(client_is_authenticated).is_ok());
    ///
    /// // PKCE may be omitted, but not at one endpoint only.
    /// let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    /// let error = policy.check_token_request(None, verifier).unwrap_err();
    /// assert_eq!(error, TokenError::UnexpectedVerifier);
    /// # Ok::<(), TokenError>(())
    /// ```
    pub fn check_token_request(
        &self,
        stored: Option<&CodeChallenge>,
        code_verifier: Option<&str>,
    ) -> Result<PkceOutcome, TokenError> {
        match self.base.verify_stored(stored, code_verifier)? {
            PkceOutcome::NotUsed if self.pkce_required => Err(TokenError::MissingChallenge),
            outcome => Ok(outcome),
        }
    }
}

/// The result of a token request that a [`LenientPolicy`] accepts.
///
/// Most servers need no `match` on it: see [`or_authenticated`](Self::or_authenticated).
///
/// ```
/// use pkce_core::{PkceOutcome, ServerPolicy};
///
/// let outcome = ServerPolicy::new().allow_non_pkce().check_token_request(None, None)?;
/// assert_eq!(outcome, PkceOutcome::NotUsed);
/// # Ok::<(), pkce_core::TokenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "NotUsed means that nothing was verified"]
pub enum PkceOutcome {
    /// The verifier matches the stored challenge.
    Verified,
    /// Neither request used PKCE, so nothing but client authentication protects the code. Issue no token to a client that
    /// has not authenticated.
    NotUsed,
}

impl PkceOutcome {
    /// Accepts [`NotUsed`](Self::NotUsed) only if the client has authenticated.
    ///
    /// # Errors
    ///
    /// Returns [`TokenError::MissingChallenge`] for `NotUsed` if `client_is_authenticated` is false.
    ///
    /// # Security
    ///
    /// Pass true only if the client proved in this request that it holds its credentials, such as a client secret, a signed
    /// assertion or a TLS certificate. A `client_id` alone proves nothing.
    ///
    /// `Verified` is accepted even with false. PKCE does not replace client authentication: before this call, refuse a
    /// confidential client that did not authenticate, with `invalid_client`.
    ///
    /// ```
    /// use pkce_core::{PkceOutcome, TokenError};
    ///
    /// assert!(PkceOutcome::Verified.or_authenticated(false).is_ok());
    /// assert!(PkceOutcome::NotUsed.or_authenticated(true).is_ok());
    ///
    /// let error = PkceOutcome::NotUsed.or_authenticated(false).unwrap_err();
    /// assert_eq!(error, TokenError::MissingChallenge);
    /// ```
    #[doc(alias("confidential", "client_secret"))]
    pub const fn or_authenticated(self, client_is_authenticated: bool) -> Result<(), TokenError> {
        match self {
            Self::NotUsed if !client_is_authenticated => Err(TokenError::MissingChallenge),
            Self::Verified | Self::NotUsed => Ok(()),
        }
    }
}

/// Treats an empty parameter as absent (RFC 6749 sections 3.1 and 3.2).
fn non_empty(parameter: Option<&str>) -> Option<&str> {
    parameter.filter(|value| !value.is_empty())
}
