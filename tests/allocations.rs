//! A verifier and a plain challenge each allocate one heap block of exactly their length, and nothing else allocates:
//! neither an S256 challenge nor a server's check. Without the feature `alloc`, nothing allocates. Every block is
//! freed.
#![allow(unsafe_code)] // `GlobalAlloc` is an unsafe trait.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::{self, Write};

use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseVerifierError, PkceOutcome, S256Support, ServerPolicy,
    TokenError,
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the current thread did to the heap. Other threads of the test runner have counters of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    allocated: usize,
    allocated_bytes: usize,
    freed: usize,
    freed_bytes: usize,
}

const NOTHING: Counts = Counts {
    allocated: 0,
    allocated_bytes: 0,
    freed: 0,
    freed_bytes: 0,
};

thread_local! {
    // Constant and without a destructor, so that counting does not allocate.
    static COUNTS: Cell<Counts> = const { Cell::new(NOTHING) };
}

struct Counting;

// SAFETY: every call is forwarded to the system allocator unchanged. The default `realloc` calls `alloc` and `dealloc`,
// and is counted as both.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|counts| {
            counts.allocated += 1;
            counts.allocated_bytes += layout.size();
        });
        // SAFETY: the caller upholds the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(|counts| {
            counts.freed += 1;
            counts.freed_bytes += layout.size();
        });
        // SAFETY: the block was returned by `alloc` above, so by the system allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(change: impl FnOnce(&mut Counts)) {
    COUNTS.with(|cell| {
        let mut counts = cell.get();
        change(&mut counts);
        cell.set(counts);
    });
}

/// Returns the result of `work` and what it did to the heap.
fn measure<T>(work: impl FnOnce() -> T) -> (T, Counts) {
    let before = COUNTS.get();
    let value = std::hint::black_box(work());
    let after = COUNTS.get();
    let counts = Counts {
        allocated: after.allocated - before.allocated,
        allocated_bytes: after.allocated_bytes - before.allocated_bytes,
        freed: after.freed - before.freed,
        freed_bytes: after.freed_bytes - before.freed_bytes,
    };
    (value, counts)
}

/// The block of a secret: room for the longest text, and its length.
const BLOCK: usize = CodeVerifier::MAX_LEN + size_of::<usize>();

/// The counts for creating a secret.
fn one_block() -> Counts {
    if cfg!(feature = "alloc") {
        Counts {
            allocated: 1,
            allocated_bytes: BLOCK,
            ..NOTHING
        }
    } else {
        NOTHING
    }
}

/// The counts for dropping a secret.
fn one_block_freed() -> Counts {
    if cfg!(feature = "alloc") {
        Counts {
            freed: 1,
            freed_bytes: BLOCK,
            ..NOTHING
        }
    } else {
        NOTHING
    }
}

/// Asserts that `make` allocates one block, and that dropping its result frees it.
fn assert_one_block<T>(make: impl FnOnce() -> T) {
    let (secret, making) = measure(make);
    assert_eq!(making, one_block(), "made");
    let ((), ending) = measure(|| drop(secret));
    assert_eq!(ending, one_block_freed(), "dropped");
}

#[test]
fn the_counter_counts() {
    let (block, making) = measure(|| vec![1u8; 77]);
    assert_eq!(
        making,
        Counts {
            allocated: 1,
            allocated_bytes: 77,
            ..NOTHING
        }
    );
    let ((), ending) = measure(|| drop(block));
    assert_eq!(
        ending,
        Counts {
            freed: 1,
            freed_bytes: 77,
            ..NOTHING
        }
    );
}

#[test]
fn a_parsed_verifier_is_one_block() {
    for len in 43..=128 {
        let text = "a".repeat(len);
        assert_one_block(|| CodeVerifier::parse(&text).unwrap());
        assert_one_block(|| text.parse::<CodeVerifier>().unwrap());
        assert_one_block(|| CodeVerifier::try_from(text.as_str()).unwrap());
    }
}

#[test]
fn a_verifier_from_octets_is_one_block() {
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 32]));
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 47]));
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 96]));
}

#[cfg(feature = "getrandom")]
#[test]
fn a_generated_verifier_is_one_block() {
    assert_one_block(|| CodeVerifier::generate().unwrap());
}

