//! A generated verifier is 32 octets of a cryptographic generator in 43 base64url characters (RFC 7636 sections 4.1 and
//! 7.1), without `.` and `~`, which some servers refuse. A generator that fails is an error.

use pkce_core::CodeVerifier;

/// The octets 0 to 31 in base64url, without padding.
const COUNTED: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn counted_octets() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
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
fn from_random_bytes_of_32_to_96_octets_has_43_to_128_characters() {
    let made = [
        (32, text_of::<32>()),
        (33, text_of::<33>()),
        (34, text_of::<34>()),
        (35, text_of::<35>()),
        (40, text_of::<40>()),
        (47, text_of::<47>()),
        (48, text_of::<48>()),
        (64, text_of::<64>()),
        (65, text_of::<65>()),
        (94, text_of::<94>()),
        (95, text_of::<95>()),
        (96, text_of::<96>()),
    ];
    for (octets, text) in made {
        // Six bits per character, rounded up.
        assert_eq!(text.len(), (octets * 8usize).div_ceil(6), "{octets}");
        assert!((43..=128).contains(&text.len()), "{octets}");
        assert!(text.bytes().all(is_base64url), "{octets}");
        assert_eq!(CodeVerifier::parse(&text).unwrap().expose_secret(), text);
    }
}

#[test]
fn from_random_bytes_keeps_the_order_of_characters() {
    // 96 octets that contain the 64 sextets in order, twice.
    let mut octets = [0; 96];
    for (at, three) in octets.chunks_exact_mut(3).enumerate() {
        let group = (0..4).fold(0, |group, j| (group << 6) | ((4 * at as u32 + j) % 64));
        three.copy_from_slice(&group.to_be_bytes()[1..]);
    }
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_eq!(
        CodeVerifier::from_random_bytes(&octets).expose_secret(),
        alphabet.repeat(2)
    );
}

