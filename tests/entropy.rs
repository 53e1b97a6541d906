//! A verifier holds all 256 bits of its generator, and no bit twice.
//!
//! The 43 characters of each draw are decoded to a vector of 256 bits. Among 320 draws there must be 256 that are
//! linearly independent over GF(2). A generator that draws 16 octets and uses them twice reaches 128, one that copies
//! 64 of the 256 bits reaches 192, and a bit that is constant or a sum of others costs one.
//!
//! A right generator of the operating system fails with a probability below 2^-64: of the 2^256 - 1 linear relations, each
//! holds for 320 independent draws with probability 2^-320. The other generators are seeded, so that they never fail.

// Miri would take long.
#![cfg(not(miri))]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng, TryRng};
use pkce_core::CodeVerifier;

const DRAWS: usize = 320;

type Bits = [u64; 4];

/// The number of linearly independent vectors among the draws.
fn rank(mut draw: impl FnMut() -> CodeVerifier) -> usize {
    // The vector whose first set bit this is.
    let mut basis: [Option<Bits>; 256] = [None; 256];
    for _ in 0..DRAWS {
        let mut bits = bits_of(draw().expose_secret());
        while let Some(first) = first_bit(&bits) {
            match basis[first] {
                Some(other) => bits = std::array::from_fn(|word| bits[word] ^ other[word]),
                None => {
                    basis[first] = Some(bits);
                    break;
                }
            }
        }
    }
    basis.iter().flatten().count()
}

fn bits_of(text: &str) -> Bits {
    let mut octets = [0; 33];
    assert_eq!(URL_SAFE_NO_PAD.decode_slice(text, &mut octets), Ok(32));
    std::array::from_fn(|word| u64::from_be_bytes(octets[8 * word..][..8].try_into().unwrap()))
}

fn first_bit(bits: &Bits) -> Option<usize> {
    let word = bits.iter().position(|&word| word != 0)?;
    Some(64 * word + bits[word].leading_zeros() as usize)
}

fn seeded() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(7)
}

#[test]
fn every_generator_is_used_with_256_independent_bits() {
    let mut rng = seeded();
    assert_eq!(
        rank(|| CodeVerifier::generate_with(|octets| rng.fill_bytes(octets))),
        256
    );
    assert_eq!(
        rank(|| CodeVerifier::try_generate_with(|octets| rng.try_fill_bytes(octets)).unwrap()),
        256
    );
    #[cfg(feature = "rand_core")]
    {
        assert_eq!(rank(|| CodeVerifier::generate_from_rng(&mut rng)), 256);
        assert_eq!(rank(|| CodeVerifier::try_generate_from_rng(&mut rng).unwrap()), 256);
    }
    #[cfg(feature = "getrandom")]
    {
        assert_eq!(rank(|| CodeVerifier::generate().unwrap()), 256);
        assert_eq!(rank(|| CodeVerifier::try_generate_with(getrandom::fill).unwrap()), 256);
    }
}

/// Control: what each fault would reach.
#[test]
fn the_rank_shows_what_is_missing() {
    let faulty = |fault: fn(&mut [u8; 32])| {
        let mut rng = seeded();
        rank(|| {
            let mut octets = [0; 32];
            rng.fill_bytes(&mut octets);
            fault(&mut octets);
            CodeVerifier::from_random_bytes(&octets)
        })
    };
    assert_eq!(faulty(|_| {}), 256);
    assert_eq!(faulty(|octets| octets.copy_within(..16, 16)), 128);
    assert_eq!(faulty(|octets| octets.copy_within(..8, 24)), 192);
    assert_eq!(faulty(|octets| octets[31] &= 0xfe), 255);
    assert_eq!(faulty(|octets| octets[31] = octets[0] ^ octets[1]), 248);
    // A constant adds its one vector.
    assert_eq!(faulty(|octets| octets[..8].fill(0x55)), 193);
    assert_eq!(faulty(|octets| octets.fill(7)), 1);
}
