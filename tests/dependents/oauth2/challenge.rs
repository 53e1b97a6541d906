/// The `code_challenge` and its method. Deserializing checks both.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(from = "CodeChallenge", into = "CodeChallenge")]
pub struct PkceCodeChallenge {
    challenge: CodeChallenge,
    method: PkceCodeChallengeMethod,
}

impl From<CodeChallenge> for PkceCodeChallenge {
    fn from(challenge: CodeChallenge) -> Self {
        let method = PkceCodeChallengeMethod::new(challenge.method().as_str().to_owned());
        Self { challenge, method }
    }
}

impl From<PkceCodeChallenge> for CodeChallenge {
    fn from(challenge: PkceCodeChallenge) -> Self {
        challenge.challenge
    }
}

impl PkceCodeChallenge {
    /// Generates a verifier from 32 random octets, and its S256 challenge.
    pub fn new_random_sha256() -> (Self, PkceCodeVerifier) {
        let verifier = Self::new_random();
        (Self::from_code_verifier_sha256(&verifier), verifier)
    }

    /// Generates a verifier as long as `num_bytes` random octets in base64url, and its S256 challenge.
    ///
    /// # Panics
    ///
    /// Panics unless `num_bytes` is from 32 to 96.
    pub fn new_random_sha256_len(num_bytes: u32) -> (Self, PkceCodeVerifier) {
        assert!((32..=96).contains(&num_bytes));
        let mut octets = [0; 96];
        thread_rng().fill(&mut octets[..]);
        let longest = CodeVerifier::from_random_bytes(&octets);
        let len = (num_bytes as usize * 4).div_ceil(3);
        let verifier = PkceCodeVerifier::new(longest.expose_secret()[..len].to_owned());
        (Self::from_code_verifier_sha256(&verifier), verifier)
    }

    fn new_random() -> PkceCodeVerifier {
        let verifier = CodeVerifier::generate_with(|octets| thread_rng().fill(octets));
        PkceCodeVerifier::new(verifier.expose_secret().to_owned())
    }

    /// Derives the S256 challenge from a verifier.
    ///
    /// # Panics
    ///
    /// Panics if the verifier is malformed.
    pub fn from_code_verifier_sha256(code_verifier: &PkceCodeVerifier) -> Self {
        Self::derive(code_verifier, CodeChallengeMethod::S256)
    }

    /// Generates a verifier from 32 random octets, and its plain challenge.
    #[cfg(feature = "pkce-plain")]
    pub fn new_random_plain() -> (Self, PkceCodeVerifier) {
        let verifier = Self::new_random();
        (Self::from_code_verifier_plain(&verifier), verifier)
    }

    /// Derives the plain challenge from a verifier.
    ///
    /// # Panics
    ///
    /// Panics if the verifier is malformed.
    #[cfg(feature = "pkce-plain")]
    pub fn from_code_verifier_plain(code_verifier: &PkceCodeVerifier) -> Self {
        Self::derive(code_verifier, CodeChallengeMethod::Plain)
    }

    fn derive(verifier: &PkceCodeVerifier, method: CodeChallengeMethod) -> Self {
        let verifier = CodeVerifier::parse(verifier.secret()).expect("a well-formed code_verifier");
        verifier.challenge(method).into()
    }

    /// Returns the challenge as a string.
    pub fn as_str(&self) -> &str {
        self.challenge.as_str()
    }

    /// Returns the method.
    pub fn method(&self) -> &PkceCodeChallengeMethod {
        &self.method
    }
}
