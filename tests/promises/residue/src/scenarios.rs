//! What a program does with a verifier before it is gone.

use std::hint::black_box;
use std::panic::{self, AssertUnwindSafe};

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use rand_core::{TryCryptoRng, TryRng};
#[cfg(feature = "alloc")]
use serde::de::value::{MapDeserializer, StringDeserializer};
#[cfg(feature = "alloc")]
use serde::de::{Deserialize, IntoDeserializer};
use zeroize::Zeroize;

use crate::scan::Masked;

pub struct Scenario {
    pub name: &'static str,
    pub run: fn(),
    pub secrets: &'static [fn() -> Masked],
    pub expect: Expect,
}

pub enum Expect {
    /// The promise.
    Nothing,
    /// A control: the scan must find at least one copy.
    Residue,
    /// Shown, and promised by nobody.
    #[cfg_attr(feature = "alloc", expect(dead_code))]
    Measured,
}

#[cfg(feature = "alloc")]
const PROMISED: Expect = Expect::Nothing;
/// Without `alloc` the value lies inline, and its moves leave copies: the documentation says how many.
#[cfg(not(feature = "alloc"))]
const PROMISED: Expect = Expect::Measured;

const fn scenario(name: &'static str, run: fn(), secrets: &'static [fn() -> Masked]) -> Scenario {
    Scenario {
        name,
        run,
        secrets,
        expect: PROMISED,
    }
}

pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "control: a forgotten verifier",
        run: forgotten,
        secrets: &[short],
        expect: Expect::Residue,
    },
    Scenario {
        name: "control: a plain buffer on the stack",
        run: on_the_stack,
        secrets: &[short],
        expect: Expect::Residue,
    },
    scenario("parse, end of scope, 43", || drop_at_end(43), &[short]),
    scenario("parse, end of scope, 64", || drop_at_end(64), &[block]),
    scenario("parse, end of scope, 128", || drop_at_end(128), &[long]),
    scenario("drop(verifier)", dropped, &[short]),
    scenario("moved through Option, Box and arguments", moved, &[long]),
    scenario("a growing Vec", in_a_vec, &[short]),
    scenario("parse refuses a bad last byte", refused, &[refused_text]),
    scenario(
        "challenge S256, 43",
        || challenge(43, CodeChallengeMethod::S256),
        &[short],
    ),
    scenario(
        "challenge S256, 64",
        || challenge(64, CodeChallengeMethod::S256),
        &[block],
    ),
    scenario(
        "challenge S256, 128",
        || challenge(128, CodeChallengeMethod::S256),
        &[long],
    ),
    scenario(
        "challenge plain",
        || challenge(43, CodeChallengeMethod::Plain),
        &[short],
    ),
    scenario(
        "verify S256, every length",
        || verify(CodeChallengeMethod::S256),
        &[short, block, long],
    ),
    scenario(
        "verify plain, every length",
        || verify(CodeChallengeMethod::Plain),
        &[short, block, long],
    ),
    scenario(
        "plain challenge: parse, clone, compare, Debug",
        plain_challenge,
        &[short],
    ),
    scenario(
        "token_request S256, 43",
        || token_request(43, CodeChallengeMethod::S256),
        &[short],
    ),
    scenario(
        "token_request S256, 64",
        || token_request(64, CodeChallengeMethod::S256),
        &[block],
    ),
    scenario(
        "token_request S256, 128",
        || token_request(128, CodeChallengeMethod::S256),
        &[long],
    ),
    scenario(
        "token_request plain",
        || token_request(43, CodeChallengeMethod::Plain),
        &[short],
    ),
    scenario("token_request refuses", token_request_refuses, &[refused_text]),
    scenario("authorization_request plain", authorization_request, &[short]),
    scenario("expose_secret, Debug", read, &[short]),
    #[cfg(feature = "alloc")]
    scenario("TryFrom<String>", || from_string(false), &[short]),
    #[cfg(feature = "alloc")]
    scenario("TryFrom<String> refuses", || from_string(true), &[refused_text]),
    #[cfg(feature = "alloc")]
    scenario("serde hands a String over", || deserialized(false), &[short]),
    #[cfg(feature = "alloc")]
    scenario(
        "serde hands a String over, refused",
        || deserialized(true),
        &[refused_text],
    ),
    #[cfg(feature = "alloc")]
    scenario("serde, a plain challenge", || deserialized_challenge("plain"), &[short]),
    #[cfg(feature = "alloc")]
    scenario(
        "serde, a challenge of no method",
        || deserialized_challenge("none"),
        &[short],
    ),
    scenario("from_random_bytes", from_random_bytes, &[octets, encoded]),
    scenario("generate_from_rng", generated, &[octets, encoded]),
    scenario(
        "generate_from_rng, challenge, verify",
        generated_and_used,
        &[octets, encoded],
    ),
    scenario("a generator that fails half-way", generator_fails, &[half_octets]),
    scenario("a generator that panics half-way", generator_panics, &[half_octets]),
];

// The secrets. Each is a function of the position, so that no copy of one lies in the program.

const LETTERS: &[u8; 66] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

