//! What a program does with a verifier or a plain challenge before it is gone.

use std::convert::Infallible;
use std::error::Error;
use std::hint::black_box;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use rand_core::{TryCryptoRng, TryRng};

use crate::control;
use crate::process::Event;
use crate::scan::Masked;
use crate::secret::{self, with_octets, with_refused, with_text};

/// What the scan must find.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The promise: not eight bytes in a row.
    Nothing,
    /// A control: half of the secret or more.
    Residue,
    /// Shown, and promised by nobody.
    Measured,
}

#[cfg(feature = "alloc")]
const PROMISED: [Expect; 3] = [Expect::Nothing; 3];
/// Without `alloc` the value lies inline, and its moves leave copies: the documentation says how many.
#[cfg(not(feature = "alloc"))]
const PROMISED: [Expect; 3] = [Expect::Measured; 3];

/// One thing that a program does, for texts of several lengths, or numbers of octets.
pub struct Scenario {
    pub name: String,
    pub run: Box<dyn Fn(usize)>,
    pub secrets: fn(usize) -> Vec<Masked>,
    pub lengths: &'static [usize],
    /// In the order of [`Event::ALL`].
    pub expect: [Expect; 3],
}

const _: () = assert!(Event::ALL.len() == 3);

/// Around the sizes of a hash block and of the vectors that `memcpy` copies.
const LENGTHS: &[usize] = &[43, 64, 65, 100, 128];
const EVERY_LENGTH: &[usize] = &{
    let mut lengths = [0; 86];
    let mut i = 0;
    while i < 86 {
        lengths[i] = 43 + i;
        i += 1;
    }
    lengths
};
/// Of octets.
const COUNTS: &[usize] = &[32, 33, 47, 48, 49, 64, 75, 95, 96];

/// A way to get a verifier.
struct Way {
    name: &'static str,
    make: fn(usize) -> CodeVerifier,
    secrets: fn(usize) -> Vec<Masked>,
    lengths: &'static [usize],
}

const WAYS: &[Way] = &[
    from_text("parse", |len| {
        with_text(len, |text| CodeVerifier::parse(text).expect("well formed"))
    }),
    from_text("FromStr", |len| {
        with_text(len, |text| text.parse().expect("well formed"))
    }),
    from_text("TryFrom<&str>", |len| {
        with_text(len, |text| CodeVerifier::try_from(text).expect("well formed"))
    }),
    #[cfg(feature = "alloc")]
    from_text("TryFrom<String>", |len| {
        CodeVerifier::try_from(secret::owned(len, len, false)).expect("well formed")
    }),
    #[cfg(feature = "alloc")]
    from_text("TryFrom<String>, spare capacity", |len| {
        CodeVerifier::try_from(secret::owned(len, 3 * len, false)).expect("well formed")
    }),
    #[cfg(feature = "alloc")]
    from_text("serde, a str of the input", |len| {
        with_text(len, |text| serde::borrowed(text).expect("well formed"))
    }),
    #[cfg(feature = "alloc")]
    from_text("serde, a str of the format's", |len| {
        with_text(len, |text| serde::transient(text).expect("well formed"))
    }),
    #[cfg(feature = "alloc")]
    from_text("serde, a String", |len| {
        serde::owned(secret::owned(len, 3 * len, false)).expect("well formed")
    }),
    Way {
        name: "from_random_bytes",
        make: from_random_bytes,
        secrets: secret::octets,
        lengths: COUNTS,
    },
    Way {
        name: "generate",
        make: |_| note(CodeVerifier::generate().expect("Linux has a generator")),
        secrets: noted,
        lengths: &[43],
    },
    Way {
        name: "generate_with",
        make: |n| CodeVerifier::generate_with(|octets| secret::fill(n, octets)),
        secrets: secret::octets,
        lengths: &[32],
    },
    Way {
        name: "try_generate_with",
        make: |n| {
            CodeVerifier::try_generate_with(|octets| {
                secret::fill(n, octets);
                Ok::<(), Failed>(())
            })
            .expect("it does not fail")
        },
        secrets: secret::octets,
        lengths: &[32],
    },
    Way {
        name: "generate_from_rng",
        make: |n| {
            CodeVerifier::generate_from_rng(&mut Generator {
                n,
                then: || Ok::<(), Infallible>(()),
            })
        },
        secrets: secret::octets,
        lengths: &[32],
    },
    Way {
        name: "try_generate_from_rng",
        make: |n| {
            CodeVerifier::try_generate_from_rng(&mut Generator {
                n,
                then: || Ok::<(), Failed>(()),
            })
            .expect("it does not fail")
        },
        secrets: secret::octets,
        lengths: &[32],
    },
];

