//! A verifier and a plain challenge each allocate one heap block, and nothing else allocates: neither an S256 challenge
//! nor a server's check. Without the feature `alloc`, nothing allocates. Every block is freed.
#![allow(unsafe_code)] // `GlobalAlloc` is an unsafe trait.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Debug;
use std::io::Write;
use std::thread::LocalKey;

use common::{CHALLENGE, METHODS, VERIFIER, plain, s256, verifier};
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, CodeVerifier, ParseVerifierError, PkceOutcome, S256Support, ServerPolicy, TokenError};

/// How many blocks, and how many bytes in them.
type Blocks = [usize; 2];

const NONE: Blocks = [0; 2];

thread_local! {
    // What the current thread has allocated and freed. Other threads of the test runner have counters of their own.
    // Constant and without a destructor, so that counting does not allocate.
    static ALLOCATED: Cell<Blocks> = const { Cell::new(NONE) };
    static FREED: Cell<Blocks> = const { Cell::new(NONE) };
}

fn count(counter: &'static LocalKey<Cell<Blocks>>, layout: Layout) {
    let [blocks, bytes] = counter.get();
    counter.set([blocks + 1, bytes + layout.size()]);
}

struct Counting;

// SAFETY: every call is forwarded to the system allocator unchanged. The default `realloc` calls `alloc` and `dealloc`,
// and is counted as both.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(&ALLOCATED, layout);
        // SAFETY: the caller upholds the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(&FREED, layout);
        // SAFETY: the block was returned by `alloc` above, so by the system allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the result of `work`, which must allocate and free these blocks.
#[track_caller]
fn measure<T>(allocated: Blocks, freed: Blocks, work: impl FnOnce() -> T) -> T {
    ALLOCATED.set(NONE);
    FREED.set(NONE);
    let value = std::hint::black_box(work());
    assert_eq!((ALLOCATED.get(), FREED.get()), (allocated, freed), "allocated, freed");
    value
}

/// The block of a secret: room for the longest text, and its length.
const BLOCK: Blocks = if cfg!(feature = "alloc") {
    [1, CodeVerifier::MAX_LEN + size_of::<usize>()]
} else {
    NONE
};

/// Asserts that `make` allocates one block, and that dropping its result frees it.
#[track_caller]
fn assert_one_block<T>(make: impl FnOnce() -> T) {
    let secret = measure(BLOCK, NONE, make);
    measure(NONE, BLOCK, || drop(secret));
}

/// Returns the result of `work`, which must neither allocate nor free.
#[track_caller]
fn assert_no_block<T>(work: impl FnOnce() -> T) -> T {
    measure(NONE, NONE, work)
}

/// The control.
#[test]
fn counts_what_is_allocated_and_freed() {
    let block = measure([1, 77], NONE, || vec![1u8; 77]);
    measure(NONE, [1, 77], || drop(block));
}

#[test]
fn a_verifier_is_one_block() {
    for len in 43..=128 {
        let text = "a".repeat(len);
        assert_one_block(|| CodeVerifier::parse(&text).unwrap());
        assert_one_block(|| text.parse::<CodeVerifier>().unwrap());
        assert_one_block(|| CodeVerifier::try_from(text.as_str()).unwrap());
    }
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 32]));
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 47]));
    assert_one_block(|| CodeVerifier::from_random_bytes(&[7; 96]));
    assert_one_block(|| CodeVerifier::generate_with(|octets| octets.fill(7)));
    #[cfg(feature = "getrandom")]
    assert_one_block(|| CodeVerifier::generate().unwrap());
    #[cfg(feature = "rand_core")]
    {
        use chacha20::rand_core::SeedableRng;
        let mut rng = chacha20::ChaCha12Rng::seed_from_u64(7);
        assert_one_block(|| CodeVerifier::generate_from_rng(&mut rng));
        assert_one_block(|| CodeVerifier::try_generate_from_rng(&mut rng).unwrap());
    }
}

#[cfg(feature = "alloc")]
#[test]
fn try_from_string_frees_the_string() {
    let mut text = String::with_capacity(100);
    text.push_str(VERIFIER);
    drop(measure(BLOCK, [1, 100], || CodeVerifier::try_from(text).unwrap()));
    let refused = "+".repeat(43);
    let result = measure(NONE, [1, 43], || CodeVerifier::try_from(refused));
    assert_eq!(result.err(), Some(ParseVerifierError::InvalidByte { index: 0 }));
}

#[test]
fn a_plain_challenge_is_one_block() {
    let policy = ServerPolicy::new().allow_plain();
    let lenient = policy.allow_non_pkce();
    for len in 43..=128 {
        let text = "a".repeat(len);
        let verifier = verifier(&text);
        assert_one_block(|| verifier.challenge(Plain));
        assert_one_block(|| CodeChallenge::parse(&text, Plain).unwrap());
        assert_one_block(|| policy.check_authorization_request(Some(&text), Some("plain")).unwrap());
        assert_one_block(|| lenient.check_authorization_request(Some(&text), None).unwrap());
        assert_one_block(|| CodeChallenge::from_stored(Some(&text), Some("plain")).unwrap());
        let challenge = verifier.challenge(Plain);
        assert_one_block(|| challenge.clone());
    }
}

