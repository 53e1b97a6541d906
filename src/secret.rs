//! Memory for secrets: filled where it lies, and wiped when it goes.

/// The least number of characters in a `code_verifier`.
pub(crate) const MIN_LEN: usize = 43;
/// The greatest number of characters in a `code_verifier`.
pub(crate) const MAX_LEN: usize = 128;

/// The text of a verifier or of a plain challenge: `MIN_LEN` to `MAX_LEN` bytes of ASCII, wiped on drop.
///
/// With `alloc` it is one heap block of exactly the text's length, so that a move carries a pointer and leaves no copy
/// of the text in the stack frames that it passes through.
#[cfg(feature = "alloc")]
pub(crate) struct SecretText(alloc::boxed::Box<[u8]>);

#[cfg(feature = "alloc")]
impl SecretText {
    pub(crate) fn copy_of(text: &[u8]) -> Self {
        Self(text.into())
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
/// Without `alloc` it lies inline, and a move leaves a copy behind that nobody wipes.
#[cfg(not(feature = "alloc"))]
pub(crate) struct SecretText {
    bytes: [u8; MAX_LEN],
    len: usize,
}

#[cfg(not(feature = "alloc"))]
impl SecretText {
    pub(crate) fn copy_of(text: &[u8]) -> Self {
        let mut secret = Self {
            bytes: [0; MAX_LEN],
            len: text.len().min(MAX_LEN),
        };
        for (to, from) in secret.bytes.iter_mut().zip(text) {
            *to = *from;
        }
        secret
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        // Never `None`, for `len` is at most `MAX_LEN`: the fallback is there so that nothing can panic.
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl SecretText {
    /// `len` bytes to be filled in place: not zeros, because asking for zeroed memory is the slower way.
    #[inline]
    pub(crate) fn of_len(len: usize) -> Self {
        Self::copy_of(&[b'A'; MAX_LEN][..len.min(MAX_LEN)])
    }

    pub(crate) fn as_str(&self) -> &str {
        // Never an error, for the bytes are ASCII: the fallback is there so that nothing can panic.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        let text = self.as_bytes_mut();
        // Lane by lane, the last one overlapping: a third of what a call of memset for so few bytes takes.
        if let Some(last) = text.last_chunk_mut::<16>() {
            wipe(last);
        }
        text.chunks_exact_mut(16).for_each(wipe);
    }
}

/// Working memory on the stack for the time of one call, wiped on drop: also when a caller's generator panics.
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

/// Overwrites `memory` with zeros, and keeps the compiler from leaving that out because nobody reads them again.
///
/// Plain stores before a barrier, not `Zeroize` on the slice: that writes byte by byte with volatile stores.
#[inline(always)]
fn wipe<T: Copy + Default>(memory: &mut [T]) {
    memory.fill(T::default());
    zeroize::optimization_barrier(memory);
}