const fn from_text(name: &'static str, make: fn(usize) -> CodeVerifier) -> Way {
    Way {
        name,
        make,
        secrets: secret::text,
        lengths: LENGTHS,
    }
}

/// The end of a scenario's name, and what the program does with the verifier.
type Use = (&'static str, fn(CodeVerifier));

const USES: &[Use] = &[
    ("", |verifier| drop(black_box(verifier))),
    ("; challenge S256, verify", |verifier| {
        let challenge = verifier.challenge(CodeChallengeMethod::S256);
        black_box(challenge.verify(&verifier)).expect("it is the one");
    }),
    ("; challenge plain, verify", |verifier| {
        let challenge = verifier.challenge(CodeChallengeMethod::Plain);
        black_box(challenge.verify(&verifier)).expect("it is the one");
    }),
];

pub fn all() -> Vec<Scenario> {
    let mut all = controls();
    for way in WAYS {
        for (name, use_it) in USES {
            all.push(Scenario {
                name: format!("{}{name}", way.name),
                run: Box::new(|len| use_it((way.make)(len))),
                secrets: way.secrets,
                lengths: way.lengths,
                expect: PROMISED,
            });
        }
    }
    all.extend(others());
    all
}

fn controls() -> Vec<Scenario> {
    let control = |name: &str, run: fn(usize), secrets, lengths, expect| Scenario {
        name: format!("control: {name}"),
        run: Box::new(run),
        secrets,
        lengths,
        expect,
    };
    let seen = [Expect::Residue; 3];
    // What a panic allocates is put where the String was, and musl gives the memory back to the kernel.
    let reused = match cfg!(target_env = "musl") {
        true => [Expect::Measured; 3],
        false => [Expect::Residue, Expect::Residue, Expect::Measured],
    };
    vec![
        control(
            "a verifier that is never dropped",
            control::forgotten,
            secret::text,
            LENGTHS,
            seen,
        ),
        control(
            "a buffer on the stack",
            control::on_the_stack,
            secret::text,
            LENGTHS,
            seen,
        ),
        control(
            "octets on the stack",
            control::octets_on_the_stack,
            secret::raw_octets,
            &[32],
            seen,
        ),
        control(
            "a String that is freed unwiped",
            control::freed,
            secret::text,
            LENGTHS,
            reused,
        ),
        control(
            "spare capacity that is freed unwiped",
            control::spare_capacity,
            secret::text,
            LENGTHS,
            reused,
        ),
        #[cfg(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "arm",
            target_arch = "riscv64"
        ))]
        control(
            "64 characters in registers",
            control::in_registers,
            secret::text,
            &[64],
            [Expect::Nothing, Expect::Residue, Expect::Measured],
        ),
    ]
}

fn others() -> Vec<Scenario> {
    let other = |name: &str, run: fn(usize), secrets, lengths| Scenario {
        name: name.to_owned(),
        run: Box::new(run),
        secrets,
        lengths,
        expect: PROMISED,
    };
    vec![
        other(
            "parse, each length",
            |len| with_text(len, |text| drop(CodeVerifier::parse(text))),
            secret::text,
            EVERY_LENGTH,
        ),
        other(
            "parse plain, each length",
            |len| drop(plain(len)),
            secret::text,
            EVERY_LENGTH,
        ),
        other(
            "a plain challenge: clone, compare, Debug",
            plain_challenge,
            secret::text,
            LENGTHS,
        ),
        other("moved through Option, Box and arguments", moved, secret::text, LENGTHS),
        other("a growing Vec", in_a_vec, secret::text, LENGTHS),
        other("expose_secret, Debug", read, secret::text, LENGTHS),
        other(
            "verify: each length, and one that differs",
            verify_each_length,
            |_| each_length(),
            &[0],
        ),
        other("from_stored plain", from_stored, secret::text, LENGTHS),
        other(
            "authorization_request plain",
            authorization_request,
            secret::text,
            LENGTHS,
        ),
        other(
            "token_request plain",
            |len| token_request(len, CodeChallengeMethod::Plain),
            secret::text,
            LENGTHS,
        ),
        other(
            "token_request S256",
            |len| token_request(len, CodeChallengeMethod::S256),
            secret::text,
            LENGTHS,
        ),
        other("token_request refuses", token_request_refuses, secret::refused, LENGTHS),
        other("parse refuses the last byte", refused, secret::refused, LENGTHS),
        #[cfg(feature = "alloc")]
        other("TryFrom<String> refuses", string_refused, secret::refused, LENGTHS),
        #[cfg(feature = "alloc")]
        other(
            "serde refuses a String",
            serde::string_refused,
            secret::refused,
            LENGTHS,
        ),
        #[cfg(feature = "alloc")]
        other(
            "serde, a plain challenge, a map",
            serde::challenge_in_a_map,
            secret::text,
            LENGTHS,
        ),
        #[cfg(feature = "alloc")]
        other(
            "serde, a plain challenge, a map of Strings",
            serde::challenge_of_strings,
            secret::text,
            LENGTHS,
        ),
        #[cfg(feature = "alloc")]
        other(
            "serde, a plain challenge, a list",
            serde::challenge_in_a_list,
            secret::text,
            LENGTHS,
        ),
        #[cfg(feature = "alloc")]
        other(
            "serde, a plain challenge, refused for its method",
            serde::challenge_refused,
            secret::text,
            LENGTHS,
        ),
        other(
            "a generator that fails half-way",
            generator_fails,
            secret::raw_octets,
            &[16],
        ),
        other(
            "a generator that panics half-way",
            generator_panics,
            secret::raw_octets,
            &[16],
        ),
    ]
}

