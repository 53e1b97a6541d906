//! How this crate handles secrets. This page applies to every file in this folder, and they refer to it.
//!
//! # What is secret
//!
//! Every byte of a verifier, of a plain challenge, and of the random octets that a verifier is made from. Not secret:
//! lengths, the method, an S256 challenge and the digest it encodes, the two results "well formed" and "equal", and the
//! offset of the first invalid byte of a refused text. The digest of a wrong verifier may be left in memory, but no branch
//! depends on it.
//!
//! # How secrets are kept out of memory
//!
//! Buffers that hold a secret are filled in place and wiped ([`memory`]). What remains after a call is in registers and in
//! stack frames that were used and released; the next signal or the first panic stores the registers in memory too. Safe
//! Rust cannot clear a register or a released frame, but the same code, called again, uses the same ones:
//!
//! ```text
//! f(secret chunk 0)       registers and frame: secret
//! f(secret chunk 1)       registers and frame: secret
//! f(PUBLIC)               registers and frame: public
//! ```
//!
//! So each mechanism passes its secrets, by chunk, block or text, through one function that is not inlined, and ends with a
//! call of that function on public data. All calls come from the same function, so that their frames are in the same
//! memory. An `optimization_barrier` or `black_box` keeps the last call, whose result is unused, from being removed. The
//! comment at each last call is `Overwrites registers and frame`.
//!
//! Checked by `.ci/run residue`: programs that differ only in the secret must end with the same memory.
//!
//! # How a bit of a secret becomes public
//!
//! No branch and no memory index depends on a secret, except in [`declassify`], in the search for the first invalid byte of
//! a refused text, and in `as_str`, which checks UTF-8. Checked by `.ci/run constant-time`, which runs the crate with its
//! secrets marked as undefined, and `.ci/run trace`.

pub(crate) mod base64url;
pub(crate) mod chunk;
pub(crate) mod compare;
pub(crate) mod memory;
pub(crate) mod s256;
mod swar;
pub(crate) mod syntax;

use core::hint::black_box;

use subtle::Choice;

use chunk::{CHUNK, Chunk};

/// Public data that overwrites what a secret left.
const PUBLIC: Chunk = [b'A'; CHUNK];

/// Makes a result public, by a branch on it.
///
/// A real branch, because valgrind would track a returned `bool` as part of the secret and report every caller that tests
/// it. `black_box` keeps the compiler from returning the condition itself. It stores its argument, so it is given a
/// constant, not the result.
#[inline(never)]
fn declassify(result: Choice) -> bool {
    if result.into() { true } else { black_box(false) }
}
