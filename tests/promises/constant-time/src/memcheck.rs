//! Client requests of valgrind's memcheck: a few instructions that do nothing on a real processor.

use std::arch::asm;
use std::ptr;

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const CHECK_MEM_IS_DEFINED: usize = MEMCHECK + 5;

fn request(code: usize, a: usize, b: usize) -> usize {
    let arguments = [code, a, b, 0, 0, 0];
    let mut result = 0_usize;
    // SAFETY: the rotations add up to whole turns, and the exchange is of a register with itself; valgrind knows the
    // sequence, reads the six words that `rax` points to, and writes its result to `rdx`.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") ptr::from_ref(&arguments),
            inout("rdx") result,
            inout("rdi") 0_usize => _,
        );
    }
    result
}

/// Marks bytes as secret: memcheck reports every branch and every address that depends on them.
pub fn secret(bytes: &[u8]) {
    request(MAKE_MEM_UNDEFINED, bytes.as_ptr().addr(), bytes.len());
}

/// Makes memcheck report bytes that depend on a secret.
pub fn expect_public(bytes: &[u8]) {
    request(CHECK_MEM_IS_DEFINED, bytes.as_ptr().addr(), bytes.len());
}

/// Returns the number of reports so far, without the suppressed ones.
pub fn reports() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

pub fn is_watching() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}
