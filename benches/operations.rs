//! The time of each operation, next to its floor: the compressions that the text needs, the generator that fills 32
//! octets, and the heap block that stores the text.
//!
//! Run with `cargo bench`; `--all-features` adds `generate_from_rng`. `benches/peers` compares other crates, and checks
//! the ratios that must hold.

use std::hint::black_box;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

fn main() {
    // Short, because there are many. Options on the command line take precedence.
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    generate(&mut criterion.benchmark_group("generate"));
    generate_from_rng(&mut criterion.benchmark_group("generate_from_rng"));
    encode(&mut criterion.benchmark_group("encode"));
    challenge(&mut criterion.benchmark_group("challenge"));
    parse_verifier(&mut criterion.benchmark_group("parse verifier"));
    parse_challenge(&mut criterion.benchmark_group("parse challenge"));
    verify(&mut criterion.benchmark_group("verify"));
    check_token_request(&mut criterion.benchmark_group("check_token_request"));
    criterion.final_summary();
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Measures a call for a text of `len` characters. The result passes through `black_box` by reference, because a copy
/// would be measured too.
fn time<T>(group: &mut Group<'_>, name: &str, len: usize, mut call: impl FnMut() -> T) {
    group.bench_function(BenchmarkId::new(name, len), |bencher| {
        bencher.iter(|| {
            black_box(&call());
        });
    });
}

/// The floor of everything that hashes: the compression function over the blocks of `len` characters and 9 bytes of
/// padding.
fn time_compression(group: &mut Group<'_>, len: usize) {
    let blocks = &[[0xa5; 64]; 3][..(len + 9).div_ceil(64)];
    time(group, "limit: compress256", len, || {
        let mut state = [0; 8];
        compress256(&mut state, black_box(blocks));
        state
    });
}

/// The floor of everything that stores a text on the heap.
fn time_block(group: &mut Group<'_>, len: usize) {
    let text = "a".repeat(len);
    time(group, "limit: a heap block", len, || {
        Box::<str>::from(black_box(&*text))
    });
}

/// Verifiers of 43, 64 and 128 characters.
fn verifiers() -> [CodeVerifier; 3] {
    [
        CodeVerifier::from_random_bytes(&[0xa5; 32]),
        CodeVerifier::from_random_bytes(&[0xa5; 48]),
        CodeVerifier::from_random_bytes(&[0xa5; 96]),
    ]
}

/// Derives the challenge of a new verifier, and drops the verifier.
fn challenge_of(verifier: CodeVerifier) -> CodeChallenge {
    black_box(&verifier).challenge(CodeChallengeMethod::S256)
}
fn generate(group: &mut Group<'_>) {
    time(group, "limit: getrandom::fill", 43, || {
        let mut octets = [0; 32];
        getrandom::fill(&mut octets).map(|()| octets)
    });
    time(group, "generate", 43, CodeVerifier::generate);
    time(group, "generate and challenge", 43, || {
        CodeVerifier::generate().map(challenge_of)
    });
}
fn generate_from_rng(group: &mut Group<'_>) {
    use rand_core::{Rng, SeedableRng};

    let mut rng = chacha20::ChaCha12Rng::from_seed([0xa5; 32]);
    time(group, "limit: ChaCha12", 43, || {
        let mut octets = [0; 32];
        rng.fill_bytes(&mut octets);
        octets
    });
    time(group, "generate_from_rng", 43, || {
        CodeVerifier::generate_from_rng(&mut rng)
    });
    time(group, "generate_from_rng and challenge", 43, || {
        challenge_of(CodeVerifier::generate_from_rng(&mut rng))
    });
}

fn encode(group: &mut Group<'_>) {
    for len in [43, 64, 128] {
        time_block(group, len);
    }
    time(group, "from_random_bytes", 43, || {
        CodeVerifier::from_random_bytes(black_box(&[0xa5; 32]))
    });
    time(group, "from_random_bytes", 64, || {
        CodeVerifier::from_random_bytes(black_box(&[0xa5; 48]))
    });
    time(group, "from_random_bytes", 128, || {
        CodeVerifier::from_random_bytes(black_box(&[0xa5; 96]))
    });
}

fn challenge(group: &mut Group<'_>) {
    for verifier in &verifiers() {
        let len = verifier.expose_secret().len();
        time_compression(group, len);
        time(group, "S256", len, || {
            black_box(verifier).challenge(CodeChallengeMethod::S256)
        });
        time(group, "plain", len, || {
            black_box(verifier).challenge(CodeChallengeMethod::Plain)
        });
    }
}

fn parse_verifier(group: &mut Group<'_>) {
    for verifier in &verifiers() {
        let text = verifier.expose_secret();
        time_block(group, text.len());
        time(group, "parse", text.len(), || CodeVerifier::parse(black_box(text)));
    }
}

fn parse_challenge(group: &mut Group<'_>) {
    let challenge = CodeVerifier::from_random_bytes(&[0xa5; 32]).challenge(CodeChallengeMethod::S256);
    let text = challenge.as_str();
    time(group, "limit: base64 decodes it", 43, || {
        let mut digest = [0; 32];
        URL_SAFE_NO_PAD
            .decode_slice(black_box(text), &mut digest)
            .map(|_| digest)
    });
    time(group, "S256", 43, || {
        CodeChallenge::parse(black_box(text), CodeChallengeMethod::S256)
    });
    for verifier in &verifiers() {
        let text = verifier.expose_secret();
        time_block(group, text.len());
        time(group, "plain", text.len(), || {
            CodeChallenge::parse(black_box(text), CodeChallengeMethod::Plain)
        });
    }
}

fn verify(group: &mut Group<'_>) {
    for verifier in &verifiers() {
        let len = verifier.expose_secret().len();
        let stored = verifier.challenge(CodeChallengeMethod::S256);
        assert!(stored.verify(verifier).is_ok());
        time_compression(group, len);
        time(group, "verify", len, || black_box(&stored).verify(black_box(verifier)));
    }
}

fn check_token_request(group: &mut Group<'_>) {
    let policy = ServerPolicy::new();
    for verifier in &verifiers() {
        let text = verifier.expose_secret();
        let stored = verifier.challenge(CodeChallengeMethod::S256);
        assert!(policy.check_token_request(Some(&stored), Some(text)).is_ok());
        time_compression(group, text.len());
        time(group, "Sha256::digest", text.len(), || Sha256::digest(black_box(text)));
        time(group, "check_token_request", text.len(), || {
            policy.check_token_request(black_box(Some(&stored)), black_box(Some(text)))
        });
    }
}
