//! What a device does with the crate, and the values that it must get.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};

use crate::stopwatch::Stopwatch;

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

/// Compares with the known values, on the client's side and on the server's.
pub fn appendix_b() -> Result<(), &'static str> {
    let verifier = CodeVerifier::from_random_bytes(&OCTETS);
    expect(verifier.expose_secret() == VERIFIER, "not the verifier of Appendix B")?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    expect(challenge.as_str() == CHALLENGE, "not the challenge of Appendix B")?;

    let stored = CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256)
        .map_err(|_| "the challenge of Appendix B is refused")?;
    let check = |verifier| ServerPolicy::new().check_token_request(Some(&stored), verifier);
    expect(check(Some(VERIFIER)) == Ok(()), "the pair of Appendix B is refused")?;
    // A challenge is a well-formed verifier too, but the wrong one here.
    expect(
        check(Some(CHALLENGE)) == Err(TokenError::Mismatch),
        "a wrong verifier is not a mismatch",
    )?;
    expect(
        check(None) == Err(TokenError::MissingVerifier),
        "an absent verifier is not missing",
    )
}

/// Logs in with a new verifier, and prints how long each step takes.
pub fn generated(stopwatch: &Stopwatch) -> Result<(), &'static str> {
    // A constant seed, so that every run is the same. A verifier made like this can be guessed: a real device seeds its
    // generator from its hardware generator, or passes that one itself to `generate_from_rng`.
    let mut generator = ChaCha20Rng::from_seed([7; 32]);
    stopwatch.print("generate_from_rng", || CodeVerifier::generate_from_rng(&mut generator));

    let verifier = CodeVerifier::generate_from_rng(&mut generator);
    let another = CodeVerifier::generate_from_rng(&mut generator);
    expect(
        verifier.expose_secret().len() == CodeVerifier::MIN_LEN,
        "a generated verifier has not 43 characters",
    )?;
    stopwatch.print("challenge", || verifier.challenge(CodeChallengeMethod::S256));

    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    stopwatch.print("verify", || challenge.verify(&verifier));
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
