//! A text is a challenge of a method exactly if the rules say so, and is returned unchanged. Challenges of different
//! methods are never equal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkce_core_fuzz::{METHODS, laws, text_of};

fuzz_target!(|input: &[u8]| {
    let text = text_of(input);
    let [s256, plain] = METHODS.map(|method| laws::challenge(&text, method));
    if let (Some(s256), Some(plain)) = (s256, plain) {
        assert!(s256 != plain);
        assert!(plain != s256);
    }
});
