    ) -> Result<String> {
        let challenge = Self::check_pkce(code_challenge.as_deref(), code_challenge_method.as_deref())?;
        let (code_challenge, code_challenge_method) = CodeChallenge::to_stored(challenge.as_ref());
