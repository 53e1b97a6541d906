//! What the three images have in common. Each is linked as it is, without a start-up routine or a linker script: it is
//! there to be weighed, not to run.

#![no_std]

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    stop()
}

/// Where each image ends.
pub fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// A word from outside, of which nothing is known at compile time: a random number generator in hardware.
pub fn word() -> u32 {
    const REGISTER: *const u32 = 0x5006_0808 as *const u32;
    // SAFETY: an address on a device, and nothing runs this.
    unsafe { REGISTER.read_volatile() }
}
