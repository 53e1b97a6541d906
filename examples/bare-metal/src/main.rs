//! PKCE on a microcontroller, without an allocator: makes a verifier and its challenge, and verifies the pair of RFC 7636
//! Appendix B.
//!
//! It runs in QEMU: `bash examples/bare-metal/run`.

#![no_std]
#![no_main]

mod login;
mod stopwatch;

use core::panic::PanicInfo;

use cortex_m::asm::wfi;
use cortex_m_rt::entry;
use cortex_m_semihosting::debug::{self, ExitStatus};
use cortex_m_semihosting::hprintln;

use crate::stopwatch::Stopwatch;

#[entry]
fn main() -> ! {
    let status = match run() {
        Ok(()) => {
            hprintln!("Appendix B holds");
            ExitStatus::Ok(())
        }
        Err(why) => {
            hprintln!("{why}");
            ExitStatus::Err(())
        }
    };
    debug::exit(status);
    loop {
        wfi();
    }
}

fn run() -> Result<(), &'static str> {
    login::appendix_b()?;
    let peripherals = cortex_m::Peripherals::take().ok_or("the peripherals were taken before")?;
    login::generated(&Stopwatch::start(peripherals.SYST))
}

/// Nothing in `pkce-core` can panic without an allocator; the rest of the image might.
#[panic_handler]
fn panicked(_: &PanicInfo) -> ! {
    hprintln!("panicked");
    debug::exit(ExitStatus::Err(()));
    loop {
        wfi();
    }
}