#[cfg(feature = "rand_core")]
#[test]
fn a_verifier_from_a_generator_is_one_block() {
    struct Constant;
    impl rand_core::TryRng for Constant {
        type Error = std::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Ok(7)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(7)
        }
        fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
            octets.fill(7);
            Ok(())
        }
    }
    impl rand_core::TryCryptoRng for Constant {}
    assert_one_block(|| CodeVerifier::generate_from_rng(&mut Constant));
}

#[cfg(feature = "alloc")]
#[test]
fn a_verifier_from_a_string_is_one_block_and_the_string_is_given_back() {
    let mut text = String::with_capacity(100);
    text.push_str(VERIFIER);
    let (verifier, making) = measure(|| CodeVerifier::try_from(text).unwrap());
    assert_eq!(
        making,
        Counts {
            allocated: 1,
            allocated_bytes: BLOCK,
            freed: 1,
            freed_bytes: 100
        }
    );
    let ((), ending) = measure(|| drop(verifier));
    assert_eq!(ending, one_block_freed());
}

#[cfg(feature = "alloc")]
#[test]
fn a_refused_string_is_given_back() {
    let text = "+".repeat(43);
    let (outcome, counts) = measure(|| CodeVerifier::try_from(text));
    assert_eq!(outcome.err(), Some(ParseVerifierError::InvalidByte { index: 0 }));
    assert_eq!(
        counts,
        Counts {
            freed: 1,
            freed_bytes: 43,
            ..NOTHING
        }
    );
}

#[test]
fn a_plain_challenge_is_one_block() {
    for len in 43..=128 {
        let text = "a".repeat(len);
        let verifier = CodeVerifier::parse(&text).unwrap();
        let policy = ServerPolicy::new().allow_plain();
        assert_one_block(|| verifier.challenge(CodeChallengeMethod::Plain));
        assert_one_block(|| CodeChallenge::parse(&text, CodeChallengeMethod::Plain).unwrap());
        assert_one_block(|| policy.check_authorization_request(Some(&text), Some("plain")).unwrap());
        assert_one_block(|| {
            policy
                .allow_non_pkce()
                .check_authorization_request(Some(&text), None)
                .unwrap()
        });
        assert_one_block(|| CodeChallenge::from_stored(Some(&text), Some("plain")).unwrap());
        let challenge = verifier.challenge(CodeChallengeMethod::Plain);
        assert_one_block(|| challenge.clone());
    }
}

#[test]
fn an_s256_challenge_is_no_block() {
    for len in [43, 55, 56, 64, 119, 120, 128] {
        let verifier = CodeVerifier::parse(&"a".repeat(len)).unwrap();
        assert_no_block(|| drop(verifier.challenge(CodeChallengeMethod::S256)));
    }
    assert_no_block(|| drop(CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap()));
    let policy = ServerPolicy::new();
    let accepted = || policy.check_authorization_request(Some(CHALLENGE), Some("S256"));
    assert_no_block(|| drop(accepted().unwrap()));
    let lenient = policy.allow_non_pkce();
    let accepted = || lenient.check_authorization_request(Some(CHALLENGE), Some("S256"));
    assert_no_block(|| drop(accepted().unwrap()));
    assert_no_block(|| drop(CodeChallenge::from_stored(Some(CHALLENGE), Some("S256")).unwrap()));
    let challenge = s256();
    assert_no_block(|| drop(challenge.clone()));
}

#[test]
fn a_token_request_takes_nothing() {
    let policy = ServerPolicy::new().allow_plain();
    for stored in [s256(), plain()] {
        let result = assert_no_block(|| policy.check_token_request(Some(&stored), Some(VERIFIER)));
        assert_eq!(result, Ok(()));
        let result = assert_no_block(|| policy.check_token_request(Some(&stored), Some(CHALLENGE)));
        assert_eq!(result, Err(TokenError::Mismatch));
        let result = assert_no_block(|| policy.check_token_request(Some(&stored), None));
        assert_eq!(result, Err(TokenError::MissingVerifier));
        let result = assert_no_block(|| policy.check_token_request(Some(&stored), Some("short")));
        assert_eq!(
            result,
            Err(TokenError::Malformed(ParseVerifierError::InvalidLength { len: 5 }))
        );
    }
}

