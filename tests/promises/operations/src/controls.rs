//! What the crate must not do. Each must be reported, and its traces must differ.

use core::hint::black_box;

use crate::{Case, Fixture, Given};

const fn control(name: &'static str, run: fn(&mut Fixture) -> bool) -> Case {
    Case {
        name,
        given: Given::Text,
        results: 0,
        run,
    }
}

pub(crate) const CASES: &[Case] = &[
    control("control: an index", index),
    control("control: an early exit", early_exit),
    control("control: a branch", branch),
];

fn index(fixture: &mut Fixture) -> bool {
    static TABLE: [u8; 256] = [1; 256];
    black_box(black_box(&TABLE)[usize::from(fixture.buffer[7])]);
    true
}

fn early_exit(fixture: &mut Fixture) -> bool {
    black_box(fixture.bytes().iter().all(|byte| black_box(*byte) == b'B'));
    true
}

fn branch(fixture: &mut Fixture) -> bool {
    if fixture.buffer[7] < b'a' {
        // A call, so that no conditional instruction can replace the branch.
        black_box(never_inlined());
    }
    true
}

#[inline(never)]
fn never_inlined() -> u8 {
    black_box(1)
}
