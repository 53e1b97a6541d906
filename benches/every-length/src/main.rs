//! What `check_token_request` costs at every length. What inlining does to a check depends on the program around it: here
//! there is none.
//!
//! `every-length WIPED PEERS` prints the worst ratios, and exits with 1 if one is above its limit: WIPED to the *wiped
//! hash*, which is the text's own compressions and one of a public block; PEERS to the cheaper of pkce-std and oauth2-types
//! on the same text. `-` is no limit. The control is two checks of each text, which must be above both limits.
//!
//! Where SHA-256 runs in software, the peers are no limit: one compression more than theirs then costs more than all the
//! rest.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, thread};

use mas_iana::oauth::PkceCodeChallengeMethod;
use oauth2_types::pkce::CodeChallengeMethodExt;
use pkce_core::CodeChallengeMethod::S256;
use pkce_core::{CodeChallenge, CodeVerifier, ServerPolicy};
use sha2::block_api::compress256;

const POLICY: ServerPolicy = ServerPolicy::new();
const LENGTHS: usize = CodeVerifier::MAX_LEN - CodeVerifier::MIN_LEN + 1;

/// Calls in a batch: some microseconds, so that a neighbour disturbs few of them.
const BATCH: u32 = 64;
const WARM_UP: u32 = 16;
const ROUNDS: usize = 40;
const REPETITIONS: usize = 8;
/// A neighbour on the same core takes what lets two checks overlap. This many tries to find a quiet moment.
const TRIES: usize = 40;

struct Text {
    text: String,
    stored: CodeChallenge,
    pkce_std: pkce_std::Challenge,
}

impl Text {
    fn of_len(len: usize) -> Self {
        const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        let text: String = (0..len)
            .map(|i| char::from(CHARACTERS[(i * 7 + len) % CHARACTERS.len()]))
            .collect();
        let stored = CodeVerifier::parse(&text).expect("it is well formed").challenge(S256);
        let pkce_std = pkce_std::Verifier::borrowed(&text)
            .expect("it is well formed")
            .challenge();
        Self { text, stored, pkce_std }
    }

    fn check(&self) -> bool {
        POLICY
            .check_token_request(black_box(Some(&self.stored)), black_box(Some(&self.text)))
            .is_ok()
    }

    fn pkce_std(&self) -> bool {
        pkce_std::Verifier::borrowed(black_box(&self.text)).is_ok_and(|it| it.verify(black_box(&self.pkce_std)))
    }

    fn oauth2_types(&self) -> bool {
        black_box(PkceCodeChallengeMethod::S256)
            .verify(black_box(self.stored.as_str()), black_box(&self.text))
            .is_ok()
    }

    fn wiped_hash(&self) -> [u32; 8] {
        let blocks = [[0xa5; 64]; 3];
        let mut state = [0x6a09_e667; 8];
        compress256(&mut state, black_box(&blocks[..(self.text.len() + 9).div_ceil(64)]));
        compress256(black_box(&mut [0; 8]), black_box(&[[0; 64]]));
        state
    }
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

/// The medians for one length: the check, two checks, the wiped hash, and the cheaper peer.
type Medians = [f64; 4];

/// Every length once in each round, its cases one after the other.
fn repetition(texts: &[Text]) -> Vec<Medians> {
    let mut times = vec![[const { Vec::new() }; 5]; LENGTHS];
    for _ in 0..ROUNDS {
        for (text, times) in texts.iter().zip(&mut times) {
            times[0].push(time(|| text.check()));
            times[1].push(time(|| text.check() && text.check()));
            times[2].push(time(|| text.wiped_hash()));
            times[3].push(time(|| text.pkce_std()));
            times[4].push(time(|| text.oauth2_types()));
        }
    }
    times
        .into_iter()
        .map(|times| times.map(median))
        .map(|[check, twice, wiped, pkce_std, oauth2_types]| [check, twice, wiped, pkce_std.min(oauth2_types)])
        .collect()
}

/// The ratio of two medians at each length, itself a median over the repetitions.
fn ratios(repetitions: &[Vec<Medians>], what: usize, over: usize) -> Vec<f64> {
    (0..LENGTHS)
        .map(|i| median(repetitions.iter().map(|it| it[i][what] / it[i][over]).collect()))
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

/// Prints a line of the table, and returns whether both ratios are within their limits.
fn measure(texts: &[Text], limits: [f64; 2]) -> bool {
    let mut repetitions: Vec<_> = (0..REPETITIONS).map(|_| repetition(texts)).collect();
    let sum = |medians: &Vec<Medians>| medians.iter().flatten().sum::<f64>();
    repetitions.sort_by(|a, b| f64::total_cmp(&sum(a), &sum(b)));
    repetitions.truncate(REPETITIONS / 2);

    let [over_wiped, over_peers] = [2, 3].map(|over| ratios(&repetitions, 0, over));
    let control = [2, 3].map(|over| worst(&ratios(&repetitions, 1, over)).1);
    let [(wiped_len, wiped), (peers_len, peers)] = [worst(&over_wiped), worst(&over_peers)];
    println!(
        "| {wiped:.2} ({wiped_len}) | {:.2} | {:.2} | {peers:.2} ({peers_len}) | {:.2}, {:.2} |",
        over_wiped[0],
        over_wiped[LENGTHS - 1],
        control[0],
        control[1]
    );
    for (control, limit) in control.into_iter().zip(limits) {
        assert!(
            control > limit || limit.is_infinite(),
            "control: two checks were within the limit of one"
        );
    }
    wiped <= limits[0] && peers <= limits[1]
}

fn main() -> ExitCode {
    let limits = env::args().skip(1).map(|it| match it.as_str() {
        "-" => f64::INFINITY,
        limit => limit.parse().expect("a limit is a number or `-`"),
    });
    let &[wiped, mut peers] = limits.collect::<Vec<f64>>().as_slice() else {
        eprintln!("usage: every-length WIPED PEERS");
        return ExitCode::from(2);
    };
    let texts: Vec<_> = (CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN)
        .map(Text::of_len)
        .collect();
    assert!(texts.iter().all(|it| it.check() && it.pkce_std() && it.oauth2_types()));
    #[cfg(target_arch = "x86_64")]
    if !is_x86_feature_detected!("sha") {
        println!("no SHA instructions: no limit to the peers");
        peers = f64::INFINITY;
    }
    println!("| over the wiped hash, the worst (at) | 43 | 128 | over the cheaper peer, the worst (at) | control |");
    println!("|---:|---:|---:|---:|---:|");
    for _ in 0..TRIES {
        if measure(&texts, [wiped, peers]) {
            return ExitCode::SUCCESS;
        }
        thread::sleep(Duration::from_secs(5));
    }
    ExitCode::FAILURE
}
