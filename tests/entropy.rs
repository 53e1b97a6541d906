//! A verifier holds all 256 bits of its generator, and no bit twice.
//!
//! The 43 characters of each draw are decoded to a vector of 256 bits. Among 320 draws there must be 256 that are linearly
//! independent over GF(2). A generator that draws 16 octets and uses them twice reaches 128, one that copies 64 of the 256
//! bits reaches 192, and a bit that is constant or a sum of others costs one.
//!
//! A right generator of the operating system fails with a probability below 2^-64: of the 2^256 - 1 linear relations, each
//! holds for 320 independent draws with probability 2^-320. The other generators are seeded, so that they never fail.

use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};
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
#[cfg_attr(miri, ignore = "long loops")]
fn generate_with_has_256_independent_bits() {
    let mut rng = seeded();
    assert_eq!(
        rank(|| CodeVerifier::generate_with(|octets| rng.fill_bytes(octets))),
        256
    );
}

#[test]
#[cfg_attr(miri, ignore = "long loops")]
fn try_generate_with_has_256_independent_bits() {
    let mut rng = seeded();
    let draw = || {
        let Ok(verifier) = CodeVerifier::try_generate_with(|octets| {
            rng.fill_bytes(octets);
            Ok::<(), Infallible>(())
        });
        verifier
    };
    assert_eq!(rank(draw), 256);
}

#[cfg(feature = "rand_core")]
#[test]
#[cfg_attr(miri, ignore = "long loops")]
fn generate_from_rng_has_256_independent_bits() {
    let mut rng = seeded();
    assert_eq!(rank(|| CodeVerifier::generate_from_rng(&mut rng)), 256);
}

#[cfg(feature = "rand_core")]
#[test]
#[cfg_attr(miri, ignore = "long loops")]
fn try_generate_from_rng_has_256_independent_bits() {
    let mut rng = seeded();
    let draw = || {
        let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut rng);
        verifier
    };
    assert_eq!(rank(draw), 256);
}

#[cfg(feature = "getrandom")]
#[test]
#[cfg_attr(miri, ignore = "long loops")]
fn generate_has_256_independent_bits() {
    assert_eq!(rank(|| CodeVerifier::generate().unwrap()), 256);
    assert_eq!(rank(|| CodeVerifier::try_generate_with(getrandom::fill).unwrap()), 256);
}

/// Control: what each fault would reach.
#[test]
#[cfg_attr(miri, ignore = "long loops")]
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

/// Every octet is in the text, in its place, and nothing else is: for each number of octets, what base64 makes of them.
#[test]
fn from_random_bytes_is_base64url_for_every_number_of_octets() {
    let mut rng = seeded();
    let mut octets = [0; 96];
    for _ in 0..if cfg!(miri) { 1 } else { 50 } {
        rng.fill_bytes(&mut octets);
        assert_eq!(assert_encodes_each(&octets), 65);
    }
}

/// How many numbers of octets were tried.
fn assert_encodes_each(octets: &[u8; 96]) -> usize {
    macro_rules! each {
        ($($n:literal)*) => { [$(assert_encodes::<$n>(octets)),*].len() };
    }
    each!(
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
        65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96
    )
}

fn assert_encodes<const N: usize>(octets: &[u8; 96]) {
    let octets: &[u8; N] = octets.first_chunk().unwrap();
    let mut text = [0; 128];
    let len = URL_SAFE_NO_PAD.encode_slice(octets, &mut text).unwrap();
    let verifier = CodeVerifier::from_random_bytes(octets);
    assert_eq!(verifier.expose_secret().as_bytes(), &text[..len], "{N} octets");
}

/// Each bit of the octets changes one character, the one at its offset, whatever the other bits are.
#[test]
fn each_bit_of_the_octets_changes_one_character() {
    assert_each_bit_counts::<32>();
    assert_each_bit_counts::<33>();
    assert_each_bit_counts::<34>();
    assert_each_bit_counts::<47>();
    assert_each_bit_counts::<48>();
    assert_each_bit_counts::<64>();
    assert_each_bit_counts::<95>();
    assert_each_bit_counts::<96>();
}

fn assert_each_bit_counts<const N: usize>() {
    let mut random = [0; N];
    seeded().fill_bytes(&mut random);
    for base in [[0; N], [0xff; N], random] {
        let text = CodeVerifier::from_random_bytes(&base);
        let text = text.expose_secret().as_bytes();
        for bit in (0..8 * N).step_by(if cfg!(miri) { 43 } else { 1 }) {
            let mut octets = base;
            octets[bit / 8] ^= 0x80 >> (bit % 8);
            let other = CodeVerifier::from_random_bytes(&octets);
            let other = other.expose_secret().as_bytes();
            let changed: Vec<usize> = (0..text.len()).filter(|&at| text[at] != other[at]).collect();
            assert_eq!(changed, [bit / 6], "{N} octets, bit {bit}");
        }
    }
}
