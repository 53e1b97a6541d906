//! What a device does with the crate, and what it must get.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};

/// The octets, the verifier and the challenge of RFC 7636 Appendix B.
const OCTETS: [u8; 32] = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240,
    91, 88, 5, 88, 83, 132, 141, 121,
];
const VERIFIER: &str = if cfg!(feature = "control") {
    "the control expects a text that is not the one"
} else {
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
};
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The known values, and the answers of a server to them.
pub fn appendix_b() -> Result<(), &'static str> {
    let verifier = CodeVerifier::from_random_bytes(&OCTETS);
    expect(verifier.expose_secret() == VERIFIER, "not the verifier of Appendix B")?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    expect(challenge.as_str() == CHALLENGE, "not the challenge of Appendix B")?;

    let stored = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256)
        .map_err(|_| "the challenge of Appendix B is refused")?;
    let answer = |verifier| ServerPolicy::new().check_token_request(Some(&stored), verifier);
    expect(
        answer(Some(VERIFIER)) == Ok(()),
        "the pair of Appendix B is refused",
    )?;
    // A challenge is also a well-formed verifier, but here it is the wrong one.
    expect(
        answer(Some(CHALLENGE)) == Err(TokenError::Mismatch),
        "a wrong verifier is not a mismatch",
    )?;
    expect(
        answer(None) == Err(TokenError::MissingVerifier),
        "an absent verifier is not missing",
    )
}

/// A login from the start: a fresh verifier, its challenge, and what the server says to it.
pub fn generated() -> Result<(), &'static str> {
    // Fixed octets, so that each run is the same. A real device seeds its generator with octets of its hardware
    // generator, or hands that one itself to `generate_from_rng`: a verifier made as here can be guessed.
    let mut generator = ChaCha20Rng::from_seed([7; 32]);
    let verifier = CodeVerifier::generate_from_rng(&mut generator);
    let another = CodeVerifier::generate_from_rng(&mut generator);
    let challenge = verifier.challenge(CodeChallengeMethod::S256);

    expect(
        verifier.expose_secret().len() == CodeVerifier::MIN_LEN,
        "a generated verifier has not 43 characters",
    )?;
    expect(
        challenge.verify(&verifier).is_ok(),
        "a generated verifier does not match its own challenge",
    )?;
    expect(
        challenge.verify(&another).is_err(),
        "two generated verifiers are the same",
    )
}

fn expect(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