fn plain(len: usize) -> CodeChallenge {
    with_text(len, |text| {
        CodeChallenge::parse(text, CodeChallengeMethod::Plain).expect("well formed")
    })
}

fn plain_challenge(len: usize) {
    let challenge = plain(len);
    let copy = challenge.clone();
    assert!(black_box(copy == challenge));
    assert!(!format!("{copy:?}").is_empty());
    drop(challenge);
    black_box(&copy);
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

fn moved(len: usize) {
    let verifier = with_text(len, |text| CodeVerifier::parse(text).expect("well formed"));
    drop(black_box(unbox(keep(hand_on(verifier)))));
}

fn in_a_vec(len: usize) {
    let mut verifiers = Vec::new();
    for _ in 0..40 {
        verifiers.push(with_text(len, |text| CodeVerifier::parse(text).expect("well formed")));
    }
    black_box(&verifiers);
    verifiers.swap_remove(3);
    verifiers.truncate(7);
}

fn read(len: usize) {
    with_text(len, |text| {
        let verifier = CodeVerifier::parse(text).expect("well formed");
        black_box(verifier.expose_secret());
        assert!(!format!("{verifier:?}").is_empty());
    });
}

fn each_length() -> Vec<Masked> {
    EVERY_LENGTH.iter().flat_map(|&len| secret::text(len)).collect()
}

fn verify_each_length(_: usize) {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        for &len in EVERY_LENGTH {
            let parse = |len| with_text(len, |text| CodeVerifier::parse(text).expect("well formed"));
            let (verifier, other) = (parse(len), parse(if len == 128 { 43 } else { len + 1 }));
            let challenge = verifier.challenge(method);
            assert!(black_box(challenge.verify(&verifier)).is_ok());
            assert!(black_box(challenge.verify(&other)).is_err());
        }
    }
}

fn from_stored(len: usize) {
    with_text(len, |text| {
        let stored = CodeChallenge::from_stored(Some(text), Some("plain")).expect("well formed");
        drop(black_box(stored));
    });
}

fn authorization_request(len: usize) {
    with_text(len, |text| {
        let policy = ServerPolicy::new().allow_plain();
        drop(black_box(policy.check_authorization_request(Some(text), None)).expect("plain is allowed"));
        let lenient = policy.allow_non_pkce();
        black_box(lenient.check_authorization_request(Some(text), None)).expect("plain is allowed");
        black_box(ServerPolicy::new().check_authorization_request(Some(text), None)).expect_err("plain is not allowed");
    });
}

fn token_request(len: usize, method: CodeChallengeMethod) {
    let policy = ServerPolicy::new().allow_plain();
    with_text(len, |text| {
        let stored = CodeVerifier::parse(text).expect("well formed").challenge(method);
        let outcome = black_box(policy.check_token_request(Some(&stored), Some(text)));
        assert_eq!(outcome, Ok(()));
        let lenient = policy.allow_non_pkce();
        assert!(black_box(lenient.check_token_request(Some(&stored), Some(text))).is_ok());
        black_box(lenient.check_token_request(None, Some(text))).expect_err("unexpected");
    });
}

fn token_request_refuses(len: usize) {
    let policy = ServerPolicy::new().allow_plain();
    let stored = CodeVerifier::from_random_bytes(&[7; 32]).challenge(CodeChallengeMethod::S256);
    with_refused(len, |text| {
        black_box(policy.check_token_request(Some(&stored), Some(text))).expect_err("malformed");
        black_box(policy.check_token_request(Some(&stored), Some(&text[..43]))).expect_err("another one");
        black_box(policy.check_token_request(None, Some(text))).expect_err("unexpected");
    });
}

fn refused(len: usize) {
    with_refused(len, |text| {
        black_box(CodeVerifier::parse(text)).expect_err("malformed");
    });
}

#[cfg(feature = "alloc")]
fn string_refused(len: usize) {
    black_box(CodeVerifier::try_from(secret::owned(len, 3 * len, true))).expect_err("malformed");
}

