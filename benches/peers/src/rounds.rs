//! Measures all cases in one run, so that whatever slows the machine down slows all of them down alike: each round times
//! every case once, for a batch of calls. A case's time is the median of its rounds.

use std::time::Instant;

use crate::cases::{Case, Id};

/// Long enough that reading the clock does not count, short enough that a round is over in milliseconds.
const BATCH: usize = 256;

/// Calls before each batch that are not timed: the cases before have taken the caches and the branch predictor.
const WARM_UP: usize = 64;

#[derive(Clone, Copy)]
pub struct Effort {
    rounds: usize,
    repetitions: usize,
}

impl Effort {
    pub const FULL: Self = Self {
        rounds: 200,
        repetitions: 7,
    };
    pub const QUICK: Self = Self {
        rounds: 60,
        repetitions: 3,
    };
}

/// The medians of each repetition that was kept, in the order of the cases.
pub struct Times {
    ids: Vec<Id>,
    repetitions: Vec<Vec<f64>>,
}

impl Times {
    /// The ratio of two medians; of the repetitions that were kept the middle one, so that a spell of noise is no miss.
    pub fn ratio(&self, what: Id, over: Id) -> f64 {
        let (what, over) = (self.place(what), self.place(over));
        median(
            self.repetitions
                .iter()
                .map(|medians| medians[what] / medians[over])
                .collect(),
        )
    }

    fn place(&self, id: Id) -> usize {
        self.ids.iter().position(|it| *it == id).expect("every id has a case")
    }
}

pub fn measure(cases: &mut [Case<'_>], effort: Effort) -> Times {
    let mut repetitions: Vec<_> = (0..effort.repetitions).map(|_| medians(cases, effort.rounds)).collect();
    // The quietest half. Another machine on the same core slows down what fills the core, and not what waits for it: then
    // the ratios are those of sharing a core.
    repetitions.sort_by(|a, b| f64::total_cmp(&a.iter().sum(), &b.iter().sum()));
    repetitions.truncate(effort.repetitions.div_ceil(2));
    Times {
        ids: cases.iter().map(|case| case.id).collect(),
        repetitions,
    }
}

fn medians(cases: &mut [Case<'_>], rounds: usize) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); cases.len()];
    for _ in 0..rounds {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            case.run(WARM_UP);
            let start = Instant::now();
            case.run(BATCH);
            times.push(start.elapsed().as_secs_f64());
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
