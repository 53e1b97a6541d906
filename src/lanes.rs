//! Arithmetic on the four bytes of a word at once. None of it can become a branch: compilers turn a comparison of single
//! bytes into one where the processor has nothing better, as on a Cortex-M0.

/// A word of four equal bytes.
pub(crate) const fn each(byte: u8) -> u32 {
    u32::from_ne_bytes([byte; 4])
}

/// 0x80 in each byte that is at least `limit`, and anything below that. Bytes and limit are at most 0x80.
#[inline(always)]
pub(crate) const fn at_least(limit: u8, bytes: u32) -> u32 {
    bytes.wrapping_add(each(0x80 - limit))
}

/// The word at `at`, its first byte lowest, as it lies in the memory of most machines.
#[inline(always)]
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |word| u32::from_le_bytes(*word))
}
