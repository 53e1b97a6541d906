//! Prints a SHA-256 that has nothing to do with PKCE, and the challenge of a verifier.

use std::error::Error;
use std::hint::black_box;

#[cfg(feature = "sha2-0-10")]
use sha2_0_10::{Digest, Sha256};
#[cfg(feature = "sha2-0-11")]
use sha2_0_11::{Digest, Sha256};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[cfg(feature = "pkce-core")]
fn generate() -> Result<String, Box<dyn Error>> {
    Ok(pkce_core::CodeVerifier::generate()?.expose_secret().to_owned())
}

#[cfg(feature = "pkce-core")]
fn challenge(verifier: &str) -> Result<String, Box<dyn Error>> {
    let verifier = pkce_core::CodeVerifier::parse(verifier)?;
    Ok(verifier
        .challenge(pkce_core::CodeChallengeMethod::S256)
        .as_str()
        .to_owned())
}

#[cfg(feature = "by-hand")]
fn generate() -> Result<String, Box<dyn Error>> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let mut octets = [0; 32];
    getrandom::fill(&mut octets)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(octets))
}

#[cfg(feature = "by-hand")]
fn challenge(verifier: &str) -> Result<String, Box<dyn Error>> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    Ok(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)))
}

fn main() -> Result<(), Box<dyn Error>> {
    assert_eq!(generate()?.len(), VERIFIER.len());
    let hash: String = Sha256::digest(black_box("abc"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("{hash}\n{}", challenge(black_box(VERIFIER))?);
    Ok(())
}