fn noise(seed: u32, index: usize) -> u32 {
    let mut x = (index as u32).wrapping_add(1).wrapping_mul(0x9e37_79b9) ^ seed.wrapping_mul(0x85eb_ca6b);
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x.wrapping_mul(0x846c_a68b) >> 8
}

fn letter(len: usize, index: usize) -> u8 {
    LETTERS[noise(len as u32, index) as usize % LETTERS.len()]
}

/// From 1 to 255, for the scan passes over zeros.
fn octet(index: usize) -> u8 {
    (noise(7, index) % 255) as u8 + 1
}

fn short() -> Masked {
    Masked::new(43, |i| letter(43, i))
}

fn block() -> Masked {
    Masked::new(64, |i| letter(64, i))
}

fn long() -> Masked {
    Masked::new(128, |i| letter(128, i))
}

/// A text of 44 letters, but for the last byte: that one is not allowed.
fn refused_text() -> Masked {
    Masked::new(43, |i| letter(44, i))
}

fn octets() -> Masked {
    Masked::new(32, octet)
}

fn half_octets() -> Masked {
    Masked::new(16, octet)
}

/// The text that the octets become, made letter by letter.
fn encoded() -> Masked {
    const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    Masked::new(43, |i| {
        let bit = |n: usize| if n < 256 { octet(n / 8) >> (7 - n % 8) & 1 } else { 0 };
        BASE64URL[usize::from((6 * i..6 * i + 6).fold(0, |sextet, n| sextet << 1 | bit(n)))]
    })
}

/// Shows a text to `use_it` that lies in a buffer of the test's own, and wipes that buffer.
fn with_text(len: usize, use_it: impl FnOnce(&str)) {
    with_bytes(len, |i| letter(len, i), use_it);
}

fn with_refused_text(use_it: impl FnOnce(&str)) {
    with_bytes(44, |i| if i == 43 { b'=' } else { letter(44, i) }, use_it);
}

fn with_bytes(len: usize, byte: impl Fn(usize) -> u8, use_it: impl FnOnce(&str)) {
    let mut buffer = Vec::with_capacity(len);
    for i in 0..len {
        buffer.push(byte(i));
    }
    use_it(std::str::from_utf8(&buffer).expect("the letters are ASCII"));
    buffer.zeroize();
}

// The controls.

fn forgotten() {
    with_text(43, |text| {
        std::mem::forget(Box::new(CodeVerifier::parse(text).expect("well formed")))
    });
}

fn on_the_stack() {
    // Many, for the next calls overwrite those that lie nearest.
    let mut buffers = [[0; 43]; 100];
    for buffer in &mut buffers {
        for (i, byte) in buffer.iter_mut().enumerate() {
            *byte = letter(43, i);
        }
    }
    black_box(&buffers);
}

// The promise.

fn drop_at_end(len: usize) {
    with_text(len, |text| {
        let verifier = CodeVerifier::parse(text).expect("well formed");
        black_box(&verifier);
    });
}

fn dropped() {
    with_text(43, |text| {
        drop(black_box(CodeVerifier::parse(text).expect("well formed")))
    });
}

#[inline(never)]
fn hand_on(verifier: CodeVerifier) -> Option<CodeVerifier> {
    Some(black_box(verifier))
}

#[inline(never)]
fn keep(verifier: Option<CodeVerifier>) -> Box<CodeVerifier> {
    Box::new(black_box(verifier).expect("there is one"))
}

#[inline(never)]
fn unbox(verifier: Box<CodeVerifier>) -> CodeVerifier {
    *black_box(verifier)
}

fn moved() {
    with_text(128, |text| {
        let verifier = CodeVerifier::parse(text).expect("well formed");
        drop(black_box(unbox(keep(hand_on(verifier)))));
    });
}

fn in_a_vec() {
    let mut verifiers = Vec::new();
    for _ in 0..40 {
        with_text(43, |text| {
            verifiers.push(CodeVerifier::parse(text).expect("well formed"))
        });
    }
    black_box(&verifiers);
    verifiers.swap_remove(3);
    verifiers.truncate(7);
}

fn refused() {
    with_refused_text(|text| {
        black_box(CodeVerifier::parse(text)).expect_err("malformed");
    });
}

fn challenge(len: usize, method: CodeChallengeMethod) {
    with_text(len, |text| {
        let verifier = CodeVerifier::parse(text).expect("well formed");
        black_box(verifier.challenge(method));
    });
}

fn verify(method: CodeChallengeMethod) {
    for len in 43..=128 {
        with_text(len, |text| {
            let verifier = CodeVerifier::parse(text).expect("well formed");
            let challenge = verifier.challenge(method);
            assert!(black_box(challenge.verify(&verifier)).is_ok());
            with_text(len ^ 1, |other| {
                let Ok(other) = CodeVerifier::parse(other) else { return };
                assert!(black_box(challenge.verify(&other)).is_err());
            });
        });
    }
}