#[test]
fn an_s256_challenge_does_not_allocate() {
    for len in [43, 55, 56, 64, 119, 120, 128] {
        let verifier = verifier(&"a".repeat(len));
        assert_no_block(|| drop(verifier.challenge(S256)));
    }
    let policy = ServerPolicy::new();
    let lenient = policy.allow_non_pkce();
    let sent = (Some(CHALLENGE), Some("S256"));
    assert_no_block(|| drop(CodeChallenge::parse(CHALLENGE, S256).unwrap()));
    assert_no_block(|| drop(policy.check_authorization_request(sent.0, sent.1).unwrap()));
    assert_no_block(|| drop(lenient.check_authorization_request(sent.0, sent.1).unwrap()));
    assert_no_block(|| drop(CodeChallenge::from_stored(sent.0, sent.1).unwrap()));
    let challenge = s256();
    assert_no_block(|| drop(challenge.clone()));
}

#[test]
fn check_token_request_does_not_allocate() {
    let policy = ServerPolicy::new().allow_plain();
    let lenient = policy.allow_non_pkce();
    let short = ParseVerifierError::InvalidLength { len: 5 };
    for stored in [s256(), plain()] {
        for (verifier, wanted) in [
            (Some(VERIFIER), Ok(())),
            (Some(CHALLENGE), Err(TokenError::Mismatch)),
            (Some("short"), Err(TokenError::Malformed(short))),
            (None, Err(TokenError::MissingVerifier)),
        ] {
            assert_eq!(
                assert_no_block(|| policy.check_token_request(Some(&stored), verifier)),
                wanted
            );
            let result = assert_no_block(|| lenient.check_token_request(Some(&stored), verifier));
            assert_eq!(result, wanted.map(|()| PkceOutcome::Verified));
        }
    }
    let result = assert_no_block(|| lenient.check_token_request(None, Some(VERIFIER)));
    assert_eq!(result, Err(TokenError::UnexpectedVerifier));
}

/// A copy would be one that the format cannot wipe.
#[cfg(feature = "serde")]
#[test]
fn serialize_does_not_allocate() {
    #[derive(serde::Serialize)]
    struct Session {
        #[serde(with = "pkce_core::expose_secret")]
        verifier: CodeVerifier,
        #[serde(with = "pkce_core::expose_secret::option")]
        optional: Option<CodeVerifier>,
        challenges: [CodeChallenge; 2],
    }
    let session = Session {
        verifier: verifier(VERIFIER),
        optional: Some(verifier(VERIFIER)),
        challenges: [s256(), plain()],
    };
    let mut buffer = [0; 512];
    let written = assert_no_block(|| {
        let mut rest = &mut buffer[..];
        serde_json::to_writer(&mut rest, &session).unwrap();
        512 - rest.len()
    });
    let written = std::str::from_utf8(&buffer[..written]).unwrap();
    assert_eq!(written.matches(VERIFIER).count(), 3);
}

#[test]
fn verify_and_equality_do_not_allocate() {
    let verifier = verifier(VERIFIER);
    for (stored, same) in [(s256(), s256()), (plain(), plain())] {
        assert_eq!(assert_no_block(|| stored.verify(&verifier)), Ok(()));
        assert!(assert_no_block(|| stored == same));
    }
}

#[test]
fn refused_input_does_not_allocate() {
    let policy = ServerPolicy::new().allow_plain();
    for text in [
        String::new(),
        "+".to_owned(),
        "a".repeat(42),
        "+".repeat(43),
        "a".repeat(129),
        "\u{e9}".repeat(64),
    ] {
        assert!(assert_no_block(|| CodeVerifier::parse(&text)).is_err());
        for method in METHODS {
            assert!(assert_no_block(|| CodeChallenge::parse(&text, method)).is_err());
            assert!(
                assert_no_block(|| policy.check_authorization_request(Some(&text), Some(method.as_str()))).is_err()
            );
        }
    }
}

#[test]
fn reading_and_printing_do_not_allocate() {
    let verifier = verifier(VERIFIER);
    assert_eq!(assert_no_block(|| verifier.expose_secret().len()), 43);
    assert!(assert_no_block(|| debug_len(&verifier)) > 0);
    for challenge in [s256(), plain()] {
        assert_eq!(assert_no_block(|| challenge.as_str().len()), 43);
        assert_eq!(assert_no_block(|| challenge.authorization_params()[0].1.len()), 43);
        assert!(assert_no_block(|| debug_len(&challenge)) > 0);
    }
    let error = TokenError::Malformed(ParseVerifierError::InvalidLength { len: 5 });
    assert!(assert_no_block(|| debug_len(&error)) > 0);
    let listed = assert_no_block(|| S256Support::from_metadata(Some(["plain", "S256"])));
    assert_eq!(listed, S256Support::Listed);
}

/// Returns the length of the `Debug` output of `value`, written to a buffer on the stack.
fn debug_len(value: &impl Debug) -> usize {
    let mut buffer = [0; 512];
    let mut rest = &mut buffer[..];
    write!(rest, "{value:?}").unwrap();
    512 - rest.len()
}
