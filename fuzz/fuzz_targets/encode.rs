//! A verifier of 32 to 96 octets is their base64url, and one from a generator is that of 32 octets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use pkce_core_fuzz::base64url;
use rand_core::{TryCryptoRng, TryRng};

fuzz_target!(|input: &[u8]| {
    // Repeats short input, so that a long verifier does not end in zeros.
    let octets: [u8; 96] = match input {
        [] => [0; 96],
        _ => std::array::from_fn(|i| input[i % input.len()]),
    };
    assert_encodes_every_length(&octets);
    assert_generates(octets.first_chunk().unwrap());
    assert_round_trips(octets.last_chunk().unwrap());
});

macro_rules! for_each_length {
    ($octets:expr, $($n:literal)*) => { $(assert_encodes::<$n>($octets);)* };
}

fn assert_encodes_every_length(octets: &[u8; 96]) {
    for_each_length!(octets, 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53);
    for_each_length!(octets, 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75);
    for_each_length!(octets, 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96);
}

fn assert_encodes<const N: usize>(octets: &[u8; 96]) {
    let octets: &[u8; N] = octets.first_chunk().unwrap();
    assert_eq!(
        CodeVerifier::from_random_bytes(octets).expose_secret(),
        base64url(octets),
        "{N} octets"
    );
}

fn assert_generates(octets: &[u8; 32]) {
    let with_closure = CodeVerifier::generate_with(|to| to.copy_from_slice(octets));
    assert_eq!(with_closure.expose_secret(), base64url(octets));
    let mut generator = Generator { octets, fills: 0 };
    let verifier = CodeVerifier::try_generate_from_rng(&mut generator).unwrap();
    assert_eq!(verifier.expose_secret(), base64url(octets));
    assert_eq!(generator.fills, 1);
    let refused = CodeVerifier::try_generate_from_rng(&mut generator);
    assert_eq!(
        refused.err().map(|why| why.0),
        Some("exhausted"),
        "the generator's own error"
    );
}

/// The crate decodes what base64 encodes.
fn assert_round_trips(digest: &[u8; 32]) {
    let text = base64url(digest);
    let challenge = CodeChallenge::parse(&text, CodeChallengeMethod::S256).unwrap();
    assert_eq!(challenge.as_str(), text);
}

/// Succeeds in the first fill, and fails from then on.
struct Generator<'a> {
    octets: &'a [u8; 32],
    fills: usize,
}

#[derive(Debug)]
struct Exhausted(&'static str);

impl std::fmt::Display for Exhausted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Exhausted {}

impl TryRng for Generator<'_> {
    type Error = Exhausted;

    fn try_next_u32(&mut self) -> Result<u32, Exhausted> {
        unreachable!("octets are drawn by a fill")
    }

    fn try_next_u64(&mut self) -> Result<u64, Exhausted> {
        unreachable!("octets are drawn by a fill")
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Exhausted> {
        self.fills += 1;
        if self.fills > 1 {
            return Err(Exhausted("exhausted"));
        }
        to.copy_from_slice(self.octets);
        Ok(())
    }
}

impl TryCryptoRng for Generator<'_> {}
