use crate::challenge::CodeChallenge;
use crate::error::{AuthorizationError, TokenError};
use crate::method::CodeChallengeMethod;

/// What an authorization server accepts, and its two decisions,
/// [RFC 7636 sections 4.3 to 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.3).
///
/// By default PKCE is required and S256 the only method. Both functions take the raw parameters, absent or empty ones
/// included, so that no rule is left to the caller.
///
/// ```
/// use pkce_core::{CodeChallenge, PkceOutcome, ServerPolicy};
///
/// const POLICY: ServerPolicy = ServerPolicy::new();
///
/// // The authorization endpoint: what goes into the database is text.
/// let request = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// let challenge = POLICY.authorization_request(request, Some("S256"))?;
/// let row = challenge.map(|it| (it.as_str().to_owned(), it.method().as_str()));
///
/// // The token endpoint: a row that does not parse any more is a server_error.
/// let stored = row.map(|(text, method)| CodeChallenge::parse(&text, method.parse()?)).transpose()?;
/// let outcome = POLICY.token_request(stored.as_ref(), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))?;
/// assert_eq!(outcome, PkceOutcome::Verified);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ServerPolicy {
    plain_allowed: bool,
    non_pkce_allowed: bool,
}

/// What a token request that is not refused has shown.
///
/// ```
/// use pkce_core::{PkceOutcome, ServerPolicy};
///
/// let policy = ServerPolicy::new().allow_non_pkce();
/// match policy.token_request(None, None)? {
///     PkceOutcome::Verified => unreachable!("nothing was stored to verify"),
///     PkceOutcome::NotUsed => { /* the client must be authenticated by other means */ }
/// }
/// # Ok::<(), pkce_core::TokenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "NotUsed means that nothing was verified"]
pub enum PkceOutcome {
    /// The verifier belongs to the stored challenge.
    Verified,
    /// Neither request used PKCE. Only a policy with [`allow_non_pkce`](ServerPolicy::allow_non_pkce) answers this.
    NotUsed,
}

