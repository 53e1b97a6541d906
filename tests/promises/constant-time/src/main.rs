//! P4: in generate, challenge and verify, no branch and no memory index depends on a secret byte, except for the two
//! results "well formed" and "equal", which `answers.supp` lists.
//!
//! Run a release build under valgrind: `valgrind -q --suppressions=answers.supp BINARY`. Each case marks its secret as
//! undefined and then uses it; memcheck reports every branch and address that depends on it, however it was copied or
//! computed. The controls do what the crate must not do, and must be reported.
//!
//! valgrind hides the SHA instructions of the processor, so this runs the portable compression function.

mod memcheck;

use std::convert::Infallible;
use std::hint::black_box;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy, TokenError};
use rand_core::{TryCryptoRng, TryRng};

use CodeChallengeMethod::{Plain, S256};

/// A name, what to run, and whether memcheck must report it.
type Case = (&'static str, fn(), bool);

const CASES: &[Case] = &[
    ("control: a branch on a secret byte", branch, true),
    ("control: a look-up with a secret index", look_up, true),
    ("control: == on secret slices", equals, true),
    ("control: base64's encoder on secret octets", table_encoder, true),
    ("from_random_bytes, 32 octets", from_random_bytes::<32>, false),
    ("from_random_bytes, 33 octets", from_random_bytes::<33>, false),
    ("from_random_bytes, 34 octets", from_random_bytes::<34>, false),
    ("from_random_bytes, 96 octets", from_random_bytes::<96>, false),
    ("generate_from_rng", generate_from_rng, false),
    ("challenge S256, every length", || challenge(S256), false),
    ("challenge plain, every length", || challenge(Plain), false),
    ("plain challenge: clone, Debug, ==", plain_challenge, false),
    ("verify S256, equal, every length", || verify(S256, true), false),
    ("verify S256, unequal, every length", || verify(S256, false), false),
    ("verify plain, equal, every length", || verify(Plain, true), false),
    ("verify plain, unequal, every length", || verify(Plain, false), false),
    ("verifier: parse, Debug, drop, every length", parse, false),
    ("verifier: TryFrom<String>", from_string, false),
    ("challenge: parse plain, every length", parse_plain, false),
    (
        "token_request S256, right, every length",
        || token_request(S256, true),
        false,
    ),
    (
        "token_request S256, wrong, every length",
        || token_request(S256, false),
        false,
    ),
    (
        "token_request plain, right, every length",
        || token_request(Plain, true),
        false,
    ),
    (
        "token_request plain, wrong, every length",
        || token_request(Plain, false),
        false,
    ),
];

fn main() -> ExitCode {
    if !memcheck::is_watching() {
        eprintln!("run this under valgrind");
        return ExitCode::from(2);
    }
    println!("{:<46} {:>7} {:>9}", "constant time", "reports", "expected");
    let mut failed = 0;
    for &(name, run, reported) in CASES {
        let before = memcheck::reports();
        run();
        let reports = memcheck::reports() - before;
        let as_expected = (reports > 0) == reported;
        let expected = if reported { "> 0" } else { "0" };
        println!(
            "{name:<46} {reports:>7} {expected:>9}{}",
            if as_expected { "" } else { "  FAILED" }
        );
        failed += usize::from(!as_expected);
    }
    println!("{} passed, {failed} failed", CASES.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

// Controls

const SECRET: [u8; 43] = *b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn branch() {
    let secret = black_box(SECRET);
    memcheck::secret(&secret);
    if secret[7] == b'e' {
        black_box(1);
    }
}

fn look_up() {
    let table = black_box([1_u8; 256]);
    let secret = black_box(SECRET);
    memcheck::secret(&secret);
    black_box(table[usize::from(secret[7])]);
}

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

// Cases

const LENGTHS: std::ops::RangeInclusive<usize> = CodeVerifier::MIN_LEN..=CodeVerifier::MAX_LEN;

/// Text of all unreserved characters in turn, whose bytes are secret until it is dropped.
struct SecretText(String);

impl SecretText {
    fn new(len: usize) -> Self {
        const LETTERS: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
        let text: String = (0..len)
            .map(|i| char::from(LETTERS[(i * 7 + len) % LETTERS.len()]))
            .collect();
        memcheck::secret(text.as_bytes());
        Self(text)
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        memcheck::public(self.0.as_bytes());
    }
}

/// A verifier whose text is secret.
fn secret_verifier(len: usize) -> CodeVerifier {
    CodeVerifier::parse(&SecretText::new(len).0).expect("well formed")
}

/// The stored challenge, which is public: that of the secret verifier, or another one. If it is plain, it has the same
/// length, because the comparison of different lengths ends early.
fn stored(len: usize, method: CodeChallengeMethod, right: bool) -> CodeChallenge {
    let text = SecretText::new(len);
    memcheck::public(text.0.as_bytes());
    let text = if right { text.0.clone() } else { "a".repeat(len) };
    CodeVerifier::parse(&text).expect("well formed").challenge(method)
}

fn from_random_bytes<const N: usize>() {
    let octets = black_box([7; N]);
    memcheck::secret(&octets);
    black_box(CodeVerifier::from_random_bytes(&octets));
}

struct Generator;

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(4)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(4)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.fill(4);
        memcheck::secret(to);
        Ok(())
    }
}

impl TryCryptoRng for Generator {}

fn generate_from_rng() {
    let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut Generator);
    black_box(&verifier);
    black_box(verifier.challenge(S256));
}

fn challenge(method: CodeChallengeMethod) {
    for len in LENGTHS {
        black_box(secret_verifier(len).challenge(method));
    }
}

fn plain_challenge() {
    let challenge = secret_verifier(43).challenge(Plain);
    let copy = challenge.clone();
    black_box(format!("{copy:?}"));
    assert!(copy == challenge);
    assert!(copy != secret_verifier(44).challenge(Plain));
}

fn verify(method: CodeChallengeMethod, equal: bool) {
    for len in LENGTHS {
        assert_eq!(stored(len, method, equal).verify(&secret_verifier(len)).is_ok(), equal);
    }
}

fn parse() {
    for len in LENGTHS {
        let verifier = secret_verifier(len);
        black_box(format!("{verifier:?}"));
    }
}

fn from_string() {
    let text = SecretText::new(43);
    let owned = text.0.clone();
    black_box(CodeVerifier::try_from(owned).expect("well formed"));
}

fn parse_plain() {
    for len in LENGTHS {
        black_box(CodeChallenge::parse(&SecretText::new(len).0, Plain).expect("well formed"));
    }
}

fn token_request(method: CodeChallengeMethod, right: bool) {
    let policy = ServerPolicy::new().allow_plain();
    for len in LENGTHS {
        let outcome = policy.check_token_request(Some(&stored(len, method, right)), Some(&SecretText::new(len).0));
        assert_eq!(outcome, if right { Ok(()) } else { Err(TokenError::Mismatch) });
    }
}
