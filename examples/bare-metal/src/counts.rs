//! Whether an operation takes the same time for all inputs.

use cortex_m_semihosting::hprintln;

use crate::stopwatch::{Stopwatch, instructions};

/// What was compared.
#[derive(Default)]
pub struct Tally {
    pub operations: u32,
    pub inputs: u32,
}

pub struct Counts {
    stopwatch: Stopwatch,
    pub tally: Tally,
}

impl Counts {
    pub fn new(stopwatch: Stopwatch) -> Self {
        Self {
            stopwatch,
            tally: Tally::default(),
        }
    }

    /// Fails if `operation` does not hold, and take the same time, for each of the inputs.
    ///
    /// What it needs is made of an input beforehand. It lies at one place for all inputs, and one piece of code works on
    /// all of them: only what the bytes are can make a difference.
    pub fn same<I, T>(
        &mut self,
        name: &'static str,
        inputs: &[I],
        prepare: impl Fn(&I) -> T,
        operation: impl Fn(&mut T) -> bool,
    ) -> Result<(), &'static str> {
        if !inputs.iter().all(|input| operation(&mut prepare(input))) {
            return Err(name);
        }
        let (least, most) = self.extremes(inputs, prepare, operation);
        hprintln!(
            "{name}: about {} instructions, {least} to {most} ticks",
            instructions(most)
        );
        self.tally.operations += 1;
        self.tally.inputs += inputs.len() as u32;
        if most - least <= 1 { Ok(()) } else { Err(name) }
    }

    /// Fails if `operation` does take the same time for each of the inputs: then nothing could be seen.
    pub fn different<I, T>(
        &self,
        name: &'static str,
        inputs: &[I],
        prepare: impl Fn(&I) -> T,
        operation: impl Fn(&mut T) -> bool,
    ) -> Result<(), &'static str> {
        let (least, most) = self.extremes(inputs, prepare, operation);
        hprintln!("{name}: {least} to {most} ticks, as it must be");
        if most - least > 1 { Ok(()) } else { Err(name) }
    }

    #[inline(never)]
    fn extremes<I, T>(
        &self,
        inputs: &[I],
        prepare: impl Fn(&I) -> T,
        operation: impl Fn(&mut T) -> bool,
    ) -> (u32, u32) {
        let (mut least, mut most) = (u32::MAX, 0);
        for input in inputs {
            let mut prepared = prepare(input);
            let ticks = self.stopwatch.ticks(&mut prepared, &operation);
            least = least.min(ticks);
            most = most.max(ticks);
        }
        (least, most)
    }
}
