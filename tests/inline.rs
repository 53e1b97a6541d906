//! Without the feature `alloc` a verifier is stored inline. Dropping it wipes the memory in which it is then; what its
//! moves have left behind is another matter.
#![cfg(not(feature = "alloc"))]
#![allow(unsafe_code)] // Reads the memory of a value that was dropped.

use std::mem::MaybeUninit;

use pkce_core::CodeVerifier;

/// How many bytes in the memory of the verifier are `byte`, before and after it is dropped.
fn before_and_after(verifier: CodeVerifier, byte: u8) -> [usize; 2] {
    let mut place = MaybeUninit::new(verifier);
    let count = |place: &MaybeUninit<CodeVerifier>| {
        let memory = std::ptr::from_ref(place).cast::<u8>();
        (0..size_of::<CodeVerifier>())
            // SAFETY: a verifier has no padding, so that all of its memory is initialized, and dropping leaves it so.
            .filter(|&at| unsafe { std::hint::black_box(memory).add(at).read() } == byte)
            .count()
    };
    let before = count(&place);
    // SAFETY: it holds a value, which nothing uses afterwards.
    unsafe { place.assume_init_drop() };
    [before, count(&place)]
}

#[test]
fn the_place_of_a_dropped_verifier_is_wiped() {
    for len in 43..=128 {
        // The length is stored, too, and stays.
        let character = if len == 126 { 'a' } else { '~' };
        let verifier = CodeVerifier::parse(&character.to_string().repeat(len)).unwrap();
        assert_eq!(before_and_after(verifier, character as u8), [len, 0], "{len}");
    }
}
