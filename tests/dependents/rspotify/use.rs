        let verifier = Self::generate_verifier(verifier_bytes)?;
        let challenge = verifier.challenge(CodeChallengeMethod::S256);
        self.verifier = Some(Arc::new(verifier));
