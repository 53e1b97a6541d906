//! PKCE on a microcontroller, without an allocator: makes a verifier and its challenge, verifies the pair of RFC 7636
//! Appendix B, and counts the instructions to see that no operation takes longer for one secret than for another.
//!
//! It runs in QEMU: `bash examples/bare-metal/run`.

#![no_std]
#![no_main]

mod answers;
mod counts;
mod instructions;
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
        Ok(tally) => {
            hprintln!(
                "Appendix B holds; {} operations take as many instructions for each of their secrets, {} in all",
                tally.operations,
                tally.inputs
            );
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

fn run() -> Result<counts::Tally, &'static str> {
    answers::appendix_b()?;
    answers::generated()?;
    let peripherals = cortex_m::Peripherals::take().ok_or("the peripherals were taken before")?;
    instructions::all(Stopwatch::start(peripherals.SYST))
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
