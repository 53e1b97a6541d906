//! How this crate handles secrets. This page applies to every file in this folder, and they refer to it.
//!
//! # What is secret
//!
//! Every byte of a verifier, of a plain challenge, and of the random octets that a verifier is made from. Not secret:
//! lengths, the method, an S256 challenge and its digest, and the two results "well formed" and "equal".
//!
//! # How secrets are kept out of memory
//!
//! A secret is stored in one place ([`text`]), filled there and wiped there. What remains after a call is in registers and
//! in stack frames that were used and released; the next signal or the first panic stores the registers in memory too. No
//! program can clear a register or a released frame directly, but the same code, called again, uses the same ones:
//!
//! ```text
//! check(secret chunk 0)       registers and frame: secret
//! check(secret chunk 1)       registers and frame: secret
//! check(PUBLIC)               registers and frame: public
//! ```
//!
//! So each mechanism passes its secrets, a chunk or a block at a time, through one function that is not inlined, and ends
//! with a call of that function on public data. All calls come from the same function, so that their frames are in the same
//! memory. The comment at each last call is `Overwrites registers and frame`.
//!
//! Checked by `.ci/run residue`: programs that differ only in the secret must end with the same memory.
//!
//! # How a bit of a secret becomes public
//!
//! No branch and no memory index depends on a secret, except in [`declassify`]. Checked by `.ci/run constant-time`, which
//! runs the crate with its secrets marked as undefined, and `.ci/run trace`.

pub(crate) mod base64url;
pub(crate) mod chunk;
pub(crate) mod compare;
pub(crate) mod s256;
mod swar;
pub(crate) mod syntax;
pub(crate) mod text;

use core::hint::black_box;

use subtle::Choice;

use chunk::{CHUNK, Chunk};

/// What follows a secret through the same registers and stack frames.
const PUBLIC: Chunk = [b'A'; CHUNK];

/// Makes a result public: the only branch on a secret.
///
/// A real branch, because valgrind would track a returned `bool` as part of the secret and report every caller that tests
/// it. `black_box` keeps the compiler from returning the condition itself. It stores its argument, so only the constant
/// passes through it.
#[inline(never)]
fn declassify(result: Choice) -> bool {
    if result.into() { true } else { black_box(false) }
}
