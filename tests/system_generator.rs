//! `generate` is exactly the 32 octets of the operating system's generator, drawn in one call, for every value of every
//! octet. Failure class i: if the generator fails, generating a verifier is an error. There is no fallback to zeros,
//! the time or another generator.
//!
//! Needs `RUSTFLAGS='--cfg getrandom_backend="custom"'`, as in `.ci/run generator`: the system's generator is the one
//! below.

#![cfg(getrandom_backend = "custom")]
#![allow(unsafe_code)] // getrandom calls the generator by its symbol, with a pointer.

use std::cell::RefCell;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use getrandom::Error;
use pkce_core::CodeVerifier;

/// A generator for the tests of one thread.
#[derive(Default)]
struct System {
    octets: [u8; 32],
    error: Option<Error>,
    /// How many octets each call asked for.
    calls: Vec<usize>,
}

thread_local! {
    static SYSTEM: RefCell<System> = RefCell::default();
}

// SAFETY: no other function has this name, and the signature is the one that getrandom declares.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(to: *mut u8, len: usize) -> Result<(), Error> {
    // SAFETY: getrandom passes `len` bytes that it may write to. They are written before they are read.
    let to = unsafe {
        to.write_bytes(0, len);
        std::slice::from_raw_parts_mut(to, len)
    };
    SYSTEM.with_borrow_mut(|system| {
        system.calls.push(len);
        for (to, octet) in to.iter_mut().zip(system.octets) {
            *to = octet;
        }
        system.error.map_or(Ok(()), Err)
    })
}

type Generate = fn() -> Result<CodeVerifier, Error>;

/// Generates a verifier from `octets`, and returns it with the lengths of the calls.
fn generate<E>(
    generate: fn() -> Result<CodeVerifier, E>,
    octets: [u8; 32],
    error: Option<Error>,
) -> (Result<CodeVerifier, E>, Vec<usize>) {
    SYSTEM.set(System {
        octets,
        error,
        calls: Vec::new(),
    });
    (generate(), SYSTEM.take().calls)
}

/// Whether the verifier is the encoding of the octets, and they were drawn in one call.
fn is_exact<E>(make: fn() -> Result<CodeVerifier, E>, octets: [u8; 32]) -> bool {
    let (verifier, calls) = generate(make, octets, None);
    let wanted = CodeVerifier::from_random_bytes(&octets);
    calls == [32] && verifier.is_ok_and(|it| it.expose_secret() == wanted.expose_secret())
}

fn random(seed: u64) -> [u8; 32] {
    let mut octets = [0; 32];
    ChaCha12Rng::seed_from_u64(seed).fill_bytes(&mut octets);
    octets
}

/// Octets of which each has each value, in three surroundings.
fn every_octet() -> impl Iterator<Item = [u8; 32]> {
    [[0; 32], [0xff; 32], random(7)].into_iter().flat_map(|base| {
        (0..32 * 256).map(move |i| {
            let mut octets = base;
            octets[i / 256] = (i % 256) as u8;
            octets
        })
    })
}

#[test]
fn generate_is_the_octets_of_the_system_for_every_value_at_every_offset() {
    assert!(every_octet().all(|octets| is_exact(CodeVerifier::generate, octets)));
}

#[test]
fn generate_is_the_octets_of_the_system_every_time() {
    assert!((0..10_000).all(|seed| is_exact(CodeVerifier::generate, random(seed))));
}

/// Control: faults that no statistical test of a few draws shows.
#[test]
fn a_bias_and_a_second_call_are_seen() {
    let faulty: [Generate; 3] = [
        || {
            CodeVerifier::try_generate_with(|octets| {
                getrandom::fill(octets)?;
                // Draws again, so that the first octet is almost never zero.
                if octets[0] == 0 {
                    getrandom::fill(octets)
                } else {
                    Ok(())
                }
            })
        },
        || {
            CodeVerifier::try_generate_with(|octets| {
                getrandom::fill(octets)?;
                octets[9] |= u8::from(octets[3] == 7);
                Ok(())
            })
        },
        || {
            CodeVerifier::try_generate_with(|octets| {
                let (first, second) = octets.split_at_mut(16);
                getrandom::fill(first)?;
                getrandom::fill(second)
            })
        },
    ];
    for faulty in faulty {
        assert!(!every_octet().all(|octets| is_exact(faulty, octets)));
    }
}

#[test]
fn generate_fails_if_the_generator_of_the_system_does() {
    for octets in [[0; 32], random(9)] {
        let (refused, calls) = generate(CodeVerifier::generate, octets, Some(Error::UNSUPPORTED));
        assert_eq!(calls, [32], "asked once and not again");
        assert_eq!(
            refused.err().map(|error| error.to_string()).as_deref(),
            Some("the system random number generator failed: getrandom: this target is not supported")
        );
    }
}
