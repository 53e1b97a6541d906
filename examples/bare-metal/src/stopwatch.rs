//! The time that an operation takes.
//!
//! Under `qemu-system-arm -icount shift=0` each instruction takes one nanosecond of the machine's time, so that the
//! SysTick timer, at the 25 MHz of `mps2-an386` and the 16 MHz of `microbit`, advances by one every 40 or 62.5
//! instructions. An operation is repeated until a single instruction more is seen.

use core::hint::black_box;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

/// How often each operation is repeated: one instruction more is then four ticks or six.
pub const REPETITIONS: u32 = 256;
/// The nanoseconds of one tick, which are instructions.
#[cfg(target_feature = "dsp")]
const TICK: u32 = 40;
#[cfg(not(target_feature = "dsp"))]
const TICK: u32 = 62;
/// The timer counts down from here, and starts again: 24 bits.
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

    /// The ticks that the repetitions take: one more or less, for they need not begin with a tick.
    #[inline(always)]
    pub fn ticks<T>(&self, input: &mut T, operation: impl Fn(&mut T) -> bool) -> u32 {
        let before = SYST::get_current();
        for _ in 0..REPETITIONS {
            black_box(operation(black_box(input)));
        }
        before.wrapping_sub(SYST::get_current()) & TOP
    }
}

/// About how many instructions one operation takes.
pub const fn instructions(ticks: u32) -> u32 {
    ticks * TICK / REPETITIONS
}