fn from_random_bytes(n: usize) -> CodeVerifier {
    fn make<const N: usize>() -> CodeVerifier {
        with_octets::<N, _>(CodeVerifier::from_random_bytes)
    }
    match n {
        32 => make::<32>(),
        33 => make::<33>(),
        47 => make::<47>(),
        48 => make::<48>(),
        49 => make::<49>(),
        64 => make::<64>(),
        75 => make::<75>(),
        95 => make::<95>(),
        96 => make::<96>(),
        _ => unreachable!("it is one of COUNTS"),
    }
}

static NOTED: OnceLock<Vec<Masked>> = OnceLock::new();

/// Keeps a masked copy of a verifier that nobody knew before.
fn note(verifier: CodeVerifier) -> CodeVerifier {
    NOTED.get_or_init(|| secret::of_text(verifier.expose_secret()));
    verifier
}

fn noted(_: usize) -> Vec<Masked> {
    NOTED.get().expect("it was generated").clone()
}

/// Writes the first `n` octets of what it is to fill, then does what `then` says.
struct Generator<E> {
    n: usize,
    then: fn() -> Result<(), E>,
}

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the generator failed")
    }
}

impl Error for Failed {}

impl<E: Error> TryRng for Generator<E> {
    type Error = E;

    fn try_next_u32(&mut self) -> Result<u32, E> {
        (self.then)().map(|()| 0)
    }

    fn try_next_u64(&mut self) -> Result<u64, E> {
        (self.then)().map(|()| 0)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), E> {
        secret::fill(self.n, to);
        (self.then)()
    }
}

impl<E: Error> TryCryptoRng for Generator<E> {}

fn generator_fails(n: usize) {
    let mut generator = Generator {
        n,
        then: || Err(Failed),
    };
    black_box(CodeVerifier::try_generate_from_rng(&mut generator)).expect_err("it fails");
}

fn generator_panics(n: usize) {
    let mut generator = Generator {
        n,
        then: || -> Result<(), Failed> { panic::resume_unwind(Box::new(())) },
    };
    let caught = panic::catch_unwind(AssertUnwindSafe(|| {
        CodeVerifier::try_generate_from_rng(&mut generator).is_ok()
    }));
    assert!(caught.is_err());
}

/// The ways in through serde, without a format.
#[cfg(feature = "alloc")]
mod serde {
    use std::hint::black_box;

    use pkce_core::{CodeChallenge, CodeVerifier};
    use serde::de::value::{
        BorrowedStrDeserializer, Error, MapDeserializer, SeqDeserializer, StrDeserializer, StringDeserializer,
    };
    use serde::de::{Deserialize, Deserializer, IntoDeserializer};

    use crate::secret::{self, with_text};

    type Result<T> = std::result::Result<T, Error>;

    /// The format hands out the text where it lies in the input.
    pub fn borrowed(text: &str) -> Result<CodeVerifier> {
        CodeVerifier::deserialize(BorrowedStrDeserializer::new(text))
    }

    /// The format shows the text in a buffer of its own.
    pub fn transient(text: &str) -> Result<CodeVerifier> {
        CodeVerifier::deserialize(StrDeserializer::new(text))
    }

    /// The format gives a String away, as one that has undone escapes does.
    pub fn owned(text: String) -> Result<CodeVerifier> {
        CodeVerifier::deserialize(StringDeserializer::new(text))
    }

    pub fn string_refused(len: usize) {
        black_box(owned(secret::owned(len, 3 * len, true))).expect_err("malformed");
    }

    fn challenge<'de>(from: impl Deserializer<'de, Error = Error>) -> Result<CodeChallenge> {
        black_box(CodeChallenge::deserialize(from))
    }

    /// The text comes before the method, and has to be held until then.
    fn map<'de, T: IntoDeserializer<'de, Error>>(text: T, method: T) -> impl Deserializer<'de, Error = Error> {
        MapDeserializer::new([("code_challenge", text), ("code_challenge_method", method)].into_iter())
    }

    pub fn challenge_in_a_map(len: usize) {
        with_text(len, |text| drop(challenge(map(text, "plain")).expect("well formed")));
    }

    pub fn challenge_of_strings(len: usize) {
        let text = secret::owned(len, 3 * len, false);
        drop(challenge(map(text, "plain".to_owned())).expect("well formed"));
    }

    pub fn challenge_in_a_list(len: usize) {
        with_text(len, |text| {
            drop(challenge(SeqDeserializer::new([text, "plain"].into_iter())).expect("well formed"));
        });
    }

    pub fn challenge_refused(len: usize) {
        with_text(len, |text| {
            challenge(map(text, "none")).expect_err("there is no such method")
        });
    }
}
