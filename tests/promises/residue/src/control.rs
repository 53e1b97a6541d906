//! Faults that the scan must see: what a careless implementation would leave behind.

use std::hint::black_box;
use std::mem;

use pkce_core::CodeVerifier;

use crate::secret::{octet, owned, with_text};

/// A verifier that is never dropped.
pub fn forgotten(len: usize) {
    with_text(len, |text| {
        mem::forget(Box::new(CodeVerifier::parse(text).expect("well formed")));
    });
}

/// A buffer on the stack that nobody wipes.
pub fn on_the_stack(len: usize) {
    // Many, because the next calls overwrite those that lie nearest.
    let mut buffers = [[0; 128]; 100];
    for buffer in &mut buffers {
        with_text(len, |text| copy(text, buffer));
    }
    black_box(&buffers);
}

/// Octets on the stack that nobody wipes.
pub fn octets_on_the_stack(n: usize) {
    let mut buffers = [[0; 96]; 100];
    for buffer in &mut buffers {
        for (i, to) in buffer[..n].iter_mut().enumerate() {
            *to = octet(i);
        }
    }
    black_box(&buffers);
}

/// A String that is freed as it is: the allocator writes to its first bytes only.
pub fn freed(len: usize) {
    drop(black_box(owned(len, len, false)));
}

/// A String whose length was wiped, but not its spare capacity.
pub fn spare_capacity(len: usize) {
    let mut text = owned(len, 3 * len, false);
    zeroize::Zeroize::zeroize(text.as_mut_str());
    drop(black_box(text));
}

/// Byte by byte, as the compiler does not know what the barrier returns.
fn copy(text: &str, to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(text.bytes()) {
        *to = black_box(from);
    }
}

/// What a copy through vector registers leaves behind: 64 bytes of the text in four of them, and in no memory.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "riscv64"
))]
pub fn in_registers(len: usize) {
    assert!(len >= 64);
    with_text(len, |text| {
        let from = text.as_ptr();
        // SAFETY: reads 64 bytes of the text into registers that are named as overwritten.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            std::arch::asm!(
                "movups xmm12, [{0}]", "movups xmm13, [{0} + 16]", "movups xmm14, [{0} + 32]", "movups xmm15, [{0} + 48]",
                in(reg) from, out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _
            );
            #[cfg(target_arch = "aarch64")]
            std::arch::asm!(
                "ldp q28, q29, [{0}]", "ldp q30, q31, [{0}, #32]",
                in(reg) from, out("v28") _, out("v29") _, out("v30") _, out("v31") _
            );
            #[cfg(target_arch = "arm")]
            std::arch::asm!(
                "vldm {0}, {{d0-d7}}",
                in(reg) from, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
                out("d4") _, out("d5") _, out("d6") _, out("d7") _
            );
            #[cfg(target_arch = "riscv64")]
            std::arch::asm!(
                "fld ft4, 0({0})", "fld ft5, 8({0})", "fld ft6, 16({0})", "fld ft7, 24({0})",
                "fld ft8, 32({0})", "fld ft9, 40({0})", "fld ft10, 48({0})", "fld ft11, 56({0})",
                in(reg) from, out("ft4") _, out("ft5") _, out("ft6") _, out("ft7") _,
                out("ft8") _, out("ft9") _, out("ft10") _, out("ft11") _
            );
        }
    });
}
