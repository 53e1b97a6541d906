//! Memory for secrets: filled in place, and wiped on drop.

use crate::chunk::{self, chunks_mut, wipe};
use crate::syntax::MAX_LEN;

/// The text of a verifier or of a plain challenge: `MIN_LEN` to `MAX_LEN` bytes of ASCII, wiped on drop.
///
/// One heap block of exactly the text's length, so that a move carries a pointer and leaves no copy of the text in the
/// stack frames that it passes through.
#[cfg(feature = "alloc")]
pub(crate) struct SecretText(alloc::boxed::Box<[u8]>);

#[cfg(feature = "alloc")]
impl SecretText {
    /// Returns `len` bytes to be filled in place. Not zeros, because asking for zeroed memory is slower.
    pub(crate) fn placeholder(len: usize) -> Self {
        Self([b'A'; MAX_LEN][..len.min(MAX_LEN)].into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The text of a verifier or of a plain challenge: `MIN_LEN` to `MAX_LEN` bytes of ASCII, wiped on drop.
///
/// Without `alloc` it is stored inline, and a move leaves a copy behind that nobody wipes.
#[cfg(not(feature = "alloc"))]
pub(crate) struct SecretText {
    bytes: [u8; MAX_LEN],
    len: usize,
}

#[cfg(not(feature = "alloc"))]
impl SecretText {
    /// Returns `len` bytes to be filled in place.
    pub(crate) fn placeholder(len: usize) -> Self {
        Self {
            bytes: [0; MAX_LEN],
            len: len.min(MAX_LEN),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        // Infallible: `len` is at most `MAX_LEN`. `unwrap_or_default` avoids a panic path.
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl SecretText {
    pub(crate) fn from_bytes(text: &[u8]) -> Self {
        let mut secret = Self::placeholder(text.len());
        chunk::copy(text, secret.as_bytes_mut());
        secret
    }

    pub(crate) fn as_str(&self) -> &str {
        // Infallible: the bytes are ASCII. `unwrap_or_default` avoids a panic path.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        let text = self.as_bytes_mut();
        // Chunk by chunk: a third of the time of a call of memset for so few bytes.
        if let Some(last) = text.last_chunk_mut::<{ chunk::CHUNK }>() {
            wipe(last);
        }
        for chunk in chunks_mut(text).0 {
            wipe(chunk);
        }
    }
}

/// Working memory on the stack for the time of one call, wiped on drop, even if a caller's generator panics.
pub(crate) struct Scratch<T: Copy + Default, const N: usize>(pub(crate) [T; N]);

impl<T: Copy + Default, const N: usize> Scratch<T, N> {
    #[inline(always)]
    pub(crate) fn zeroed() -> Self {
        Self([T::default(); N])
    }
}

impl<T: Copy + Default, const N: usize> Drop for Scratch<T, N> {
    #[inline(always)]
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
