//! What the crate must not do, beside the controls of `operations`. memcheck must report each.

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::memcheck;

pub const CASES: &[(&str, fn())] = &[
    ("control: == on secret slices", equals),
    ("control: base64's encoder on secret octets", table_encoder),
    ("control: a secret in a Debug output", debug),
    ("control: a branch on an octet of the system", drawn_octet),
    (
        "control: a branch in a function named as a suppressed one",
        compare::declassify,
    ),
];

const SECRET: [u8; 43] = *b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn equals() {
    let secret = black_box(SECRET);
    memcheck::secret(&secret);
    if secret[..] == black_box(SECRET)[..] {
        black_box(1);
    }
}

fn table_encoder() {
    let secret = black_box([7; 32]);
    memcheck::secret(&secret);
    let mut text = [0; 43];
    let _ = black_box(URL_SAFE_NO_PAD.encode_slice(secret, &mut text));
    black_box(text);
}

fn drawn_octet() {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets).expect("the generator does not fail");
    if octets[7] == b'e' {
        black_box(1);
    }
}

/// A copy, without a branch: only the check of the output itself can see it.
fn debug() {
    let secret = black_box(SECRET);
    memcheck::secret(&secret);
    // SAFETY: it is ASCII. A check would branch on the secret.
    let text = unsafe { std::str::from_utf8_unchecked(&secret) };
    memcheck::expect_public(format!("CodeVerifier({text})").as_bytes());
}

mod compare {
    use std::hint::black_box;

    use crate::memcheck;

    #[inline(never)]
    pub fn declassify() {
        let secret = black_box(super::SECRET);
        memcheck::secret(&secret);
        if secret[7] == b'e' {
            black_box(1);
        }
    }
}
