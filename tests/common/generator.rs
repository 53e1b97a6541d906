//! A generator of the trait crate `rand_core` that is a closure.

use core::error::Error;

use rand_core::{TryCryptoRng, TryRng};

/// Fills with the closure. A word is an error of the test: octets are drawn by filling.
pub(crate) struct Generator<F>(pub(crate) F);

impl<E: Error, F: FnMut(&mut [u8]) -> Result<(), E>> TryRng for Generator<F> {
    type Error = E;

    fn try_next_u32(&mut self) -> Result<u32, E> {
        unreachable!()
    }

    fn try_next_u64(&mut self) -> Result<u64, E> {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), E> {
        (self.0)(octets)
    }
}

impl<E: Error, F: FnMut(&mut [u8]) -> Result<(), E>> TryCryptoRng for Generator<F> {}