#[test]
fn a_token_request_under_a_lenient_policy_takes_nothing() {
    let policy = ServerPolicy::new().allow_plain().allow_non_pkce();
    for (stored, wanted) in [
        (Some(s256()), Ok(PkceOutcome::Verified)),
        (Some(plain()), Ok(PkceOutcome::Verified)),
        (None, Err(TokenError::UnexpectedVerifier)),
    ] {
        let result = assert_no_block(|| policy.check_token_request(stored.as_ref(), Some(VERIFIER)));
        assert_eq!(result, wanted);
    }
}

/// A copy would be one that the format cannot wipe.
#[cfg(feature = "serde")]
#[test]
fn writing_with_serde_takes_nothing() {
    #[derive(serde::Serialize)]
    struct Session {
        #[serde(with = "pkce_core::expose_secret")]
        verifier: CodeVerifier,
        #[serde(with = "pkce_core::expose_secret::option")]
        optional: Option<CodeVerifier>,
        challenges: [CodeChallenge; 2],
    }
    let verifier = || CodeVerifier::parse(VERIFIER).unwrap();
    let session = Session {
        verifier: verifier(),
        optional: Some(verifier()),
        challenges: [s256(), plain()],
    };
    let mut buffer = [0; 512];
    let written = assert_no_block(|| {
        let mut rest = &mut buffer[..];
        serde_json::to_writer(&mut rest, &session).unwrap();
        512 - rest.len()
    });
    assert_eq!(
        std::str::from_utf8(&buffer[..written])
            .unwrap()
            .matches(VERIFIER)
            .count(),
        3
    );
}

#[test]
fn verify_and_equality_take_nothing() {
    let verifier = CodeVerifier::parse(VERIFIER).unwrap();
    for (stored, same) in [(s256(), s256()), (plain(), plain())] {
        assert_eq!(assert_no_block(|| stored.verify(&verifier)), Ok(()));
        assert!(assert_no_block(|| stored == same));
    }
}

#[test]
fn refused_input_takes_nothing() {
    for text in [
        "",
        "+",
        &"a".repeat(42),
        &"+".repeat(43),
        &"a".repeat(129),
        &"\u{e9}".repeat(64),
    ] {
        assert!(assert_no_block(|| CodeVerifier::parse(text)).is_err());
        for method in [CodeChallengeMethod::S256, CodeChallengeMethod::Plain] {
            assert!(assert_no_block(|| CodeChallenge::parse(text, method)).is_err());
            let policy = ServerPolicy::new().allow_plain();
            assert!(assert_no_block(|| policy.check_authorization_request(Some(text), Some(method.as_str()))).is_err());
        }
    }
}

#[test]
fn reading_and_printing_take_nothing() {
    let verifier = CodeVerifier::parse(VERIFIER).unwrap();
    assert_eq!(assert_no_block(|| verifier.expose_secret().len()), 43);
    assert!(assert_no_block(|| written(&verifier)) > 0);
    for challenge in [s256(), plain()] {
        assert_eq!(assert_no_block(|| challenge.as_str().len()), 43);
        assert_eq!(assert_no_block(|| challenge.authorization_params()[0].1.len()), 43);
        assert!(assert_no_block(|| written(&challenge)) > 0);
    }
    let error = TokenError::Malformed(ParseVerifierError::InvalidLength { len: 5 });
    assert!(assert_no_block(|| written(&error)) > 0);
    let listed = assert_no_block(|| S256Support::from_metadata(Some(["plain", "S256"])));
    assert_eq!(listed, S256Support::Listed);
}

/// Returns the result of `work`, which must neither allocate nor free.
fn assert_no_block<T>(work: impl FnOnce() -> T) -> T {
    let (value, counts) = measure(work);
    assert_eq!(counts, NOTHING);
    value
}

/// Returns the length of the `Debug` output of `value`, written to a buffer on the stack.
fn written(value: &impl fmt::Debug) -> usize {
    let mut buffer = Buffer {
        bytes: [0; 512],
        len: 0,
    };
    write!(buffer, "{value:?}").unwrap();
    buffer.len
}

struct Buffer {
    bytes: [u8; 512],
    len: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

fn s256() -> CodeChallenge {
    CodeChallenge::parse(CHALLENGE, CodeChallengeMethod::S256).unwrap()
}

fn plain() -> CodeChallenge {
    CodeChallenge::parse(VERIFIER, CodeChallengeMethod::Plain).unwrap()
}
