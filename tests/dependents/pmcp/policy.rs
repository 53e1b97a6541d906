    /// PKCE is optional: every client that is registered here has a secret.
    const PKCE: LenientPolicy = ServerPolicy::new().allow_plain().allow_non_pkce();

    /// Checks the PKCE parameters of an authorization request.
    fn check_pkce(challenge: Option<&str>, method: Option<&str>) -> Result<Option<CodeChallenge>> {
        Self::PKCE
            .check_authorization_request(challenge, method)
            .map_err(|error| Error::protocol(ErrorCode::INVALID_REQUEST, error.to_string()))
    }
