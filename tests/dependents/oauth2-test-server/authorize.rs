    let checked = pkce_policy(&state, &client).check_authorization_request(
        params.code_challenge.as_deref(),
        params.code_challenge_method.as_deref(),
    );
    let challenge = match checked {
        Ok(challenge) => challenge,
        Err(error) => {
            return Redirect::to(&format!(
                "/error?error={}&error_description={error}&state={}",
                error.oauth_error(),
                params.state.as_deref().unwrap_or("")
            ))
            .into_response();
        }
    };
    let (code_challenge, code_challenge_method) = CodeChallenge::to_stored(challenge.as_ref());

    let code = generate_code();
