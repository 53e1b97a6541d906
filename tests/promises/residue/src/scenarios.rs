//! What a program does with a verifier or a plain challenge before it is gone.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::hint::black_box;
#[cfg(panic = "unwind")]
use std::panic::{self, AssertUnwindSafe};

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use rand_core::TryCryptoRng;

use crate::controls;
use crate::from_random_bytes::FROM_RANDOM_BYTES;
use crate::generator::Generator;
use crate::secret::{self, with_octets, with_refused, with_text};
use crate::system;

/// What the comparison must find.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The promise: nothing depends on the secret.
    Nothing,
    /// A control: something does, after one event or more.
    Seen,
    /// Shown, and promised by nobody.
    Measured,
}

/// Without `alloc` the value lies inline, and its moves leave copies: the documentation says how many.
const PROMISED: Expect = if cfg!(feature = "alloc") {
    Expect::Nothing
} else {
    Expect::Measured
};

/// One thing that a program does, for texts of several lengths, or numbers of octets.
pub struct Scenario {
    pub name: String,
    pub run: Box<dyn Fn(usize)>,
    pub lengths: &'static [usize],
    pub expect: Expect,
}

/// Around the sizes of a hash block and of the vectors that `memcpy` copies.
const LENGTHS: &[usize] = &[43, 64, 65, 100, 128];
/// The first and the last one are refused for their length, the others for a character.
const REFUSED_LENGTHS: &[usize] = &[42, 43, 64, 65, 100, 128, 129];
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

/// A name, lengths, and a way to get a verifier.
type Way = (&'static str, &'static [usize], fn(usize) -> CodeVerifier);

const WAYS: &[Way] = &[
    ("parse", LENGTHS, parse),
    ("FromStr", LENGTHS, |len| with_text(len, |text| ok(text.parse()))),
    ("TryFrom<&str>", LENGTHS, |len| {
        with_text(len, |text| ok(text.try_into()))
    }),
    ("from_random_bytes", COUNTS, from_random_bytes),
    ("generate from the system", &[32], |n| {
        system::with_octets(n, || ok(CodeVerifier::generate()))
    }),
    ("generate_with", &[32], |n| {
        CodeVerifier::generate_with(|octets| secret::fill(n, octets))
    }),
    ("try_generate_with", &[32], |n| {
        ok(CodeVerifier::try_generate_with(|octets| {
            secret::fill(n, octets);
            Ok::<(), fmt::Error>(())
        }))
    }),
    ("generate_from_rng", &[32], |n| {
        CodeVerifier::generate_from_rng(&mut generator(n, || Ok::<(), Infallible>(())))
    }),
    ("try_generate_from_rng", &[32], |n| {
        ok(CodeVerifier::try_generate_from_rng(&mut generator(n, || {
            Ok::<(), fmt::Error>(())
        })))
    }),
    #[cfg(feature = "alloc")]
    ("TryFrom<String>", LENGTHS, |len| {
        ok(secret::owned(len, len, false).try_into())
    }),
    #[cfg(feature = "alloc")]
    ("TryFrom<String>, spare capacity", LENGTHS, |len| {
        ok(secret::owned(len, 3 * len, false).try_into())
    }),
    #[cfg(feature = "alloc")]
    ("serde, a str of the input", LENGTHS, |len| {
        with_text(len, |text| ok(serde::borrowed(text)))
    }),
    #[cfg(feature = "alloc")]
    ("serde, a str of the format's", LENGTHS, |len| {
        with_text(len, |text| ok(serde::transient(text)))
    }),
    #[cfg(feature = "alloc")]
    ("serde, a String", LENGTHS, |len| {
        ok(serde::owned(secret::owned(len, 3 * len, false)))
    }),
];

