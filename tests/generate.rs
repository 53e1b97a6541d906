//! A generated verifier is 32 octets of a cryptographic generator in 43 base64url characters (RFC 7636 sections 4.1 and
//! 7.1), without `.` and `~`, which some servers refuse. A generator that fails is an error.

mod common;
#[cfg(feature = "rand_core")]
#[path = "common/generator.rs"]
mod generator;

#[cfg(feature = "getrandom")]
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use common::laws;
#[cfg(any(feature = "getrandom", feature = "rand_core"))]
use common::model;
use pkce_core::CodeVerifier;

/// The octets 0 to 31 in base64url, without padding.
const COUNTED: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn count(octets: &mut [u8]) {
    for (octet, value) in octets.iter_mut().zip(0..) {
        *octet = value;
    }
}

#[derive(Debug, PartialEq)]
struct Failure(u32);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "failure {}", self.0)
    }
}

impl std::error::Error for Failure {}

#[test]
fn from_random_bytes_is_base64url_for_every_number_of_octets() {
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let mut octets = [0; 96];
    for _ in 0..if cfg!(miri) { 1 } else { 50 } {
        rng.fill_bytes(&mut octets);
        laws::encoding(&octets);
    }
}

#[test]
fn a_closure_is_called_once_with_32_octets() {
    let mut calls = Vec::new();
    let verifier = CodeVerifier::generate_with(|octets| {
        calls.push(octets.len());
        count(octets);
    });
    assert_eq!(verifier.expose_secret(), COUNTED);
    let verifier = CodeVerifier::try_generate_with(|octets| {
        calls.push(octets.len());
        count(octets);
        Ok::<(), Failure>(())
    });
    assert_eq!(verifier.unwrap().expose_secret(), COUNTED);
    assert_eq!(calls, [32, 32]);
}

#[test]
fn generate_with_is_from_random_bytes_of_the_same_octets() {
    for seed in 0..=u8::MAX {
        let octets: [u8; 32] = std::array::from_fn(|at| seed.wrapping_mul(31) ^ (at as u8).wrapping_mul(167));
        let verifier = CodeVerifier::generate_with(|to| to.copy_from_slice(&octets));
        let wanted = CodeVerifier::from_random_bytes(&octets);
        assert_eq!(verifier.expose_secret(), wanted.expose_secret());
    }
}

#[test]
fn returns_the_error_of_the_closure() {
    for code in [0, 7, u32::MAX] {
        let mut calls = 0;
        let refused = CodeVerifier::try_generate_with(|octets| {
            calls += 1;
            octets[..16].fill(0xaa);
            Err(Failure(code))
        });
        assert_eq!((refused.err(), calls), (Some(Failure(code)), 1));
    }
}

/// That the octets are wiped then is checked in memory, by `tests/promises/residue`.
#[test]
fn propagates_panics() {
    let panicked = catch_unwind(|| {
        CodeVerifier::generate_with(|octets| {
            octets.fill(0xaa);
            panic!("no octets")
        })
    });
    let payload = panicked.err().and_then(|payload| payload.downcast_ref().copied());
    assert_eq!(payload, Some("no octets"));

    let mut calls = 0;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        CodeVerifier::try_generate_with(|_| -> Result<(), Failure> {
            calls += 1;
            panic!("no octets")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(calls, 1);
}

#[test]
fn accepts_functions_and_closures_that_can_be_called_once() {
    assert_eq!(CodeVerifier::generate_with(count).expose_secret(), COUNTED);
    let mut octets = Box::new([0; 32]);
    count(&mut *octets);
    let fill = move |to: &mut [u8]| {
        to.copy_from_slice(&*octets);
        drop(octets);
    };
    assert_eq!(CodeVerifier::generate_with(fill).expose_secret(), COUNTED);
}

#[cfg(feature = "getrandom")]
#[test]
fn generate_has_43_base64url_characters_and_is_never_the_same() {
    // The probability that two of 10,000 values of 256 bits are equal is below 2^-229.
    let mut seen = HashSet::new();
    for _ in 0..if cfg!(miri) { 50 } else { 10_000 } {
        let verifier = CodeVerifier::generate().unwrap();
        let text = verifier.expose_secret();
        assert!(text.len() == 43 && text.chars().all(|char| model::BASE64URL.contains(char)));
        assert!(seen.insert(text.to_owned()));
    }
}

#[cfg(feature = "rand_core")]
mod from_a_generator {
    use std::convert::Infallible;

    use rand_core::{CryptoRng, TryCryptoRng};

    use super::generator::Generator;
    use super::*;

    /// Fills with the octets 0 to 31.
    fn counting() -> impl CryptoRng {
        Generator(|octets: &mut [u8]| {
            count(octets);
            Ok::<(), Infallible>(())
        })
    }

    /// Fails after filling half of the slice.
    fn failing(code: u32) -> impl TryCryptoRng<Error = Failure> {
        Generator(move |octets: &mut [u8]| {
            octets[..16].fill(0xaa);
            Err(Failure(code))
        })
    }

    #[test]
    fn fills_32_octets_once_for_each_verifier() {
        let mut fills = Vec::new();
        let mut rng = Generator(|octets: &mut [u8]| {
            fills.push(octets.len());
            octets.fill(fills.len() as u8);
            Ok::<(), Infallible>(())
        });
        let mut texts = Vec::new();
        for _ in 0..4 {
            texts.push(CodeVerifier::generate_from_rng(&mut rng).expose_secret().to_owned());
            let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut rng);
            texts.push(verifier.expose_secret().to_owned());
        }
        assert_eq!(fills, [32; 8]);
        let wanted: Vec<_> = (1..=8).map(|octet| model::base64url(&[octet; 32])).collect();
        assert_eq!(texts, wanted);
    }

    #[test]
    fn returns_the_error_of_the_generator() {
        for code in [0, 7, u32::MAX] {
            let mut calls = 0;
            let mut rng = Generator(|_: &mut [u8]| {
                calls += 1;
                Err(Failure(code))
            });
            assert_eq!(CodeVerifier::try_generate_from_rng(&mut rng).err(), Some(Failure(code)));
            assert_eq!(calls, 1);
        }
    }

    #[test]
    fn accepts_borrowed_and_generic_and_unsized_generators() {
        fn from_generic(rng: &mut impl CryptoRng) -> String {
            CodeVerifier::generate_from_rng(rng).expose_secret().to_owned()
        }
        assert_eq!(from_generic(&mut counting()), COUNTED);
        assert_eq!(from_generic(&mut &mut counting()), COUNTED);
        let mut rng = counting();
        let unsized_rng: &mut dyn CryptoRng = &mut rng;
        assert_eq!(CodeVerifier::generate_from_rng(unsized_rng).expose_secret(), COUNTED);
        let mut failing: Box<dyn TryCryptoRng<Error = Failure>> = Box::new(failing(3));
        let by_box = CodeVerifier::try_generate_from_rng(&mut failing);
        assert_eq!(by_box.err(), Some(Failure(3)));
        let by_value = CodeVerifier::try_generate_from_rng(&mut *failing);
        assert_eq!(by_value.err(), Some(Failure(3)));
    }

    #[test]
    fn propagates_panics() {
        let outcome = catch_unwind(|| {
            let mut rng = Generator(|_: &mut [u8]| -> Result<(), Infallible> { panic!("no octets") });
            CodeVerifier::generate_from_rng(&mut rng)
        });
        let payload = outcome.err().and_then(|payload| payload.downcast_ref().copied());
        assert_eq!(payload, Some("no octets"));
    }
}
