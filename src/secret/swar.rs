//! SWAR ("SIMD within a register"): arithmetic on the four bytes of a `u32` at once.
//!
//! ```text
//!            byte 3    byte 2    byte 1    byte 0
//! bytes      0 ccccccc 0 ccccccc 0 ccccccc 0 ccccccc     four ASCII characters, the first one in byte 0
//! result     r xxxxxxx r xxxxxxx r xxxxxxx r xxxxxxx     r: the result for that byte; x: not specified
//! ```
//!
//! A function called `…_bits` returns its result for a byte in that byte's top bit. To test that a byte is at least `limit`,
//! add `0x80 - limit`: exactly then the sum reaches the top bit. It never carries into the next byte, because an ASCII byte
//! is at most 0x7f, and `0x80 - limit` at most 0x80.
//!
//! Not the obvious comparison of single bytes: where the processor has no conditional move, as on a Cortex-M0, compilers
//! can turn that into a branch on the secret. A sum over four bytes gives no single condition to branch on. The arithmetic is
//! `wrapping_`, although nothing wraps: an overflow check would be a branch. `.ci/run trace` fails for a branch.

/// Returns a word of four equal bytes.
pub(super) const fn splat(byte: u8) -> u32 {
    u32::from_ne_bytes([byte; 4])
}

/// Reads four bytes, the first one into byte 0. Returns 0 beyond the end.
#[inline(always)]
pub(super) fn load_le(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |word| u32::from_le_bytes(*word))
}

/// Returns a word with the top bit set in each byte that is at least `limit`.
#[inline(always)]
pub(super) const fn ge_bits(limit: u8, bytes: u32) -> u32 {
    bytes.wrapping_add(splat(0x80 - limit))
}

/// Returns a word with the top bit set in each byte from `first` to `last`.
#[inline(always)]
pub(super) const fn in_range_bits(first: u8, last: u8, bytes: u32) -> u32 {
    ge_bits(first, bytes) ^ ge_bits(last + 1, bytes)
}

/// Returns a word with the top bit set in each byte that is not `byte`.
#[inline(always)]
pub(super) const fn ne_bits(byte: u8, bytes: u32) -> u32 {
    ge_bits(1, bytes ^ splat(byte))
}

/// Returns a word with 0x7f in each byte that is at least `limit`, and 0 in the others.
#[inline(always)]
pub(super) const fn ge_mask(limit: u8, bytes: u32) -> u32 {
    let top = ge_bits(limit, bytes) & splat(0x80);
    top.wrapping_sub(top >> 7)
}
