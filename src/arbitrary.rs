//! `Arbitrary` for fuzzing dependents: valid values of every length and character.

use ::arbitrary::{Arbitrary, Error, Result, Unstructured};

use crate::challenge::CodeChallenge;
use crate::method::CodeChallengeMethod;
use crate::secret::syntax::{MAX_LEN, MIN_LEN};
use crate::verifier::CodeVerifier;

/// The unreserved characters.
const ALPHABET: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// Generates a verifier of 43 to 128 characters. It is not secret: the fuzzer chooses it, through indexes into a table.
impl<'a> Arbitrary<'a> for CodeVerifier {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut text = [b'A'; MAX_LEN];
        let text = &mut text[..u.int_in_range(MIN_LEN..=MAX_LEN)?];
        for byte in text.iter_mut() {
            *byte = *u.choose(ALPHABET)?;
        }
        let text = core::str::from_utf8(text).map_err(|_| Error::IncorrectFormat)?;
        Self::parse(text).map_err(|_| Error::IncorrectFormat)
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, Some(1 + MAX_LEN))
    }
}

/// Generates a challenge of either method: any digest for S256, any verifier for plain.
impl<'a> Arbitrary<'a> for CodeChallenge {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        match u.arbitrary()? {
            CodeChallengeMethod::S256 => {
                // 32 octets as base64url are a challenge, whatever they are the digest of.
                let digest = CodeVerifier::from_random_bytes(&u.arbitrary::<[u8; 32]>()?);
                Self::parse(digest.expose_secret(), CodeChallengeMethod::S256).map_err(|_| Error::IncorrectFormat)
            }
            CodeChallengeMethod::Plain => Ok(u.arbitrary::<CodeVerifier>()?.challenge(CodeChallengeMethod::Plain)),
        }
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, Some(2 + MAX_LEN))
    }
}

/// Generates either method.
impl<'a> Arbitrary<'a> for CodeChallengeMethod {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(if u.arbitrary()? { Self::S256 } else { Self::Plain })
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, Some(1))
    }
}
