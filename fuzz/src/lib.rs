//! What the targets share: the laws of the crate's tests, and readings of an input.

#[path = "../../tests/common/mod.rs"]
pub mod common;

pub use common::laws;
pub use common::model::{BASE64URL, UNRESERVED, base64url, challenge_of};
pub use common::policy::POLICIES;
pub use common::{METHODS, assert_fits_error_description};
use pkce_core::CodeChallengeMethod;

// Inputs

/// Returns the input as text. What is not UTF-8 cannot reach the crate.
pub fn text_of(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

/// Returns a well-formed verifier of 43 to 128 characters.
pub fn verifier_text(input: &[u8]) -> String {
    let filled = input.iter().chain(std::iter::repeat(&b'A'));
    let text = filled.map(|&byte| char::from(one_of(UNRESERVED, byte)));
    text.take(input.len().clamp(43, 128)).collect()
}

/// Returns `text` with another character at an offset.
pub fn with_character(text: &str, at: u8, character: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(at) % bytes.len();
    bytes[at] = one_of(BASE64URL, character);
    text_of(&bytes)
}

/// Maps a byte of `alphabet` to itself, so that seeds are readable, and any other byte to one of `alphabet`.
fn one_of(alphabet: &str, byte: u8) -> u8 {
    match alphabet.as_bytes() {
        alphabet if alphabet.contains(&byte) => byte,
        alphabet => alphabet[usize::from(byte) % alphabet.len()],
    }
}

/// Splits the input of a target that takes several texts at tabs. The last text may contain tabs; missing ones are
/// empty.
pub fn fields<const N: usize>(input: &str) -> [&str; N] {
    let mut fields = input.splitn(N, '\t');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// Returns the challenge that an input stands for: `=` is the challenge of `verifier`, which no fuzzer guesses. Two
/// bytes after `=` are an offset and the character to write there.
pub fn spelled_challenge(spelled: &str, verifier: &str, method: CodeChallengeMethod) -> String {
    let right = || challenge_of(verifier, method);
    match spelled.as_bytes() {
        b"=" => right(),
        [b'=', at, character] if !verifier.is_empty() => with_character(&right(), *at, *character),
        _ => spelled.to_owned(),
    }
}