/// The end of a scenario's name, and what the program does with the verifier.
type Use = (&'static str, fn(CodeVerifier));

const USES: &[Use] = &[
    ("", |verifier| drop(black_box(verifier))),
    ("; challenge S256, verify", |verifier| {
        verify(&verifier, CodeChallengeMethod::S256)
    }),
    ("; challenge plain, verify", |verifier| {
        verify(&verifier, CodeChallengeMethod::Plain)
    }),
];

/// What a program does, under a name.
type Other = (&'static str, &'static [usize], fn(usize));

const OTHERS: &[Other] = &[
    ("parse, each length", EVERY_LENGTH, |len| drop(black_box(parse(len)))),
    ("parse plain, each length", EVERY_LENGTH, |len| {
        drop(black_box(plain(len)))
    }),
    ("token_request S256, each length", EVERY_LENGTH, |len| {
        token_request(len, CodeChallengeMethod::S256)
    }),
    ("a plain challenge: clone, compare, Debug", LENGTHS, plain_challenge),
    ("moved through Option, Box and arguments", LENGTHS, |len| {
        drop(black_box(unbox(keep(hand_on(parse(len))))))
    }),
    ("a growing Vec", LENGTHS, in_a_vec),
    ("expose_secret, Debug", LENGTHS, read),
    ("verify: each length, and one that differs", &[0], verify_each_length),
    ("verify: another text of the same length", LENGTHS, verify_another),
    ("from_stored plain", LENGTHS, |len| {
        with_text(len, |text| drop(black_box(ok(stored(text, Some("plain"))))))
    }),
    ("authorization_request plain", LENGTHS, authorization_request),
    ("token_request plain", LENGTHS, |len| {
        token_request(len, CodeChallengeMethod::Plain)
    }),
    ("refused by parse", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| refused(CodeVerifier::parse(text)))
    }),
    ("refused by parse, plain", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| {
            refused(CodeChallenge::parse(text, CodeChallengeMethod::Plain))
        });
    }),
    ("refused by from_stored", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| refused(stored(text, Some("plain"))))
    }),
    ("refused by from_stored, no method", LENGTHS, |len| {
        with_text(len, |text| refused(stored(text, None)))
    }),
    ("refused by from_stored, no such method", LENGTHS, |len| {
        with_text(len, |text| refused(stored(text, Some("none"))))
    }),
    (
        "refused by authorization_request",
        REFUSED_LENGTHS,
        authorization_request_refuses,
    ),
    ("refused by token_request", REFUSED_LENGTHS, token_request_refuses),
    #[cfg(feature = "alloc")]
    ("refused by TryFrom<String>", REFUSED_LENGTHS, |len| {
        refused(CodeVerifier::try_from(secret::owned(len, 3 * len, true)));
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a str of the input", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| refused(serde::borrowed(text)))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a str of the format's", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| refused(serde::transient(text)))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a String", REFUSED_LENGTHS, |len| {
        refused(serde::owned(secret::owned(len, 3 * len, true)))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, bytes", LENGTHS, |len| {
        with_text(len, |text| refused(serde::bytes(text)))
    }),
    #[cfg(feature = "alloc")]
    ("serde, a plain challenge, a map", LENGTHS, |len| {
        with_text(len, |text| drop(ok(serde::map(text, "plain"))))
    }),
    #[cfg(feature = "alloc")]
    ("serde, a plain challenge, a map of Strings", LENGTHS, |len| {
        drop(ok(serde::map(secret::owned(len, 3 * len, false), "plain".to_owned())));
    }),
    #[cfg(feature = "alloc")]
    ("serde, a plain challenge, a list", LENGTHS, |len| {
        with_text(len, |text| drop(ok(serde::list(&[text, "plain"]))))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a map, the text", REFUSED_LENGTHS, |len| {
        with_refused(len, |text| refused(serde::map(text, "plain")))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a map, the method", LENGTHS, |len| {
        with_text(len, |text| refused(serde::map(text, "none")))
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a map of Strings, the text", REFUSED_LENGTHS, |len| {
        refused(serde::map(secret::owned(len, 3 * len, true), "plain".to_owned()));
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a map of Strings, the method", LENGTHS, |len| {
        refused(serde::map(secret::owned(len, 3 * len, false), "none".to_owned()));
    }),
    #[cfg(feature = "alloc")]
    ("refused by serde, a list without a method", LENGTHS, |len| {
        with_text(len, |text| refused(serde::list(&[text])))
    }),
    ("a generator that fails half-way", &[16], |n| {
        refused(CodeVerifier::try_generate_from_rng(&mut generator(n, || {
            Err(fmt::Error)
        })));
    }),
    #[cfg(panic = "unwind")]
    ("a generator that panics half-way", &[16], generator_panics),
];

pub fn all() -> Vec<Scenario> {
    let one = |name: String, run: Box<dyn Fn(usize)>, lengths, expect| Scenario {
        name,
        run,
        lengths,
        expect,
    };
    let controls = controls::ALL.iter().map(|&(name, len, run)| {
        let lengths = std::slice::from_ref(Box::leak(Box::new(len)));
        one(format!("control: {name}"), Box::new(run), lengths, Expect::Seen)
    });
    let ways = WAYS.iter().flat_map(|&(name, lengths, make)| {
        USES.iter().map(move |&(use_name, use_it)| {
            one(
                format!("{name}{use_name}"),
                Box::new(move |len| use_it(make(len))),
                lengths,
                PROMISED,
            )
        })
    });
    let others = OTHERS
        .iter()
        .map(|&(name, lengths, run)| one(name.to_owned(), Box::new(run), lengths, PROMISED));
    controls.chain(ways).chain(others).collect()
}

/// The texts of a scenario whose S256 challenges are public.
pub fn texts(len: usize) -> Vec<String> {
    let text = |len| with_text(len, str::to_owned);
    let mut texts = match len {
        0 => EVERY_LENGTH.iter().map(|&len| text(len)).collect(),
        43..=128 => vec![text(len), text(len)[..43].to_owned()],
        129 => vec![text(len)[..43].to_owned()],
        _ => Vec::new(),
    };
    if COUNTS.contains(&len) {
        texts.push(from_random_bytes(len).expose_secret().to_owned());
    }
    texts
}

fn ok<T, E: fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("well formed")
}

fn refused<T, E>(result: Result<T, E>) {
    assert!(black_box(result).is_err());
}

