//! The operations on secrets, each with secrets as unlike each other as there are.
//!
//! On these processors valgrind cannot look. A Cortex-M0 has no conditional instructions either, so that a compiler is
//! quick to make a branch of a comparison.

use core::hint::black_box;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};

use crate::counts::{Counts, Tally};
use crate::stopwatch::Stopwatch;

const POLICY: ServerPolicy = ServerPolicy::new().allow_plain();

pub fn all(stopwatch: Stopwatch) -> Result<Tally, &'static str> {
    let mut counts = Counts::new(stopwatch);
    controls(&counts)?;
    generate(&mut counts)?;
    of_length::<43>(&mut counts)?;
    of_length::<64>(&mut counts)?;
    of_length::<128>(&mut counts)?;
    nearly_right(&mut counts)?;
    Ok(counts.tally)
}

/// A branch over one instruction is seen, and so is a comparison that stops at the first difference.
fn controls(counts: &Counts) -> Result<(), &'static str> {
    let branch = |bytes: &mut [u8; 32]| {
        if bytes[0] < 0x80 {
            // Not to be done away with, and not to be made conditional.
            cortex_m::asm::nop();
        }
        true
    };
    counts.different("control: a branch", &[[0; 32], [0xff; 32]], |octets| *octets, branch)?;
    let early_exit = |bytes: &mut [u8; 43]| bytes.iter().all(|byte| black_box(*byte) == b'A');
    let stops_early = "control: a comparison that stops early";
    counts.different(stops_early, &texts::<43>(), |text| *text, early_exit)
}

fn generate(counts: &mut Counts) -> Result<(), &'static str> {
    let seeded = |seed: &[u8; 32]| ChaCha20Rng::from_seed(*seed);
    let generate = |rng: &mut ChaCha20Rng| CodeVerifier::try_generate_from_rng(rng).is_ok();
    counts.same("generate_from_rng", &octets::<32>(), seeded, generate)?;
    from_random_bytes::<32>(counts)?;
    from_random_bytes::<33>(counts)?;
    from_random_bytes::<96>(counts)
}

fn from_random_bytes<const N: usize>(counts: &mut Counts) -> Result<(), &'static str> {
    let verifier = |octets: &mut [u8; N]| made(CodeVerifier::from_random_bytes(octets));
    counts.same("from_random_bytes", &octets::<N>(), |octets| *octets, verifier)
}

fn of_length<const N: usize>(counts: &mut Counts) -> Result<(), &'static str> {
    let texts = texts::<N>();
    let own_s256 = |text: &[u8; N]| (*text, verifier(text).challenge(CodeChallengeMethod::S256));
    let own_plain = |text: &[u8; N]| (*text, verifier(text).challenge(CodeChallengeMethod::Plain));
    // None of the texts. Some differ from it at the first character, some only at the last one.
    let other = verifier(&[b'B'; N]);
    let other_s256 = |text: &[u8; N]| (*text, other.challenge(CodeChallengeMethod::S256));
    let other_plain = |text: &[u8; N]| (*text, other.challenge(CodeChallengeMethod::Plain));

    counts.same(
        "parse",
        &texts,
        |text| *text,
        |text| CodeVerifier::parse(str(text)).is_ok(),
    )?;
    counts.same("challenge, S256", &texts, verifier, |v| {
        made(v.challenge(CodeChallengeMethod::S256))
    })?;
    counts.same("challenge, plain", &texts, verifier, |v| {
        made(v.challenge(CodeChallengeMethod::Plain))
    })?;
    counts.same("token_request, S256, verified", &texts, own_s256, |(v, stored)| {
        verified(stored, v)
    })?;
    counts.same("token_request, S256, mismatch", &texts, other_s256, |(v, stored)| {
        mismatch(stored, v)
    })?;
    counts.same("token_request, plain, verified", &texts, own_plain, |(v, stored)| {
        verified(stored, v)
    })?;
    counts.same("token_request, plain, mismatch", &texts, other_plain, |(v, stored)| {
        mismatch(stored, v)
    })?;
    let and_challenge = |text: &[u8; N]| (verifier(text), other.challenge(CodeChallengeMethod::S256));
    counts.same("verify, S256, mismatch", &texts, and_challenge, |(v, stored)| {
        stored.verify(v).is_err()
    })
}

/// A digest that differs in a single letter: where that stands must not be seen. Digests of different verifiers differ
/// from the start, so that a comparison that stops early would pass everything above.
fn nearly_right(counts: &mut Counts) -> Result<(), &'static str> {
    let (text, other) = (&[b'B'; 43], verifier(&[b'C'; 43]));
    let right = verifier(text).challenge(CodeChallengeMethod::S256);
    let almost = |at: &usize| {
        let mut letters = [0; 43];
        letters.copy_from_slice(right.as_str().as_bytes());
        // Both are canonical at the end, too.
        letters[*at] = if letters[*at] == b'A' { b'E' } else { b'A' };
        CodeChallenge::parse(str(&letters), CodeChallengeMethod::S256)
            .unwrap_or_else(|_| other.challenge(CodeChallengeMethod::S256))
    };
    let places: [usize; 43] = core::array::from_fn(|at| at);
    counts.same("token_request, S256, one letter wrong", &places, almost, |stored| {
        mismatch(stored, text)
    })
}

/// For the operations that always give a value: it is made, and not left out because nobody reads it.
fn made<T>(value: T) -> bool {
    black_box(value);
    true
}

fn verified(stored: &CodeChallenge, verifier: &[u8]) -> bool {
    POLICY.check_token_request(Some(stored), Some(str(verifier))) == Ok(())
}

fn mismatch(stored: &CodeChallenge, verifier: &[u8]) -> bool {
    POLICY.check_token_request(Some(stored), Some(str(verifier))) == Err(TokenError::Mismatch)
}

fn octets<const N: usize>() -> [[u8; N]; 6] {
    let mut random = [[0; N]; 2];
    let mut generator = ChaCha20Rng::from_seed([1; 32]);
    random.iter_mut().for_each(|octets| generator.fill_bytes(octets));
    [[0; N], [0xff; N], [0x55; N], [0xaa; N], random[0], random[1]]
}

/// Well-formed verifiers of each class of characters and its ends, of two classes in turn, and of random characters;
/// and all `B` but for the first and but for the last character.
fn texts<const N: usize>() -> [[u8; N]; 19] {
    const ALPHABET: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    let mut texts = [[b'B'; N]; 19];
    let [first, last, in_turn, random @ .., a, b, c, d, e, f, g, h, i, j] = &mut texts;
    first[0] = b'~';
    last[N - 1] = b'C';
    in_turn.iter_mut().step_by(2).for_each(|byte| *byte = b'~');
    let mut generator = ChaCha20Rng::from_seed([2; 32]);
    for byte in random.iter_mut().flatten() {
        *byte = ALPHABET[generator.next_u32() as usize % ALPHABET.len()];
    }
    for (text, letter) in [a, b, c, d, e, f, g, h, i, j].into_iter().zip(*b"AZaz09-._~") {
        *text = [letter; N];
    }
    texts
}

/// The texts are well formed: that a refused one took the place of another would be seen at `parse`.
fn verifier<const N: usize>(text: &[u8; N]) -> CodeVerifier {
    CodeVerifier::parse(str(text)).unwrap_or_else(|_| CodeVerifier::from_random_bytes(&[0; 96]))
}

fn str(text: &[u8]) -> &str {
    core::str::from_utf8(text).unwrap_or_default()
}
