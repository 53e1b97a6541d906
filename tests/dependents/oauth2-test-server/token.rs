    let client = state.store.get_client(&code_obj.client_id).await;
    let client = client.ok_or(OauthError::InvalidClient)?;
    let stored = CodeChallenge::from_stored(
        code_obj.code_challenge.as_deref(),
        code_obj.code_challenge_method.as_deref(),
    );
    pkce_policy(&state, &client)
        .check_token_request(
            stored.map_err(|_| OauthError::ServerError)?.as_ref(),
            form.code_verifier.as_deref(),
        )
        // The secret of a confidential client is not checked here, because the server is for tests.
        .and_then(|outcome| outcome.or_authenticated(!is_public(&client)))
        .map_err(|error| OauthError::Custom {
            status: http::StatusCode::BAD_REQUEST,
            error: error.oauth_error().to_owned(),
            description: Some(error.to_string()),
        })?;