fn parse(len: usize) -> CodeVerifier {
    with_text(len, |text| ok(CodeVerifier::parse(text)))
}

fn plain(len: usize) -> CodeChallenge {
    with_text(len, |text| ok(CodeChallenge::parse(text, CodeChallengeMethod::Plain)))
}

fn verify(verifier: &CodeVerifier, method: CodeChallengeMethod) {
    assert!(black_box(verifier.challenge(method).verify(verifier)).is_ok());
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

fn in_a_vec(len: usize) {
    let mut verifiers: Vec<_> = (0..40).map(|_| parse(len)).collect();
    black_box(&verifiers);
    verifiers.swap_remove(3);
    verifiers.truncate(7);
}

fn read(len: usize) {
    let verifier = parse(len);
    black_box(verifier.expose_secret());
    assert!(!format!("{verifier:?}").is_empty());
}

fn verify_each_length(_: usize) {
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        for &len in EVERY_LENGTH {
            let (verifier, other) = (parse(len), parse(if len == 128 { 43 } else { len + 1 }));
            let challenge = verifier.challenge(method);
            assert!(black_box(challenge.verify(&verifier)).is_ok());
            assert!(black_box(challenge.verify(&other)).is_err());
        }
    }
}

fn verify_another(len: usize) {
    let another = ok(CodeVerifier::parse(&"x".repeat(len)));
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        refused(parse(len).challenge(method).verify(&another));
        refused(another.challenge(method).verify(&parse(len)));
    }
}

fn stored(text: &str, method: Option<&str>) -> Result<Option<CodeChallenge>, pkce_core::StoredChallengeError> {
    CodeChallenge::from_stored(Some(text), method)
}

fn authorization_request(len: usize) {
    with_text(len, |text| {
        let policy = ServerPolicy::new().allow_plain();
        drop(black_box(ok(policy.check_authorization_request(Some(text), None))));
        drop(black_box(ok(policy
            .allow_non_pkce()
            .check_authorization_request(Some(text), None))));
    });
}

fn authorization_request_refuses(len: usize) {
    let policy = ServerPolicy::new().allow_plain();
    with_refused(len, |text| {
        refused(policy.check_authorization_request(Some(text), None));
        refused(policy.allow_non_pkce().check_authorization_request(Some(text), None));
        refused(ServerPolicy::new().check_authorization_request(Some(text), None));
    });
}

fn token_request(len: usize, method: CodeChallengeMethod) {
    let policy = ServerPolicy::new().allow_plain();
    with_text(len, |text| {
        let stored = ok(CodeVerifier::parse(text)).challenge(method);
        ok(black_box(policy.check_token_request(Some(&stored), Some(text))));
        let _ = black_box(ok(policy
            .allow_non_pkce()
            .check_token_request(Some(&stored), Some(text))));
    });
}

fn token_request_refuses(len: usize) {
    let policy = ServerPolicy::new().allow_plain();
    let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
    for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
        let stored = verifier.challenge(method);
        with_refused(len, |text| {
            refused(policy.check_token_request(Some(&stored), Some(text)));
            // From 64 characters on, these are another verifier.
            refused(policy.check_token_request(Some(&stored), text.get(..43)));
            refused(policy.check_token_request(None, Some(text)));
            refused(
                ServerPolicy::new()
                    .allow_non_pkce()
                    .check_token_request(None, Some(text)),
            );
        });
    }
}

fn from_random_bytes(n: usize) -> CodeVerifier {
    with_octets(n, |octets| {
        FROM_RANDOM_BYTES[n - 32](octets).expect("there are enough octets")
    })
}

/// A generator that writes the first `n` octets of what it is to fill, and then does what it is told.
fn generator<E: Error>(n: usize, then: impl Fn() -> Result<(), E>) -> impl TryCryptoRng<Error = E> {
    Generator(move |to: &mut [u8]| {
        secret::fill(n, to);
        then()
    })
}

#[cfg(panic = "unwind")]
fn generator_panics(n: usize) {
    let mut generator = generator(n, || -> Result<(), fmt::Error> { panic::resume_unwind(Box::new(())) });
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
        BorrowedStrDeserializer, BytesDeserializer, Error, MapDeserializer, SeqDeserializer, StrDeserializer,
        StringDeserializer,
    };
    use serde::de::{Deserialize, IntoDeserializer};

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

    pub fn bytes(text: &str) -> Result<CodeVerifier> {
        CodeVerifier::deserialize(BytesDeserializer::new(text.as_bytes()))
    }

    /// The text comes before the method, and has to be held until then.
    pub fn map<'de, T: IntoDeserializer<'de, Error>>(text: T, method: T) -> Result<CodeChallenge> {
        let entries = [("code_challenge", text), ("code_challenge_method", method)];
        black_box(CodeChallenge::deserialize(MapDeserializer::new(entries.into_iter())))
    }

    pub fn list(texts: &[&str]) -> Result<CodeChallenge> {
        black_box(CodeChallenge::deserialize(SeqDeserializer::new(texts.iter().copied())))
    }
}
