//! P5: without `alloc`, nothing reachable through the public API can panic.
//!
//! The panic handler calls an undefined function. After link-time optimization, the archive refers to it exactly if the
//! compiler could not prove that no panic is reachable. `run` looks for it with `nm`.
//!
//! Each function takes its input from outside, so that nothing about it is known at compile time.

#![no_std]

#[path = "../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../common/generator.rs"]
mod generator;

use core::convert::Infallible;
use core::fmt::{self, Write};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::{slice, str};

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, CodeVerifier, PkceOutcome, S256Support, ServerPolicy,
    TokenError,
};

use from_random_bytes::FROM_RANDOM_BYTES;
use generator::Generator;

unsafe extern "C" {
    /// Defined nowhere.
    fn a_panic_can_be_reached() -> !;
    fn octets_from_hardware(to: *mut u8, len: usize) -> bool;
    fn print(text: *const u8, len: usize);
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: this is never linked, so it is never called.
    unsafe { a_panic_can_be_reached() }
}

/// Returns a text from outside.
///
/// # Safety
///
/// `text` points to `len` bytes that outlive the call.
unsafe fn text<'a>(text: *const u8, len: usize) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    str::from_utf8(unsafe { slice::from_raw_parts(text, len) }).ok()
}

fn fill_from_hardware(to: &mut [u8]) -> Result<(), fmt::Error> {
    // SAFETY: the slice is valid for writes of its length.
    match unsafe { octets_from_hardware(to.as_mut_ptr(), to.len()) } {
        true => Ok(()),
        false => Err(fmt::Error),
    }
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        // SAFETY: the text is valid for reads of its length.
        unsafe { print(s.as_ptr(), s.len()) };
        Ok(())
    }
}

fn show(text: &str) {
    let _ = Console.write_str(text);
}

fn method(plain: bool) -> CodeChallengeMethod {
    if plain {
        CodeChallengeMethod::Plain
    } else {
        CodeChallengeMethod::S256
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn generate(plain: bool) -> bool {
    let Ok(verifier) = CodeVerifier::try_generate_from_rng(&mut Generator(fill_from_hardware)) else {
        return false;
    };
    let mut infallible = Generator(|octets: &mut [u8]| {
        octets.fill(7);
        Ok::<(), Infallible>(())
    });
    show(CodeVerifier::generate_from_rng(&mut infallible).expose_secret());
    show(CodeVerifier::generate_with(|octets| octets.fill(7)).expose_secret());
    let Ok(other) = CodeVerifier::try_generate_with(fill_from_hardware) else {
        return false;
    };
    show(other.expose_secret());
    let challenge = verifier.challenge(method(plain));
    show(verifier.expose_secret());
    for (name, value) in challenge.authorization_params() {
        show(name);
        show(value);
    }
    let _ = write!(
        Console,
        "{challenge:?} {verifier:?} {} {:?}",
        challenge.method(),
        challenge.verify(&verifier)
    );
    challenge == challenge.clone()
}

/// # Safety
///
/// `octets` points to 96 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn from_random_bytes(octets: *const [u8; 96]) {
    for from_random_bytes in FROM_RANDOM_BYTES {
        // SAFETY: promised by the caller.
        if let Some(verifier) = from_random_bytes(unsafe { &*octets }) {
            show(verifier.expose_secret());
        }
    }
}

/// # Safety
///
/// As for `text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parse_verifier(value: *const u8, len: usize) -> usize {
    // SAFETY: promised by the caller.
    let Some(value) = (unsafe { text(value, len) }) else {
        return 0;
    };
    match (
        CodeVerifier::parse(value),
        CodeVerifier::try_from(value),
        value.parse::<CodeVerifier>(),
    ) {
        (Ok(a), Ok(b), Ok(c)) => {
            a.expose_secret().len() + b.expose_secret().len() + c.challenge(CodeChallengeMethod::S256).as_str().len()
        }
        (a, b, c) => usize::from(a.is_err()) + usize::from(b.is_err()) + usize::from(c.is_err()),
    }
}

/// # Safety
///
/// As for `text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parse_challenge(value: *const u8, len: usize, plain: bool) -> usize {
    // SAFETY: promised by the caller.
    let Some(value) = (unsafe { text(value, len) }) else {
        return 0;
    };
    match CodeChallenge::parse(value, method(plain)) {
        Ok(challenge) => challenge.as_str().len(),
        Err(_) => 0,
    }
}

/// # Safety
///
/// As for `text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parse_method(value: *const u8, len: usize) -> bool {
    // SAFETY: promised by the caller.
    let Some(value) = (unsafe { text(value, len) }) else {
        return false;
    };
    value
        .parse::<CodeChallengeMethod>()
        .is_ok_and(|it| CodeChallengeMethod::try_from(value) == Ok(it))
        && S256Support::from_metadata(Some([value])) == S256Support::Listed
}

/// # Safety
///
/// As for `text`, for each of the four pairs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn server(
    challenge: *const u8,
    challenge_len: usize,
    method: *const u8,
    method_len: usize,
    verifier: *const u8,
    verifier_len: usize,
    plain: bool,
    non_pkce: bool,
) -> bool {
    // SAFETY: promised by the caller.
    let (challenge, method, verifier) = unsafe {
        (
            text(challenge, challenge_len),
            text(method, method_len),
            text(verifier, verifier_len),
        )
    };
    let strict = ServerPolicy::new();
    let strict = if plain { strict.allow_plain() } else { strict };
    if !non_pkce {
        black_box(strict.methods_supported());
        return exchange(
            strict.check_authorization_request(challenge, method).map(Some),
            |stored| {
                strict
                    .check_token_request(stored, verifier)
                    .map(|()| PkceOutcome::Verified)
            },
        );
    }
    let lenient = strict.allow_non_pkce();
    let lenient = if plain { lenient.allow_plain() } else { lenient };
    black_box(lenient.methods_supported());
    exchange(lenient.check_authorization_request(challenge, method), |stored| {
        lenient.check_token_request(stored, verifier)
    })
}

fn exchange(
    accepted: Result<Option<CodeChallenge>, AuthorizationError>,
    redeem: impl FnOnce(Option<&CodeChallenge>) -> Result<PkceOutcome, TokenError>,
) -> bool {
    let stored = match accepted {
        Ok(stored) => stored,
        Err(error) => {
            let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
            return false;
        }
    };
    let _ = write!(Console, "{stored:?}");
    match redeem(stored.as_ref()) {
        Ok(outcome) => outcome == PkceOutcome::Verified,
        Err(error) => {
            let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
            false
        }
    }
}

/// # Safety
///
/// As for `text`, for each of the two pairs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn from_stored(
    challenge: *const u8,
    challenge_len: usize,
    method: *const u8,
    method_len: usize,
) -> bool {
    // SAFETY: promised by the caller.
    let (challenge, method) = unsafe { (text(challenge, challenge_len), text(method, method_len)) };
    match CodeChallenge::from_stored(challenge, method) {
        Ok(stored) => stored.is_some(),
        Err(error) => {
            let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
            false
        }
    }
}

/// The control: an index from outside.
#[cfg(feature = "control")]
#[unsafe(no_mangle)]
pub extern "C" fn control(index: usize) -> u8 {
    black_box(&[1, 2, 3, 4])[index]
}
