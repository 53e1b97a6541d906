//! The number of instructions that an operation takes.
//!
//! Under `qemu-system-arm -icount shift=0` each instruction takes one nanosecond of the machine's time. The SysTick timer,
//! at the 25 MHz of `mps2-an386` or the 16 MHz of `microbit`, advances every 40 or 62.5 instructions.

use core::hint::black_box;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_semihosting::hprintln;

/// The instructions of one tick, in halves.
const HALVES_PER_TICK: u32 = if cfg!(target_feature = "dsp") { 80 } else { 125 };
/// The timer counts down from here: 24 bits.
const TOP: u32 = 0x00ff_ffff;

pub struct Stopwatch(SYST);

impl Stopwatch {
    pub fn start(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(TOP);
        timer.clear_current();
        timer.enable_counter();
        Self(timer)
    }

    /// Prints about how many instructions `operation` takes.
    pub fn print<T>(&self, name: &str, mut operation: impl FnMut() -> T) {
        const REPETITIONS: u32 = 16;
        let before = SYST::get_current();
        for _ in 0..REPETITIONS {
            black_box(operation());
        }
        let ticks = before.wrapping_sub(SYST::get_current()) & TOP;
        hprintln!(
            "{name}: about {} instructions",
            ticks * HALVES_PER_TICK / (2 * REPETITIONS)
        );
    }
}
