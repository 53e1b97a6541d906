        Self::check_pkce(
            request.code_challenge.as_deref(),
            request.code_challenge_method.as_deref(),
        )
        .map(drop)
