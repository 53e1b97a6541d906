//! The generator of the operating system, whose octets are secret.

#[path = "../../../common/getrandom.rs"]
mod getrandom;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::secret;

/// How many octets the next call asks for that is to get the secret ones.
static EXPECTED: AtomicUsize = AtomicUsize::new(0);

/// Runs `generate`, which must ask the system for `n` octets at once, and gives it the random octets.
pub fn with_octets<T>(n: usize, generate: impl FnOnce() -> T) -> T {
    EXPECTED.store(n, Ordering::SeqCst);
    let generated = generate();
    assert_eq!(
        EXPECTED.load(Ordering::SeqCst),
        0,
        "the octets were not those of the harness"
    );
    generated
}

/// The other callers, such as an allocator, get zeros.
fn draw(to: &mut [u8]) {
    if EXPECTED
        .compare_exchange(to.len(), 0, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
    {
        secret::fill(to.len(), to);
    }
}
