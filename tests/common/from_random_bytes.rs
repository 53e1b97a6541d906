//! `CodeVerifier::from_random_bytes` for every number of octets that it accepts.

use pkce_core::CodeVerifier;

/// Makes a verifier of the first octets, if there are enough.
pub type FromRandomBytes = fn(&[u8]) -> Option<CodeVerifier>;

macro_rules! for_each {
    ($($n:literal)*) => {
        [$(|octets| octets.first_chunk::<$n>().map(CodeVerifier::from_random_bytes)),*]
    };
}

/// At `i`, for `32 + i` octets.
pub const FROM_RANDOM_BYTES: [FromRandomBytes; 96 - 32 + 1] = for_each!(
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
    65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96
);
