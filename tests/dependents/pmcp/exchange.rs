        let (challenge, method) = (&auth_code.code_challenge, &auth_code.code_challenge_method);
        let stored = CodeChallenge::from_stored(challenge.as_deref(), method.as_deref())
            .map_err(|error| Error::protocol(ErrorCode::INTERNAL_ERROR, error.to_string()))?;
        let secret = self.get_client(client_id).await?.and_then(|client| client.client_secret);
        let authenticated = secret.is_some() && secret == request.client_secret;
        Self::PKCE
            .check_token_request(stored.as_ref(), request.code_verifier.as_deref())
            .and_then(|outcome| outcome.or_authenticated(authenticated))
            .map_err(|error| Error::protocol(ErrorCode::INVALID_REQUEST, error.to_string()))?;