fn plain_challenge() {
    with_text(43, |text| {
        let challenge = CodeChallenge::parse(text, CodeChallengeMethod::Plain).expect("well formed");
        let copy = challenge.clone();
        assert!(black_box(copy == challenge));
        assert!(!format!("{copy:?}").is_empty());
        black_box(challenge.as_str());
        black_box(challenge.authorization_params());
        drop(challenge);
        black_box(&copy);
    });
}

fn token_request(len: usize, method: CodeChallengeMethod) {
    let policy = ServerPolicy::new().allow_plain();
    with_text(len, |text| {
        let stored = CodeVerifier::parse(text).expect("well formed").challenge(method);
        let outcome = black_box(policy.check_token_request(Some(&stored), Some(text)));
        assert_eq!(outcome, Ok(()));
    });
}

fn token_request_refuses() {
    let policy = ServerPolicy::new().allow_plain();
    let stored = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
    with_refused_text(|text| {
        black_box(policy.check_token_request(Some(&stored), Some(text))).expect_err("malformed");
        black_box(policy.check_token_request(Some(&stored), Some(&text[..43]))).expect_err("another one");
        black_box(policy.check_token_request(None, Some(text))).expect_err("unexpected");
    });
}

fn authorization_request() {
    let policy = ServerPolicy::new().allow_plain();
    with_text(43, |text| {
        black_box(policy.check_authorization_request(Some(text), None)).expect("plain is allowed");
        black_box(ServerPolicy::new().check_authorization_request(Some(text), None)).expect_err("plain is not allowed");
    });
}

fn read() {
    with_text(43, |text| {
        let verifier = CodeVerifier::parse(text).expect("well formed");
        black_box(verifier.expose_secret());
        assert!(!format!("{verifier:?}").is_empty());
    });
}

/// A String with more room than its text needs: all of it is to be wiped.
#[cfg(feature = "alloc")]
fn owned(bad: bool) -> String {
    let mut text = String::with_capacity(200);
    for i in 0..43 {
        text.push(char::from(letter(if bad { 44 } else { 43 }, i)));
    }
    text.push_str(if bad { "=" } else { "" });
    text
}

#[cfg(feature = "alloc")]
fn from_string(bad: bool) {
    assert_eq!(black_box(CodeVerifier::try_from(owned(bad))).is_err(), bad);
}

/// A format that owns its texts, as one that has undone escapes does, gives them away.
#[cfg(feature = "alloc")]
fn deserialized(bad: bool) {
    let from: StringDeserializer<serde::de::value::Error> = owned(bad).into_deserializer();
    assert_eq!(black_box(CodeVerifier::deserialize(from)).is_err(), bad);
}

/// The text comes before the method, so that it is held until then.
#[cfg(feature = "alloc")]
fn deserialized_challenge(method: &str) {
    with_text(43, |text| {
        let fields = [("code_challenge", text), ("code_challenge_method", method)];
        let from: MapDeserializer<'_, _, serde::de::value::Error> = MapDeserializer::new(fields.into_iter());
        let read = black_box(CodeChallenge::deserialize(from));
        assert_eq!(read.is_ok(), method == "plain");
    });
}

fn from_random_bytes() {
    let mut octets = [0; 32];
    for (i, to) in octets.iter_mut().enumerate() {
        *to = octet(i);
    }
    black_box(CodeVerifier::from_random_bytes(&octets));
    octets.zeroize();
}

/// Fills what it is given up to `len` octets, then does what `then` says.
struct Generator {
    len: usize,
    then: fn() -> Result<(), Failed>,
}

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the generator failed")
    }
}

impl std::error::Error for Failed {}

impl TryRng for Generator {
    type Error = Failed;

    fn try_next_u32(&mut self) -> Result<u32, Failed> {
        Err(Failed)
    }

    fn try_next_u64(&mut self) -> Result<u64, Failed> {
        Err(Failed)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Failed> {
        for (i, to) in to.iter_mut().enumerate().take(self.len) {
            *to = octet(i);
        }
        black_box(to);
        (self.then)()
    }
}

impl TryCryptoRng for Generator {}

fn generated() {
    let mut generator = Generator {
        len: 32,
        then: || Ok(()),
    };
    black_box(CodeVerifier::try_generate_from_rng(&mut generator)).expect("it does not fail");
}

fn generated_and_used() {
    let mut generator = Generator {
        len: 32,
        then: || Ok(()),
    };
    let verifier = CodeVerifier::try_generate_from_rng(&mut generator).expect("it does not fail");
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    black_box(challenge.verify(&verifier)).expect("it is the one");
}

fn generator_fails() {
    let mut generator = Generator {
        len: 16,
        then: || Err(Failed),
    };
    black_box(CodeVerifier::try_generate_from_rng(&mut generator)).expect_err("it fails");
}

fn generator_panics() {
    panic::set_hook(Box::new(|_| ()));
    let mut generator = Generator {
        len: 16,
        then: || panic!("the generator panicked"),
    };
    let caught = panic::catch_unwind(AssertUnwindSafe(|| {
        CodeVerifier::try_generate_from_rng(&mut generator).is_ok()
    }));
    assert!(caught.is_err());
    let _ = panic::take_hook();
}
