    /// Generates a verifier of this length.
    fn generate_verifier(len: usize) -> ClientResult<CodeVerifier> {
        let mut octets = [0; 96];
        getrandom::fill(&mut octets).expect("random octets");
        let longest = CodeVerifier::from_random_bytes(&octets);
        let verifier = longest.expose_secret().get(..len).unwrap_or_default();
        Ok(CodeVerifier::parse(verifier).map_err(std::io::Error::other)?)
    }
