//! Memory for secrets: filled in place, and wiped on drop.
//!
//! ```text
//! SecretText  ->  | chunk 0 | chunk 1 | … | chunk 7 | len |      one heap block, or inline without `alloc`
//!                 |  the text, `len` bytes  | AAAA… |              `A` is public
//! ```
//!
//! Not `Box<str>`, which is filled by `memcpy` (see [`chunk`]), and with `alloc` not an inline buffer, which leaves a copy
//! wherever it is moved: `.ci/run residue` fails for either. A block of one size is wiped without a loop.

#[cfg(target_arch = "aarch64")]
use core::hint::black_box;

use zeroize::Zeroize;

use super::PUBLIC;
use super::chunk::{self, CHUNK, Chunk};
use super::syntax::MAX_LEN;

/// The text of a verifier or of a plain challenge, wiped on drop: UTF-8, and well formed once it has been checked.
///
/// With `alloc`, a move carries a pointer, and leaves no copy of the text in the stack frames that it passes through.
/// Without it, the text is stored inline, and a move leaves a copy behind that nobody wipes.
pub(crate) struct SecretText(
    #[cfg(feature = "alloc")] alloc::boxed::Box<Text>,
    #[cfg(not(feature = "alloc"))] Text,
);

/// The number of chunks of the longest text.
const TEXT_CHUNKS: usize = MAX_LEN.div_ceil(CHUNK);
type Chunks = [Chunk; TEXT_CHUNKS];

struct Text {
    chunks: Chunks,
    len: usize,
}

impl SecretText {
    /// Returns a text to be filled in place.
    #[inline]
    pub(crate) fn placeholder(len: usize) -> Self {
        let text = Text {
            chunks: [PUBLIC; TEXT_CHUNKS],
            len,
        };
        #[cfg(feature = "alloc")]
        let text = alloc::boxed::Box::new(text);
        Self(text)
    }

    /// Copies a well-formed text.
    pub(crate) fn from_bytes(text: &[u8]) -> Self {
        let mut secret = Self::placeholder(text.len());
        chunk::copy(text, secret.chunks_mut());
        secret
    }

    pub(crate) fn chunks_mut(&mut self) -> &mut Chunks {
        &mut self.0.chunks
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        // Infallible: `len` is at most `MAX_LEN`. `unwrap_or_default` avoids a panic path.
        self.0.chunks.as_flattened().get(..self.0.len).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        // Infallible: the bytes come from a `str` or from the encoder. `unwrap_or_default` avoids a panic path.
        let text = core::str::from_utf8(self.as_bytes()).unwrap_or_default();
        // On arm64 alone, as measured, the check of the text leaves eight characters in a register.
        #[cfg(target_arch = "aarch64")]
        black_box(core::str::from_utf8(black_box(&[b'A'; MAX_LEN])).is_ok()); // Overwrites registers and frame.
        text
    }
}

impl Drop for SecretText {
    #[inline]
    fn drop(&mut self) {
        self.chunks_mut().as_flattened_mut().zeroize();
    }
}

/// The random octets of a verifier, followed by zeros: on the stack for the time of one call, and wiped on drop, even if a
/// caller's generator panics. Filled in place, because a move would leave a copy.
pub(crate) struct RandomOctets<const CHUNKS: usize>([Chunk; CHUNKS]);

impl<const CHUNKS: usize> RandomOctets<CHUNKS> {
    #[inline(always)]
    pub(crate) fn zeroed() -> Self {
        Self([[0; CHUNK]; CHUNKS])
    }

    /// Copies 16 octets or more, for which there is room.
    #[inline]
    pub(crate) fn copy_from(&mut self, octets: &[u8]) {
        chunk::copy(octets, &mut self.0);
    }

    /// Returns the first `len` octets.
    #[inline(always)]
    pub(crate) fn first(&mut self, len: usize) -> &mut [u8] {
        // Infallible: `len` is never larger than the array. `unwrap_or_default` avoids a panic path.
        self.0.as_flattened_mut().get_mut(..len).unwrap_or_default()
    }
}

impl<const CHUNKS: usize> Drop for RandomOctets<CHUNKS> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}