impl ServerPolicy {
    /// PKCE is required, and S256 is the only method.
    ///
    /// ```
    /// # use pkce_core::ServerPolicy;
    /// assert_eq!(ServerPolicy::new(), ServerPolicy::default());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            plain_allowed: false,
            non_pkce_allowed: false,
        }
    }

    /// Accepts the method plain too, for clients that cannot hash.
    ///
    /// # Security
    ///
    /// A plain challenge is the verifier: whoever sees the authorization request can redeem the code. It must be kept as
    /// a secret, and encrypted where it travels inside the code
    /// ([RFC 7636 section 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)).
    ///
    /// ```
    /// # use pkce_core::ServerPolicy;
    /// assert_eq!(ServerPolicy::new().allow_plain().methods_supported().len(), 2);
    /// ```
    #[must_use]
    pub const fn allow_plain(self) -> Self {
        Self {
            plain_allowed: true,
            ..self
        }
    }

    /// Accepts requests without PKCE too, for confidential clients that do not know it.
    ///
    /// # Security
    ///
    /// A public client must not get through without PKCE
    /// ([RFC 9700 section 2.1.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1)): choose the policy by the client,
    /// and the same one for both of its requests. A challenge that was stored is always enforced.
    ///
    /// ```
    /// # use pkce_core::ServerPolicy;
    /// assert_eq!(ServerPolicy::new().allow_non_pkce().authorization_request(None, None), Ok(None));
    /// ```
    #[must_use]
    pub const fn allow_non_pkce(self) -> Self {
        Self {
            non_pkce_allowed: true,
            ..self
        }
    }

    /// The methods for `code_challenge_methods_supported` in the server's metadata
    /// ([RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
    ///
    /// ```
    /// # use pkce_core::{CodeChallengeMethod, ServerPolicy};
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

    /// Decides on the parameters `code_challenge` and `code_challenge_method` of an authorization request, and gives the
    /// challenge to store with the code ([RFC 7636 section 4.4](https://www.rfc-editor.org/rfc/rfc7636#section-4.4)).
    ///
    /// Hand it the parameters as they came, `None` for an absent one; an empty one counts as absent. A parameter that
    /// came twice is to be refused before ([RFC 6749 section 3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)).
    /// Store the text *and* the method. `Ok(None)` comes only under [`allow_non_pkce`](Self::allow_non_pkce): store that
    /// there is none.
    ///
    /// # Errors
    ///
    /// In this order: presence, method (absent means plain), policy, form of the challenge. Redirect back with
    /// [`AuthorizationError::oauth_error`] and the error's text, and issue no code.
    ///
    /// # Security
    ///
    /// An S256 challenge is not secret; a plain one is. Lengths, the place of the first bad byte and the decision are not.
    ///
    /// ```
    /// # use pkce_core::{AuthorizationError, ServerPolicy};
    /// let challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// assert!(ServerPolicy::new().authorization_request(challenge, Some("S256")).is_ok());
    /// assert_eq!(ServerPolicy::new().authorization_request(challenge, None), Err(AuthorizationError::PlainNotAllowed));
    /// ```
    pub fn authorization_request(
        &self,
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        let (challenge, method) = match (present(code_challenge), present(code_challenge_method)) {
            (Some(challenge), Some(method)) => (challenge, method.parse().map_err(AuthorizationError::Malformed)?),
            (Some(challenge), None) => (challenge, CodeChallengeMethod::Plain),
            (None, Some(_)) => return Err(AuthorizationError::MethodWithoutChallenge),
            (None, None) if self.non_pkce_allowed => return Ok(None),
            (None, None) => return Err(AuthorizationError::ChallengeRequired),
        };
        if !self.allows(method) {
            return Err(AuthorizationError::PlainNotAllowed);
        }
        CodeChallenge::parse(challenge, method)
            .map(Some)
            .map_err(AuthorizationError::Malformed)
    }

    /// Decides on the parameter `code_verifier` of a token request, against the challenge that is stored with the code
    /// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)).
    ///
    /// Hand it the parameter as it came, `None` for an absent one; an empty one counts as absent. A parameter that came
    /// twice is to be refused before ([RFC 6749 section 3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)).
    /// `stored` is `None` only where the authorization request had no challenge: a stored one that does not parse any
    /// more is the server's own fault, a `server_error`, and never "no challenge". Call it before any token is issued,
    /// and only for the client that the code was issued to.
    ///
    /// # Errors
    ///
    /// In this order: presence, policy, form of the verifier, comparison. Answer 400 with [`TokenError::oauth_error`] and
    /// the error's text, and issue no token.
    ///
    /// # Security
    ///
    /// The text is checked where it lies, and the only copy of it, the last block that is hashed, is wiped. No branch and
    /// no memory index depends on what it is, but for the two answers "well formed?" and "equal?". Not secret: its length,
    /// the place of the first bad byte of a refused one, and the decision. The buffer that holds the text is the caller's
    /// to wipe.
    ///
    /// ```
    /// # use pkce_core::{CodeChallenge, CodeChallengeMethod, PkceOutcome, ServerPolicy, TokenError};
    /// let stored = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", CodeChallengeMethod::S256)?;
    /// let right = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    /// assert_eq!(ServerPolicy::new().token_request(Some(&stored), right), Ok(PkceOutcome::Verified));
    /// let wrong = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXo");
    /// assert_eq!(ServerPolicy::new().token_request(Some(&stored), wrong), Err(TokenError::Mismatch));
    /// # Ok::<(), pkce_core::ParseError>(())
    /// ```
    pub fn token_request(
        &self,
        stored: Option<&CodeChallenge>,
        code_verifier: Option<&str>,
    ) -> Result<PkceOutcome, TokenError> {
        let (challenge, verifier) = match (stored, present(code_verifier)) {
            (Some(challenge), Some(verifier)) => (challenge, verifier),
            (Some(_), None) => return Err(TokenError::MissingVerifier),
            (None, Some(_)) => return Err(TokenError::UnexpectedVerifier),
            (None, None) if self.non_pkce_allowed => return Ok(PkceOutcome::NotUsed),
            (None, None) => return Err(TokenError::ChallengeRequired),
        };
        if !self.allows(challenge.method()) {
            return Err(TokenError::PlainNotAllowed);
        }
        if challenge.check(verifier).map_err(TokenError::Malformed)? {
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

/// A parameter that is sent without a value counts as omitted, RFC 6749 sections 3.1 and 3.2.
fn present(parameter: Option<&str>) -> Option<&str> {
    parameter.filter(|value| !value.is_empty())
}
