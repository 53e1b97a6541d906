//! The generator of the operating system, whose octets are secret.

#[path = "../../../common/getrandom.rs"]
mod getrandom;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::memcheck;

static DRAWN: AtomicUsize = AtomicUsize::new(0);

/// Returns the number of octets so far.
pub fn drawn() -> usize {
    DRAWN.load(Ordering::Relaxed)
}

fn draw(to: &mut [u8]) {
    to.fill(4);
    memcheck::secret(to);
    DRAWN.fetch_add(to.len(), Ordering::Relaxed);
}
