//! Client requests of memcheck: a few instructions that have no effect on a real processor.

use std::arch::asm;
use std::ptr;

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;

fn request(code: usize, a: usize, b: usize) -> usize {
    let arguments = [code, a, b, 0, 0, 0];
    let mut answer = 0_usize;
    // SAFETY: the rotations add up to whole turns, and the exchange is of a register with itself. valgrind recognizes
    // the sequence, reads the six words at `rax`, and writes its result to `rdx`.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") ptr::from_ref(&arguments),
            inout("rdx") answer,
            inout("rdi") 0_usize => _,
        );
    }
    answer
}

/// Makes memcheck report every branch and every address that depends on these bytes.
pub fn secret(bytes: &[u8]) {
    request(MAKE_MEM_UNDEFINED, bytes.as_ptr().addr(), bytes.len());
}

/// Reverts `secret`.
pub fn public(bytes: &[u8]) {
    request(MAKE_MEM_DEFINED, bytes.as_ptr().addr(), bytes.len());
}

/// Returns the number of reports so far, without those in the suppression file.
pub fn reports() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

pub fn is_watching() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}
