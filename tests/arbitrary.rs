//! The feature `arbitrary` produces only valid values, and every one of them.
#![cfg(feature = "arbitrary")]

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Unstructured};
use chacha20::ChaCha12Rng;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use rand_core::{Rng, SeedableRng};

const ROUNDS: usize = if cfg!(miri) { 8 } else { 2_000 };

/// Collects the results of `read` for inputs that a fuzzer could choose.
fn many<T>(mut read: impl FnMut(&mut Unstructured<'_>) -> T) -> Vec<T> {
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let mut octets = [0; 300];
    (0..ROUNDS)
        .map(|_| {
            rng.fill_bytes(&mut octets);
            read(&mut Unstructured::new(&octets))
        })
        .collect()
}

#[test]
fn verifiers_are_well_formed_and_of_every_length_and_character() {
    let verifiers = many(|u| CodeVerifier::arbitrary(u).unwrap());
    let mut lengths = BTreeSet::new();
    let mut characters = BTreeSet::new();
    for verifier in &verifiers {
        let text = verifier.expose_secret();
        assert!(CodeVerifier::parse(text).is_ok());
        lengths.insert(text.len());
        characters.extend(text.bytes());
    }
    if !cfg!(miri) {
        assert!(lengths.into_iter().eq(43..=128));
        assert_eq!(characters.len(), 66);
    }
}

#[test]
fn challenges_are_well_formed_and_of_both_methods() {
    let challenges = many(|u| CodeChallenge::arbitrary(u).unwrap());
    for challenge in &challenges {
        assert_eq!(
            CodeChallenge::parse(challenge.as_str(), challenge.method()).as_ref(),
            Ok(challenge)
        );
    }
    let plain = challenges
        .iter()
        .filter(|it| it.method() == CodeChallengeMethod::Plain)
        .count();
    assert!(plain > ROUNDS / 4 && plain < ROUNDS - ROUNDS / 4, "{plain}");
    let last_characters: BTreeSet<_> = challenges
        .iter()
        .filter(|it| it.method() == CodeChallengeMethod::S256)
        .filter_map(|it| it.as_str().bytes().next_back())
        .collect();
    assert!(cfg!(miri) || last_characters.len() == 16, "{last_characters:?}");
}

/// A fuzzer starts with empty input.
#[test]
fn accepts_empty_input() {
    let mut nothing = Unstructured::new(&[]);
    assert_eq!(
        CodeVerifier::arbitrary(&mut nothing).unwrap().expose_secret(),
        "A".repeat(43)
    );
    assert!(CodeChallenge::arbitrary(&mut nothing).is_ok());
    assert!(CodeChallengeMethod::arbitrary(&mut nothing).is_ok());
}

/// The size hints match what is consumed: nothing at the end of the input, and at most what the longest value needs.
#[test]
fn size_hints_are_exact() {
    fn exact<T: for<'a> Arbitrary<'a>>() {
        let (least, most) = T::size_hint(0);
        assert_eq!(least, 0);
        let taken = many(|u| {
            let before = u.len();
            assert!(T::arbitrary(u).is_ok());
            before - u.len()
        });
        let longest = taken.into_iter().max();
        assert!(
            if cfg!(miri) { longest <= most } else { longest == most },
            "{longest:?} of {most:?}"
        );
    }
    exact::<CodeVerifier>();
    exact::<CodeChallenge>();
    exact::<CodeChallengeMethod>();
}
