//! Without the feature `alloc` a verifier is stored inline. Dropping it wipes the memory that it is in then, but not
//! what its moves have left behind.
#![cfg(not(feature = "alloc"))]
#![allow(unsafe_code)] // Reads the memory of a value that was dropped.

use std::mem::MaybeUninit;

use pkce_core::CodeVerifier;

/// How many bytes in the memory of the verifier are `byte`, before and after it is dropped.
fn before_and_after(verifier: CodeVerifier, byte: u8) -> [usize; 2] {
    let mut storage = MaybeUninit::new(verifier);
    let count = |storage: &MaybeUninit<CodeVerifier>| {
        let memory = std::ptr::from_ref(storage).cast::<u8>();
        (0..size_of::<CodeVerifier>())
            // SAFETY: a verifier has no padding, so that all of its memory is initialized, and dropping leaves it so.
            .filter(|&at| unsafe { std::hint::black_box(memory).add(at).read() } == byte)
            .count()
    };
    let before = count(&storage);
    // SAFETY: it holds a value, which nothing uses afterwards.
    unsafe { storage.assume_init_drop() };
    [before, count(&storage)]
}

#[test]
fn drop_wipes_inline_storage() {
    for len in 43..=128 {
        // The length is stored, too, and stays.
        let character = if len == 126 { 'a' } else { '~' };
        let verifier = CodeVerifier::parse(&character.to_string().repeat(len)).unwrap();
        assert_eq!(before_and_after(verifier, character as u8), [len, 0], "{len}");
    }
}
