//! A program that does nothing but check verifiers, at every length, beside one `Sha256::digest` of the same text and
//! beside the bare compressions that the text needs. What inlining does to a check depends on the program around it: here
//! there is none.
//!
//! Prints the worst ratios, and exits with 1 if a check costs more than the digest at any length. The control checks each
//! text twice, and must cost more.

use std::hint::black_box;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use pkce_core::CodeChallengeMethod::S256;
use pkce_core::{CodeChallenge, CodeVerifier, ServerPolicy};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

const POLICY: ServerPolicy = ServerPolicy::new();
const LENGTHS: usize = CodeVerifier::MAX_LEN - CodeVerifier::MIN_LEN + 1;

/// Calls in a batch: some microseconds, so that a neighbour disturbs few of them.
const BATCH: u32 = 64;
const WARM_UP: u32 = 16;
const ROUNDS: usize = 40;
const REPETITIONS: usize = 8;
/// A neighbour on the same core takes what lets two checks overlap. This many tries to find a quiet moment.
const TRIES: usize = 12;

struct Pair {
    text: String,
    stored: CodeChallenge,
}

impl Pair {
    fn of_len(len: usize) -> Self {
        const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        let text: String = (0..len)
            .map(|i| char::from(CHARACTERS[(i * 7 + len) % CHARACTERS.len()]))
            .collect();
        let stored = CodeVerifier::parse(&text).expect("it is well formed").challenge(S256);
        Self { text, stored }
    }

    fn is_accepted(&self) -> bool {
        POLICY
            .check_token_request(black_box(Some(&self.stored)), black_box(Some(&self.text)))
            .is_ok()
    }

    fn blocks(&self) -> usize {
        (self.text.len() + 9).div_ceil(64)
    }
}

fn compress(blocks: &[[u8; 64]]) -> [u32; 8] {
    let mut state = [0x6a09_e667; 8];
    compress256(&mut state, black_box(blocks));
    state
}

/// The time of one call, in nanoseconds.
fn time<T>(mut call: impl FnMut() -> T) -> f64 {
    for _ in 0..WARM_UP {
        black_box(&call());
    }
    let start = Instant::now();
    for _ in 0..BATCH {
        black_box(&call());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The medians for one length.
#[derive(Clone, Copy)]
struct Medians {
    check: f64,
    twice: f64,
    digest: f64,
    compressions: f64,
}

/// Every length once in each round, its four cases one after the other.
fn repetition(pairs: &[Pair]) -> Vec<Medians> {
    let blocks = [[0xa5; 64]; 3];
    let mut times = vec![[const { Vec::new() }; 4]; LENGTHS];
    for _ in 0..ROUNDS {
        for (pair, times) in pairs.iter().zip(&mut times) {
            times[0].push(time(|| pair.is_accepted()));
            times[1].push(time(|| pair.is_accepted() && pair.is_accepted()));
            times[2].push(time(|| Sha256::digest(black_box(&pair.text))));
            times[3].push(time(|| compress(&blocks[..pair.blocks()])));
        }
    }
    times
        .into_iter()
        .map(|times| times.map(median))
        .map(|[check, twice, digest, compressions]| Medians {
            check,
            twice,
            digest,
            compressions,
        })
        .collect()
}

/// The median of a ratio over the quietest half of the repetitions, for each length.
fn ratios(repetitions: &[Vec<Medians>], ratio: impl Fn(&Medians) -> f64) -> Vec<f64> {
    (0..LENGTHS)
        .map(|i| median(repetitions.iter().map(|it| ratio(&it[i])).collect()))
        .collect()
}

fn worst(ratios: &[f64]) -> (usize, f64) {
    let (i, ratio) = ratios
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .expect("there is a length");
    (i + CodeVerifier::MIN_LEN, *ratio)
}

/// Prints a line of the table, and returns the worst ratio to the digest.
fn measure(pairs: &[Pair]) -> f64 {
    let mut repetitions: Vec<_> = (0..REPETITIONS).map(|_| repetition(pairs)).collect();
    let sum = |medians: &Vec<Medians>| medians.iter().map(|it| it.check + it.digest).sum::<f64>();
    repetitions.sort_by(|a, b| f64::total_cmp(&sum(a), &sum(b)));
    repetitions.truncate(REPETITIONS / 2);

    let over_digest = ratios(&repetitions, |it| it.check / it.digest);
    let over_compressions = ratios(&repetitions, |it| it.check / it.compressions);
    let control = ratios(&repetitions, |it| it.twice / it.digest);
    let (len, most) = worst(&over_digest);
    let (compressed_len, compressed) = worst(&over_compressions);
    println!(
        "| {most:.2} ({len}) | {compressed:.2} ({compressed_len}) | {:.2} | {:.2} | {:.2} |",
        over_compressions[0],
        over_compressions[LENGTHS - 1],
        worst(&control).1
    );
    assert!(
        worst(&control).1 > 1.0,
        "control: two checks were not seen to cost more than one digest"
    );
    most
}

fn main() -> ExitCode {
    let pairs: Vec<_> = (CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN)
        .map(Pair::of_len)
        .collect();
    assert!(pairs.iter().all(Pair::is_accepted));
    println!("| over `Sha256::digest`, the worst (at) | over the compressions, the worst (at) | 43 | 128 | control |");
    println!("|---:|---:|---:|---:|---:|");
    for _ in 0..TRIES {
        if measure(&pairs) <= 1.0 {
            return ExitCode::SUCCESS;
        }
        thread::sleep(Duration::from_secs(5));
    }
    ExitCode::FAILURE
}
