        let verifier = CodeVerifier::generate_with(|octets| rand::thread_rng().fill(octets));
        PkcePair {
            code_verifier: verifier.expose_secret().to_owned(),
            code_challenge: verifier.challenge(CodeChallengeMethod::S256).as_str().to_owned(),
        }
