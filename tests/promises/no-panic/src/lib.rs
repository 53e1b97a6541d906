//! P5: without `alloc`, nothing reachable through the public API can panic.
//!
//! The panic handler calls an undefined function. After link-time optimization, the archive refers to it exactly if the
//! compiler could not prove that no panic is reachable. `run` looks for it with `nm`.
//!
//! Every input is from a function outside, so that nothing about it is known at compile time.

#![no_std]

#[path = "../../../common/from_random_bytes.rs"]
mod from_random_bytes;
#[path = "../../../common/generator.rs"]
mod generator;

use core::convert::Infallible;
use core::fmt::{self, Debug, Write};
use core::panic::PanicInfo;
use core::ptr::NonNull;
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
    /// Returns a text of `len` bytes, or null.
    fn text_from_outside(len: &mut usize) -> *mut u8;
    fn choice_from_outside() -> bool;
    fn print(text: *const u8, len: usize);
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: this is never linked, so it is never called.
    unsafe { a_panic_can_be_reached() }
}

fn text() -> Option<&'static str> {
    let mut len = 0;
    // SAFETY: the function returns a text of this length, which is never freed.
    let bytes = unsafe {
        let start = NonNull::new(text_from_outside(&mut len))?;
        slice::from_raw_parts(start.as_ptr(), len)
    };
    str::from_utf8(bytes).ok()
}

fn choice() -> bool {
    // SAFETY: has no preconditions.
    unsafe { choice_from_outside() }
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

fn debug(value: impl Debug) {
    let _ = write!(Console, "{value:?}");
}

fn method() -> CodeChallengeMethod {
    if choice() {
        CodeChallengeMethod::Plain
    } else {
        CodeChallengeMethod::S256
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn generate() -> bool {
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
    let challenge = verifier.challenge(method());
    show(verifier.expose_secret());
    for (name, value) in challenge.authorization_params() {
        show(name);
        show(value);
    }
    let (first, second) = CodeChallenge::to_stored(Some(&challenge));
    first.into_iter().chain(second).for_each(show);
    debug((&challenge, &verifier, challenge.verify(&verifier)));
    let _ = write!(Console, "{}", challenge.method());
    challenge == challenge.clone()
}

#[unsafe(no_mangle)]
pub extern "C" fn from_random_bytes() {
    let mut octets = [0; 96];
    if fill_from_hardware(&mut octets).is_ok() {
        for verifier in FROM_RANDOM_BYTES.iter().filter_map(|make| make(&octets)) {
            show(verifier.expose_secret());
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn parse() {
    let Some(value) = text() else {
        return;
    };
    for parsed in [CodeVerifier::parse(value), CodeVerifier::try_from(value), value.parse()] {
        match parsed {
            Ok(verifier) => show(verifier.expose_secret()),
            Err(error) => debug(error),
        }
    }
    match CodeChallenge::parse(value, method()) {
        Ok(challenge) => show(challenge.as_str()),
        Err(error) => debug(error),
    }
    debug((
        value.parse::<CodeChallengeMethod>(),
        CodeChallengeMethod::try_from(value),
    ));
    debug(S256Support::from_metadata(Some([value])));
}

#[unsafe(no_mangle)]
pub extern "C" fn from_stored() {
    match CodeChallenge::from_stored(text(), text()) {
        Ok(stored) => debug(stored),
        Err(error) => {
            let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn strict_server() {
    let policy = ServerPolicy::new();
    let policy = if choice() { policy.allow_plain() } else { policy };
    debug(policy.methods_supported());
    exchange(policy.check_authorization_request(text(), text()).map(Some), |stored| {
        policy.check_token_request(stored, text())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn lenient_server() {
    let policy = ServerPolicy::new().allow_non_pkce().require_pkce(choice());
    let policy = if choice() { policy.allow_plain() } else { policy };
    debug(policy.methods_supported());
    exchange(policy.check_authorization_request(text(), text()), |stored| {
        let outcome: PkceOutcome = policy.check_token_request(stored, text())?;
        outcome.or_authenticated(choice())
    });
}

fn exchange(
    accepted: Result<Option<CodeChallenge>, AuthorizationError>,
    redeem: impl FnOnce(Option<&CodeChallenge>) -> Result<(), TokenError>,
) {
    match accepted {
        Ok(stored) => {
            debug(&stored);
            if let Err(error) = redeem(stored.as_ref()) {
                let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
            }
        }
        Err(error) => {
            let _ = write!(Console, "{} {error} {error:?}", error.oauth_error());
        }
    }
}

/// The control: an index from outside.
#[cfg(feature = "control")]
#[unsafe(no_mangle)]
pub extern "C" fn control(index: usize) -> u8 {
    core::hint::black_box(&[1, 2, 3, 4])[index]
}