fn text_of<const N: usize>() -> String {
    let octets: [u8; N] = std::array::from_fn(|at| (at as u8).wrapping_mul(167).wrapping_add(31));
    CodeVerifier::from_random_bytes(&octets).expose_secret().to_owned()
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

mod with_a_closure {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn is_called_once_with_32_octets() {
        let calls = Cell::new(0);
        let verifier = CodeVerifier::generate_with(|octets| {
            calls.set(calls.get() + 1);
            assert_eq!(octets.len(), 32);
            octets.copy_from_slice(&counted_octets());
        });
        assert_eq!((calls.get(), verifier.expose_secret()), (1, COUNTED));

        let verifier = CodeVerifier::try_generate_with(|octets| {
            calls.set(calls.get() + 1);
            assert_eq!(octets.len(), 32);
            octets.copy_from_slice(&counted_octets());
            Ok::<(), Failure>(())
        });
        assert_eq!((calls.get(), verifier.unwrap().expose_secret()), (2, COUNTED));
    }

    #[test]
    fn is_from_random_bytes_of_the_same_octets() {
        for seed in 0..=u8::MAX {
            let octets: [u8; 32] = std::array::from_fn(|at| seed.wrapping_mul(31) ^ (at as u8).wrapping_mul(167));
            let verifier = CodeVerifier::generate_with(|to| to.copy_from_slice(&octets));
            assert_eq!(
                verifier.expose_secret(),
                CodeVerifier::from_random_bytes(&octets).expose_secret()
            );
        }
    }

    #[test]
    fn returns_the_error_of_the_closure_unchanged() {
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
    fn passes_a_panic_of_the_closure_on() {
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
    fn takes_what_can_be_called_only_once() {
        let octets = Box::new(counted_octets());
        let fill = move |to: &mut [u8]| {
            to.copy_from_slice(&*octets);
            drop(octets);
        };
        assert_eq!(CodeVerifier::generate_with(fill).expose_secret(), COUNTED);
        fn counted(to: &mut [u8]) {
            to.copy_from_slice(&counted_octets());
        }
        assert_eq!(CodeVerifier::generate_with(counted).expose_secret(), COUNTED);
    }

    #[cfg(feature = "getrandom")]
    #[test]
    fn takes_getrandom_as_it_is() -> Result<(), getrandom::Error> {
        let (first, second) = (
            CodeVerifier::try_generate_with(getrandom::fill)?,
            CodeVerifier::try_generate_with(getrandom::fill)?,
        );
        // Equal by chance: 2^-256.
        assert!(first.expose_secret() != second.expose_secret());
        assert_eq!(first.expose_secret().len(), 43);
        Ok(())
    }
}

#[cfg(feature = "getrandom")]
mod from_the_operating_system {
    use std::collections::HashSet;

    use pkce_core::CodeChallengeMethod;

    use super::*;

    const DRAWS: usize = if cfg!(miri) { 50 } else { 10_000 };

    #[test]
    fn has_43_base64url_characters_and_is_never_the_same() {
        // The probability that two of 10,000 values of 256 bits are equal is below 2^-229.
        let mut seen = HashSet::new();
        for _ in 0..DRAWS {
            let verifier = CodeVerifier::generate().unwrap();
            let text = verifier.expose_secret();
            assert_eq!(text.len(), 43);
            assert!(text.bytes().all(is_base64url));
            assert!(seen.insert(text.to_owned()));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "10,000 draws")]
    fn uses_every_character_at_every_offset() {
        // The probability that a character is missing at one of the first 42 offsets is (63/64)^10000 for each of 42 *
        // 64 pairs, below 2^-215 in all. The last offset has 16 characters, (15/16)^10000 for each, which is less.
        let mut seen = vec![HashSet::new(); 43];
        for _ in 0..DRAWS {
            let verifier = CodeVerifier::generate().unwrap();
            for (characters, character) in seen.iter_mut().zip(verifier.expose_secret().chars()) {
                characters.insert(character);
            }
        }
        let last = seen.pop().unwrap();
        assert_eq!(last, HashSet::from_iter("AEIMQUYcgkosw048".chars()));
        assert_eq!(seen.iter().map(HashSet::len).collect::<Vec<_>>(), [64; 42]);
    }

    #[test]
    fn verifies_against_its_own_challenge_alone() {
        let (verifier, other) = (CodeVerifier::generate().unwrap(), CodeVerifier::generate().unwrap());
        for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
            let challenge = verifier.challenge(method);
            assert_eq!(challenge.verify(&verifier), Ok(()));
            assert!(challenge.verify(&other).is_err());
        }
    }
}

#[cfg(feature = "rand_core")]
mod from_a_generator {
    use std::convert::Infallible;

    use rand_core::{CryptoRng, TryCryptoRng, TryRng};

    use super::*;

    /// Counts up from `next`, and records what was requested.
    #[derive(Default)]
    struct Counting {
        next: u8,
        fills: Vec<usize>,
        words: usize,
    }

    impl TryRng for Counting {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.words += 1;
            Ok(0)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.words += 1;
            Ok(0)
        }

        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
            self.fills.push(octets.len());
            for octet in octets {
                *octet = self.next;
                self.next = self.next.wrapping_add(1);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    /// Fails after filling half of the slice.
    struct Failing {
        code: u32,
        asked: usize,
    }

    impl TryRng for Failing {
        type Error = Failure;

        fn try_next_u32(&mut self) -> Result<u32, Failure> {
            Err(Failure(self.code))
        }

        fn try_next_u64(&mut self) -> Result<u64, Failure> {
            Err(Failure(self.code))
        }

        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Failure> {
            self.asked += 1;
            let half = octets.len() / 2;
            octets[..half].fill(0xaa);
            Err(Failure(self.code))
        }
    }

    impl TryCryptoRng for Failing {}

    #[test]
    fn draws_once_and_exactly_32_octets() {
        let mut rng = Counting::default();
        let verifier = CodeVerifier::generate_from_rng(&mut rng);
        assert_eq!((rng.fills.as_slice(), rng.words), (&[32][..], 0));
        assert_eq!(verifier.expose_secret(), COUNTED);

        let mut rng = Counting::default();
        let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut rng);
        assert_eq!((rng.fills.as_slice(), rng.words), (&[32][..], 0));
        assert_eq!(verifier.expose_secret(), COUNTED);

        let from_octets = CodeVerifier::from_random_bytes(&counted_octets());
        assert_eq!(from_octets.expose_secret(), COUNTED);
    }

    #[test]
    fn draws_new_octets_for_every_verifier() {
        let mut rng = Counting::default();
        let texts = [0; 8].map(|_| CodeVerifier::generate_from_rng(&mut rng).expose_secret().to_owned());
        assert_eq!(rng.fills, [32; 8]);
        assert_eq!(std::collections::HashSet::from(texts).len(), 8);
    }

    #[test]
    fn the_error_of_a_failing_generator_is_returned_unchanged() {
        for code in [0, 7, u32::MAX] {
            let mut rng = Failing { code, asked: 0 };
            assert_eq!(CodeVerifier::try_generate_from_rng(&mut rng).err(), Some(Failure(code)));
            assert_eq!(rng.asked, 1, "asked once and not again");
        }
    }

    #[test]
    fn an_infallible_generator_needs_no_error_handling() {
        let verifier = CodeVerifier::generate_from_rng(&mut Counting::default());
        assert_eq!(verifier.expose_secret(), COUNTED);
        let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut Counting::default());
        assert_eq!(verifier.expose_secret(), COUNTED);
    }

    #[test]
    fn takes_a_generator_whose_type_is_not_known() {
        let mut rng = Counting::default();
        let unsized_rng: &mut dyn CryptoRng = &mut rng;
        assert_eq!(CodeVerifier::generate_from_rng(unsized_rng).expose_secret(), COUNTED);
        let mut failing: Box<dyn TryCryptoRng<Error = Failure>> = Box::new(Failing { code: 3, asked: 0 });
        assert_eq!(
            CodeVerifier::try_generate_from_rng(&mut failing).err(),
            Some(Failure(3))
        );
        assert_eq!(
            CodeVerifier::try_generate_from_rng(&mut *failing).err(),
            Some(Failure(3))
        );
    }

    #[test]
    fn takes_a_borrowed_generator_and_a_generic_one() {
        fn from_generic(rng: &mut impl CryptoRng) -> String {
            CodeVerifier::generate_from_rng(rng).expose_secret().to_owned()
        }
        assert_eq!(from_generic(&mut Counting::default()), COUNTED);
        assert_eq!(from_generic(&mut &mut Counting::default()), COUNTED);
    }

    #[test]
    fn a_generator_that_panics_is_not_swallowed() {
        struct Panicking;
        impl TryRng for Panicking {
            type Error = Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                panic!("no word")
            }
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                panic!("no word")
            }
            fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
                panic!("no octets")
            }
        }
        impl TryCryptoRng for Panicking {}
        let outcome = std::panic::catch_unwind(|| CodeVerifier::generate_from_rng(&mut Panicking));
        assert_eq!(
            outcome.err().and_then(|payload| payload.downcast_ref().copied()),
            Some("no octets")
        );
    }
}
