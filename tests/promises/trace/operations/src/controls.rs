//! What the crate must not do. The traces of each must differ.

use core::hint::black_box;

use crate::{Case, Fixture, secrets};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "control: an index",
        is_control: true,
        lengths: 43..=43,
        prepare,
        run: index,
    },
    Case {
        name: "control: an early exit",
        is_control: true,
        lengths: 43..=43,
        prepare,
        run: early_exit,
    },
    Case {
        name: "control: a branch",
        is_control: true,
        lengths: 43..=43,
        prepare,
        run: branch,
    },
];

fn prepare(fixture: &mut Fixture, secret: usize) {
    secrets::text(secret, &mut fixture.buffer[..fixture.len]);
}

fn index(fixture: &mut Fixture) -> bool {
    static TABLE: [u8; 256] = [1; 256];
    black_box(&TABLE)[usize::from(fixture.buffer[7])] == 1
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
