//! The operations as an image without an operating system, for `emulate.py`, which calls the exported functions.

#![no_std]
#![no_main]

use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;

use operations::{Case, Fixture, SECRETS, cases};

#[cfg(feature = "alloc")]
#[global_allocator]
static ARENA: operations::arena::Arena = operations::arena::Arena::new();

/// The emulator makes one call at a time.
struct Exclusive<T>(UnsafeCell<T>);

// SAFETY: there is one thread.
unsafe impl<T> Sync for Exclusive<T> {}

static FIXTURE: Exclusive<Fixture> = Exclusive(UnsafeCell::new(Fixture::new()));

fn case(index: usize) -> &'static Case {
    cases().nth(index).expect("the index is below case_count")
}

fn fixture() -> &'static mut Fixture {
    // SAFETY: no function below calls this twice, and none runs while another does.
    unsafe { &mut *FIXTURE.0.get() }
}

#[unsafe(no_mangle)]
extern "C" fn case_count() -> usize {
    cases().count()
}

#[unsafe(no_mangle)]
extern "C" fn secret_count() -> usize {
    SECRETS
}

#[unsafe(no_mangle)]
extern "C" fn case_name(index: usize) -> *const u8 {
    case(index).name.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn case_name_length(index: usize) -> usize {
    case(index).name.len()
}

#[unsafe(no_mangle)]
extern "C" fn allows(index: usize, len: usize) -> usize {
    usize::from(case(index).lengths().contains(&len))
}

#[unsafe(no_mangle)]
extern "C" fn prepare(index: usize, len: usize, secret: usize) {
    #[cfg(feature = "alloc")]
    ARENA.reset();
    case(index).prepare(fixture(), len, secret);
}

/// Returns 1 if the result is the expected one.
#[unsafe(no_mangle)]
extern "C" fn run(index: usize) -> usize {
    usize::from((case(index).run)(fixture()))
}

/// Returns the offset of the first byte for which the prepared text is refused, or -1 if it is not.
#[unsafe(no_mangle)]
extern "C" fn refused_at() -> isize {
    operations::refused_at(fixture()).map_or(-1, |index| index as isize)
}

/// Names the tree that the image was built from, for `tests/promises/proof`.
#[unsafe(no_mangle)]
static TREE: Option<&str> = option_env!("PKCE_TREE");

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // Nothing is mapped at address 0, so that the emulator reports an error.
    // SAFETY: not sound, and not meant to be.
    unsafe { ptr::without_provenance::<u8>(16).read_volatile() };
    loop {}
}
